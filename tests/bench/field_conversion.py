"""What part of an export's own CPU time its conversions take.

    python tests/bench/field_conversion.py                     100,000 contacts with 30 mapped fields
    python tests/bench/field_conversion.py --contacts 5000     fewer

The service runs in a process of its own, so the CPU time is the export's alone. The conversions are timed by
themselves on the same contacts, after the export: a profiler would count its own cost in. Nothing here asserts.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from client import toml
from run import service

from rundbrief.config import load_config
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import Workspace, export_list, import_list, pull_lists
from rundbrief.engine.fields import push_fields, view_fields
from rundbrief.fields import FieldType, Translation
from rundbrief.models import CrmOptIn, FieldValue, NewContact, OptIn, Result, Selection

KINDS = (
    FieldType.TEXT,
    FieldType.NUMBER,
    FieldType.INTEGER,
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.DATETIME,
    FieldType.CHOICES,
    FieldType.PHONE,
    FieldType.URL,
)
MAPPED = 30
"""Mailchimp has room for as many; five of them are there already."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=100_000)
    size = parser.parse_args().contacts
    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as folder, service(Path(folder), 0, 0):
        measure(Path(folder), size)


def measure(folder: Path, size: int) -> None:
    place = json.loads((folder / "service.json").read_text(encoding="utf-8"))
    list_id = place["list_id"]
    path = folder / "rundbrief.toml"
    path.write_text(
        toml({**place["settings"], "country": "DE", "fields": {"ADDRESS": "address"}}), encoding="utf-8"
    )
    with Workspace(load_config(path, environ={}), environ=place["environ"]) as workspace:
        crm = workspace.crm
        assert isinstance(crm, LocalCrm)
        columns = [crm.define_field(f"Column {n}", KINDS[n % len(KINDS)]) for n in range(MAPPED - 5)]
        pull_lists(workspace, workspace.connection("bench"))
        import_list(workspace, "bench", list_id)
        push_fields(view_fields(workspace, "bench", list_id), [one.key for one in columns])
        add_contacts(crm, f"bench/{list_id}", {one.key: one.type for one in columns}, size)

        began = time.process_time()
        report = export_list(workspace, "bench", list_id)
        export = time.process_time() - began
        if sum(count for (result, _), count in report.tally.items() if result is Result.DONE) < size:
            raise SystemExit("not every contact was written: the figures would mean nothing")

        translation = translation_of(workspace, list_id)
        spent = sum(timed(translation, values) for values in staged(workspace))
        print(f"mapped fields                {mapped(workspace, list_id):10}")
        print(f"export, CPU seconds          {export:10.1f}   {export / size * 1e6:8.0f} us per contact")
        print(f"conversions, CPU seconds     {spent:10.1f}   {spent / size * 1e6:8.0f} us per contact")
        print(f"share of the export          {spent / export:10.1%}")


def add_contacts(crm: LocalCrm, opt_in_key: str, columns: dict[str, FieldType], size: int) -> None:
    opt_in = CrmOptIn(OptIn.YES, source="benchmark")
    for start in range(0, size, 1000):
        crm.create_contacts(
            [
                NewContact(f"p{n}@example.org", dict(values(n, columns)), opt_in_key, opt_in, "benchmark")
                for n in range(start, min(start + 1000, size))
            ]
        )


def values(n: int, columns: dict[str, FieldType]) -> Iterator[tuple[str, FieldValue]]:
    yield "first_name", f"Jördis {n}"
    yield "last_name", "Müller"
    yield "phone", f"+4935112{n:05}"
    yield "birthday", date(1950, 1, 1) + timedelta(days=n % 20_000)
    yield "street", f"Hauptstraße {n}"
    yield "postcode", "01067"
    yield "city", "Dresden"
    yield "country", "DE"
    for column, kind in columns.items():
        yield column, value(kind, n)


def value(kind: FieldType, n: int) -> FieldValue:
    match kind:
        case FieldType.NUMBER:
            return Decimal(n) + Decimal("0.25")
        case FieldType.INTEGER:
            return Decimal(n)
        case FieldType.BOOLEAN:
            return n % 2 == 0
        case FieldType.DATE:
            return date(2000, 1, 1) + timedelta(days=n % 9000)
        case FieldType.DATETIME:
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
        case FieldType.CHOICES:
            return ("red", f"blue {n % 7}")
        case FieldType.PHONE:
            return f"0351 12{n:05}"
        case FieldType.URL:
            return f"https://example.org/{n}"
        case _:
            return f"Some text about {n}"


def translation_of(workspace: Workspace, list_id: str) -> Translation:
    view = view_fields(workspace, "bench", list_id)
    connection = view.connection
    crm_fields = {one.key: one for one in workspace.crm.fields()}
    field_map = connection.provider.map_custom_fields(
        connection.session, view.mailing_list, connection.wishes(crm_fields)
    )
    config = connection.config
    return Translation(field_map, crm_fields, config.field_policies, config.habits)


def mapped(workspace: Workspace, list_id: str) -> int:
    return len(view_fields(workspace, "bench", list_id).linked)


def staged(workspace: Workspace) -> Iterator[list[dict[str, FieldValue]]]:
    page: list[dict[str, FieldValue]] = []
    for contact in workspace.crm.contacts(Selection()):
        page.append(dict(contact.fields))
        if len(page) == 1000:
            yield page
            page = []
    yield page


def timed(translation: Translation, page: list[dict[str, FieldValue]]) -> float:
    began = time.process_time()
    for one in page:
        translation.outward(one)
    return time.process_time() - began


if __name__ == "__main__":
    main()
