"""An observer that keeps a diary: one line of JSON for each thing that it is told."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields

from rundbrief.hookspecs import ConsentChange, ObservedRun, ObserverInfo, UnwrittenContact, hookimpl


class DiarySettings(Schema):
    path = fields.String(load_default="diary.jsonl")


@hookimpl
def observer_info() -> ObserverInfo:
    return ObserverInfo(name="diary", title="Diary", settings=DiarySettings, spec_version=1)


@hookimpl
def consent_changed(settings: Mapping[str, Any], run: ObservedRun, change: ConsentChange) -> None:
    append(settings["path"], {"what": "consent", "run": run.id, **asdict(change)})


@hookimpl
def contact_held(settings: Mapping[str, Any], run: ObservedRun, contact: UnwrittenContact) -> None:
    append(settings["path"], {"what": "held", "run": run.id, **asdict(contact)})


@hookimpl
def run_finished(settings: Mapping[str, Any], run: ObservedRun) -> None:
    append(settings["path"], {"what": "run", **asdict(run)})


def append(path: str, row: Mapping[str, Any]) -> None:
    line = json.dumps(row, ensure_ascii=False, default=str) + "\n"
    # One write call for one line: lines of several processes do not get into each other.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)
