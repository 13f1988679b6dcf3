"""Mistakes that look like many people's wish: nothing is written until somebody says that it is right.

Each is made as a user makes it, and everything that could have been written is compared.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.cli.toml import connection_table, crm_table
from rundbrief.models import OptIn
from rundbrief.plugins import load_provider
from rundbrief.testing.sandbox import Sandbox

Desk = Any  # conftest.Desk: test modules cannot import each other

PEOPLE = 24
"""With the same intent, of whom 20 may always go."""
CROWD = 101
"""One more than may always come."""


@pytest.fixture
def crm_name() -> str:
    return "local"


@pytest.fixture
def in_step(desk: Desk, tmp_path: Path) -> Desk:
    """A list with subscribers, imported and exported, with the guard rail as it is by itself."""
    file = tmp_path / "rundbrief.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("max_withdrawals = 1.0\n", ""), encoding="utf-8")
    desk.service.seed(desk.lists["Letter"], people("p", PEOPLE))
    desk.ok("import", "news")
    desk.ok("export", "news", "--list", "Letter")
    assert opt_ins(desk) == PEOPLE
    return desk


def people(name: str, count: int) -> list[str]:
    return [f"{name}{number:03}@example.org" for number in range(count)]


def opt_ins(desk: Desk) -> int:
    return sum(one.opt_ins.get(desk.key()) is OptIn.YES for one in desk.crm.contacts().values())


def subscribed(desk: Desk) -> int:
    held = desk.service.recipients(desk.lists["Letter"]).values()
    return sum(one.status.value == "subscribed" and one.is_member for one in held)


def everything(desk: Desk) -> dict[str, Any]:
    """Return what CRM, service and state hold; the run's own record, and where reading goes on, apart."""
    with closing(sqlite3.connect("rundbrief.db")) as state:
        tables = {
            name: state.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3").fetchall()
            for name in ("recipients", "links", "sent", "journal", "intents")
        }
    return {
        **tables,
        "crm": dict(desk.crm.contacts()),
        "service": {name: dict(desk.service.recipients(key)) for name, key in desk.lists.items()},
    }


def stopped(desk: Desk, *args: str, told: str, option: str) -> Result:
    """Run a command that the guard rail has to stop, and compare what was there before and is there after it."""
    before = everything(desk)
    result = CliRunner().invoke(cli, list(args), env={**desk.service.environ(), **desk.crm.environ()})
    assert result.exit_code == 60, result.output
    assert told in result.stderr
    assert option in result.stderr
    assert everything(desk) == before
    return result


def test_an_emptied_list(in_step: Desk) -> None:
    desk = in_step
    for address in people("p", PEOPLE):
        desk.service.delete(desk.lists["Letter"], address)
    told = f"{PEOPLE} of {PEOPLE} opt-ins"
    stopped(desk, "import", "news", "--full", told=told, option="--allow-withdrawals")
    desk.ok("import", "news", "--full", "--allow-withdrawals")
    assert opt_ins(desk) == 0


@dataclass
class Elsewhere:
    """Another account."""

    service: Sandbox
    lists: Mapping[str, str]

    def everybody(self) -> dict[str, Any]:
        return {name: dict(self.service.recipients(key)) for name, key in self.lists.items()}


@pytest.fixture
def elsewhere(in_step: Desk, service_name: str, tmp_path: Path) -> Iterator[Elsewhere]:
    """Point the connection at another account of the same service, where people have just signed up."""
    other = load_provider(service_name).sandbox()
    assert other is not None
    if service_name == "mailchimp":
        other.add_list("Another")  # else its lists had the same ids as ours, which no two of Mailchimp's have
    lists = {name: other.add_list(name) for name in in_step.lists}
    for address in people("stranger", CROWD):
        other.subscribe(lists["Letter"], address)
    with other.serve() as url:
        settings = {**other.settings(url), **({"list": "Letter"} if in_step.is_account_wide else {})}
        text = crm_table(in_step.crm.settings("")) + "\n" + connection_table("news", settings)
        (tmp_path / "rundbrief.toml").write_text(text, encoding="utf-8")
        yield Elsewhere(other, lists)


@pytest.mark.parametrize("command", ["import news", "sync news"])
def test_another_account(in_step: Desk, elsewhere: Elsewhere, command: str) -> None:
    """Nobody of it comes into the CRM, and nothing of the CRM goes there."""
    strangers, before = elsewhere.everybody(), everything(in_step)
    result = CliRunner().invoke(cli, command.split(), env=elsewhere.service.environ())
    assert result.exit_code == 60, result.output
    assert "--allow-additions" in result.stderr or "another connection" in result.stderr.lower()
    assert everything(in_step) == before
    assert elsewhere.everybody() == strangers


