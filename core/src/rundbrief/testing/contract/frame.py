"""The frame that the rules stand in: which provider, which sandbox, and a fresh bench for each test."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from rundbrief.errors import PluginError, RundbriefError
from rundbrief.models import WriteKind
from rundbrief.plugins import Provider, load_provider
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.sandbox import NotOffered, Sandbox

__all__ = ["CROWD", "Frame", "can_erase", "offered", "require"]


CROWD = 100_000


class NoSandbox(AssertionError):
    """There is nothing that the provider could be tried out on."""


class Frame:
    """What a subclass says of the provider, and what every rule is handed."""

    provider: ClassVar[str]
    """The entry point's name."""
    crowd: ClassVar[int] = CROWD
    """How many recipients stream by where memory is measured."""
    _measured: ClassVar[dict[str, int | None]]
    """What is measured once for all rules of a subclass."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls._measured = {}

    def make_sandbox(self, provider: Provider) -> Sandbox | None:
        """Return a new sandbox; by default the one of the plugin's own hook."""
        return provider.sandbox()

    @pytest.fixture
    def make_bench(self) -> Iterator[Callable[[], Bench]]:
        """Return a maker of accounts that have nothing to do with each other."""
        benches: list[Bench] = []

        def make() -> Bench:
            benches.append(self._bench())
            return benches[-1]

        yield make
        for bench in benches:
            bench.close()

    @pytest.fixture
    def bench(self, make_bench: Callable[[], Bench]) -> Bench:
        return make_bench()

    def _bench(self) -> Bench:
        try:
            provider = load_provider(self.provider)
        except PluginError:
            pytest.skip("The provider cannot be loaded; C01 to C03 say why.")
        try:
            return Bench(provider, lambda: self._sandbox(provider), self._measured)
        except (RundbriefError, NoSandbox):
            pytest.skip("There is no sandbox to try this on, or its settings are not taken; C05 says why.")

    def _sandbox(self, provider: Provider) -> Sandbox:
        sandbox = self.make_sandbox(provider)
        if sandbox is None:
            raise NoSandbox("The plugin has no `sandbox` hook, and `make_sandbox` is not overridden.")
        return sandbox


def require(bench: Bench, kind: WriteKind) -> None:
    """Skip a rule about a kind of write that the provider does not offer."""
    if kind not in bench.provider.info.batch_sizes:
        pytest.skip(f"{bench.provider.info.title} has no way to {kind.value} recipients.")


def can_erase(bench: Bench) -> bool:
    return "erase_contacts" in bench.provider.capabilities


def offered(act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Act at the service, or skip the rule with the sandbox's own sentence where the service has no such thing."""
    try:
        return act(*args, **more)
    except NotOffered as missing:
        pytest.skip(str(missing))
