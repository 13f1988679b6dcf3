"""Names come from elsewhere: whoever chooses one cannot steer the terminal on which it is read."""

import json
import unicodedata
from typing import Any

import pytest

from rundbrief.testing import faults

Desk = Any  # conftest.Desk: test modules cannot import each other

TRICK = "\x1b]0;owned\x07\x1b[2J\r\x08\x9b31m\u202e\u2066\u200b\ufeff\u2028\x00"
HOSTILE = f"News{TRICK}letter\n[crm]"
SHOWN = "News]0;owned[2J31mletter [crm]"
"""What is left: ugly, and harmless."""
ADDRESS = "mallory@example.org"


def steering(text: str) -> set[str]:
    """Return what of a text a terminal would obey, or a reader not see."""
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {one for one in text if one != "\n" and unicodedata.category(one) in categories}


@pytest.fixture
def hostile(desk: Desk) -> Desk:
    """A list, a field and a person are all called so."""
    desk.list_id = desk.service.add_list(HOSTILE)
    desk.service.account.audiences[desk.list_id].merge_fields[0].name = HOSTILE
    desk.service.subscribe(desk.list_id, ADDRESS, {"FNAME": HOSTILE})
    return desk


def test_no_command_hands_a_name_to_the_terminal_as_it_is(hostile: Desk) -> None:
    name = ("--list", hostile.list_id)
    said = {
        " ".join(command): hostile.ok(*command)
        for command in (
            ("lists", "news", "--pull"),
            ("fields", "news", hostile.list_id),
            ("import", "news", *name),
            ("contacts", "list"),
            ("contacts", "show", ADDRESS),
            ("contacts", "set-opt-in", f"news/{hostile.list_id}", "no", ADDRESS),
            ("export", "news", *name, "--dry-run"),
            ("export", "news", *name),
            ("opt-ins", ADDRESS),
            ("runs",),
            ("runs", "1"),
        )
    }
    assert {command: steering(text) for command, text in said.items() if steering(text)} == {}
    assert SHOWN in " ".join(" ".join(said.values()).split()), "it is told, all the same"


def test_a_document_has_the_name_as_it_is_in_ascii(hostile: Desk) -> None:
    printed = hostile.ok("lists", "news", "--json")
    assert printed.isascii()
    assert steering(printed) == set()
    assert HOSTILE in {one["name"] for one in json.loads(printed)["lists"]}


def test_neither_an_error_nor_the_log_hands_it_on(hostile: Desk) -> None:
    def refused(answer: faults.Answer) -> Any:
        response = answer()
        response.status_code = 400
        response.set_data(json.dumps({"title": HOSTILE, "detail": f"{HOSTILE} {ADDRESS}", "status": 400}))
        return response

    hostile.service.faults.add(refused, path="/lists", times=1)
    result = hostile.run("-v", "lists", "news")
    assert result.exit_code != 0
    assert steering(result.output) == set()
    assert ADDRESS not in result.output
    result = hostile.run("import", "news", "--list", HOSTILE + "x")
    assert result.exit_code == 13
    assert steering(result.output) == set()


def test_a_name_adds_nothing_to_the_configuration_but_itself(hostile: Desk) -> None:
    before = (hostile.folder / "rundbrief.toml").read_text(encoding="utf-8")
    hostile.ok("fields", "news", hostile.list_id, "--write-config")
    after = (hostile.folder / "rundbrief.toml").read_text(encoding="utf-8")
    assert after.startswith(before.rstrip("\n"))
    assert after.count("[crm]") == 0
