"""A session with a sandbox, for the tests that a plugin has of its own."""

from datetime import timedelta

import pytest

from rundbrief.errors import SettingsError
from rundbrief.testing.connecting import connected
from rundbrief.testing.faults import retry_after
from rundbrief.testing.sandbox import Sandbox

plugin = pytest.importorskip("rundbrief_mailchimp")


@pytest.fixture
def sandbox() -> Sandbox:
    made: Sandbox = plugin.sandbox()
    made.add_list("Kundenbrief")
    return made


def test_hooks_are_called_with_it(sandbox: Sandbox) -> None:
    with connected(plugin.provider_info(), sandbox) as session:
        assert [one.name for one in plugin.import_lists(session)] == ["Kundenbrief"]


def test_waits_move_the_clock_and_take_no_time(sandbox: Sandbox) -> None:
    began = sandbox.clock()
    sandbox.faults.add(retry_after(60))
    with connected(plugin.provider_info(), sandbox) as session:
        assert len(list(plugin.import_lists(session))) == 1
        session.wait(3600)
    assert sandbox.clock() - began > timedelta(minutes=61)


def test_more_settings_are_checked_as_in_a_configuration(sandbox: Sandbox) -> None:
    with (
        pytest.raises(SettingsError, match=r"unknown key connections\.sandbox\.colour"),
        connected(plugin.provider_info(), sandbox, colour="blue"),
    ):
        raise AssertionError("the settings are wrong")
