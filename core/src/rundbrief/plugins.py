"""Finding plugins, loading the one that is asked for, and a typed face for it.

Discovery reads entry-point metadata and imports nothing. Each provider gets a plugin manager of its own: in a
shared one every provider would be asked every question, and a provider's "not mine" (an empty generator) would
count as an answer.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import importlib_metadata
import pluggy

from rundbrief import hookspecs
from rundbrief.crm import Crm
from rundbrief.errors import PluginBroken, PluginIncompatible, PluginMissing, RundbriefError
from rundbrief.fields import CrmField, FieldMap, FieldRoom, RemoteField
from rundbrief.hookspecs import CRM_GROUP, PROVIDER_GROUP, SPEC_VERSION, CrmInfo, FieldWish, ProviderInfo
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import HttpClient, Session

if TYPE_CHECKING:
    from rundbrief.testing.crm_sandbox import CrmSandbox
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["CrmPlugin", "InstalledPlugin", "Provider", "installed", "load_crm", "load_provider"]

Item = TypeVar("Item")

_REQUIRED = {
    PROVIDER_GROUP: (
        "provider_info",
        "import_lists",
        "fetch_opt_ins",
        "map_custom_fields",
        "export_contacts",
    ),
    CRM_GROUP: ("crm_info", "open_crm"),
}
_SPECS: Mapping[str, type] = {PROVIDER_GROUP: hookspecs.ProviderSpec, CRM_GROUP: hookspecs.CrmSpec}
_WORD = {PROVIDER_GROUP: "provider", CRM_GROUP: "CRM"}


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """One entry point, as metadata tells of it. Nothing is imported."""

    name: str
    group: str
    distribution: str
    version: str
    module: str


def installed(group: str = PROVIDER_GROUP) -> Sequence[InstalledPlugin]:
    """Return the installed plugins of a group, sorted by name."""
    found = [
        InstalledPlugin(
            name=point.name,
            group=group,
            distribution=point.dist.name if point.dist else "an unknown distribution",
            version=point.dist.version if point.dist else "?",
            module=point.value,
        )
        for point in _entry_points(tuple(sys.path)).select(group=group)
    ]
    # An editable install and a wheel of the same distribution may both be on the path: one row is enough.
    return sorted(set(found), key=lambda plugin: (plugin.name, plugin.distribution))


@cache
def _entry_points(path: tuple[str, ...]) -> importlib_metadata.EntryPoints:  # noqa: ARG001  # it is the key
    """Read the metadata of everything installed, once for each state of `sys.path`: it is hundreds of files."""
    return importlib_metadata.entry_points()


def load_provider(name: str) -> "Provider":
    """Import and check the provider of that name.

    Raises:
        PluginMissing: no installed distribution offers it.
        PluginBroken: its import failed, or its hooks do not fit the specs.
        PluginIncompatible: it was written for another version of the specs.
    """
    plugin, manager, implemented = _load(PROVIDER_GROUP, name)
    info = _checked_info(plugin, _ask(plugin, manager.hook.provider_info), ProviderInfo)
    return Provider(plugin, info, manager, implemented)


def load_crm(name: str) -> "CrmPlugin":
    """Import and check the CRM plugin of that name; raises as `load_provider` does."""
    plugin, manager, _ = _load(CRM_GROUP, name)
    info = _checked_info(plugin, _ask(plugin, manager.hook.crm_info), CrmInfo)
    return CrmPlugin(plugin, info, manager)


class Provider:
    """A loaded provider: the hooks with types, each answer checked, each stray exception given a name.

    A hook wrapper would not see what a generator raises in mid-stream, so the checks sit here.
    """

    def __init__(
        self,
        plugin: InstalledPlugin,
        info: ProviderInfo,
        manager: pluggy.PluginManager,
        implemented: frozenset[str],
    ) -> None:
        self.plugin = plugin
        self.info = info
        self.capabilities = implemented - {"provider_info"}
        """The hooks the plugin implements."""
        self._hook = manager.hook

    def __repr__(self) -> str:
        return f"<Provider {self.info.name} of {self.plugin.distribution} {self.plugin.version}>"

    def import_lists(self, session: Session) -> Iterator[MailingList]:
        yield from self._stream(lambda: self._hook.import_lists(session=session), MailingList)

    def fetch_opt_ins(
        self, session: Session, mailing_list: MailingList, cursor: str | None
    ) -> Iterator[Subscriber | Checkpoint]:
        stream: Iterator[Any] = self._stream(
            lambda: self._hook.fetch_opt_ins(session=session, mailing_list=mailing_list, cursor=cursor),
            Subscriber,
            Checkpoint,
        )
        yield from stream

    def map_custom_fields(
        self, session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]
    ) -> FieldMap:
        return self._answer(
            lambda: self._hook.map_custom_fields(session=session, mailing_list=mailing_list, wanted=wanted),
            FieldMap,
        )

    def create_fields(
        self, session: Session, mailing_list: MailingList, wanted: "Sequence[CrmField]"
    ) -> FieldMap | None:
        """Make fields at the service; None when the plugin cannot."""
        if "create_fields" not in self.capabilities:
            return None
        return self._answer(
            lambda: self._hook.create_fields(session=session, mailing_list=mailing_list, wanted=wanted), FieldMap
        )

    def room_for_fields(self, session: Session, mailing_list: MailingList) -> FieldRoom | None:
        """Return how many more fields can be made; None when the plugin does not say."""
        if "room_for_fields" not in self.capabilities:
            return None
        return self._answer(
            lambda: self._hook.room_for_fields(session=session, mailing_list=mailing_list), FieldRoom
        )

    def add_choices(
        self, session: Session, mailing_list: MailingList, field: RemoteField, choices: Sequence[str]
    ) -> RemoteField | None:
        """Add choices to a field at the service; None when the plugin cannot."""
        if "add_choices" not in self.capabilities:
            return None
        return self._answer(
            lambda: self._hook.add_choices(
                session=session, mailing_list=mailing_list, field=field, choices=choices
            ),
            RemoteField,
        )

    def export_contacts(
        self,
        session: Session,
        mailing_list: MailingList,
        kind: WriteKind,
        batch: Sequence[ContactWrite],
        field_map: FieldMap,
    ) -> Iterator[Outcome]:
        """Yield one outcome per write; a plugin that answers twice, or for a stranger, is broken."""
        open_keys = {write.key for write in batch}
        outcomes = self._stream(
            lambda: self._hook.export_contacts(
                session=session, mailing_list=mailing_list, kind=kind, batch=batch, field_map=field_map
            ),
            Outcome,
        )
        for outcome in outcomes:
            if outcome.key not in open_keys:
                raise self._broken("answered for a contact it was not asked about, or twice for one")
            open_keys.remove(outcome.key)
            yield outcome
        if open_keys:
            raise self._broken(f"left {len(open_keys)} of {len(batch)} contacts without an outcome")

    def check_connection(self, session: Session) -> str | None:
        """Return the account's name; None when the plugin has no such check."""
        if "check_connection" not in self.capabilities:
            return None
        return self._answer(lambda: self._hook.check_connection(session=session), str)

    def sandbox(self) -> "Sandbox | None":
        """Return a new sandbox; None when the plugin ships none."""
        if "sandbox" not in self.capabilities:
            return None
        # Imported here: a sandbox needs a web framework, which a plain run does not.
        from rundbrief.testing.sandbox import Sandbox

        return self._answer(lambda: self._hook.sandbox(), Sandbox)  # type: ignore[type-abstract]

    def _stream(self, call: Callable[[], Any], *types: type[Item]) -> Iterator[Item]:
        stream = self._guarded(call)
        if not isinstance(stream, Iterator):
            raise self._broken(f"returned {type(stream).__name__} where an iterator was expected")
        while True:
            item = self._guarded(lambda: next(stream, _END))
            if item is _END:
                return
            if not isinstance(item, types):
                names = " or ".join(t.__name__ for t in types)
                raise self._broken(f"yielded {type(item).__name__} where {names} was expected")
            yield item

    def _answer(self, call: Callable[[], Any], expected: type[Item]) -> Item:
        answer = self._guarded(call)
        if not isinstance(answer, expected):
            raise self._broken(f"returned {type(answer).__name__} where {expected.__name__} was expected")
        return answer

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except RundbriefError:
            raise
        except NotImplementedError as error:
            # The author's own words for herself: a plugin that has just been begun says so in every hook.
            raise self._broken(f"is not finished: {error}") from error
        except Exception as error:
            raise self._broken(f"raised {type(error).__name__}") from error

    def _broken(self, what: str) -> PluginBroken:
        return _broken(self.plugin, what)


