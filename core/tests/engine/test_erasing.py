"""Somebody is erased: nothing is left of her but that she said no, and the no holds."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from rundbrief.engine import Answer, Findings, erase_person, export_list, find_person, import_list
from rundbrief.engine.locks import only_run
from rundbrief.errors import ErasureKeyLost, ErasureUnfinished, RunLocked, ServiceUnavailable
from rundbrief.models import MailingList, OptIn, OptInChange, Reason, Result, SubscriberStatus
from rundbrief.store import traces
from rundbrief.store.schema import metadata

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN
ANN = "ann@example.org"


def erase(world: Any, address: str = ANN) -> Findings:
    return erase_person(world.workspace, address)


def answers(found: Findings) -> dict[tuple[str, str], Answer]:
    return {(one.connection, one.scope): one.answer for one in found.places}


def subscribed(world: Any, address: str = ANN) -> None:
    """Let somebody be on the list, in the CRM, and in the state."""
    world.pull()
    world.service.put(address, fname="Ann")
    world.service.put("bob@example.org")
    world.syncs()


def raw_bytes(world: Any) -> bytes:
    """Return all that stands in the files of the state, whether SQLite would show it or not."""
    return b"".join(path.read_bytes() for path in world.folder.rglob("state.db*") if path.is_file())


def unfinished(world: Any) -> int:
    with world.workspace.store.transaction() as transaction:
        return transaction.erased.unfinished()


class TestWhatGoes:
    def test_the_service_the_state_and_its_files_let_go_of_her_and_of_nobody_else(self, world: Any) -> None:
        subscribed(world)
        killed = world.folder / "state.db.news.dry-run"
        killed.mkdir()
        (killed / "state.db").write_text(ANN)
        with world.workspace.store.snapshot() as transaction:
            noted, before = transaction.journal.verify().head, transaction.runs.tally(1)
        assert ANN.encode() in raw_bytes(world)
        found = erase(world)

        assert answers(found)["news", "1"] is Answer.ERASED
        assert world.service.find(ANN) is None
        assert world.service.status("bob@example.org") is SubscriberStatus.SUBSCRIBED
        with world.workspace.store.transaction() as transaction:
            assert transaction.traces(ANN).counts() == {}
            assert transaction.everywhere("bob@example.org")
            # The report of a run keeps its numbers, and the chain of the journal holds.
            assert transaction.runs.tally(1) == before
            verdict = transaction.journal.verify([noted])
        assert (verdict.holds, verdict.erased > 0) == (True, True)
        assert world.journal("bob@example.org")
        assert ANN.encode() not in raw_bytes(world)
        assert b"bob@example.org" in raw_bytes(world)

    def test_the_crm_keeps_the_contact_and_the_record_that_the_consent_has_ended_has_no_name(
        self, world: Any
    ) -> None:
        subscribed(world)
        found = erase(world)
        assert ([one.email for one in found.contacts], world.opt_in(ANN)) == ([ANN], NO)
        with world.workspace.store.transaction() as transaction:
            run = transaction.runs.latest(1)[0]
            told = transaction.observations("late", "news")
            ended, earlier = told.entries(run.id, 0, 9), told.entries(1, 0, 100)
        assert run.kind == "erase"
        assert [(one.place, one.was, one.became) for one in ended] == [
            ("service", "subscribed", "erased"),
            ("crm", "yes", "no"),
        ]
        assert all(one.address.startswith("erased:") and one.contact_id is None for one in ended)
        # An observer that is told later hears of somebody without a name.
        assert {one.address.partition(":")[0] for one in earlier} == {"erased", "bob@example.org"}

    def test_what_runs_have_left_in_the_middle_goes_as_well(self, world: Any) -> None:
        subscribed(world)

        def fails(call: str) -> None:
            if call == "create":
                raise ServiceUnavailable("no answer")

        world.add("new@example.org", YES)
        world.service.before = fails
        with pytest.raises(ServiceUnavailable):
            world.exports()
        world.service.before = lambda call: None
        with world.workspace.store.transaction() as transaction:
            assert set(transaction.traces("new@example.org").counts()) >= {"candidates", "outbox"}
        erase(world, "new@example.org")
        assert b"new@example.org" not in raw_bytes(world)

    def test_an_entry_of_another_address_that_names_hers(self, world: Any) -> None:
        """She had changed her address, so the old one's record says where she went."""
        subscribed(world, "old@example.org")
        world.service.move("old@example.org", ANN)
        world.imports()
        assert find_person(world.workspace, ANN).connected == ["old@example.org"]
        assert find_person(world.workspace, "old@example.org").connected == [ANN]
        erase(world)
        assert ANN.encode() not in raw_bytes(world)
        assert [one.became for one in world.journal("old@example.org")][-1:] != ["moved"]

    def test_a_text_that_names_her_and_one_that_names_a_longer_address(self, world: Any) -> None:
        world.pull()
        world.service.put("bob@example.org", source="recommended by Ann@example.org.")
        world.service.put("eve@example.org", source="recommended by joann@example.org")
        world.imports()
        erase(world)
        assert b"nn@example.org" in raw_bytes(world)
        assert b"by Ann@example.org" not in raw_bytes(world)
        assert "joann" in world.journal("eve@example.org")[0].evidence

    def test_somebody_unknown(self, world: Any) -> None:
        world.pull()
        found = erase(world, "nobody@example.org")
        assert set(answers(found).values()) == {Answer.NOT_THERE}
        assert (found.rows, found.contacts) == ({}, [])

    def test_looking_changes_nothing(self, world: Any) -> None:
        subscribed(world)
        before, calls = world.files(), dict(world.service.calls)
        found = find_person(world.workspace, ANN)
        assert (world.files(), dict(world.service.calls)) == (before, calls)
        assert found.rows["recipients"] == 1


