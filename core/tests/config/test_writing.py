"""A field map is written into rundbrief.toml, and nothing that stands there is lost."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


TRICKS = ['x"\n[crm]\nplugin = "evil"', "a.b", '"', "three '''", "#", "\\", "\x7f", "\x00", "\r\n", "\u2028", "["]


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


LAYOUTS = {
    "in one line": '[connections]\nnews = { provider = "brevo" }  # ours\n',
    "map in one line": '[connections.news]\nprovider = "brevo"\nfields = { A = "x" }  # ours\nlanguage = "de"\n',
    "dotted": 'connections.news.provider = "brevo"\n[crm]\nplugin = "local"  # ours\n',
    "in two pieces": '[connections.news]\n[connections.b]\n[connections.news.fields]\nA = "x"  # ours\n[crm]\n',
    "upside down": '[connections.news.fields]\nA = "x"\n[connections.news]\nprovider = "brevo"  # ours\n',
    "no end of line": '[connections.news]\nprovider = "brevo"  # ours',
    "another comes next": '[connections.news]\nprovider = "brevo"\n\n# ours\n[connections.b]\n',
    "a map and another": '[connections.news.fields]\nA = "x"\n\n# ours\n[connections.b]\nprovider = "brevo"\n',
    "an empty map": "[connections.news.fields]\n# ours\n\n# ours too\n[connections.b]\n",
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_whatever_the_file_looks_like(tmp_path: Path, layout: str, end: str) -> None:
    """The new line is read back, all else means what it meant, and comments stay above what they are about."""
    path = tmp_path / "rundbrief.toml"
    before = LAYOUTS[layout].replace("\n", end)
    path.write_bytes(before.encode())
    assert write_fields(path, "news", {"B": "first_name"}) == {"B": "first_name"}
    after = path.read_bytes().decode()
    old, new = tomllib.loads(before), tomllib.loads(after)
    assert new["connections"]["news"]["fields"].pop("B") == "first_name"
    old["connections"]["news"].setdefault("fields", {})
    assert new == old
    assert after.count(end) == after.count("\n")
    assert after.count("# ours") == before.count("# ours")
    if f"[connections.b]{end}" in before:
        above = before[: before.index("[connections.b]")].rsplit(end, 2)[-2]
        assert f"{above}{end}[connections.b]{end}" in after


def test_twice_is_once(file: Path) -> None:
    write_fields(file, "news", {"LNAME": "last_name"})
    before = file.read_bytes()
    assert write_fields(file, "news", {"LNAME": "last_name"}) == {}
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == ["rundbrief.toml"]


def test_a_connection_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"no table \[connections.nosuch\]"):
        write_fields(file, "nosuch", {"A": "b"})
    file.write_text("connections = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no table \[connections.news\]"):
        write_fields(file, "news", {"A": "b"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        write_fields(tmp_path / "rundbrief.toml", "news", {"A": "b"})


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text() | st.sampled_from(TRICKS), st.text() | st.sampled_from(TRICKS), max_size=4))
def test_whatever_a_field_is_called_at_the_service_it_is_a_key_and_nothing_else(
    file: Path, fields: dict[str, str]
) -> None:
    file.write_text(FILE, encoding="utf-8")
    before = tomllib.loads(FILE)
    write_fields(file, "news", fields)
    before["connections"]["news"]["fields"] = {**fields, **before["connections"]["news"]["fields"]}
    assert tomllib.loads(file.read_text(encoding="utf-8")) == before
