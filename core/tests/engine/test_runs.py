"""The frame of runs: one at a time, numbered, on record whatever their end, and resumed by the next."""

import threading
from typing import Any

import pytest

from rundbrief.engine import RunOptions, import_list, person_state
from rundbrief.errors import Interrupted, RunLocked, ServiceUnavailable
from rundbrief.models import OptIn, SubscriberStatus

YES = OptIn.YES


class Sentences:
    """A progress that listens."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def phase(self, title: str, total: int | None) -> None: ...
    def advance(self, count: int) -> None: ...
    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def states(world: Any) -> list[tuple[str, str]]:
    with world.workspace.store.transaction() as transaction:
        return [(run.kind, run.state) for run in reversed(transaction.runs.latest(10))]


class TestOneAtATime:
    def test_a_second_run_of_the_connection_is_refused(self, world: Any) -> None:
        world.service.put("ann@example.org")
        second, refused = world.another(), []

        def before(call: str) -> None:
            if call == "page":
                world.service.before = lambda call: None
                with pytest.raises(RunLocked, match="Another run of connection 'news'") as caught:
                    import_list(second, "news", "1")
                refused.append(caught.value)

        world.service.before = before
        world.imports()
        second.close()
        assert len(refused) == 1
        assert world.everybody() == {"ann@example.org": YES}

    def test_runs_of_two_connections_do_not_disturb_each_other(self, world: Any) -> None:
        """Both have planned before either writes: neither may lose a step."""
        from rundbrief.engine import export_list

        world.imports()
        import_list(world.workspace, "other", "1")
        world.add("ann@example.org", YES)
        ann = world.contact("ann@example.org").id
        second = world.another()

        class ExportTheOther(Sentences):
            def phase(self, title: str, total: int | None) -> None:
                if title == "Adding new recipients":
                    export_list(second, "other", "1")

        world.exports(progress=ExportTheOther())
        second.close()
        assert world.service.status("ann@example.org") is SubscriberStatus.SUBSCRIBED
        assert world.contact(ann).opt_in("news/1").value is YES

    def test_the_lock_goes_with_the_run(self, world: Any) -> None:
        world.imports()
        second = world.another()
        import_list(second, "news", "1")
        second.close()


class TestEnds:
    def test_a_run_that_ended_well(self, world: Any) -> None:
        world.imports()
        world.exports()
        assert states(world) == [("import", "done"), ("export", "done")]

    def test_a_run_that_failed_says_why(self, world: Any) -> None:
        world.imports()
        world.service.before = asleep
        with pytest.raises(ServiceUnavailable):
            world.exports()
        with world.workspace.store.transaction() as transaction:
            (run,) = transaction.runs.latest(1)
        assert (run.state, run.message) == ("failed", "Paperboy is asleep.")

    def test_a_run_that_the_user_stopped(self, world: Any) -> None:
        world.service.before = lambda call: world.workspace.stop.set() if call == "page" else None
        with pytest.raises(Interrupted):
            world.imports()
        assert states(world) == [("import", "stopped")]

    def test_control_c_is_a_stop_as_well(self, world: Any) -> None:
        world.imports()

        def control_c(call: str) -> None:
            raise KeyboardInterrupt

        world.service.before = control_c
        with pytest.raises(Interrupted):
            world.exports()
        assert states(world)[-1] == ("export", "stopped")

    def test_a_run_that_was_killed_is_marked_by_the_next(self, world: Any) -> None:
        with world.workspace.store.transaction() as transaction:
            killed = transaction.runs.begin("export", "news", "1", world.clock())
        progress = Sentences()
        world.imports(progress=progress)
        assert states(world) == [("export", "cut off"), ("import", "done")]
        sentence = f"Run {killed} (export) was cut off; nothing was left open."
        assert progress.said == [sentence]
        with world.workspace.store.transaction() as transaction:
            (run,) = transaction.runs.latest(1)
        assert run.message == sentence

    def test_a_dry_run_goes_on_with_nothing_and_says_so_of_nobody(self, world: Any) -> None:
        """Another process may be in the middle of the run that it finds under way."""
        with world.workspace.store.transaction() as transaction:
            transaction.runs.begin("export", "news", "1", world.clock())
        progress = Sentences()
        world.imports(progress=progress, dry_run=True)
        assert progress.said == []
        assert states(world) == [("export", "running")]

    def test_no_thread_is_left_behind(self, world: Any) -> None:
        before = threading.active_count()
        world.service.before = asleep_at_page
        with pytest.raises(ServiceUnavailable):
            world.imports()
        assert threading.active_count() == before


def asleep(call: str) -> None:
    raise ServiceUnavailable("Paperboy is asleep.")


def asleep_at_page(call: str) -> None:
    if call == "page":
        raise ServiceUnavailable("Paperboy is asleep.")


class TestReports:
    def test_a_configured_field_that_the_service_lacks_is_a_problem_not_an_error(self, make_world: Any) -> None:
        world = make_world(fields={"SHOE": "shoe_size"})
        world.service.put("ann@example.org")
        report = import_list(world.workspace, "news", "1", RunOptions())
        assert "Paperboy has no field SHOE." in report.problems

    def test_a_person_is_shown_with_everything_known(self, world: Any) -> None:
        world.service.put("Ann@example.org")
        world.imports()
        state = person_state(world.workspace, " ANN@example.org")
        assert [one.email for one in state.contacts] == ["Ann@example.org"]
        ((one),) = state.lists
        assert (one.connection, one.list_name, one.opt_in_key) == ("news", "Customers", "news/1")
        assert one.recipient.agreed is YES
        assert [entry.became for entry in state.journal] == ["subscribed", "yes"]

    def test_a_stranger_is_nobody(self, world: Any) -> None:
        state = person_state(world.workspace, "nobody@example.org")
        assert (state.contacts, state.lists, state.journal) == ([], [], [])
