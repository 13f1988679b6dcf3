"""The hooks of a newsletter service."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rundbrief.hookspecs.marking import hookspec
from rundbrief.hookspecs.provider_info import FieldWish, ProviderInfo
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session

if TYPE_CHECKING:
    from rundbrief.fields import CrmField, FieldMap, FieldRoom, RemoteField
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["ProviderSpec"]


class ProviderSpec:
    """Hooks of a newsletter service."""

    @staticmethod
    @hookspec(firstresult=True)
    def provider_info() -> ProviderInfo:
        """Describe the provider. Pure: no network, no files, the same answer every time.

        Example::

            @hookimpl
            def provider_info() -> ProviderInfo:
                return ProviderInfo(
                    name="paperboy",
                    title="Paperboy",
                    spec_version=1,
                    settings=PaperboySettings,
                    endpoint=lambda settings: Endpoint(
                        "https://api.paperboy.example/v1", HeaderAuth(settings["token"])
                    ),
                    batch_sizes={WriteKind.CREATE: 100, WriteKind.UPDATE: 100, WriteKind.WITHDRAW: 100},
                )
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def import_lists(session: Session) -> Iterator[MailingList]:
        """Yield every list of the account, all pages, in any order.

        `MailingList.id` is stable. `double_opt_in` is the list's own setting: exports obey it.

        Example::

            @hookimpl
            def import_lists(session):
                for row in session.http.get("/lists").json():
                    yield MailingList(id=row["id"], name=row["title"])
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def fetch_opt_ins(
        session: Session, mailing_list: MailingList, cursor: str | None
    ) -> Iterator[Subscriber | Checkpoint]:
        """Yield the recipients of a list as the service holds them, and a checkpoint after each page.

        `cursor` None asks for all of them, in every status: those who do not come are taken as gone. Any other
        value is one that an earlier `Checkpoint` carried: go on there. The last checkpoint of a stream is where
        the next incremental read begins; let it overlap rather than leave a gap. A recipient may come twice, the
        later one counts. Be lazy: the first recipient comes after one page.

        A service that cannot say what has changed is read from its beginning for such a cursor as well. Only after
        a read for None does the host look for those who did not come; `ProviderInfo.forgets_who_left` makes every
        read such a one.

        For a consent that is account-wide the stream holds the whole account, each recipient with its `lists` and
        with those it has `left`; `mailing_list` then stands for the account, and its id is no list's.

        Example::

            @hookimpl
            def fetch_opt_ins(session, mailing_list, cursor):
                page = int(cursor or 0)
                while rows := session.http.get(f"/lists/{mailing_list.id}/people", params={"page": page}).json():
                    for row in rows:
                        yield Subscriber(row["mail"], row["id"], STATUS[row["state"]])
                    page += 1
                    yield Checkpoint(str(page))
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def map_custom_fields(
        session: Session, mailing_list: MailingList, wanted: "Sequence[FieldWish]"
    ) -> "FieldMap":
        """Read the list's remote fields (all pages) and say where each wanted CRM field goes.

        A wish with `remote_key` gets that field, or a sentence in `FieldMap.problems` when the list has none. A
        wish without one gets a remote field only where the match is clear. Never creates anything.

        Example::

            @hookimpl
            def map_custom_fields(session, mailing_list, wanted):
                there = {row["key"]: row for row in session.http.get(f"/lists/{mailing_list.id}/fields").json()}
                return FieldMap(tuple(
                    FieldLink(wish.field.key, RemoteField(key, there[key]["label"]))
                    for wish in wanted
                    if (key := wish.remote_key or GUESS.get(wish.field.key)) in there
                ))
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def create_fields(session: Session, mailing_list: MailingList, wanted: "Sequence[CrmField]") -> "FieldMap":
        """Optional. Make a field for each of these CRM fields, and say where each goes.

        Under a key that nothing has there yet, by the service's own rules, and of the kind that loses least
        (`rundbrief.fields.best_kind`, `new_key`). A field that the service refuses is a sentence in
        `FieldMap.problems`. Nothing that is there is changed.

        Example::

            @hookimpl
            def create_fields(session, mailing_list, wanted):
                links = []
                for field in wanted:
                    row = {"key": new_key(field.label, (), upper=True, longest=20), "label": field.label}
                    session.http.post(f"/lists/{mailing_list.id}/fields", json=row)
                    links.append(FieldLink(field.key, RemoteField(row["key"], row["label"])))
                return FieldMap(tuple(links))
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def room_for_fields(session: Session, mailing_list: MailingList) -> "FieldRoom":
        """Optional. Say how many more fields can be made, before `create_fields` is asked for any.

        For services that have a limit and tell, or document, it.

        Example::

            @hookimpl
            def room_for_fields(session, mailing_list):
                there = len(session.http.get(f"/lists/{mailing_list.id}/fields").json())
                return FieldRoom(40 - there, f"A list has at most 40 fields; this one has {there}.")
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def add_choices(
        session: Session, mailing_list: MailingList, field: "RemoteField", choices: Sequence[str]
    ) -> "RemoteField":
        """Optional. Add choices to a field that takes certain ones alone, and return it as it is then.

        The choices that are there stay, in their order.

        Raises:
            ProtocolError: the service refuses them; told of this field, and the others go on.

        Example::

            @hookimpl
            def add_choices(session, mailing_list, field, choices):
                path = f"/lists/{mailing_list.id}/fields/{field.key}"
                session.http.request("PATCH", path, json={"choices": [*field.choices, *choices]}, idempotent=True)
                return replace(field, choices=(*field.choices, *choices))
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def export_contacts(
        session: Session,
        mailing_list: MailingList,
        kind: WriteKind,
        batch: Sequence[ContactWrite],
        field_map: "FieldMap",
    ) -> Iterator[Outcome]:
        """Carry out one batch of writes of one kind, and yield exactly one outcome per write, in any order.

        * CREATE adds addresses the service does not have, *subscribed* or, on a double opt-in list, *pending*,
          with the evidence. Where the new one has to wait all the same, say for a moderator, the outcome is DONE
          with the `status` PENDING. It must not change a recipient that turns out to exist: that one's outcome is
          REFUSED with `Reason.ALREADY_EXISTS`.
        * UPDATE overwrites data (and, with `new_address`, the address) and must not carry any consent field. With
          `join` it puts the recipient on the list as well; without it, it must not.
        * WITHDRAW makes each recipient an opt-out, and never deletes or archives.
        * CONFIRM asks by the service's double opt-in mail.

        The host cuts the batch to `ProviderInfo.batch_sizes`, runs up to `concurrency` batches side by side, and
        repeats one only through the HTTP client's own retries. An exception says that no outcome of the writes
        not yet answered is known.

        Example::

            @hookimpl
            def export_contacts(session, mailing_list, kind, batch):
                rows = [{"ref": write.key, "mail": write.address, "data": dict(write.fields)} for write in batch]
                answer = session.http.post(f"/lists/{mailing_list.id}/{VERB[kind]}", json=rows).json()
                for row in answer:
                    yield Outcome(row["ref"], Result.DONE, Reason.NEW, remote_id=row["id"])
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def erase_contacts(
        session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
    ) -> Iterator[Outcome]:
        """Optional. Remove recipients and what the service holds of them for good, as far as its API can.

        For a person's right to be forgotten; at most `ERASED_AT_ONCE` at once. Of each write only `key`, `address`
        and `remote_id` are set, the last one where the host knows it. Yield exactly one outcome per write, in any
        order:

        * DONE with `Reason.ERASED`: whoever had the address is gone. What has to stay, such as an entry of a block
          list, is named in `detail`.
        * DONE with `Reason.NOT_FOUND`: there was nobody; an erasure may be repeated at any time.
        * REFUSED with `Reason.HAS_MOVED`: the recipient called `remote_id` has another address by now, and is
          untouched. Only the address says who is meant: under another one there may be somebody else.
        * REFUSED with another reason: the service will not let go of the recipient.

        It touches nobody else and subscribes nobody, and an entry of a block list is left where it is: that is a
        "no". For a consent that is account-wide `mailing_list` stands for the account, as in `fetch_opt_ins`; all
        of its lists are meant. Exceptions as in `export_contacts`.

        Example::

            @hookimpl
            def erase_contacts(session, mailing_list, batch):
                for write in batch:
                    answer = session.http.delete(f"/lists/{mailing_list.id}/people/{quote(write.address)}")
                    reason = Reason.ERASED if answer.status == 204 else Reason.NOT_FOUND
                    yield Outcome(write.key, Result.DONE, reason)
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def check_connection(session: Session) -> str:
        """Optional. Make one cheap call, and return the account's name for a person to recognise.

        Raises `SignInAgain`, `PermissionMissing` or `TryLater` with a sentence that says what to do.

        Example::

            @hookimpl
            def check_connection(session):
                return session.http.get("/me").json()["company"]
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def sandbox() -> "Sandbox":
        """Optional. Return a new stateful imitation of the service, empty and not yet served.

        It lives in a module that is not called `sandbox` itself: importing that one would hide this function.

        Example::

            @hookimpl
            def sandbox():
                from rundbrief_paperboy.testing import PaperboySandbox

                return PaperboySandbox()
        """
        raise AssertionError("a specification is never called")
