"""A CSV with sixty custom columns of mixed types goes through each service, and back into another CRM.

Every value comes back equal, or the report names its field and says why not.
"""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from journeys.conftest import SERVICES

from rundbrief.cli.app import cli
from rundbrief.cli.toml import connection_table
from rundbrief.crm.local import LocalCrm
from rundbrief.fields import FieldType
from rundbrief.fields.spelling import spell
from rundbrief.models import FieldValue, OptIn, Selection
from rundbrief.plugins import load_provider
from rundbrief.testing.sandbox import Sandbox

PEOPLE = 5
KINDS = (
    FieldType.TEXT,
    FieldType.LONG_TEXT,
    FieldType.NUMBER,
    FieldType.INTEGER,
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.DATETIME,
    FieldType.CHOICES,
    FieldType.PHONE,
    FieldType.URL,
    FieldType.EMAIL,
    FieldType.CHOICE,
    FieldType.BIRTHDAY,
    FieldType.LANGUAGE,
    FieldType.COUNTRY,
)
COLUMNS = [(f"{kind.value.title()} Größe {number}", kind) for number in range(4) for kind in KINDS]


def value(kind: FieldType, seed: int) -> FieldValue:
    """Return a value that asks something of its field: accents, digits, leap days, commas, other countries."""
    values: dict[FieldType, FieldValue] = {
        FieldType.TEXT: f'Žofie „{seed}“; "x", <b> & 🙂' + ("ä" * 200 if seed == 3 else ""),
        FieldType.LONG_TEXT: f"Zeile eins {seed}\nZeile zwei",
        FieldType.NUMBER: Decimal(seed * 1000) + Decimal("0.25"),
        FieldType.INTEGER: Decimal(seed),
        FieldType.BOOLEAN: seed % 2 == 0,
        FieldType.DATE: date(2000, 2, 29) + timedelta(days=seed),
        FieldType.DATETIME: datetime(2026, 3, 29, 1, 30, tzinfo=UTC) + timedelta(hours=seed),
        FieldType.CHOICES: ("rot", f"blau, hell {seed}"),
        FieldType.PHONE: f"0351 12345{seed:02}",
        FieldType.URL: f"https://example.org/{seed}?a=ä",
        FieldType.EMAIL: f"Jo.Doe+{seed}@Example.org",
        FieldType.CHOICE: f"Größe {seed}, weit",
        FieldType.BIRTHDAY: f"02-{29 - seed}",
        FieldType.LANGUAGE: "Français",
        FieldType.COUNTRY: "Österreich",
    }
    return values[kind]


def as_in_germany(value: FieldValue) -> str:
    """Return a value as a German spreadsheet has it: 1.234,50, and 29.02.2000, and ja."""
    match value:
        case bool():
            return "ja" if value else "nein"
        case datetime():
            return f"{value:%d.%m.%Y %H:%M}"
        case date():
            return f"{value:%d.%m.%Y}"
        case Decimal():
            return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    return spell(value)


MADE = {"mailchimp": 25, "cleverreach": 38, "brevo": 60}
"""How many fields there is room for: 30 with five that are there, 40 with two, and any number."""


class Office:
    """One CRM and its configuration, in a folder of its own."""

    def __init__(self, folder: Path, service: Sandbox, base_url: str) -> None:
        folder.mkdir()
        self.folder, self.service = folder, service
        self.crm = LocalCrm(folder / "contacts.db")
        self.columns = {self.crm.define_field(label, kind).key: kind for label, kind in COLUMNS}
        table = connection_table("news", service.settings(base_url))
        common = 'language = "de"\ncountry = "DE"\n'
        folder.joinpath("rundbrief.toml").write_text(f"# ours\n{table.rstrip()}\n{common}", encoding="utf-8")

    def run(self, *args: str) -> Any:
        environ = {**self.service.environ(), "RUNDBRIEF_CONFIG": str(self.folder / "rundbrief.toml")}
        result = CliRunner().invoke(cli, [*args, "--json"], env=environ)
        assert result.exit_code == 0, f"{args}: {result.output}"
        return json.loads(result.stdout)

    def values(self) -> dict[str, dict[str, FieldValue]]:
        """Return address -> the sixty values that there are."""
        contacts = self.crm.contacts(Selection())
        return {
            str(one.email): {key: value for key, value in one.fields.items() if key in self.columns}
            for one in contacts
        }


def write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["E-mail", *(label for label, _ in COLUMNS)])
        for seed in range(PEOPLE):
            writer.writerow([f"p{seed}@example.org", *(as_in_germany(value(kind, seed)) for _, kind in COLUMNS)])


@pytest.mark.parametrize("name", SERVICES)
def test_every_value_comes_back_or_is_named(tmp_path: Path, name: str) -> None:
    service = load_provider(name).sandbox()
    assert service is not None
    list_id = service.add_list("Letter")
    with service.serve() as base_url:
        here, there = (Office(tmp_path / folder, service, base_url) for folder in ("here", "there"))
        write_csv(tmp_path / "people.csv")
        here.run("contacts", "import", str(tmp_path / "people.csv"))
        for seed in range(PEOPLE):
            ours = here.values()[f"p{seed}@example.org"]
            assert list(ours.values()) == [value(here.columns[key], seed) for key in ours]
            assert len(ours) == len(COLUMNS) == 60

        here.run("import", "news")
        chosen = [option for key in here.columns for option in ("--field", key)]
        pushed = here.run("fields", "news", list_id, "--push", *chosen, "--write-config")
        told = " ".join(pushed["problems"])
        linked = {row["crm"]["key"]: row["service"]["key"] for row in pushed["fields"] if row["service"]}
        labels = {row["crm"]["key"]: row["crm"]["label"] for row in pushed["fields"]}
        not_made = {key for key in here.columns if key not in linked}
        assert all(labels[key] in told for key in not_made)
        assert len(here.columns.keys() - not_made) == MADE[name]

        again = here.run("fields", "news", list_id, "--push", *chosen, "--dry-run")
        assert again["missing"] == [] if name == "cleverreach" else set(again["missing"]) == not_made
        assert here.folder.joinpath("rundbrief.toml").read_text(encoding="utf-8").startswith("# ours\n")

        opt_in = here.crm.opt_in_fields()[0].key
        for one in list(here.crm.contacts(Selection())):
            here.crm.set_opt_in(one.id, opt_in, OptIn.YES, "by hand")
        report = here.run("export", "news", "--list", list_id)["runs"][0]
        lines = here.run("runs", str(report["run"]))["contacts"]
        named = {
            (one["address"], one["detail"].split(" ")[0]) for one in lines if one["reason"] == "value_left_out"
        }

        fields = pushed["written"]
        map_lines = "\n".join(f'"{key}" = "{crm_key}"' for key, crm_key in fields.items())
        with there.folder.joinpath("rundbrief.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[connections.news.fields]\n{map_lines}\n")
        there.run("import", "news")
        theirs = there.values()
        for address, values in here.values().items():
            for key, ours in values.items():
                is_named = key in not_made or (address, linked[key]) in named
                assert is_named or arrived(ours, theirs[address].get(key), here.columns[key]), (address, key)
        assert len(named) < 12


def arrived(ours: FieldValue, theirs: FieldValue | None, kind: FieldType) -> bool:
    if kind is FieldType.PHONE:
        return str(theirs).removeprefix("+49") == str(ours).replace(" ", "").removeprefix("0")
    return theirs == ours
