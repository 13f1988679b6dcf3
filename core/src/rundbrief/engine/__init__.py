"""The import and export runs. What a command line, a service or a test calls stands here."""

from rundbrief.engine.erasing import Findings, erase_person, find_person
from rundbrief.engine.erasing_at_service import Answer, Place
from rundbrief.engine.held_data import HeldData, held_data
from rundbrief.engine.lists import lists_to_import, lists_to_sync, pull_lists
from rundbrief.engine.person import ListState, PersonState, person_state
from rundbrief.engine.progress import Progress, Silent
from rundbrief.engine.run import RunOptions, RunReport
from rundbrief.engine.runs import export_list, import_list, sync_list
from rundbrief.engine.selecting import selection_of
from rundbrief.engine.side_by_side import ConnectionSync, sync_connections
from rundbrief.engine.waiting import StopSignal
from rundbrief.engine.workspace import Connection, Workspace, utc_now

__all__ = [
    "Answer",
    "Connection",
    "ConnectionSync",
    "Findings",
    "HeldData",
    "ListState",
    "PersonState",
    "Place",
    "Progress",
    "RunOptions",
    "RunReport",
    "Silent",
    "StopSignal",
    "Workspace",
    "erase_person",
    "export_list",
    "find_person",
    "held_data",
    "import_list",
    "lists_to_import",
    "lists_to_sync",
    "person_state",
    "pull_lists",
    "selection_of",
    "sync_connections",
    "sync_list",
    "utc_now",
]
