"""A CRM on the bench: opened as a host opens it, with users at its sandbox, and a clock nobody waits for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from rundbrief.config import load_settings
from rundbrief.crm import Crm
from rundbrief.fields import FieldType
from rundbrief.http import AccountLimits, Client, Transport, open_client, wsgi_transport
from rundbrief.models import Contact, CrmOptIn, NewContact, OptIn, OptInChange, OptInField, Selection, address_key
from rundbrief.plugins import CrmPlugin
from rundbrief.session import Endpoint
from rundbrief.testing.application import ManualClock, SandboxApplication
from rundbrief.testing.crm_sandbox import CrmSandbox, HeldContact

__all__ = ["NOWHERE", "CrmBench"]

NOWHERE = "http://127.0.0.1:9"
"""What the settings name; the transport ends in this process."""


class CrmBench:
    """One tenant of a CRM with its users, and the plugin at work on it.

    Raises:
        SettingsError: what the sandbox says of its settings is not what the plugin takes.
    """

    def __init__(self, plugin: CrmPlugin, sandbox: CrmSandbox) -> None:
        self.plugin = plugin
        self.users = sandbox
        self.clock = ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
        if self.users.application is not None:
            self.users.application.clock = self.clock
        self.pauses: list[float] = []
        """Seconds of each wait; none of them took any time."""
        self._numbers = count(1)
        self._folder = TemporaryDirectory(prefix="rundbrief-crm-")
        self._opened: list[tuple[Crm, Client | None]] = []
        try:
            self.crm = self.open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for crm, client in self._opened:
            crm.close()
            if client is not None:
                client.close()
        self._opened = []
        self._folder.cleanup()

    # --- opening ---------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        return self.plugin.info.title

    @property
    def service(self) -> SandboxApplication:
        """The CRM as a service. A rule that needs one is skipped for a CRM without an API."""
        if self.users.application is None:
            pytest.skip(f"{self.title} is reached without a network: nothing happens on the way.")
        return self.users.application

    def open(
        self,
        folder: Path | None = None,
        *,
        base_url: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Crm:
        """Open the CRM as another process does.

        Args:
            folder: where its state may live; None: where that of all others is which were opened so.
            base_url: where the sandbox is served; None: in this process.
            environ: the secrets, if not the sandbox's own.
        """
        info = self.plugin.info
        settings = self.settings(base_url or NOWHERE, environ)
        client = None
        if info.endpoint is not None:
            client = open_client(
                info.endpoint(settings),
                limits=AccountLimits(info.concurrency, info.rates, clock=lambda: self.clock().timestamp()),
                transport=self._line() if base_url is None else None,
                wait=self.wait,
                now=self.clock,
            )
        crm = self.plugin.open(settings, client, folder or Path(self._folder.name))
        self._opened.append((crm, client))
        return crm

    def new_folder(self) -> Path:
        """Return an empty folder, as on a machine where rundbrief has never run."""
        folder = Path(self._folder.name, f"folder{next(self._numbers)}")
        folder.mkdir()
        return folder

    @contextmanager
    def served(self) -> Iterator[Crm]:
        """Open the CRM over a real port with a slow line, where it has an API; otherwise as always."""
        if self.users.application is None:
            yield self.open()
            return
        with self.service.serve() as base_url:
            crm = self.open(base_url=base_url)
            self.service.requests.reset()
            self.service.latency = 0.01
            yield crm

    def settings(self, base_url: str = NOWHERE, environ: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        raw = {key: value for key, value in self.users.settings(base_url).items() if key != "plugin"}
        return load_settings(
            self.plugin.info.settings,
            raw,
            where="crm",
            folder=Path(self._folder.name),
            environ=self.users.environ() if environ is None else environ,
        )

    def endpoint(self, settings: Mapping[str, Any] | None = None) -> Endpoint | None:
        make = self.plugin.info.endpoint
        return make(self.settings() if settings is None else settings) if make else None

    def _line(self) -> Transport:
        if self.users.application is None:
            raise AssertionError("The CRM has an endpoint, and its sandbox no application to be asked.")
        return wsgi_transport(self.users.application)

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    def now(self) -> datetime:
        """Return the time as the CRM tells it."""
        return self.clock() if self.users.application is not None else datetime.now(UTC)

    # --- users -----------------------------------------------------------------------------------------------

    def somebody(self) -> str:
        """Return an address that nobody has had before."""
        return f"somebody{next(self._numbers)}@example.net"

    def contacts(self, people: int = 1, **more: Any) -> list[str]:
        """Let a user add so many contacts, and return their ids."""
        return [self.users.add_contact(self.somebody(), **more) for _ in range(people)]

    def text_field(self) -> str:
        """Let an administrator add a text field, and return its key."""
        return self.users.add_field(f"Notes {next(self._numbers)}", FieldType.TEXT).key

    def held(self, contact_id: str) -> HeldContact | None:
        return self.users.contacts().get(contact_id)

    def held_with(self, address: str) -> list[str]:
        """Return the ids of all contacts that truly have this address."""
        held = self.users.contacts()
        return [key for key, one in held.items() if one.email and address_key(one.email) == address_key(address)]

    # --- the host --------------------------------------------------------------------------------------------

    def opt_in_field(self, label: str = "Customers") -> OptInField:
        """Make an opt-in field, as an import of a list does."""
        made = OptInField(f"news/{next(self._numbers)}", label)
        self.crm.ensure_opt_in_fields([made])
        return made

    def everybody(self, crm: Crm | None = None) -> dict[str, Contact]:
        return {one.id: one for one in (crm or self.crm).contacts(Selection())}

    def change(
        self, contact_id: str, opt_in: OptInField, value: OptIn = OptIn.YES, expected: OptIn = OptIn.UNKNOWN
    ) -> OptInChange:
        return OptInChange(
            contact_id, opt_in.key, expected, CrmOptIn(value, self.now(), "Contract, list Customers")
        )

    def new_contact(self, address: str, opt_in: OptInField, value: OptIn = OptIn.YES, **fields: Any) -> NewContact:
        state = CrmOptIn(value, self.now(), "Contract, list Customers")
        return NewContact(address, fields, opt_in.key, state, "Contract, list Customers")
