"""CleverReach for rundbrief: the hooks. What they do in detail stands in the rooms beside this module.

The vendor's own description was not to be had; how the service behaves is from its open-source clients (php-sdk,
IntegrationCore) and its support pages, unless said otherwise.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rundbrief.fields import CrmField, FieldMap, FieldRoom
from rundbrief.hookspecs import FieldWish, ProviderInfo, hookimpl
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief_cleverreach.attributes import KINDS, map_fields
from rundbrief_cleverreach.erasing import erase
from rundbrief_cleverreach.making import create_fields as create_attributes
from rundbrief_cleverreach.making import room_for_fields as room_for_attributes
from rundbrief_cleverreach.receivers import read_receivers
from rundbrief_cleverreach.schemas import AccountSchema, GroupSchema, read
from rundbrief_cleverreach.settings import CleverReachSettings, endpoint
from rundbrief_cleverreach.writes import create, update, withdraw

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__: list[str] = []


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="cleverreach",
        title="CleverReach",
        spec_version=1,
        settings=CleverReachSettings,
        endpoint=endpoint,
        field_kinds=KINDS,
        batch_sizes={
            WriteKind.CREATE: 1000,
            WriteKind.UPDATE: 1000,
            # One request each: there is no bulk call that deactivates.
            WriteKind.WITHDRAW: 50,
        },
        # No limits are published; the vendor's own clients ask for one thing at a time.
        concurrency=1,
    )


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    """Whether a group's form asks for confirmation is not told by the API, so no list counts as one that does."""
    for row in read(session.http.get("/groups"), GroupSchema(many=True)):
        yield MailingList(row["id"], row["name"])


@hookimpl
def fetch_opt_ins(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    return read_receivers(session, mailing_list, cursor)


@hookimpl
def map_custom_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    return map_fields(session, mailing_list, wanted)


@hookimpl
def create_fields(session: Session, mailing_list: MailingList, wanted: Sequence[CrmField]) -> FieldMap:
    return create_attributes(session, mailing_list, wanted)


@hookimpl
def room_for_fields(session: Session, mailing_list: MailingList) -> FieldRoom:
    return room_for_attributes(session, mailing_list)


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    match kind:
        case WriteKind.CREATE:
            return create(session, mailing_list, batch)
        case WriteKind.UPDATE:
            return update(session, mailing_list, batch)
        case WriteKind.WITHDRAW:
            return withdraw(session, mailing_list, batch)
        case WriteKind.CONFIRM:
            # Not declared, so never asked for: it would take the person's own browser and address (doidata).
            raise NotImplementedError


@hookimpl
def erase_contacts(
    session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    return erase(session, mailing_list, batch)


@hookimpl
def check_connection(session: Session) -> str:
    account = read(session.http.get("/debug/whoami"), AccountSchema())
    return str(account["company"] or account["name"] or account["id"])


@hookimpl
def sandbox() -> "Sandbox":
    from rundbrief_cleverreach.testing import CleverReachSandbox

    return CleverReachSandbox()
