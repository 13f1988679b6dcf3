"""`rundbrief plugins --check NAME`: the provider contract, run and told."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rundbrief.cli.context import App
from rundbrief.cli.progress import progress
from rundbrief.errors import FixSettings, PluginBroken

if TYPE_CHECKING:
    from rundbrief.testing.contract import ContractReport, RuleResult

__all__ = ["check_plugin"]


def check_plugin(app: App, name: str) -> None:
    """Run the contract for a provider, and print what has come of each rule.

    Raises:
        PluginBroken: a rule is broken.
        PluginMissing: the provider is not installed.
        FixSettings: pytest is not installed.
    """
    report = _checked(name)
    if app.json:
        app.output.document(report.document())
    else:
        _print(app, report)
    broken = [one.rule.number for one in report.results if one.verdict == "failed"]
    if broken:
        raise PluginBroken(
            f"The provider {name!r} breaks {len(broken)} of {len(report.results)} rules: {', '.join(broken)}.",
            hint="What each rule asks, and why, is in docs/reference/provider-contract.md.",
        )


def _checked(name: str) -> "ContractReport":
    try:
        from rundbrief.testing.contract import RULES, check_provider
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        raise FixSettings(
            "The contract is run by pytest, which is not installed.",
            hint='Install it: pip install "rundbrief[testing]"',
        ) from None
    with progress() as make:
        told = make(name)
        told.phase(f"Checking {name}", len(RULES))
        return check_provider(name, tell=lambda _: told.advance(1))


def _print(app: App, report: "ContractReport") -> None:
    app.output.table(["Rule", "Result", "What it asks"], [_row(one) for one in report.results])
    app.output.line()
    app.output.table(["Level", "Passed", "Failed", "Skipped"], _levels(report))


def _row(one: "RuleResult") -> tuple[str, str, list[str]]:
    return one.rule.number, one.verdict.value, [one.rule.title, *([one.reason] if one.reason else [])]


def _levels(report: "ContractReport") -> Iterator[list[str]]:
    from rundbrief.testing.contract import Level, Verdict

    for level in Level:
        yield [level.value, *(str(len(report.of(verdict, level))) for verdict in Verdict)]
