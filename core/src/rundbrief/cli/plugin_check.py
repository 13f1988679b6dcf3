"""`rundbrief plugins --check NAME`: the contract of providers, or of CRMs, run and told."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rundbrief.cli.context import App
from rundbrief.cli.progress import progress
from rundbrief.errors import FixSettings, InputError, PluginBroken

if TYPE_CHECKING:
    from rundbrief.testing.contract import ContractReport, Rule, RuleResult

__all__ = ["check_plugin"]

_WORDS = {"provider": "provider", "crm": "CRM"}


def check_plugin(app: App, name: str, rules: Sequence[str] = (), crowd: int | None = None) -> None:
    """Run the contract for a provider or a CRM, and print what has come of each rule.

    Of two plugins with one name it is the provider that is meant.

    Args:
        rules: numbers of the rules to run, or letters of their levels; none: all.
        crowd: how many stream by where memory is measured; None: as the contract has it.

    Raises:
        InputError: there is no rule of such a number.
        PluginBroken: a rule is broken.
        PluginMissing: there is no such plugin.
        FixSettings: pytest is not installed.
    """
    report = _checked(name, rules, crowd)
    if app.json:
        app.output.document(report.document())
    else:
        _print(app, report)
    broken = [one.rule.number for one in report.results if one.verdict == "failed"]
    if broken:
        raise PluginBroken(
            f"The {_WORDS[report.kind]} {name!r} breaks {len(broken)} of {len(report.results)} rules: "
            f"{', '.join(broken)}.",
            hint=f"What each rule asks, and why, is in docs/reference/{report.kind}-contract.md.",
        )


def _checked(name: str, wanted: Sequence[str], crowd: int | None) -> "ContractReport":
    try:
        rules, check = _contract(name)
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        raise FixSettings(
            "The contract is run by pytest, which is not installed.",
            hint='Install it: pip install "rundbrief[testing]"',
        ) from None
    chosen = _chosen([one.number for one in rules], wanted)
    with progress() as make:
        told = make(name)
        told.phase(f"Checking {name}", len(chosen))
        sizes = {} if crowd is None else {"crowd": crowd}
        return check(name, rules=chosen, tell=lambda _: told.advance(1), **sizes)


def _chosen(numbers: Sequence[str], wanted: Sequence[str]) -> Sequence[str]:
    """Return the numbers of the rules that are meant; a letter means a whole level."""
    if unknown := [one for one in wanted if one not in numbers and one not in {number[0] for number in numbers}]:
        raise InputError(
            f"The contract has no rule {unknown[0]}.",
            hint=f"Its rules are {min(numbers)} to {max(numbers)}; C, R and T mean all of a level.",
        )
    return [one for one in numbers if not wanted or one in wanted or one[0] in wanted]


def _contract(name: str) -> "tuple[Sequence[Rule], Callable[..., ContractReport]]":
    """Return the rules that hold for a plugin, and what runs them."""
    from rundbrief.hookspecs import CRM_GROUP
    from rundbrief.plugins import installed
    from rundbrief.testing.contract import RULES, check_provider
    from rundbrief.testing.crm_contract import CRM_RULES, check_crm

    is_provider = name in {one.name for one in installed()}
    if not is_provider and name in {one.name for one in installed(CRM_GROUP)}:
        return CRM_RULES, check_crm
    return RULES, check_provider


def _print(app: App, report: "ContractReport") -> None:
    app.output.table(["Rule", "Result", "What it asks"], [_row(one) for one in report.results])
    app.output.line()
    app.output.table(["Level", "Passed", "Failed", "Skipped"], _levels(report))


def _row(one: "RuleResult") -> tuple[str, str, list[str]]:
    return one.rule.number, one.verdict.value, [one.rule.title, *([one.reason] if one.reason else [])]


def _levels(report: "ContractReport") -> Iterator[list[str]]:
    from rundbrief.testing.contract import Level, Verdict

    for level in Level:
        if not any(one.rule.level is level for one in report.results):
            continue
        yield [level.value, *(str(len(report.of(verdict, level))) for verdict in Verdict)]
