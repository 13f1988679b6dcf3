"""Level *correct*, first room: the plugin as such."""

import pytest

from rundbrief.errors import RundbriefError
from rundbrief.models import WriteKind
from rundbrief.plugins import load_provider
from rundbrief.session import Endpoint
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame
from rundbrief.testing.contract.installed import PROVIDER, InstalledPluginRules
from rundbrief.testing.contract.rules import expect

__all__ = ["Loading"]


class Loading(InstalledPluginRules, Frame):
    kind = PROVIDER

    @property
    def plugin_name(self) -> str:
        return self.provider

    def test_c05_the_sandbox_can_be_reached_with_its_own_settings(self) -> None:
        """There is a sandbox; the settings it names pass the provider's schema and make an endpoint below its URL.

        Batch sizes and concurrency are numbers that can be worked with.

        Why: all other rules, the demo and `rundbrief sandbox` need just that; and a configuration that the schema
        lets pass must be one that the endpoint can be made of.
        """
        try:
            provider = load_provider(self.provider)
        except RundbriefError:
            pytest.skip("The provider cannot be loaded; C01 to C03 say why.")
        try:
            bench = Bench(provider, lambda: self._sandbox(provider))
        except RundbriefError as error:
            raise AssertionError(f"The sandbox's settings cannot be used: {error.message}") from None
        endpoint = bench.endpoint(bench.settings("http://127.0.0.1:8181"))
        bench.close()
        expect(isinstance(endpoint, Endpoint), "`endpoint` makes no Endpoint.")
        expect(endpoint.base_url.startswith("http://127.0.0.1:8181"), "The endpoint is not where the sandbox is.")
        sizes = provider.info.batch_sizes
        expect(all(kind in WriteKind and size >= 1 for kind, size in sizes.items()), "A batch size is below 1.")
        expect(provider.info.concurrency >= 1, "The concurrency is below 1.")
