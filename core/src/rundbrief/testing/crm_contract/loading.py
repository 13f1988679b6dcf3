"""Level *correct*, first room: the plugin as such."""

import pytest

from rundbrief.errors import RundbriefError
from rundbrief.plugins import load_crm
from rundbrief.testing.contract.installed import CRM, InstalledPluginRules
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.crm_contract.frame import CrmFrame

__all__ = ["Loading"]


class Loading(InstalledPluginRules, CrmFrame):
    kind = CRM

    @property
    def plugin_name(self) -> str:
        return self.crm

    def test_c05_the_sandbox_can_be_opened_with_its_own_settings(self) -> None:
        """There is a sandbox; the settings it names pass the plugin's schema, and the CRM opens with them.

        With an API, the endpoint is below the sandbox's URL, and the sandbox can be asked.

        Why: all other rules, the demo and `rundbrief sandbox` need just that; and a configuration that the schema
        lets pass must be one that the CRM can be opened with.
        """
        try:
            plugin = load_crm(self.crm)
        except RundbriefError:
            pytest.skip("The CRM cannot be loaded; C01 to C03 say why.")
        try:
            bench = self._opened(plugin)
        except RundbriefError as error:
            raise AssertionError(f"The sandbox's settings cannot be used: {error.message}") from None
        endpoint = bench.endpoint(bench.settings("http://127.0.0.1:8181"))
        bench.close()
        expect(plugin.info.concurrency >= 1, "The concurrency is below 1.")
        if endpoint is not None:
            is_there = endpoint.base_url.startswith("http://127.0.0.1:8181")
            expect(is_there, "The endpoint is not where the sandbox is.")
