"""A session with a sandbox, as a run has one with the service: for the tests that a plugin has of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rundbrief.config import load_settings
from rundbrief.hookspecs import ProviderInfo
from rundbrief.http import AccountLimits, open_client, wsgi_transport
from rundbrief.session import Session
from rundbrief.testing.application import ManualClock
from rundbrief.testing.sandbox import Sandbox

__all__ = ["connected"]

NOWHERE = "http://127.0.0.1:9"
"""Where a sandbox in this process is said to be; nothing is ever sent there."""


@contextmanager
def connected(info: ProviderInfo, sandbox: Sandbox, **settings: Any) -> Iterator[Session]:
    """Yield a session with a sandbox in this process: the host's own HTTP client, with its retries and limits.

    Waits move the sandbox's clock instead of taking time. Call the plugin's hooks with it::

        with connected(provider_info(), sandbox) as session:
            lists = list(import_lists(session))

    Args:
        settings: what `rundbrief.toml` would say beside the sandbox's own settings.

    Raises:
        SettingsError: the plugin's schema does not take the settings.
    """
    loaded = _loaded(info, sandbox, settings)
    clock = sandbox.clock if isinstance(sandbox.clock, ManualClock) else ManualClock(sandbox.clock())
    sandbox.clock = clock
    client = open_client(
        info.endpoint(loaded),
        limits=AccountLimits(info.concurrency, info.rates, clock=lambda: clock().timestamp()),
        transport=wsgi_transport(sandbox),
        wait=clock.advance,
        now=clock,
    )
    with client:
        yield Session("sandbox", loaded, client, clock.advance)


def _loaded(info: ProviderInfo, sandbox: Sandbox, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    raw = {**sandbox.settings(NOWHERE), **settings}
    raw.pop("provider", None)
    return load_settings(
        info.settings, raw, where="connections.sandbox", folder=Path.cwd(), environ=sandbox.environ()
    )