class TestTheNoHolds:
    @pytest.fixture(autouse=True)
    def _erased(self, world: Any) -> None:
        subscribed(world)
        erase(world)

    def test_the_crm_says_yes_again_in_whatever_spelling(self, world: Any) -> None:
        for spelling in (ANN, "Ann@Example.org", "ANN@EXAMPLE.ORG"):
            world.crm.delete(world.contact(ANN).id)
            world.add(spelling, YES)
            report = world.exports(full=True)
            assert world.service.find(ANN) is None
            assert world.outcomes(report)[ANN] == (Result.HELD, Reason.GONE)

    def test_being_held_does_not_make_her_known_again(self, world: Any) -> None:
        world.say(world.contact(ANN).id, YES)
        world.syncs()
        with world.workspace.store.transaction() as transaction:
            assert transaction.everywhere(ANN) == []
            assert set(transaction.traces(ANN).counts()) == {"outcomes"}

    def test_on_a_list_that_she_was_never_on(self, world: Any) -> None:
        world.service.lists["2"] = MailingList("2", "Friends")
        world.pull()
        import_list(world.workspace, "news", "2")
        world.crm.set_opt_in(world.contact(ANN).id, "news/2", YES, "by hand")
        export_list(world.workspace, "news", "2")
        assert world.service.find(ANN, "2") is None

    def test_under_a_new_address_in_the_crm(self, world: Any) -> None:
        world.crm.edit(world.contact(ANN).id, fields={}, email="ann@new.example")
        world.exports()
        assert world.service.find("ann@new.example") is None

    def test_a_word_of_old_of_the_service(self, world: Any) -> None:
        world.crm.delete(world.contact(ANN).id)
        for status in set(SubscriberStatus) - {SubscriberStatus.ABSENT, SubscriberStatus.GONE}:
            world.service.put(ANN, status)
            report = world.imports(full=True)
            assert ANN not in world.everybody()
            with world.workspace.store.transaction() as transaction:
                assert transaction.traces(ANN).counts() == {}
            told = [one for one in report.problems if "was erased here" in one]
            assert bool(told) == (status is SubscriberStatus.SUBSCRIBED)
            assert all(ANN not in one for one in told)

    def test_her_own_new_opt_in_lifts_it_there(self, world: Any) -> None:
        world.service.put(ANN, since=world.clock() + timedelta(hours=1))
        world.imports()
        assert world.opt_in(ANN) is YES
        assert world.changes(ANN) == [
            ("service", "service", "gone", "subscribed"),
            ("crm", "rundbrief", "no", "yes"),
        ]
        world.exports()
        world.service.put(ANN, SubscriberStatus.UNSUBSCRIBED)
        world.imports()
        assert world.opt_in(ANN) is NO

    def test_a_new_opt_in_makes_a_contact_of_her_again(self, world: Any) -> None:
        world.crm.delete(world.contact(ANN).id)
        world.service.put(ANN, since=world.clock() + timedelta(hours=1))
        world.imports()
        assert world.opt_in(ANN) is YES

    def test_where_the_service_tells_no_dates_she_is_new_once_it_had_let_go_of_her(self, world: Any) -> None:
        world.service.tells_dates = False
        world.service.put(ANN)
        world.imports()
        assert world.opt_in(ANN) is YES

    def test_without_a_date_a_list_that_was_not_asked_to_let_go_of_her_is_not_believed(self, world: Any) -> None:
        world.service.tells_dates = False
        world.service.lists["2"] = MailingList("2", "Friends")
        world.service.put(ANN, list_id="2")
        world.crm.delete(world.contact(ANN).id)
        report = import_list(world.workspace, "news", "2")
        assert ANN not in world.everybody()
        assert any("was erased here" in one for one in report.problems)

    def test_she_comes_back_and_leaves_within_one_read(self, world: Any) -> None:
        """The second word comes before the first one was acted on."""
        world.service.put(ANN, since=world.clock() + timedelta(hours=1))
        world.service.before = _once("page", lambda: world.service.put(ANN, SubscriberStatus.UNSUBSCRIBED))
        world.imports()
        world.imports()
        assert world.opt_in(ANN) is NO

    def test_she_can_be_erased_again(self, world: Any) -> None:
        world.service.put(ANN, since=world.clock() + timedelta(hours=1))
        world.imports()
        erase(world)
        assert (world.service.find(ANN), world.opt_in(ANN)) == (None, NO)
        assert ANN.encode() not in raw_bytes(world)

    def test_a_dry_run_knows_her_as_well(self, world: Any) -> None:
        world.say(world.contact(ANN).id, YES)
        report = world.exports(dry_run=True)
        assert [(one.result, one.reason) for one in report.lines if one.address == ANN] == [
            (Result.HELD, Reason.GONE)
        ]


