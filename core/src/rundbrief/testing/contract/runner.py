"""Running a contract without a test suite: pytest, quietly, in this process."""

import os
import sys
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from rundbrief.errors import Interrupted, PluginBroken, RundbriefError
from rundbrief.plugins import installed
from rundbrief.testing.contract.frame import CROWD
from rundbrief.testing.contract.installed import PROVIDER
from rundbrief.testing.contract.report import ContractReport, RuleResult, Verdict
from rundbrief.testing.contract.rules import Rule, rules_of
from rundbrief.testing.contract.standard import ProviderContract

__all__ = ["check_provider", "run_contract"]

_TEST = """
from rundbrief.testing import {contract}


class TestPlugin({contract}):
    {kind} = {name!r}
    {sizes}
"""

Tell = Callable[[RuleResult], object]


def check_provider(
    name: str, *, rules: Collection[str] = (), crowd: int = CROWD, tell: Tell = lambda _: None
) -> ContractReport:
    """Run the rules for a provider with the sandbox that its plugin ships, and return what has come of each.

    Args:
        name: the entry point's name.
        rules: numbers such as C07; none: all rules.
        crowd: how many recipients stream by where memory is measured.
        tell: called with each result as it comes.

    Raises:
        PluginMissing: no installed distribution offers it. One that is installed and broken has a report instead.
        Interrupted: the user has stopped it.
    """
    if name not in {plugin.name for plugin in installed(PROVIDER.group)}:
        PROVIDER.load(name)
    return run_contract(ProviderContract, "provider", name, rules, tell, crowd=crowd)


def run_contract(
    contract: type, kind: str, name: str, rules: Collection[str], tell: Tell, **sizes: int
) -> ContractReport:
    """Run a contract of `rundbrief.testing` for one plugin; see `check_provider`.

    Args:
        kind: what the contract's subclass calls the plugin by, `provider` or `crm`.
        sizes: more of what it says, such as `crowd`.
    """
    chosen = {rule.test: rule for rule in rules_of(contract) if not rules or rule.number in rules}
    recorder = _Recorder(chosen, tell)
    with TemporaryDirectory(prefix="contract") as folder, _undisturbed():
        test = Path(folder, f"test_{Path(folder).name}.py")
        said = "; ".join(f"{size} = {value}" for size, value in sizes.items())
        code = _TEST.format(contract=contract.__name__, kind=kind, name=name, sizes=said)
        test.write_text(code, encoding="utf-8")
        outcome = pytest.main(_arguments(test), plugins=[recorder])
        sys.modules.pop(test.stem, None)
    if recorder.trouble:
        raise PluginBroken(f"The contract cannot be run for {name!r}: {recorder.trouble}")
    if outcome == pytest.ExitCode.INTERRUPTED:
        raise Interrupted("Stopped.")
    return ContractReport(name, kind, [recorder.results[test] for test in recorder.rules])


class _Recorder:
    """Hears from pytest what becomes of each test."""

    def __init__(self, rules: dict[str, Rule], tell: Tell) -> None:
        self.rules = rules
        self.results: dict[str, RuleResult] = {}
        self.trouble = ""
        """Why there is nothing to run."""
        self._tell = tell

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [one for one in items if one.name in self.rules]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.trouble = _sentence(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Leave out what an error of ours would have a user do: it is the author who reads this."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, RundbriefError):
            report.longrepr = error.message
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid.rpartition("::")[2]
        earlier = self.results.get(test)
        verdict = Verdict.PASSED if earlier is None else earlier.verdict
        if report.failed:
            verdict = Verdict.FAILED
        elif report.skipped:
            verdict = Verdict.SKIPPED
        if earlier is None or verdict is not earlier.verdict:
            self.results[test] = RuleResult(self.rules[test], verdict, _sentence(report))
        if report.when == "teardown":
            self._tell(self.results[test])


def _sentence(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Return why a test failed or was skipped, without the traceback."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    words = str(report.longrepr or "") if crash is None else str(crash.message)
    return words.partition("\n")[0].removeprefix("AssertionError: ")


def _arguments(test: Path) -> list[str]:
    """Return a command line that neither reads nor leaves anything, and says nothing."""
    configuration = test.with_name("pytest.ini")
    configuration.write_text("[pytest]\n", encoding="utf-8")
    return [
        str(test),
        f"--rootdir={test.parent}",
        f"--config-file={configuration}",
        "--import-mode=importlib",
        "--capture=sys",
        *("-p", "no:cacheprovider"),
        *("-p", "no:terminal"),
    ]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep away what the surroundings would have pytest do, and put everything back afterwards."""
    before = dict(os.environ)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
