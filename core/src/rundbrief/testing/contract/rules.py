"""What a rule of the contract is, and what a test that states one may say."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Level", "Rule", "expect", "refuse_changes", "rules_of"]

_STANDARD = re.compile(r"test_([crt]\d\d)_\w+")
_WHY = "\n\nWhy: "


class Level(StrEnum):
    """How far a provider has come; each level takes the one before for granted."""

    CORRECT = "correct"
    """It does what the hooks ask for, on a good day."""
    ROBUST = "robust"
    """Nobody is lost, doubled or given away on a bad one."""
    TRUSTWORTHY = "trustworthy"
    """It never makes a yes out of a no."""


_LEVELS = {"C": Level.CORRECT, "R": Level.ROBUST, "T": Level.TRUSTWORTHY}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a standard test's docstring is its text."""

    number: str
    """`C07`; it never changes its meaning."""
    test: str
    """The name of the test."""
    title: str
    """What it asks, in a sentence."""
    details: str
    """What exactly is tried out; may be empty."""
    why: str

    @property
    def level(self) -> Level:
        return _LEVELS[self.number[0]]


def rules_of(contract: type) -> Sequence[Rule]:
    """Return the rules that a contract states, by level and number."""
    tests = {found[1].upper(): name for name in dir(contract) if (found := _STANDARD.fullmatch(name))}
    return [
        _rule(number, tests[number], getattr(contract, tests[number]))
        for letter in _LEVELS
        for number in sorted(tests)
        if number.startswith(letter)
    ]


def refuse_changes(contract: type, standard: type) -> None:
    """Refuse a subclass that silently leaves out a rule, or states it anew.

    Raises:
        TypeError: a standard test is dropped, or overridden without `@pytest.mark.xfail(reason="...")`.
    """
    for name in filter(_STANDARD.fullmatch, dir(standard)):
        found = getattr(contract, name, None)
        if found is not getattr(standard, name) and not _is_expected_to_fail(found):
            raise TypeError(
                f"{contract.__name__} drops or overrides {name}. What a plugin cannot keep is said openly: "
                '@pytest.mark.xfail(reason="...") on a test of that name, which calls the standard one.'
            )


def expect(holds: object, otherwise: str) -> None:
    """Fail with a sentence unless something holds. An `assert` would be silent under `python -O`."""
    __tracebackhide__ = True
    if not holds:
        raise AssertionError(otherwise)


def _is_expected_to_fail(test: object) -> bool:
    marks = getattr(test, "pytestmark", ())
    return callable(test) and any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks)


def _rule(number: str, name: str, test: object) -> Rule:
    asks, _, why = (inspect.getdoc(test) or "").partition(_WHY)
    title, _, details = asks.partition("\n")
    return Rule(number, name, title.strip(), details.strip(), why.strip())