def _once(name: str, act: Callable[[], object]) -> Callable[[str], None]:
    done: list[str] = []

    def before(call: str) -> None:
        if call == name and not done:
            done.append(call)
            act()

    return before


class TestAServiceThatKeepsHer:
    def test_she_is_unsubscribed_instead(self, world: Any) -> None:
        subscribed(world)
        world.service.keeps.add(ANN)
        found = erase(world)
        assert answers(found)["news", "1"] is Answer.UNSUBSCRIBED
        assert world.service.status(ANN) is SubscriberStatus.UNSUBSCRIBED
        world.syncs(full=True)
        with world.workspace.store.transaction() as transaction:
            assert transaction.traces(ANN).counts() == {}

    def test_a_subscription_without_a_date_is_not_believed_where_she_was_kept(self, world: Any) -> None:
        world.service.tells_dates = False
        subscribed(world)
        world.service.keeps.add(ANN)
        world.service.refusals[ANN] = Reason.COMPLIANCE
        assert answers(erase(world))["news", "1"] is Answer.KEPT
        world.crm.delete(world.contact(ANN).id)
        report = world.imports(full=True)
        assert ANN not in world.everybody()
        assert any("still subscribed" in one for one in report.problems)

    def test_one_that_has_moved_is_left_until_the_next_import(self, world: Any) -> None:
        subscribed(world)
        world.service.move(ANN, "ann@new.example")
        with pytest.raises(ErasureUnfinished, match="another address"):
            erase(world)
        assert world.recipient(ANN).status is SubscriberStatus.SUBSCRIBED
        world.imports()
        erase(world)
        erase(world, "ann@new.example")
        assert world.service.find("ann@new.example") is None

    def test_one_out_of_reach_stops_the_state_from_forgetting(self, world: Any) -> None:
        subscribed(world)

        def fails(call: str) -> None:
            if call == "erase":
                raise ServiceUnavailable("The service does not answer.")

        world.service.before = fails
        with pytest.raises(ErasureUnfinished, match="does not answer"):
            erase(world)
        assert (world.recipient(ANN).status, unfinished(world)) == (SubscriberStatus.SUBSCRIBED, 1)
        assert any("has not ended" in one for one in world.imports().problems)
        world.service.before = lambda call: None
        erase(world)
        assert (unfinished(world), world.service.find(ANN)) == (0, None)
        assert ANN.encode() not in raw_bytes(world)

    def test_a_run_that_is_under_way(self, world: Any) -> None:
        subscribed(world)
        with only_run(world.workspace.store.path, "other"), pytest.raises(RunLocked):
            erase(world)
        assert world.service.find(ANN) is not None


