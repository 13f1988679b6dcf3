"""What `rundbrief` costs before it does anything, looked at in a process of its own."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from rundbrief.cli.app import SECTIONS

HEAVY = ("httpx", "marshmallow", "sqlalchemy", "alembic", "rich", "pluggy", "importlib_metadata", "logging")
TABLE = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

PROBE = """
import json, sys
from rundbrief.cli import main
sys.argv = ["rundbrief", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
finally:
    print("MODULES", json.dumps(sorted(sys.modules)))
"""


def modules_after(*args: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROBE, *args], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.split("MODULES ", 1)[1]))


@pytest.mark.parametrize("args", [("--help",), ("--version",)])
def test_help_and_version_import_nothing_heavy(args: tuple[str, ...]) -> None:
    loaded = modules_after(*args)
    assert not [name for name in HEAVY if name in loaded]
    assert not [name for name in loaded if name.startswith("rundbrief_")]


def test_a_commands_own_help_imports_no_engine() -> None:
    imports = "; ".join(f"import {entry.module}" for entry in TABLE.values())
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {imports}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"httpx", "sqlalchemy", "marshmallow", "rich", "pluggy"} & set(done.stdout.split())


def test_the_list_of_plugins_imports_no_plugin() -> None:
    loaded = modules_after("plugins")
    assert "importlib_metadata" in loaded
    assert not [name for name in loaded if name.startswith("rundbrief_")]
    assert "rundbrief.crm.local" not in loaded


@pytest.mark.parametrize("args", [("runs",), ("contacts", "list"), ("opt-ins", "ann@example.org")])
def test_what_asks_no_service_imports_nothing_for_requests(args: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "rundbrief.toml").write_text('[crm]\nplugin = "local"\n', encoding="utf-8")
    loaded = modules_after("--config", str(tmp_path / "rundbrief.toml"), *args)
    assert "sqlalchemy" in loaded
    assert not {"httpx", "tenacity", "pyrate_limiter", "alembic"} & loaded


@pytest.mark.parametrize("name", TABLE)
def test_the_help_pages_table_says_what_the_command_says(name: str) -> None:
    command = import_module(TABLE[name].module).command
    assert command.name == name
    assert command.get_short_help_str(limit=200) == TABLE[name].help


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rundbrief", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("rundbrief ")
