"""Everything a command works with: the configuration, the state, the CRM, and open connections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rundbrief.config import Config, ConnectionConfig, load_settings
from rundbrief.consent import ConsentPolicy
from rundbrief.crm import Crm
from rundbrief.engine.scopes import opt_in_key
from rundbrief.engine.waiting import StopSignal, Waits
from rundbrief.field_matching import did_you_mean
from rundbrief.fields import POSTAL_ADDRESS, CrmField, FieldType
from rundbrief.hookspecs import ConsentScope, CrmInfo, FieldWish, ProviderInfo
from rundbrief.models import MailingList, OptInField, WriteKind
from rundbrief.plugins import Observer, Provider, load_crm, load_provider
from rundbrief.session import Endpoint, Session
from rundbrief.store import ACCOUNT_SCOPE, Store

if TYPE_CHECKING:
    from rundbrief.http import Client, TokenVault, Transport

__all__ = ["Connection", "StopSignal", "Workspace", "utc_now"]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured connection, ready to be used."""

    config: ConnectionConfig
    provider: Provider
    session: Session
    client: "Client" = field(repr=False)
    waits: Waits = field(repr=False)
    """Of the client. What the session's own `wait` waits for, the service does meanwhile: that goes on."""

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def title(self) -> str:
        return self.provider.info.title

    @property
    def is_account_wide(self) -> bool:
        """One opt-in is good for all lists."""
        return self.provider.info.scope is ConsentScope.ACCOUNT

    @property
    def can_confirm(self) -> bool:
        """The service can ask a withdrawn person for a new opt-in by mail."""
        return WriteKind.CONFIRM in self.provider.info.batch_sizes

    @property
    def policy(self) -> ConsentPolicy:
        """What the configuration says of consent, as far as the service is up to it."""
        policy = self.config.policy
        return policy if self.can_confirm else replace(policy, reconsent="hold")

    def scope(self, mailing_list: MailingList) -> str:
        """Return what one opt-in is good for: the list, or the whole account."""
        return ACCOUNT_SCOPE if self.is_account_wide else mailing_list.id

    def opt_in_field(self, mailing_list: MailingList) -> OptInField:
        """Return the field on the CRM's contacts that stands for this list's consent."""
        label = f"Newsletter: {self.title}" if self.is_account_wide else mailing_list.name
        return OptInField(opt_in_key(self.name, self.scope(mailing_list)), label)

    def wishes(self, crm_fields: Mapping[str, CrmField]) -> list[FieldWish]:
        """Return which CRM fields should go along: the configured ones by name, the others, if they may, where
        they fit."""
        whole = {POSTAL_ADDRESS: CrmField(POSTAL_ADDRESS, "Postal address", FieldType.ADDRESS)} | dict(crm_fields)
        configured = [
            FieldWish(whole.get(crm_key, CrmField(crm_key, crm_key)), remote_key)
            for remote_key, crm_key in self.config.fields.items()
        ]
        if not self.config.match_fields:
            return configured
        named = {wish.field.key for wish in configured}
        return configured + [FieldWish(crm) for key, crm in crm_fields.items() if key not in named]

    def unknown_fields(self, crm_fields: Mapping[str, CrmField]) -> list[str]:
        """Return a sentence about each field that the configuration names and the CRM does not have."""
        known = {*crm_fields, POSTAL_ADDRESS}
        return [
            f"rundbrief.toml fills {remote_key} with {crm_key!r}, which is no field of the CRM: nothing goes into"
            f" it. {did_you_mean(crm_key, known)}"
            for remote_key, crm_key in self.config.fields.items()
            if crm_key not in known
        ]


class Workspace:
    """The configuration with what it names, opened when first asked for.

    Args:
        config: the loaded configuration.
        environ: where `{ env = "..." }` secrets are looked up.
        stop: raised by a signal handler; every wait of every connection obeys it.
        transports: connection name -> transport, to reach a sandbox in this process.
        now: the clock.
        patience: for so many seconds a request that fails is repeated; None is what suits a run at night.
    """

    def __init__(
        self,
        config: Config,
        *,
        environ: Mapping[str, str],
        stop: StopSignal | None = None,
        transports: "Mapping[str, Transport] | None" = None,
        now: Callable[[], datetime] = utc_now,
        wait: Callable[[float], None] | None = None,
        patience: float | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self.stop = stop or StopSignal()
        self._sleep = wait
        self._wait = wait or self.stop.wait
        self._patience = patience
        self._environ = environ
        self._transports = transports or {}
        self._store: Store | None = None
        self._crm: Crm | None = None
        self._crm_client: Client | None = None
        self._connections: dict[str, Connection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store = Store.open(self.config.state_path)
        return self._store

    @property
    def crm(self) -> Crm:
        if self._crm is None:
            plugin = load_crm(self.config.crm.plugin)
            settings = self._settings(plugin.info.settings, self.config.crm.settings, "crm")
            if plugin.info.endpoint is not None:
                self._crm_client = self._client(plugin.info, plugin.info.endpoint(settings), "crm", self._wait)
            self._crm = plugin.open(settings, self._crm_client, self.config.folder)
        return self._crm

    def connection(self, name: str) -> Connection:
        """Open the connection of that name.

        Raises:
            ConnectionUnknown: the configuration has none of that name.
            PluginError, SettingsError: its plugin or its settings cannot be used.
        """
        if name not in self._connections:
            self._connections[name] = self._open(self.config.connection(name))
        return self._connections[name]

    def observer_settings(self, observer: Observer) -> Mapping[str, Any]:
        """Return what the configuration says of an observer.

        Raises:
            SettingsError: its table is wrong, or it needs one and there is none.
        """
        name = observer.info.name
        return self._settings(observer.info.settings, self.config.observers.get(name, {}), f"observers.{name}")

    def close(self) -> None:
        for connection in self._connections.values():
            connection.client.close()
        if self._crm is not None:
            self._crm.close()
        if self._crm_client is not None:
            self._crm_client.close()
        if self._store is not None:
            self._store.close()
        self._connections, self._crm, self._crm_client, self._store = {}, None, None, None

    def _open(self, config: ConnectionConfig) -> Connection:
        from rundbrief.engine.token_vault import TokenFile

        provider = load_provider(config.provider)
        settings = self._settings(provider.info.settings, config.settings, f"connections.{config.name}")
        tokens = TokenFile(self.config.state_path, config.name)
        waits = Waits(self.stop, self._sleep)
        client = self._client(provider.info, provider.info.endpoint(settings), config.name, waits, tokens)
        return Connection(config, provider, Session(config.name, settings, client, self._wait), client, waits)

    def _client(
        self,
        info: ProviderInfo | CrmInfo,
        endpoint: Endpoint,
        name: str,
        wait: Callable[[float], None],
        tokens: "TokenVault | None" = None,
    ) -> "Client":
        # Imported here, and not above: what asks no service starts without all that a request takes.
        from rundbrief.http import AccountLimits, RetryPolicy, open_client

        return open_client(
            endpoint,
            limits=AccountLimits(info.concurrency, info.rates),
            transport=self._transports.get(name),
            wait=wait,
            now=self.now,
            retry=RetryPolicy() if self._patience is None else RetryPolicy(total_seconds=self._patience),
            tokens=tokens,
        )

    def _settings(self, schema: type[Any], raw: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        return load_settings(schema, raw, where=where, folder=Path(self.config.folder), environ=self._environ)
