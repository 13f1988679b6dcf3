"""The frame that the rules for CRMs stand in: which one, which sandbox, and a fresh bench for each test."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from rundbrief.errors import PluginError, RundbriefError
from rundbrief.plugins import CrmPlugin, load_crm
from rundbrief.testing.crm_contract.bench import CrmBench
from rundbrief.testing.crm_sandbox import CrmSandbox

__all__ = ["CROWD", "MANY", "CrmFrame"]

CROWD = 20_000
MANY = 1_200


class CrmFrame:
    """What a subclass says of the CRM, and what every rule is handed."""

    crm: ClassVar[str]
    """The entry point's name."""
    crowd: ClassVar[int] = CROWD
    """How many contacts stream by where memory is measured."""
    many: ClassVar[int] = MANY
    """More contacts than the CRM sends in one page."""

    def make_sandbox(self, plugin: CrmPlugin) -> CrmSandbox | None:
        """Return a new sandbox; by default the one of the plugin's own hook."""
        return plugin.sandbox()

    @pytest.fixture
    def make_bench(self) -> Iterator[Callable[[], CrmBench]]:
        """Return a maker of tenants that have nothing to do with each other."""
        benches: list[CrmBench] = []

        def make() -> CrmBench:
            benches.append(self._bench())
            return benches[-1]

        yield make
        for bench in benches:
            bench.close()

    @pytest.fixture
    def bench(self, make_bench: Callable[[], CrmBench]) -> CrmBench:
        return make_bench()

    def _bench(self) -> CrmBench:
        try:
            plugin = load_crm(self.crm)
        except PluginError:
            pytest.skip("The CRM cannot be loaded; C01 to C03 say why.")
        try:
            return self._opened(plugin)
        except (RundbriefError, AssertionError):
            pytest.skip("There is no sandbox to try this on, or its settings are not taken; C05 says why.")

    def _opened(self, plugin: CrmPlugin) -> CrmBench:
        sandbox = self.make_sandbox(plugin)
        if sandbox is None:
            raise AssertionError("The plugin has no `sandbox` hook, and `make_sandbox` is not overridden.")
        return CrmBench(plugin, sandbox)