@dataclass(frozen=True, slots=True)
class CrmPlugin:
    """A loaded CRM plugin."""

    plugin: InstalledPlugin
    info: CrmInfo
    manager: pluggy.PluginManager

    def open(self, settings: Mapping[str, Any], http: HttpClient | None, folder: Path) -> Crm:
        """Open the CRM; see `CrmSpec.open_crm`."""
        return cast(Crm, self.manager.hook.open_crm(settings=settings, http=http, folder=folder))

    def sandbox(self) -> "CrmSandbox | None":
        """Return a new CRM with its users; None when the plugin ships none."""
        if not self.manager.hook.sandbox.get_hookimpls():
            return None
        return cast("CrmSandbox", self.manager.hook.sandbox())


_END = object()


def _load(group: str, name: str) -> tuple[InstalledPlugin, pluggy.PluginManager, frozenset[str]]:
    plugin = _find(group, name)
    module = _import(plugin)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(_SPECS[group])
    try:
        manager.register(module, name=plugin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _broken(plugin, f"has a hook that does not fit: {error}") from None
    implemented = frozenset(caller.name for caller in manager.get_hookcallers(module) or ())
    missing = [hook for hook in _REQUIRED[group] if hook not in implemented]
    if missing:
        raise _broken(plugin, f"does not implement {', '.join(missing)}")
    _refuse_keyword_only(plugin, module, implemented)
    return plugin, manager, implemented


def _find(group: str, name: str) -> InstalledPlugin:
    everything = installed(group)
    claimed = [plugin for plugin in everything if plugin.name == name]
    if len({plugin.distribution for plugin in claimed}) > 1:
        owners = " and ".join(sorted(plugin.distribution for plugin in claimed))
        raise PluginBroken(
            f"{owners} both offer a {_WORD[group]} named {name!r}.", hint="Uninstall the one you do not want."
        )
    if claimed:
        return claimed[0]
    others = ", ".join(plugin.name for plugin in everything) or "none"
    raise PluginMissing(
        f"The {_WORD[group]} {name!r} is not installed (installed: {others}).",
        hint=f"Install it: pip install rundbrief-{name}",
    )


def _import(plugin: InstalledPlugin) -> ModuleType:
    points = _entry_points(tuple(sys.path)).select(group=plugin.group, name=plugin.name)
    try:
        module = next(iter(points)).load()
    except Exception as error:
        # Whatever a foreign module raises at import must not take the host down with it.
        raise _broken(plugin, f"could not be imported: {type(error).__name__}: {error}") from error
    if not isinstance(module, ModuleType):
        raise _broken(plugin, f"names {plugin.module}, which is not a module")
    return module


def _refuse_keyword_only(plugin: InstalledPlugin, module: ModuleType, hooks: frozenset[str]) -> None:
    """Refuse what pluggy would let pass: it never hands a value to a keyword-only parameter."""
    for hook in hooks:
        for parameter in inspect.signature(getattr(module, hook)).parameters.values():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                raise _broken(plugin, f"has a keyword-only parameter {parameter.name!r} in {hook}")


def _ask(plugin: InstalledPlugin, hook: Callable[[], Any]) -> Any:
    try:
        return hook()
    except Exception as error:
        raise _broken(plugin, f"raised {type(error).__name__} when asked for its info") from error


Info = TypeVar("Info", ProviderInfo, CrmInfo)


def _checked_info(plugin: InstalledPlugin, info: object, expected: type[Info]) -> Info:
    if not isinstance(info, expected):
        raise _broken(plugin, f"returned {type(info).__name__} where {expected.__name__} was expected")
    if info.spec_version != SPEC_VERSION:
        raise PluginIncompatible(
            f"{plugin.distribution} {plugin.version} was written for version {info.spec_version} of the hooks; "
            f"this rundbrief has version {SPEC_VERSION}.",
            hint=f"Upgrade both: pip install --upgrade rundbrief {plugin.distribution}",
        )
    if info.name != plugin.name:
        raise _broken(plugin, f"calls itself {info.name!r} but is registered as {plugin.name!r}")
    return info


def _broken(plugin: InstalledPlugin, what: str) -> PluginBroken:
    return PluginBroken(
        f"The {_WORD[plugin.group]} {plugin.name!r} ({plugin.distribution} {plugin.version}) {what}.",
        hint=f"Upgrade or reinstall it (pip install --force-reinstall {plugin.distribution}), or tell its author.",
    )
