"""Finding and reading rundbrief.toml. Flag before environment before file before default."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from marshmallow import Schema
from platformdirs import user_config_path

from rundbrief.config.schemas import ConnectionSchema, CrmSchema, FileSchema, StateSchema, load_part
from rundbrief.config.secrets import secret_sources
from rundbrief.consent import ConsentPolicy
from rundbrief.errors import ConnectionUnknown, SettingsError
from rundbrief.fields import FieldPolicy, Habits
from rundbrief.rails import MAX_ADDITIONS, MAX_WITHDRAWALS

__all__ = ["FILE_NAME", "Config", "ConnectionConfig", "CrmConfig", "load_config", "load_settings"]

FILE_NAME = "rundbrief.toml"
CONFIG_VARIABLE = "RUNDBRIEF_CONFIG"
STATE_VARIABLE = "RUNDBRIEF_STATE"
_COMMON: Mapping[str, type[Schema]] = {"crm": CrmSchema, "connections": ConnectionSchema}
"""Kind of table -> the keys that every one of that kind has beside its plugin's."""


@dataclass(frozen=True, slots=True)
class CrmConfig:
    plugin: str = "local"
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The CRM plugin's own keys, not yet checked."""


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One connection: what every one has, and the provider's own keys as they stand in the file."""

    name: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The provider's own keys, not yet checked."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Remote key -> CRM field key."""
    field_policies: Mapping[str, FieldPolicy] = field(default_factory=dict)
    """Remote key -> what else the file says of it."""
    match_fields: bool = True
    """Fields that the file does not name go along where they fit by name."""
    habits: Habits = field(default_factory=Habits)
    reconsent: Literal["hold", "confirm"] = "hold"
    withdrawals: Literal["push", "report", "everywhere"] = "push"
    """What becomes of a *no* of the CRM's: told to the service, or only reported. *everywhere* tells it, and takes
    a *no* at this service as one for all the others."""
    address_change: Literal["move", "confirm", "hold"] = "move"
    """What becomes of a subscriber whose address is changed in the CRM: the service gives her the new one, or
    asks the new one for a new opt-in, or waits for one. The old address gets no mail in either case."""
    list: str | None = None
    """Where one consent is good for the whole account: the list that a sync fills, by id or name."""
    max_withdrawals: float = MAX_WITHDRAWALS
    """The guard rail, as a share of all opt-ins."""
    max_additions: float = MAX_ADDITIONS
    """The same for opt-ins that come."""
    full_import_days: int = 7
    """After how many days an import reads everything again, to notice who is gone; 0: never."""

    @property
    def policy(self) -> ConsentPolicy:
        return ConsentPolicy(self.reconsent, "report" if self.withdrawals == "report" else "push")


@dataclass(frozen=True, slots=True)
class Config:
    path: Path | None
    """The file; None when there was none and nothing was configured."""
    folder: Path
    """Relative paths start here."""
    state_path: Path
    crm: CrmConfig = field(default_factory=CrmConfig)
    connections: Mapping[str, ConnectionConfig] = field(default_factory=dict)
    observers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """The observers' own keys, not yet checked."""

    def connection(self, name: str) -> ConnectionConfig:
        """Return a connection by name.

        Raises:
            ConnectionUnknown: names the nearest, or all there are.
        """
        if name in self.connections:
            return self.connections[name]
        near = get_close_matches(name, self.connections, n=1)
        known = ", ".join(sorted(self.connections)) or "none"
        raise ConnectionUnknown(
            f"There is no connection {name!r} in {self.path or FILE_NAME}.",
            hint=f"Did you mean {near[0]}?" if near else f"Configured: {known}.",
        )


def load_config(path: Path | None = None, *, environ: Mapping[str, str]) -> Config:
    """Read the configuration: `path`, else RUNDBRIEF_CONFIG, else ./rundbrief.toml, else the user's own.

    Raises:
        SettingsError: there is none, it is not TOML (with line and column), or a key is wrong.
    """
    found = _find(path, environ)
    top = load_part(FileSchema(), _parse(found), "")
    folder = found.parent.resolve()
    state = load_part(StateSchema(), top["state"], "state")
    crm = load_part(CrmSchema(), top["crm"], "crm")
    return Config(
        path=found,
        folder=folder,
        state_path=folder / Path(environ.get(STATE_VARIABLE) or state["path"]).expanduser(),
        crm=CrmConfig(crm.pop("plugin"), crm),
        connections={name: _connection(name, raw) for name, raw in top["connections"].items()},
        observers=top["observers"],
    )


def load_settings(
    schema: type[Schema], raw: Mapping[str, Any], *, where: str, folder: Path, environ: Mapping[str, str]
) -> Mapping[str, Any]:
    """Check a plugin's own keys with the plugin's own schema, and follow its references to secrets.

    Args:
        where: the table in the file, for messages: `crm`, `connections.news` or `observers.diary`.

    Raises:
        SettingsError: a key is unknown, missing or wrong, or a secret cannot be found.
    """
    common = _COMMON.get(where.partition(".")[0])
    known_too = frozenset(one.data_key or name for name, one in common().fields.items()) if common else frozenset()
    with secret_sources(environ, folder):
        loaded: Mapping[str, Any] = load_part(schema(), raw, where, known_too=known_too)
    return loaded


def _find(path: Path | None, environ: Mapping[str, str]) -> Path:
    chosen = path or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if chosen is not None:
        if not chosen.is_file():
            raise SettingsError(f"There is no file {chosen}.", hint="Write one with: rundbrief init")
        return chosen
    usual = [Path.cwd() / FILE_NAME, user_config_path("rundbrief") / FILE_NAME]
    for one in usual:
        if one.is_file():
            return one
    raise SettingsError(
        f"There is no {FILE_NAME} in this folder, nor in {usual[1].parent}.",
        hint="Write one with: rundbrief init",
    )


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        # Editors on Windows begin a file with a byte order mark, which is no TOML.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {_with_place(str(error))}.") from None
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None


def _with_place(message: str) -> str:
    """Turn `Expected '=' (at line 3, column 7)` round, so that the place comes first."""
    found = re.fullmatch(r"(?P<what>.*) \(at (?P<place>.*)\)", message, re.DOTALL)
    if not found:
        return message
    what = found["what"]
    return f"{found['place']}: {what[:1].lower()}{what[1:]}"


def _connection(name: str, raw: Mapping[str, Any]) -> ConnectionConfig:
    loaded = load_part(ConnectionSchema(), raw, f"connections.{name}")
    common = {key.rstrip("_"): loaded.pop(key) for key in ConnectionSchema().fields}
    entries = common.pop("fields")
    return ConnectionConfig(
        name=name,
        settings=loaded,
        fields={remote_key: entry["field"] for remote_key, entry in entries.items()},
        field_policies={
            remote_key: FieldPolicy(entry["empty"], entry["on_error"]) for remote_key, entry in entries.items()
        },
        habits=Habits(common.pop("language"), common.pop("country")),
        **common,
    )
