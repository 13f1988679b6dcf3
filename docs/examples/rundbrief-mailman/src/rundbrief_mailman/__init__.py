"""GNU Mailman 3 for rundbrief: the hooks.

What each has to do stands in `rundbrief.hookspecs`. `rundbrief plugins --check mailman` tells how far this is.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldMap, RemoteField
from rundbrief.hookspecs import FieldWish, ProviderInfo, hookimpl
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief_mailman import writing
from rundbrief_mailman.answers import policy_of, read
from rundbrief_mailman.reading import DISPLAY_NAME, read_list
from rundbrief_mailman.schemas import DomainsSchema, ListsSchema, VersionsSchema
from rundbrief_mailman.settings import MailmanSettings, endpoint

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__: list[str] = []

ASKS_HER = ("confirm", "confirm_then_moderate")

WRITES = {
    WriteKind.CREATE: writing.create,
    WriteKind.UPDATE: writing.update,
    WriteKind.WITHDRAW: writing.withdraw,
    WriteKind.CONFIRM: writing.confirm,
}


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="mailman",
        title="GNU Mailman",
        spec_version=1,
        forgets_who_left=True,
        settings=MailmanSettings,
        endpoint=endpoint,
        # Only withdrawals go in one request; of the others each is one of its own.
        batch_sizes={
            WriteKind.CREATE: 50,
            WriteKind.UPDATE: 50,
            WriteKind.WITHDRAW: 200,
            WriteKind.CONFIRM: 50,
        },
    )


@hookimpl
def check_connection(session: Session) -> str:
    version = read(session.http.get("/system/versions"), VersionsSchema)["mailman_version"]
    domains = read(session.http.get("/domains"), DomainsSchema)["entries"]
    return f"{version}, {', '.join(row['mail_host'] for row in domains) or 'without a domain'}"


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    # All in one answer: of pages by number one list is skipped when another is deleted in between.
    for row in read(session.http.get("/lists"), ListsSchema)["entries"]:
        asks_her = policy_of(session, row["list_id"]) in ASKS_HER
        yield MailingList(row["list_id"], row["display_name"], asks_her, row["member_count"])


@hookimpl
def fetch_opt_ins(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    return read_list(session, mailing_list.id, cursor)


@hookimpl
def map_custom_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    """A member has a name, and that is all."""
    there = {DISPLAY_NAME: RemoteField(DISPLAY_NAME, "Display name")}

    def find(key: str) -> RemoteField | str:
        return there.get(key) or f"Mailman has no field {key}. {did_you_mean(key, there)}"

    return match_fields(wanted, there.values(), find=find)


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    return WRITES[kind](session, mailing_list, batch)


@hookimpl
def sandbox() -> "Sandbox":
    from rundbrief_mailman.testing import MailmanSandbox

    return MailmanSandbox()
