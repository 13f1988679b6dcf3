"""The state tables: later words replace earlier ones, who does not come is gone, runs do not touch each other."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.columns import FieldValues, Moment
from rundbrief.models import (
    CrmOptIn,
    Evidence,
    FieldValue,
    MailingList,
    OptIn,
    Reason,
    Result,
    Subscriber,
    SubscriberStatus,
    WriteKind,
)
from rundbrief.store import (
    SETTLE,
    Candidate,
    Incoming,
    OutcomeLine,
    Planned,
    Reading,
    Recipient,
    Sent,
    Store,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SUBSCRIBED = SubscriberStatus.SUBSCRIBED
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED
GONE = SubscriberStatus.GONE


def take_in(store: Store, *subscribers: Subscriber) -> None:
    with store.transaction() as transaction:
        transaction.inbox("news", "1").put(subscribers)


def inbox(store: Store) -> list[Incoming]:
    with store.transaction() as transaction:
        return list(transaction.inbox("news", "1").page(0, 100))


def remember(store: Store, *recipients: Recipient) -> None:
    with store.transaction() as transaction:
        transaction.recipients("news", "1").put(recipients)


def put_gone(store: Store) -> list[tuple[str, SubscriberStatus]]:
    with store.transaction() as transaction:
        transaction.inbox("news", "1").put_gone()
    return [(one.address, one.status) for one in inbox(store)]


class TestInbox:
    def test_addresses_are_keys_and_the_spelling_is_kept(self, store: Store) -> None:
        take_in(store, Subscriber(" Jo@Example.org ", "r1", SUBSCRIBED, Evidence(NOON, "form"), {"FNAME": "Jo"}))
        (one,) = inbox(store)
        assert (one.address, one.spelling, one.since, one.source) == (
            "jo@example.org",
            "Jo@Example.org",
            NOON,
            "form",
        )
        assert one.fields == {"FNAME": "Jo"}

    def test_a_later_word_on_a_recipient_replaces_the_earlier_one(self, store: Store) -> None:
        take_in(store, Subscriber("a@example.org", "r1", SUBSCRIBED))
        take_in(store, Subscriber("a@example.org", "r1", UNSUBSCRIBED))
        assert [one.status for one in inbox(store)] == [UNSUBSCRIBED]

    def test_a_later_word_replaces_the_earlier_one_within_a_page(self, store: Store) -> None:
        take_in(
            store, Subscriber("a@example.org", "r1", SUBSCRIBED), Subscriber("a@example.org", "r1", UNSUBSCRIBED)
        )
        assert [one.status for one in inbox(store)] == [UNSUBSCRIBED]

    def test_scopes_are_kept_apart(self, store: Store) -> None:
        with store.transaction() as transaction:
            transaction.inbox("news", "2").put([Subscriber("a@example.org", "r1", SUBSCRIBED)])
        assert inbox(store) == []

    def test_before_a_full_read_only_a_no_stays(self, store: Store) -> None:
        take_in(
            store, Subscriber("a@example.org", "r1", SUBSCRIBED), Subscriber("b@example.org", "r2", UNSUBSCRIBED)
        )
        with store.transaction() as transaction:
            transaction.inbox("news", "1").drop_subscribed()
        assert [one.address for one in inbox(store)] == ["b@example.org"]


class TestGone:
    def test_whoever_was_there_and_has_not_come_is_gone(self, store: Store) -> None:
        remember(
            store,
            Recipient("here@example.org", "here@example.org", SUBSCRIBED, "r1"),
            Recipient("left@example.org", "left@example.org", SUBSCRIBED, "r2"),
            Recipient("never@example.org", "never@example.org"),
            Recipient("long-gone@example.org", "long-gone@example.org", GONE),
        )
        take_in(store, Subscriber("here@example.org", "r1", SUBSCRIBED))
        assert put_gone(store) == [("here@example.org", SUBSCRIBED), ("left@example.org", GONE)]

    def test_one_who_came_under_a_new_address_is_not_gone(self, store: Store) -> None:
        remember(store, Recipient("old@example.org", "old@example.org", SUBSCRIBED, "r1"))
        take_in(store, Subscriber("new@example.org", "r1", SUBSCRIBED))
        assert put_gone(store) == [("new@example.org", SUBSCRIBED)]

    def test_one_who_came_under_a_new_id_is_not_gone(self, store: Store) -> None:
        remember(store, Recipient("a@example.org", "a@example.org", SUBSCRIBED, "r1"))
        take_in(store, Subscriber("a@example.org", "r9", SUBSCRIBED))
        assert put_gone(store) == [("a@example.org", SUBSCRIBED)]

    def test_one_without_an_id_can_be_gone(self, store: Store) -> None:
        remember(store, Recipient("a@example.org", "a@example.org", SUBSCRIBED))
        assert put_gone(store) == [("a@example.org", GONE)]


class TestUpserts:
    def test_a_recipient_is_overwritten_under_its_address(self, store: Store) -> None:
        remember(store, Recipient("a@example.org", "A@example.org", SUBSCRIBED, "r1", NOON, "form", OptIn.YES))
        remember(store, Recipient("a@example.org", "a@example.org", GONE, withdrawn=True, agreed=OptIn.NO))
        with store.transaction() as transaction:
            found = transaction.recipients("news", "1").by_address(["a@example.org"])
            assert transaction.recipients("news", "2").by_address(["a@example.org"]) == {}
        assert found == {
            "a@example.org": Recipient("a@example.org", "a@example.org", GONE, agreed=OptIn.NO, withdrawn=True)
        }

    def test_only_mailed_recipients_wait_for_their_withdrawal(self, store: Store) -> None:
        remember(
            store,
            Recipient("a@example.org", "", SUBSCRIBED, withdrawn=True),
            Recipient("b@example.org", "", SubscriberStatus.PENDING, withdrawn=True),
            Recipient("c@example.org", "", UNSUBSCRIBED, withdrawn=True),
            Recipient("d@example.org", "", SUBSCRIBED),
        )
        with store.transaction() as transaction:
            waiting = transaction.recipients("news", "1").unheard_withdrawals()
        assert {one.address for one in waiting} == {"a@example.org", "b@example.org"}

    def test_a_link_is_added_once_but_put_anew(self, store: Store) -> None:
        with store.transaction() as transaction:
            links = transaction.links("news", "1")
            links.add([("c1", "a@example.org", "a@example.org")])
            links.add([("c1", "b@example.org", "b@example.org")])
            assert links.by_contact(["c1"]) == {"c1": ("a@example.org", "a@example.org")}
            links.put([("c1", "b@example.org", "b@example.org")])
            assert links.by_contact(["c1"]) == {"c1": ("b@example.org", "b@example.org")}

    def test_a_link_follows_its_recipient_to_a_new_address(self, store: Store) -> None:
        with store.transaction() as transaction:
            links = transaction.links("news", "1")
            links.put([("c1", "a@example.org", "a@example.org")])
            links.rename("a@example.org", "b@example.org")
            assert links.by_address(["b@example.org"]) == {"b@example.org": ["c1"]}
            assert links.by_contact(["c1"]) == {"c1": ("a@example.org", "b@example.org")}

    def test_sent_data_follows_too_and_replaces_what_was_there(self, store: Store) -> None:
        with store.transaction() as transaction:
            sent = transaction.sent("news", "1")
            sent.put([Sent("a@example.org", "1" * 32), Sent("b@example.org", "2" * 32)])
            sent.rename("a@example.org", "b@example.org")
            found = sent.by_address(["a@example.org", "b@example.org"])
        assert {address: one.fingerprint for address, one in found.items()} == {"b@example.org": "1" * 32}

    def test_a_refusal_keeps_its_reason_and_its_pause(self, store: Store) -> None:
        refused = Sent("a@example.org", "1" * 32, Result.FAILED, Reason.TOO_MANY_SIGNUPS, NOON)
        with store.transaction() as transaction:
            transaction.sent("news", "1").put([refused])
            assert transaction.sent("news", "1").by_address(["a@example.org"]) == {"a@example.org": refused}

    def test_a_list_is_renamed_and_others_stay(self, store: Store) -> None:
        with store.transaction() as transaction:
            transaction.lists("news").put([MailingList("1", "Old"), MailingList("2", "Other")], NOON)
            transaction.lists("news").put([MailingList("1", "New", True, 7)], NOON)
            lists = [one.mailing_list for one in transaction.lists("news").all()]
        assert lists == [MailingList("1", "New", True, 7), MailingList("2", "Other")]

    def test_how_far_reading_went(self, store: Store) -> None:
        with store.transaction() as transaction:
            cursors = transaction.cursors("news", "1")
            assert cursors.get() == Reading()
            cursors.put(Reading("page-7", True, True, NOON))
            assert cursors.get() == Reading("page-7", True, True, NOON)
            cursors.put(Reading("page-8", False, False, None))
            assert cursors.get() == Reading("page-8", False, False, None)


STEP = Planned(
    kind=WriteKind.UPDATE,
    address="a@example.org",
    spelling="A@example.org",
    contact_ids=("c1", "c2"),
    reason=Reason.MOVED,
    remote_id="r1",
    moved_from="old@example.org",
    fields={"FNAME": "Jo"},
    fingerprint="1" * 32,
    since=NOON,
    source="CRM import",
    crm_value=OptIn.NO,
    crm_expected={"c1": OptIn.YES},
    agreed=OptIn.YES,
    withdrawn=True,
    crm_address="a@example.org",
)


def begin(store: Store, connection: str) -> int:
    with store.transaction() as transaction:
        return transaction.runs.begin("export", connection, "1", NOON)


class TestOutbox:
    def test_a_step_comes_back_as_it_was_put(self, store: Store) -> None:
        run = begin(store, "news")
        with store.transaction() as transaction:
            transaction.outbox(run).put([STEP])
            (found,) = transaction.outbox(run).page(WriteKind.UPDATE, 10)
        assert replace(found, seq=0) == STEP

    def test_consents_taken_from_an_address_are_counted_on_both_sides(self, store: Store) -> None:
        run = begin(store, "news")
        with store.transaction() as transaction:
            transaction.outbox(run).put(
                [
                    replace(STEP, kind=WriteKind.WITHDRAW),
                    replace(STEP, kind=SETTLE),
                    replace(STEP, kind=SETTLE, crm_expected={}),
                    replace(STEP, kind=SETTLE, crm_value=OptIn.YES),
                    replace(STEP, moved_from=None),
                    STEP,  # handed on to another address
                ]
            )
            assert transaction.outbox(run).count_clearings() == 3
            assert transaction.outbox(run).count() == {"withdraw": 1, "settle": 3, "update": 2}

    def test_clearing_forgets_what_a_killed_run_of_the_connection_left(self, store: Store) -> None:
        killed, now = begin(store, "news"), begin(store, "news")
        with store.transaction() as transaction:
            transaction.outbox(killed).put([STEP])
            transaction.candidates(killed).put([CANDIDATE])
            transaction.outbox(now).clear()
            assert transaction.outbox(killed).count() == {}
            assert transaction.candidates(killed).count() == 0

    def test_what_a_killed_run_of_the_list_was_to_settle_can_be_looked_at(self, store: Store) -> None:
        killed, now = begin(store, "news"), begin(store, "news")
        with store.transaction() as transaction:
            transaction.outbox(killed).put([STEP, replace(STEP, kind=SETTLE)])
            transaction.outbox(now).put([replace(STEP, kind=SETTLE)])
            (left,) = transaction.outbox(now).left_behind(10)
            transaction.outbox(now).done([left.seq])
            assert transaction.outbox(now).left_behind(10) == []
            assert transaction.outbox(now).count() == {"settle": 1}

    def test_clearing_leaves_what_another_lists_killed_run_left_behind(self, store: Store) -> None:
        with store.transaction() as transaction:
            killed = transaction.runs.begin("export", "news", "2", NOON)
            transaction.outbox(killed).put([replace(STEP, kind=SETTLE)])
        now = begin(store, "news")
        with store.transaction() as transaction:
            transaction.outbox(now).clear()
            assert transaction.outbox(killed).count() == {"settle": 1}

    def test_clearing_leaves_the_runs_of_other_connections_alone(self, store: Store) -> None:
        other, now = begin(store, "other"), begin(store, "news")
        with store.transaction() as transaction:
            transaction.outbox(other).put([STEP])
            transaction.candidates(other).put([CANDIDATE])
            transaction.outbox(now).clear()
            assert transaction.outbox(other).count() == {"update": 1}
            assert transaction.candidates(other).count() == 1


CANDIDATE = Candidate(
    "c1", "a@example.org", "A@example.org", CrmOptIn(OptIn.YES, NOON, "fair"), NOON, True, {"first_name": "Jo"}
)


class TestCandidates:
    def test_those_who_share_an_address_come_together(self, store: Store) -> None:
        run = begin(store, "news")
        with store.transaction() as transaction:
            candidates = transaction.candidates(run)
            candidates.put([CANDIDATE, replace(CANDIDATE, contact_id="c2", selected=False)])
            candidates.put([replace(CANDIDATE, contact_id="c3", address="b@example.org")])
            assert candidates.addresses("", 10) == ["a@example.org", "b@example.org"]
            assert candidates.addresses("a@example.org", 10) == ["b@example.org"]
            assert candidates.with_addresses(["a@example.org"]) == {
                "a@example.org": [CANDIDATE, replace(CANDIDATE, contact_id="c2", selected=False)]
            }

    def test_one_staged_already_stays_as_it_is(self, store: Store) -> None:
        run = begin(store, "news")
        with store.transaction() as transaction:
            transaction.candidates(run).put([CANDIDATE])
            transaction.candidates(run).put([replace(CANDIDATE, selected=False)])
            assert transaction.candidates(run).with_addresses(["a@example.org"]) == {"a@example.org": [CANDIDATE]}


class TestRuns:
    def test_a_run_and_its_report(self, store: Store) -> None:
        run = begin(store, "news")
        line = OutcomeLine("a@example.org", Result.HELD, Reason.GONE, "c1", "words")
        with store.transaction() as transaction:
            transaction.runs.add_outcomes(run, [line, line, replace(line, result=Result.DONE, reason=Reason.NEW)])
            transaction.runs.end(run, NOON, "done", {"read": 3}, "")
        with store.transaction() as transaction:
            found = transaction.runs.get(run)
            assert found is not None
            assert (found.state, found.counts, found.ended_at) == ("done", {"read": 3}, NOON)
            assert list(transaction.runs.outcomes(run, [Result.HELD])) == [line, line]
            assert transaction.runs.tally(run) == {
                (Result.HELD, Reason.GONE): 2,
                (Result.DONE, Reason.NEW): 1,
            }

    def test_runs_that_nobody_ended_were_cut_off(self, store: Store) -> None:
        killed, other = begin(store, "news"), begin(store, "other")
        with store.transaction() as transaction:
            assert [one.id for one in transaction.runs.close_cut_off("news")] == [killed]
            assert transaction.runs.close_cut_off("news") == []
            states = {one.id: one.state for one in transaction.runs.latest(10)}
        assert states == {killed: "cut off", other: "running"}


class TestColumns:
    @given(
        st.datetimes(timezones=st.just(UTC)),
        st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-11))]),
    )
    def test_moments_keep_their_instant_and_their_order(self, moment: datetime, zone: timezone) -> None:
        column, dialect = Moment(), None
        try:
            local = moment.astimezone(zone)
        except OverflowError:
            return
        text = column.process_bind_param(local, dialect)  # type: ignore[arg-type]
        assert text is not None
        assert column.process_result_value(text, dialect) == moment  # type: ignore[arg-type]
        assert len(text) == len("2026-03-02T12:00:00.000000+00:00")

    @pytest.mark.parametrize(
        "value",
        [
            "text",
            "",
            True,
            7,
            Decimal("1.50"),
            date(2026, 3, 2),
            NOON,
            ("a", "b"),
            (),
        ],
    )
    def test_field_values_keep_their_type(self, value: FieldValue) -> None:
        column = FieldValues()
        text = column.process_bind_param({"key": value}, None)  # type: ignore[arg-type]
        found = column.process_result_value(text, None)["key"]  # type: ignore[arg-type]
        assert (type(found), found) == (type(value), value)
