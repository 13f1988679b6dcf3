"""One step of a benchmark, in a process of its own, so that its peak memory is the step's alone.

python client.py FOLDER prepare SCENARIO SIZE      fill the CRM as the scenario wants it
python client.py FOLDER run SCENARIO SIZE          prints {"seconds": ..., "requests": ...}

A scenario that did not do what it is called fails: its figures would mean nothing.
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rundbrief.config import load_config
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import RunReport, Workspace, export_list, import_list, pull_lists
from rundbrief.models import CrmOptIn, NewContact, OptIn, Result, Selection


def main(folder: Path, step: str, scenario: str, size: int) -> None:
    place = json.loads((folder / "service.json").read_text(encoding="utf-8"))
    config = folder / "rundbrief.toml"
    config.write_text(toml(place["settings"]), encoding="utf-8")
    with Workspace(load_config(config, environ={}), environ=place["environ"]) as workspace:
        if step == "prepare":
            prepare(workspace, scenario, place["list_id"], size)
            return
        began = time.perf_counter()
        report = run(workspace, scenario, place["list_id"])
        seconds = time.perf_counter() - began
    done = sum(count for (result, _), count in report.tally.items() if result is Result.DONE)
    expected = 0 if scenario.endswith("again") else size
    if done != expected:
        raise SystemExit(f"{scenario}: {done} contacts were written, not {expected}")
    print(json.dumps({"seconds": seconds, "requests": report.requests}))


def toml(settings: Mapping[str, Any]) -> str:
    lines = ["[crm]", 'plugin = "local"', "[connections.bench]"]
    for key, value in settings.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{name} = {json.dumps(text)}" for name, text in value.items())
            lines.append(f"{key} = {{ {inner} }}")
        else:
            lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def prepare(workspace: Workspace, scenario: str, list_id: str, size: int) -> None:
    if scenario == "export new":
        import_list(workspace, "bench", list_id)
        connection = workspace.connection("bench")
        (mailing_list,) = pull_lists(workspace, connection)
        add_contacts(workspace, connection.opt_in_field(mailing_list).key, size)
    if scenario == "export changed":
        rename_contacts(workspace)


def add_contacts(workspace: Workspace, opt_in_key: str, size: int) -> None:
    opt_in = CrmOptIn(OptIn.YES, source="benchmark")
    for start in range(0, size, 1000):
        workspace.crm.create_contacts(
            [
                NewContact(
                    f"person{number}@example.org",
                    {"first_name": f"Jördis {number}", "last_name": "Müller"},
                    opt_in_key,
                    opt_in,
                    "benchmark",
                )
                for number in range(start, min(start + 1000, size))
            ]
        )


def rename_contacts(workspace: Workspace) -> None:
    """Change every contact's last name, by a spreadsheet as a user would."""
    crm = workspace.crm
    assert isinstance(crm, LocalCrm)
    sheet = workspace.config.folder / "renamed.csv"
    with sheet.open("w", encoding="utf-8") as lines:
        lines.write("rundbrief id;E-Mail;Nachname\n")
        lines.writelines(f"{contact.id};{contact.email};Meier\n" for contact in crm.contacts(Selection()))
    crm.import_csv(sheet)


def run(workspace: Workspace, scenario: str, list_id: str) -> RunReport:
    if scenario.startswith("import"):
        return import_list(workspace, "bench", list_id)
    return export_list(workspace, "bench", list_id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
