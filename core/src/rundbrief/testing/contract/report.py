"""What has come of running the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rundbrief.testing.contract.rules import Level, Rule

__all__ = ["ContractReport", "RuleResult", "Verdict"]


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The plugin, or its service, has no such thing; the reason says which."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    rule: Rule
    verdict: Verdict
    reason: str = ""
    """Why it failed or was skipped, in a sentence; empty when it passed."""


@dataclass(frozen=True, slots=True)
class ContractReport:
    """How a plugin stands to every rule."""

    plugin: str
    """The entry point's name."""
    kind: str
    """`provider` or `crm`."""
    results: Sequence[RuleResult]

    @property
    def is_kept(self) -> bool:
        """No rule is broken."""
        return not self.of(Verdict.FAILED)

    def document(self) -> dict[str, Any]:
        """Return it as `rundbrief plugins --check NAME --json` prints it."""
        return {
            self.kind: self.plugin,
            "kept": self.is_kept,
            "rules": [
                {
                    "number": one.rule.number,
                    "level": one.rule.level.value,
                    "title": one.rule.title,
                    "verdict": one.verdict.value,
                    "reason": one.reason,
                }
                for one in self.results
            ],
        }

    def of(self, verdict: Verdict, level: Level | None = None) -> Sequence[RuleResult]:
        """Return the results of that kind; of one level, or of all."""
        return [one for one in self.results if one.verdict is verdict and level in (None, one.rule.level)]