class TestKey:
    def key(self, world: Any) -> Any:
        return world.folder / "state.db.key"

    def test_it_is_made_with_the_first_erasure_for_its_owner_alone(self, world: Any) -> None:
        subscribed(world)
        assert not self.key(world).exists()
        erase(world)
        assert self.key(world).stat().st_mode & 0o777 == 0o600
        # The state alone does not tell who was erased: the same address under another key has another hash.
        with closing(sqlite3.connect(world.folder / "state.db")) as connection:
            digests = {row[0] for row in connection.execute("SELECT digest FROM erased")}
        assert hashlib.sha256(ANN.encode()).digest() not in digests
        assert {len(one) for one in digests} == {32}

    def test_without_it_nothing_runs(self, world: Any) -> None:
        subscribed(world)
        erase(world)
        text = self.key(world).read_text()
        self.key(world).unlink()
        world.open()
        for run in (
            world.imports,
            world.exports,
            lambda: world.exports(dry_run=True),
            lambda: erase(world, "x@y.z"),
        ):
            with pytest.raises(ErasureKeyLost, match="not there"):
                run()
        self.key(world).write_text(text)
        world.imports()

    def test_one_that_is_damaged_or_of_another_state_is_refused(self, world: Any) -> None:
        subscribed(world)
        erase(world)
        for text in ("", "abc", "ab" * 31, "zz" * 32, "ab" * 33, "ab" * 32):
            self.key(world).write_text(text)
            world.open()
            with pytest.raises(ErasureKeyLost, match="another state" if text == "ab" * 32 else "cannot be read"):
                world.imports()


def test_a_contact_that_is_edited_all_the_time(world: Any) -> None:
    subscribed(world)

    class Busy(type(world.crm)):  # type: ignore[misc]
        def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
            return changes

    world.crm.__class__ = Busy
    with pytest.raises(ErasureUnfinished, match="being edited"):
        erase(world)
    world.open()
    erase(world)
    assert world.opt_in(ANN) is NO


def test_every_table_that_knows_an_address_is_cleaned() -> None:
    """A table that is added has to be named in `traces`, or an erasure would pass it by."""
    names = {"address", "crm_address", "moved_from", "other_address"}
    there = {table.name: names.intersection(table.c.keys()) for table in metadata.sorted_tables}
    assert {name: columns for name, columns in there.items() if columns} == {
        table.name: set(columns) for table, columns in traces.ADDRESSES.items()
    }
