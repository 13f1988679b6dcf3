"""A provider behind a typed face."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from rundbrief.errors import PluginBroken
from rundbrief.fields import CrmField, FieldMap, FieldRoom, RemoteField
from rundbrief.hookspecs import ERASED_AT_ONCE, PROVIDER_GROUP, FieldWish, ProviderInfo
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.plugins.face import Face
from rundbrief.plugins.loading import info_of, load
from rundbrief.session import Session

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["Provider", "load_provider"]

Item = TypeVar("Item")
_END = object()


def load_provider(name: str) -> "Provider":
    """Import and check the provider of that name.

    Raises:
        PluginMissing: no installed distribution offers it.
        PluginBroken: its import failed, or its hooks do not fit the specs.
        PluginIncompatible: it was written for another version of the specs.
    """
    loaded = load(PROVIDER_GROUP, name)
    return Provider(loaded, info_of(loaded, "provider_info", ProviderInfo))


class Provider(Face[ProviderInfo]):
    """A loaded provider: the hooks with types, each answer checked, each stray exception given a name.

    A hook wrapper would not see what a generator raises in mid-stream, so the checks sit here.
    """

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
        yield from self._outcomes(
            batch,
            lambda: self._hook.export_contacts(
                session=session, mailing_list=mailing_list, kind=kind, batch=batch, field_map=field_map
            ),
        )

    def erase_contacts(
        self, session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
    ) -> Iterator[Outcome] | None:
        """Erase recipients at the service, one outcome per write; None when the plugin cannot.

        The batch may have any size.
        """
        if "erase_contacts" not in self.capabilities:
            return None
        return self._erase(session, mailing_list, batch)

    def _erase(
        self, session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
    ) -> Iterator[Outcome]:
        for start in range(0, len(batch), ERASED_AT_ONCE):
            part = [
                ContactWrite(one.key, one.address, one.remote_id) for one in batch[start : start + ERASED_AT_ONCE]
            ]
            yield from self._outcomes(
                part,
                partial(self._hook.erase_contacts, session=session, mailing_list=mailing_list, batch=part),
            )

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

    def _outcomes(self, batch: Sequence[ContactWrite], call: Callable[[], Any]) -> Iterator[Outcome]:
        """Yield the outcomes of a call, and see to it that each write has exactly one."""
        open_keys = {write.key for write in batch}
        for outcome in self._stream(call, Outcome):
            if outcome.key not in open_keys:
                raise self._broken("answered for a contact it was not asked about, or twice for one")
            open_keys.remove(outcome.key)
            yield outcome
        if open_keys:
            raise self._broken(f"left {len(open_keys)} of {len(batch)} contacts without an outcome")

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
        return self._loaded.guarded(call)

    def _broken(self, what: str) -> PluginBroken:
        return self.plugin.broken(what)
