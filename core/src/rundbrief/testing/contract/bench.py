"""A provider on the bench: loaded as a host loads it, wired to its own sandbox, with a clock nobody waits for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from rundbrief.config import load_settings
from rundbrief.errors import PluginBroken, RundbriefError
from rundbrief.fields import STANDARD_FIELDS, FieldMap, FieldType
from rundbrief.hookspecs import ConsentScope, FieldWish
from rundbrief.http import AccountLimits, Client, Transport, open_client, wsgi_transport
from rundbrief.http.tokens import MemoryVault
from rundbrief.models import (
    Checkpoint,
    ContactWrite,
    MailingList,
    Outcome,
    Subscriber,
    SubscriberStatus,
    WriteKind,
    address_key,
)
from rundbrief.plugins import Provider
from rundbrief.session import Endpoint, Session
from rundbrief.store import ACCOUNT_SCOPE, WHOLE_ACCOUNT
from rundbrief.testing.contract.told import Reading, outcomes_of
from rundbrief.testing.sandbox import Held, ManualClock, Sandbox

__all__ = ["Bench"]

NOWHERE = "http://127.0.0.1:9"
"""What the settings name; the transport ends in this process."""

SOME, MANY = 600, 12_000
"""More recipients than some services, and than any, send in one page."""


class Bench:
    """One account of a service, and the provider's connection to it.

    Args:
        make_sandbox: makes the account; called again where a measurement needs one of its own.
        measured: what earlier benches for the same provider have measured, and this one need not measure again.

    Raises:
        SettingsError: what the sandbox says of its settings is not what the provider takes.
    """

    def __init__(
        self,
        provider: Provider,
        make_sandbox: Callable[[], Sandbox],
        measured: dict[str, int | None] | None = None,
    ) -> None:
        self.provider = provider
        self.sandbox = make_sandbox()
        self.clock = self.sandbox.clock = ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
        self._make_sandbox = make_sandbox
        self._measured = {} if measured is None else measured
        self.pauses: list[float] = []
        """Seconds of each wait; none of them took any time."""
        self._clients: list[Client] = []
        self._numbers = count(1)
        self._field_maps: dict[str, FieldMap] = {}
        self.tokens = MemoryVault()
        """What the service has handed out last, kept from session to session."""
        self.session = self.connect()

    def close(self) -> None:
        for client in self._clients:
            client.close()

    # --- the connection --------------------------------------------------------------------------------------

    @property
    def is_account_wide(self) -> bool:
        return self.provider.info.scope is ConsentScope.ACCOUNT

    @property
    def forgets(self) -> bool:
        return self.provider.info.forgets_who_left

    @property
    def left(self) -> frozenset[SubscriberStatus]:
        """The statuses that somebody who has left may have in the end."""
        forgotten = {SubscriberStatus.ABSENT} if self.forgets else set()
        return frozenset({SubscriberStatus.UNSUBSCRIBED, *forgotten})

    def connect(self, base_url: str | None = None, environ: Mapping[str, str] | None = None) -> Session:
        """Return a new session, as a new run has one.

        Args:
            base_url: where the sandbox is served; None: in this process.
            environ: the secrets, if not the sandbox's own; with others nothing is kept of earlier tokens.
        """
        settings = self.settings(base_url or NOWHERE, environ)
        info = self.provider.info
        client = open_client(
            self.endpoint(settings),
            limits=AccountLimits(info.concurrency, info.rates, clock=lambda: self.clock().timestamp()),
            transport=self._line(base_url),
            wait=self.wait,
            now=self.clock,
            tokens=self.tokens if environ is None else MemoryVault(),
        )
        self._clients.append(client)
        return Session("contract", settings, client, self.wait)

    def settings(self, base_url: str = NOWHERE, environ: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        raw = {key: value for key, value in self.sandbox.settings(base_url).items() if key != "provider"}
        return load_settings(
            self.provider.info.settings,
            raw,
            where="connections.contract",
            folder=Path.cwd(),
            environ=self.sandbox.environ() if environ is None else environ,
        )

    def endpoint(self, settings: Mapping[str, Any] | None = None) -> Endpoint:
        return self.provider.info.endpoint(self.settings() if settings is None else settings)

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    def _line(self, base_url: str | None) -> Transport | None:
        return wsgi_transport(self.sandbox) if base_url is None else None

    # --- lists and people ------------------------------------------------------------------------------------

    def add_list(self, name: str = "Customers", *, double_opt_in: bool = False) -> MailingList:
        return MailingList(self.sandbox.add_list(name, double_opt_in=double_opt_in), name, double_opt_in)

    def somebody(self) -> str:
        """Return an address that nobody has had before."""
        return f"somebody{next(self._numbers)}@example.net"

    def signed_up(self, mailing_list: MailingList, people: int = 1) -> list[str]:
        """Let so many persons sign up, and return their addresses."""
        addresses = [self.somebody() for _ in range(people)]
        for address in addresses:
            self.sandbox.subscribe(mailing_list.id, address)
        return addresses

    def held(self, mailing_list: MailingList, address: str) -> Held | None:
        return self.sandbox.recipients(mailing_list.id).get(address_key(address))

    def true_opt_ins(self, mailing_list: MailingList) -> set[str]:
        """Return the `address_key` of everybody who is subscribed."""
        held = self.sandbox.recipients(mailing_list.id)
        return {key for key, one in held.items() if one.status is SubscriberStatus.SUBSCRIBED}

    def _scope(self, mailing_list: MailingList) -> MailingList:
        """Return what a consent is good for: the list, or what stands for the account."""
        return MailingList(ACCOUNT_SCOPE, WHOLE_ACCOUNT) if self.is_account_wide else mailing_list

    # --- reading ---------------------------------------------------------------------------------------------

    def stream(
        self, mailing_list: MailingList, cursor: str | None = None, session: Session | None = None
    ) -> Iterator[Subscriber | Checkpoint]:
        """Read a list, or where consent is account-wide the account, as lazily as the provider does."""
        return self.provider.fetch_opt_ins(session or self.session, self._scope(mailing_list), cursor)

    def read(
        self, mailing_list: MailingList, cursor: str | None = None, session: Session | None = None
    ) -> Reading:
        """Read to the end.

        Raises:
            RundbriefError: whatever the provider raises.
        """
        reading = self.try_reading(mailing_list, cursor, session)
        if reading.error:
            raise reading.error
        return reading

    def try_reading(
        self, mailing_list: MailingList, cursor: str | None = None, session: Session | None = None
    ) -> Reading:
        """Read to the end, or to the trouble that ends it. What is no error of ours fails the rule at once."""
        reading = Reading()
        try:
            for item in self.stream(mailing_list, cursor, session):
                if isinstance(item, Checkpoint):
                    reading.cursors.append(item.cursor)
                else:
                    reading.subscribers.append(item)
        except PluginBroken:
            raise
        except RundbriefError as error:
            reading.error = error
        return reading

    def page_size(self) -> int | None:
        """Return how many recipients come with the first page of a long list; None when it holds any number."""
        if "page size" not in self._measured:
            self._measured["page size"] = self._first_page()
        return self._measured["page size"]

    def _first_page(self) -> int | None:
        for people in (SOME, MANY):
            with closing(Bench(self.provider, self._make_sandbox)) as other:
                mailing_list = other.add_list()
                other.sandbox.seed(mailing_list.id, people)
                items = enumerate(other.stream(mailing_list))
                first = next(number for number, item in items if isinstance(item, Checkpoint))
            if first < people:
                return first
        return None

    # --- writing ---------------------------------------------------------------------------------------------

    def field_map(self, mailing_list: MailingList) -> FieldMap:
        """Return where the CRM's standard fields go; asked once for each list, as a run does."""
        if mailing_list.id not in self._field_maps:
            wishes = [FieldWish(one) for one in STANDARD_FIELDS]
            found = self.provider.map_custom_fields(self.session, mailing_list, wishes)
            self._field_maps[mailing_list.id] = found
        return self._field_maps[mailing_list.id]

    def text_fields(self, mailing_list: MailingList) -> Sequence[str]:
        """Return the remote keys of the standard fields that take any text."""
        links = self.field_map(mailing_list).links
        return [one.remote.key for one in links if one.remote.type is FieldType.TEXT and not one.remote.choices]

    def writes(self, addresses: Iterable[str], mailing_list: MailingList, **more: Any) -> list[ContactWrite]:
        """Return writes to these addresses; to those whom the service has, with what it calls them."""
        self.field_map(mailing_list)  # fetched in peace: the trouble to come is meant for the writes
        held = self.sandbox.recipients(mailing_list.id)
        return [
            ContactWrite(
                f"write {number}",
                address,
                remote_id=held[address_key(address)].remote_id if address_key(address) in held else None,
                **more,
            )
            for number, address in enumerate(addresses)
        ]

    def export(
        self,
        mailing_list: MailingList,
        kind: WriteKind,
        writes: Sequence[ContactWrite],
        session: Session | None = None,
    ) -> dict[str, Outcome]:
        """Carry out one batch: key -> outcome. The facade sees to it that each write has exactly one.

        Raises:
            RundbriefError: whatever the provider raises.
        """
        outcomes, error = self.try_export(mailing_list, kind, writes, session)
        if error:
            raise error
        return outcomes

    def try_export(
        self,
        mailing_list: MailingList,
        kind: WriteKind,
        writes: Sequence[ContactWrite],
        session: Session | None = None,
    ) -> tuple[dict[str, Outcome], RundbriefError | None]:
        """Carry out one batch, up to the trouble that ends it. A broken promise fails the rule at once."""
        session, field_map = session or self.session, self.field_map(mailing_list)
        return outcomes_of(self.provider.export_contacts(session, mailing_list, kind, writes, field_map))

    def erase(
        self, mailing_list: MailingList, writes: Sequence[ContactWrite], session: Session | None = None
    ) -> dict[str, Outcome]:
        """Erase recipients: key -> outcome.

        Raises:
            RundbriefError: whatever the provider raises.
        """
        outcomes, error = self.try_erasing(mailing_list, writes, session)
        if error:
            raise error
        return outcomes

    def try_erasing(
        self, mailing_list: MailingList, writes: Sequence[ContactWrite], session: Session | None = None
    ) -> tuple[dict[str, Outcome], RundbriefError | None]:
        """Erase recipients, up to the trouble that ends it. A broken promise fails the rule at once."""
        place = self._scope(mailing_list)
        return outcomes_of(self.provider.erase_contacts(session or self.session, place, writes) or iter(()))
