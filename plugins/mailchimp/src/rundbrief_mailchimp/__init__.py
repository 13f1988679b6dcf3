"""Mailchimp for rundbrief: the hooks. What they do in detail stands in the rooms beside this module.

How the service behaves is from its OpenAPI description (3.0.55) and its documentation of 2026, unless said
otherwise.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rundbrief.errors import SettingsError
from rundbrief.fields import CrmField, FieldMap, FieldRoom, RemoteField
from rundbrief.hookspecs import FieldWish, ProviderInfo, hookimpl
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief_mailchimp.erasing import erase
from rundbrief_mailchimp.making import add_choices as add_choices_to_merge_field
from rundbrief_mailchimp.making import create_fields as create_merge_fields
from rundbrief_mailchimp.making import room_for_fields as room_for_merge_fields
from rundbrief_mailchimp.members import read_members
from rundbrief_mailchimp.merge_fields import KINDS, map_fields
from rundbrief_mailchimp.paging import rows
from rundbrief_mailchimp.schemas import AccountSchema, ListsSchema, read
from rundbrief_mailchimp.settings import MailchimpSettings, endpoint
from rundbrief_mailchimp.writes import create, patch, withdraw

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__: list[str] = []


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="mailchimp",
        title="Mailchimp",
        spec_version=1,
        settings=MailchimpSettings,
        endpoint=endpoint,
        field_kinds=KINDS,
        batch_sizes={
            WriteKind.CREATE: 500,
            WriteKind.UPDATE: 1000,
            WriteKind.WITHDRAW: 500,
            WriteKind.CONFIRM: 500,
        },
        # The service allows ten at once, over all programs that the account's user has.
        concurrency=4,
    )


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    for row in rows(session, "/lists", ListsSchema, "lists", "id name double_optin stats.member_count"):
        yield MailingList(row["id"], row["name"], row["double_optin"], row["stats"].get("member_count"))


@hookimpl
def fetch_opt_ins(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    return read_members(session, mailing_list, cursor)


@hookimpl
def map_custom_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    return map_fields(session, mailing_list, wanted)


@hookimpl
def room_for_fields(session: Session, mailing_list: MailingList) -> FieldRoom:
    return room_for_merge_fields(session, mailing_list)


@hookimpl
def create_fields(session: Session, mailing_list: MailingList, wanted: Sequence[CrmField]) -> FieldMap:
    return create_merge_fields(session, mailing_list, wanted)


@hookimpl
def add_choices(
    session: Session, mailing_list: MailingList, field: RemoteField, choices: Sequence[str]
) -> RemoteField:
    return add_choices_to_merge_field(session, mailing_list, field, choices)


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    match kind:
        case WriteKind.CREATE:
            return create(session, mailing_list, batch)
        case WriteKind.WITHDRAW:
            return withdraw(session, mailing_list, batch)
        case WriteKind.UPDATE | WriteKind.CONFIRM:
            return patch(session, mailing_list, kind, batch)


@hookimpl
def erase_contacts(
    session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    return erase(session, mailing_list, batch)


@hookimpl
def check_connection(session: Session) -> str:
    response = session.http.get("/", params={"fields": "account_name"})
    if response.status == 404:
        raise SettingsError("There is no Mailchimp API at this address.", hint="Check base_url in rundbrief.toml.")
    return str(read(response, AccountSchema)["account_name"])


@hookimpl
def sandbox() -> "Sandbox":
    from rundbrief_mailchimp.testing import MailchimpSandbox

    return MailchimpSandbox()
