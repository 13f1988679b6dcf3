"""Observers: told at least once of everything, in order, whatever becomes of them or of the runs."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from rundbrief.engine.locks import only_teller
from rundbrief.errors import GuardRail, ServiceUnavailable
from rundbrief.hookspecs import OBSERVER_GROUP
from rundbrief.models import OptIn, Result, SubscriberStatus

NOTEBOOK = """
    from marshmallow import Schema, fields
    from rundbrief.hookspecs import ObserverInfo, hookimpl

    SEEN = []
    RAISE_AT = set()

    class Settings(Schema):
        colour = fields.String(load_default="blue")

    @hookimpl
    def observer_info():
        return ObserverInfo("notebook", "Notebook", Settings)

    @hookimpl
    def consent_changed(run, change):
        note("consent", run, change)

    @hookimpl
    def contact_held(run, contact):
        note("held", run, contact)

    @hookimpl
    def run_finished(settings, run):
        note("run", run, settings)

    CALLS = 0

    def note(what, run, more):
        global CALLS
        CALLS += 1
        if CALLS in RAISE_AT:
            raise KeyError("page is full")
        SEEN.append((what, run, more))
"""

Install = Callable[..., None]


@pytest.fixture
def observe(install: Callable[..., None]) -> Install:
    """Install an observer with this source."""

    def observe(source: str, name: str = "notebook") -> None:
        install(f"rundbrief-{name}", f"observing_{name}", source, name=name, group=OBSERVER_GROUP)

    return observe


@pytest.fixture
def notebook(observe: Install) -> ModuleType:
    observe(NOTEBOOK)
    return importlib.import_module("observing_notebook")


def told(notebook: ModuleType) -> list[Any]:
    """Return what was told, as (what, run id, number of the entry or line, or state of the run)."""
    return [(what, run.id, run.state if what == "run" else more.number) for what, run, more in notebook.SEEN]


@pytest.fixture
def crowd(world: Any) -> Any:
    """Somebody new at the service, somebody who is held, and somebody who left there."""
    world.service.put("ann@example.org")
    world.service.put("bob@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.add("no-address", OptIn.YES)
    return world


def test_everything_is_told_in_order_after_the_run(crowd: Any, notebook: ModuleType) -> None:
    report = crowd.syncs()
    whats = [what for what, _, _ in notebook.SEEN]
    assert whats == sorted(whats, key=["consent", "held", "run"].index)
    assert whats.count("run") == 1
    [changes] = [
        [more for what, _, more in notebook.SEEN if what == "consent" and more.address == "ann@example.org"]
    ]
    assert [(one.place, one.actor, one.was, one.became, one.evidence) for one in changes] == [
        (one.place, one.actor, one.was, one.became, one.evidence) for one in crowd.journal("ann@example.org")
    ]
    [held] = [more for what, _, more in notebook.SEEN if what == "held"]
    assert (held.result, held.address) == (Result.HELD, "no-address")
    _, run, settings = notebook.SEEN[-1]
    assert (run.id, run.kind, run.connection, run.list_id, run.state) == (
        report.run_id,
        "sync",
        "news",
        "1",
        "done",
    )
    assert (run.counts, run.ended_at is not None) == (dict(report.counts), True)
    assert settings == {"colour": "blue"}
    assert report.problems == ()


def test_nothing_is_told_twice(crowd: Any, notebook: ModuleType) -> None:
    crowd.syncs()
    crowd.open()
    crowd.syncs()
    facts = told(notebook)
    assert len(facts) == len(set(facts))
    assert [state for what, _, state in facts if what == "run"] == ["done", "done"]


def test_a_dry_run_is_not_told(crowd: Any, notebook: ModuleType) -> None:
    crowd.syncs(dry_run=True)
    assert notebook.SEEN == []


def test_a_run_that_failed_is_told_with_its_reason(crowd: Any, notebook: ModuleType) -> None:
    crowd.imports()
    crowd.service.before = _asleep
    with pytest.raises(ServiceUnavailable, match="asleep"):
        crowd.imports()
    _, run, _ = notebook.SEEN[-1]
    assert run.state == "failed"
    assert run.message.startswith("Paperboy is asleep")


def test_a_run_that_the_guard_rail_stopped_is_told(world: Any, notebook: ModuleType) -> None:
    for number in range(30):
        world.service.put(f"p{number}@example.org")
    world.imports()
    for number in range(30):
        world.service.put(f"p{number}@example.org", SubscriberStatus.UNSUBSCRIBED)
    with pytest.raises(GuardRail):
        world.imports()
    assert notebook.SEEN[-1][1].state == "stopped"


def test_a_killed_run_is_told_by_the_next_one(crowd: Any, notebook: ModuleType) -> None:
    crowd.imports()
    # What a killed process leaves: a run that nobody has ended.
    with crowd.workspace.store.transaction() as transaction:
        transaction.runs.begin("import", "news", "1", crowd.clock())
    crowd.open()
    crowd.imports()
    assert [state for what, _, state in told(notebook) if what == "run"] == ["done", "cut off", "done"]


@pytest.mark.parametrize("call", range(1, 6))
def test_what_an_observer_could_not_take_is_told_again(crowd: Any, notebook: ModuleType, call: int) -> None:
    """Whichever call it raises in, nothing is lost, nothing comes twice, and the run does not notice."""
    notebook.RAISE_AT.add(call)
    first = crowd.syncs()
    [problem] = first.problems
    assert "rundbrief-notebook 1.2) raised KeyError (observing_notebook, line " in problem
    assert "told again after the next run" in problem
    assert "page is full" not in problem
    assert len(notebook.SEEN) == call - 1
    second = crowd.syncs()
    assert second.problems == ()
    facts = told(notebook)
    assert len(facts) == len(set(facts)) == 7, "five of the first run, two of the second"
    assert [run for what, run, _ in facts if what == "run"] == [first.run_id, second.run_id]
    assert [number for what, _, number in facts if what == "consent"] == _seqs(crowd)


def _seqs(world: Any) -> list[int]:
    addresses = ["ann@example.org", "bob@example.org", "no-address"]
    return sorted(one.seq for address in addresses for one in world.journal(address))


def test_an_observer_that_exits_does_not_end_the_run(crowd: Any, observe: Install) -> None:
    observe(NOTEBOOK.replace('raise KeyError("page is full")', "raise SystemExit(3)"))
    importlib.import_module("observing_notebook").RAISE_AT.add(1)
    [problem] = crowd.syncs().problems
    assert "raised SystemExit" in problem


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import nowhere_to_be_found", "could not be imported: ModuleNotFoundError"),
        (NOTEBOOK.replace("def run_finished", "def run_finnished"), "did its author mean 'run_finished'?"),
        (NOTEBOOK.replace("def consent_changed(run,", "def consent_changed(runs,"), "parameter 'runs'"),
        (NOTEBOOK.replace("Settings)", "Settings, 99)"), "version 99 of the hooks"),
        (
            NOTEBOOK.replace('load_default="blue"', "required=True"),
            "rundbrief.toml lacks the key observers.notebook.colour",
        ),
    ],
)
def test_one_that_cannot_be_used_is_named_and_the_others_are_told(
    crowd: Any, notebook: ModuleType, observe: Install, source: str, sentence: str
) -> None:
    observe(source.replace('"notebook"', '"broken"').replace("notebook", "broken"), name="broken")
    [problem] = crowd.syncs().problems
    assert sentence.replace("notebook", "broken") in problem
    assert told(notebook)[-1][0] == "run"


def test_one_that_is_configured_and_not_installed_is_named(crowd: Any) -> None:
    crowd.workspace.config = replace(crowd.workspace.config, observers={"gazette": {}})
    [problem] = crowd.syncs().problems
    assert "The observer 'gazette' is not installed" in problem
    assert "pip install rundbrief-gazette" in problem


def test_a_new_observer_begins_with_the_run_that_ends_next(crowd: Any, observe: Install) -> None:
    crowd.imports()
    observe(NOTEBOOK)
    report = crowd.syncs()
    assert {run.id for _, run, _ in importlib.import_module("observing_notebook").SEEN} == {report.run_id}


def test_what_another_process_is_telling_is_not_told_meanwhile(crowd: Any, notebook: ModuleType) -> None:
    with only_teller(crowd.workspace.store.path, "news") as is_ours:
        assert is_ours
        crowd.imports()
    assert notebook.SEEN == []
    crowd.imports()
    assert [what for what, _, _ in notebook.SEEN].count("run") == 1


def test_an_observer_may_leave_hooks_and_parameters_out(crowd: Any, observe: Install) -> None:
    observe(
        """
        from marshmallow import Schema
        from rundbrief.hookspecs import ObserverInfo, hookimpl

        RUNS = []

        @hookimpl
        def observer_info():
            return ObserverInfo("notebook", "Notebook", Schema)

        @hookimpl
        def run_finished(run):
            RUNS.append(run.state)
        """
    )
    assert crowd.syncs().problems == ()
    assert importlib.import_module("observing_notebook").RUNS == ["done"]


def _asleep(call: str) -> None:
    raise ServiceUnavailable(f"Paperboy is asleep, and does not answer {call}.")
