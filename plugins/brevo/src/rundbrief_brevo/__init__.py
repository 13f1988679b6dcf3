"""Brevo for rundbrief: the hooks. What they do in detail stands in the rooms beside this module.

How the service behaves is from its OpenAPI description (2025-02-28) and its Python client (5.1.0), unless said
otherwise. One opt-in is good for the whole account: `emailBlacklisted`. Being on a list is no consent.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rundbrief.errors import PermissionMissing, SettingsError, SignInAgain
from rundbrief.fields import CrmField, FieldMap, RemoteField
from rundbrief.hookspecs import ConsentScope, FieldWish, ProviderInfo, hookimpl
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Rate, Session
from rundbrief_brevo.attributes import KINDS, map_fields
from rundbrief_brevo.batches import MOST
from rundbrief_brevo.contacts import read_contacts
from rundbrief_brevo.erasing import erase
from rundbrief_brevo.imports import create
from rundbrief_brevo.making import add_choices as add_options
from rundbrief_brevo.making import create_fields as create_attributes
from rundbrief_brevo.schemas import AccountSchema, ListsSchema, read
from rundbrief_brevo.settings import CONTACTS, BrevoSettings, endpoint
from rundbrief_brevo.writes import update, withdraw

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__: list[str] = []

LISTS_PER_PAGE = 50


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="brevo",
        title="Brevo",
        spec_version=1,
        settings=BrevoSettings,
        endpoint=endpoint,
        field_kinds=KINDS,
        batch_sizes={
            # One import, whose end has to be asked for out of 100 requests an hour: so rather a big one. Eighty of
            # them are a million.
            WriteKind.CREATE: 12_500,
            WriteKind.UPDATE: MOST,
            WriteKind.WITHDRAW: MOST,
            # No CONFIRM: the double opt-in mail needs a template and a page of the account's owner.
        },
        scope=ConsentScope.ACCOUNT,
        # No number is documented. Ten requests a second are the limit, and two at once come near it already.
        concurrency=2,
        # The smallest plan's limits; the headers tell when somebody else has used them up.
        rates=(Rate(10, 1, CONTACTS), Rate(36_000, 3600, CONTACTS), Rate(100, 3600)),
    )


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    offset, total = 0, 1
    while offset < total:
        params: dict[str, str | int] = {"limit": LISTS_PER_PAGE, "offset": offset, "sort": "asc"}
        page = read(session.http.get("/contacts/lists", params=params), ListsSchema)
        for row in page["lists"]:
            yield MailingList(str(row["id"]), row["name"], size=row["size"])
        if not page["lists"]:
            return
        offset, total = offset + len(page["lists"]), page["count"]


@hookimpl
def fetch_opt_ins(session: Session, cursor: str | None) -> Iterator[Subscriber | Checkpoint]:
    return read_contacts(session, cursor)


@hookimpl
def map_custom_fields(session: Session, wanted: Sequence[FieldWish]) -> FieldMap:
    return map_fields(session, wanted)


@hookimpl
def create_fields(session: Session, wanted: Sequence[CrmField]) -> FieldMap:
    return create_attributes(session, wanted)


@hookimpl
def add_choices(session: Session, field: RemoteField, choices: Sequence[str]) -> RemoteField:
    return add_options(session, field, choices)


@hookimpl
def export_contacts(
    session: Session,
    mailing_list: MailingList,
    kind: WriteKind,
    batch: Sequence[ContactWrite],
    field_map: FieldMap,
) -> Iterator[Outcome]:
    match kind:
        case WriteKind.CREATE:
            return create(session, mailing_list, batch, field_map)
        case WriteKind.UPDATE:
            return update(session, mailing_list, batch, field_map)
        case WriteKind.WITHDRAW:
            return withdraw(session, batch)
        case WriteKind.CONFIRM:
            raise AssertionError("it is not among the batch sizes")


@hookimpl
def erase_contacts(session: Session, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    return erase(session, batch)


@hookimpl
def check_connection(session: Session) -> str:
    try:
        response = session.http.get("/account")
    except PermissionMissing:
        raise
    except SignInAgain as error:
        hint = f"{error.hint} Brevo refuses a good key, too, from an address that is not among the authorised IPs."
        raise SignInAgain(error.message, hint=hint) from None
    if response.status == 404:
        raise SettingsError("There is no Brevo API at this address.", hint="Check base_url in rundbrief.toml.")
    account = read(response, AccountSchema)
    return str(account["company"] or account["email"])


@hookimpl
def sandbox() -> "Sandbox":
    from rundbrief_brevo.testing import BrevoSandbox

    return BrevoSandbox()