def test_a_list_whose_ids_all_changed(in_step: Desk) -> None:
    """Deleted and put back by a tool: they are the same people, and nobody has said anything."""
    desk = in_step
    for address in people("p", PEOPLE):
        desk.service.delete(desk.lists["Letter"], address)
    desk.service.seed(desk.lists["Letter"], people("p", PEOPLE))
    desk.ok("import", "news", "--full")
    assert opt_ins(desk) == PEOPLE


class TestCrm:
    """What happens to the CRM looks the same to every service; one is enough."""

    @pytest.fixture
    def service_name(self) -> str:
        return "mailchimp"

    def test_an_emptied_crm(self, in_step: Desk) -> None:
        desk = in_step
        for contact_id in list(desk.crm.contacts()):
            desk.crm.delete_contact(contact_id)
        command = ("export", "news", "--list", "Letter")
        assert desk.export() == {("held", "deleted_in_crm"): PEOPLE}
        assert subscribed(desk) == PEOPLE
        stopped(desk, *command, "--prune", told=f"{PEOPLE} of {PEOPLE} opt-ins", option="--allow-withdrawals")
        desk.ok(*command, "--prune", "--allow-withdrawals")
        assert subscribed(desk) == 0

    @pytest.mark.parametrize("value", [OptIn.NO, OptIn.UNKNOWN])
    def test_cleared_opt_ins(self, in_step: Desk, value: OptIn) -> None:
        """Emptied ones are no withdrawals: the service leads, and sets them again."""
        desk = in_step
        for contact_id in list(desk.crm.contacts()):
            desk.crm.set_opt_in(contact_id, desk.key(), value)
        if value is OptIn.UNKNOWN:
            desk.ok("sync", "news")
            assert (opt_ins(desk), subscribed(desk)) == (PEOPLE, PEOPLE)
            return
        stopped(desk, "sync", "news", told=f"{PEOPLE} of {PEOPLE} opt-ins", option="--allow-withdrawals")
        desk.ok("sync", "news", "--allow-withdrawals")
        assert subscribed(desk) == 0

    def test_a_sudden_yes_of_many(self, in_step: Desk) -> None:
        desk = in_step
        for contact_id in desk.crm.seed(people("c", CROWD)):
            desk.crm.set_opt_in(contact_id, desk.key(), OptIn.YES)
        stopped(desk, "sync", "news", told=f"{CROWD} people that are new", option="--allow-additions")
        desk.ok("sync", "news", "--allow-additions")
        assert subscribed(desk) == PEOPLE + CROWD


class TestFile:
    """A CSV file of the CRM's, written by a spreadsheet in which a column has slipped. One service is enough."""

    @pytest.fixture
    def service_name(self) -> str:
        return "brevo"

    def test_an_opt_in_column_over_other_words(self, in_step: Desk) -> None:
        self.write("country;opt-in news", [";DE"] * PEOPLE)
        before = everything(in_step)
        result = CliRunner().invoke(cli, ["contacts", "import", "people.csv"])
        assert result.exit_code == 11
        assert f"neither yes nor no in {PEOPLE} of {PEOPLE} rows. Nothing was taken in" in result.stderr
        assert everything(in_step) == before

    def test_an_opt_in_column_over_noughts(self, in_step: Desk) -> None:
        """Were it taken in, the next export would stop as well."""
        self.write("VIP;opt-in news", [";0"] * PEOPLE)
        command = ("contacts", "import", "people.csv")
        stopped(in_step, *command, told=f"take away {PEOPLE} opt-ins", option="--allow-withdrawals")
        in_step.ok(*command, "--allow-withdrawals")
        stopped(in_step, "sync", "news", told=f"{PEOPLE} of {PEOPLE} opt-ins", option="--allow-withdrawals")

    def test_an_opt_in_column_over_ones(self, in_step: Desk) -> None:
        self.write("VIP;opt-in news", [";"] * CROWD, name="c")
        in_step.ok("contacts", "import", "people.csv")
        self.write("VIP;opt-in news", [";1"] * CROWD, name="c")
        command = ("contacts", "import", "people.csv")
        stopped(in_step, *command, told=f"add to known contacts {CROWD} opt-ins", option="--allow-additions")
        in_step.ok(*command, "--allow-additions")
        stopped(in_step, "sync", "news", told=f"{CROWD} people that are new", option="--allow-additions")

    def write(self, headings: str, cells: list[str], name: str = "p") -> None:
        addresses = people(name, len(cells))
        rows = [f"{address};{cell}" for address, cell in zip(addresses, cells, strict=True)]
        Path("people.csv").write_text("\n".join([f"E-mail;{headings}", *rows]), encoding="utf-8")
