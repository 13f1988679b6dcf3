"""The whole cycle by the command line, with the real server: lists, opt-ins, an export, a member who leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mailman_in_a_box import MailmanInABox
from server import PASSWORD, USER

from rundbrief.models import SubscriberStatus

ANNA, BEN, CLARA = "anna@example.org", "ben@example.org", "clara@example.org"
SUBSCRIBED, PENDING, ABSENT = SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING, SubscriberStatus.ABSENT

CONFIGURATION = """\
[crm]
plugin = "local"

[connections.news]
provider = "mailman"
base_url = "{url}"
user = "{user}"
password = {{ env = "MAILMAN_PASSWORD" }}

[connections.news.fields]
display_name = "last_name"
"""


class Office:
    """A folder with a configuration and a CRM, in which somebody types."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        (folder / "rundbrief.toml").write_text(CONFIGURATION.format(url=url, user=USER), encoding="utf-8")

    def rundbrief(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rundbrief", *arguments],
            cwd=self._folder,
            env=os.environ | {"MAILMAN_PASSWORD": PASSWORD, "HOME": str(self._folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def opt_in(self, address: str, list_name: str) -> str:
        """Return what stands in the CRM."""
        told = json.loads(self.rundbrief("opt-ins", address, "--json"))
        [one] = [row for row in told["lists"] if row["list"] == list_name]
        return str(one["crm"]["opt_in"])


@pytest.fixture
def server(mailman) -> MailmanInABox:
    return MailmanInABox(mailman)


@pytest.fixture
def office(tmp_path: Path, mailman) -> Office:
    return Office(tmp_path, mailman.url)


def test_from_a_list_to_an_opt_in_to_a_member_who_leaves_and_stays_away(server, office) -> None:
    list_id = server.add_list("Kundenbrief")
    server.subscribe(list_id, ANNA, {"display_name": "Berg"})
    assert "GNU Mailman 3.3.10" in office.rundbrief("connections", "check", "news")
    assert list_id in office.rundbrief("lists", "news", "--pull")

    office.rundbrief("import", "news")
    assert office.opt_in(ANNA, "Kundenbrief") == "yes"

    office.rundbrief("contacts", "add", BEN, "last_name=Cohn")
    office.rundbrief("contacts", "set-opt-in", "Kundenbrief", "yes", BEN)
    assert "1  added" in office.rundbrief("export", "news", "--list", "Kundenbrief")
    assert server.status(list_id, BEN) is SUBSCRIBED
    assert server.recipients(list_id)[BEN].fields == {"display_name": "Cohn"}

    server.unsubscribe(list_id, BEN)
    assert "1  opt-in cleared" in office.rundbrief("import", "news")
    assert office.opt_in(BEN, "Kundenbrief") == "no"

    office.rundbrief("contacts", "set-opt-in", "Kundenbrief", "yes", BEN)
    assert "1 held back" in office.rundbrief("export", "news", "--list", "Kundenbrief")
    assert server.status(list_id, BEN) is ABSENT

    server.subscribe(list_id, BEN)
    office.rundbrief("import", "news")
    assert (office.opt_in(BEN, "Kundenbrief"), server.status(list_id, BEN)) == ("yes", SUBSCRIBED)


def test_who_left_before_rundbrief_came_is_not_added_by_its_first_export(server, office) -> None:
    list_id = server.add_list("Kundenbrief")
    server.subscribe(list_id, BEN)
    server.unsubscribe(list_id, BEN)
    office.rundbrief("import", "news")
    office.rundbrief("contacts", "add", BEN)
    office.rundbrief("contacts", "set-opt-in", "Kundenbrief", "yes", BEN)
    assert "1 refused" in office.rundbrief("export", "news", "--list", "Kundenbrief")
    assert server.status(list_id, BEN) is ABSENT


def test_a_withdrawal_in_the_crm_ends_the_membership_without_a_goodbye(server, office, mailman) -> None:
    list_id = server.add_list("Kundenbrief")
    server.subscribe(list_id, ANNA)
    office.rundbrief("import", "news")
    office.rundbrief("contacts", "set-opt-in", "Kundenbrief", "no", ANNA)
    mails = len(mailman.queued_mails())
    assert "1  unsubscribed" in office.rundbrief("export", "news", "--list", "Kundenbrief")
    assert (server.status(list_id, ANNA), len(mailman.queued_mails())) == (ABSENT, mails)


def test_on_a_moderated_list_nobody_is_opted_in_before_the_moderator_agrees(server, office) -> None:
    list_id = server.add_list_with("moderate", "Moderated")
    office.rundbrief("import", "news")
    office.rundbrief("contacts", "add", ANNA)
    office.rundbrief("contacts", "set-opt-in", "Moderated", "yes", ANNA)
    office.rundbrief("export", "news", "--list", "Moderated")
    assert server.status(list_id, ANNA) is PENDING
    for _ in range(2):
        assert "1 held back" in office.rundbrief("sync")
    assert "not confirmed" in office.rundbrief("opt-ins", ANNA)
    server.confirm(list_id, ANNA)
    assert "held back" not in office.rundbrief("sync")
    assert "Gets mail" in office.rundbrief("opt-ins", ANNA)


def test_who_asks_for_herself_on_a_moderated_list_becomes_a_contact_when_she_is_accepted(server, office) -> None:
    list_id = server.add_list_with("moderate", "Moderated")
    server.subscribe(list_id, CLARA)
    office.rundbrief("import", "news")
    assert CLARA not in office.rundbrief("contacts", "list", "--json")
    server.confirm(list_id, CLARA)
    office.rundbrief("import", "news")
    assert office.opt_in(CLARA, "Moderated") == "yes"
