"""A field map is written into rundbrief.toml, and nothing that stands there is lost."""

from pathlib import Path

import pytest

from rundbrief.config.writing import write_fields
from rundbrief.errors import SettingsError

FILE = """\
# the shop's newsletter
[connections.news]   # Mailchimp
provider = "mailchimp"
api_key = { env = "KEY" }  # never in here

[connections.news.fields]
FNAME = "nickname"   # they like that

[connections.other]
provider = "brevo"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rundbrief.toml"
    path.write_text(FILE, encoding="utf-8")
    path.chmod(0o640)
    return path


def test_new_lines_come_and_nothing_else_changes(file: Path) -> None:
    added = write_fields(file, "news", {"FNAME": "first_name", "LNAME": "last_name", "group:größe": "size"})
    assert added == {"LNAME": "last_name", "group:größe": "size"}
    text = file.read_text(encoding="utf-8")
    new = 'LNAME = "last_name"\n"group:größe" = "size"\n'
    assert text.replace(new, "") == FILE
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_connection_without_a_map_gets_one(file: Path) -> None:
    write_fields(file, "other", {"VORNAME": "first_name"})
    assert '[connections.other.fields]\nVORNAME = "first_name"' in file.read_text(encoding="utf-8")


def test_twice_is_once(file: Path) -> None:
    write_fields(file, "news", {"LNAME": "last_name"})
    before = file.read_bytes()
    assert write_fields(file, "news", {"LNAME": "last_name"}) == {}
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == ["rundbrief.toml"]


def test_a_connection_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"no table \[connections.nosuch\]"):
        write_fields(file, "nosuch", {"A": "b"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        write_fields(tmp_path / "rundbrief.toml", "news", {"A": "b"})
