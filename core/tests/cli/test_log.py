"""What a log line and a saved traceback give away: nothing."""

import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.cli.context import App
from rundbrief.cli.log import log_to_stderr, redacted, write_traceback
from rundbrief.session import Secret

MAILCHIMP_LIKE = "0123456789abcdef0123456789abcdef-us6"


@pytest.mark.parametrize(
    "line",
    [
        f"GET /3.0/ping apikey={MAILCHIMP_LIKE}",
        f"Authorization: Basic {MAILCHIMP_LIKE}",
        "Authorization: Bearer abc.def.ghi",
        "{'api_key': 'short', 'x': 1}",
        f"https://user:{MAILCHIMP_LIKE}@us6.api.mailchimp.com/3.0/",
    ],
)
def test_keys_are_masked(line: str) -> None:
    shown = redacted(line)
    assert MAILCHIMP_LIKE[:32] not in shown
    assert "abc.def" not in shown
    assert "short" not in shown


@given(st.emails())
def test_addresses_are_masked(address: str) -> None:
    local, _, domain = address.partition("@")
    if len(local) > 3 and "'" not in local:
        assert f"{local}@{domain}" not in redacted(f"refused for <{address}>")


def test_a_known_secret_is_masked_whatever_it_looks_like() -> None:
    Secret("swordfish!")
    assert redacted("wrong: swordfish!") == "wrong: ***"


def test_one_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with log_on_stderr():
        logging.getLogger("rundbrief.x").info("refused: %s", "no\n12:00:00 rundbrief all is well\x1b[2J\u202e")
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@contextmanager
def log_on_stderr() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        log_to_stderr()
        yield
    finally:
        root.handlers, root.level = before, level


def saved_traceback(folder: Path) -> Path:
    (folder / "rundbrief.toml").write_text("[crm]\n", encoding="utf-8")
    try:
        raise LookupError(f"no jo@example.org with token={MAILCHIMP_LIKE}")
    except LookupError as error:
        path = write_traceback(error, App(config_path=folder / "rundbrief.toml"))
    assert path is not None
    return path


def test_a_saved_traceback_stands_beside_the_state_for_its_owner_alone(tmp_path: Path) -> None:
    path = saved_traceback(tmp_path)
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_saved_traceback_shows_where_but_not_whom(tmp_path: Path) -> None:
    text = saved_traceback(tmp_path).read_text(encoding="utf-8")
    assert "saved_traceback" in text
    assert "jo@example.org" not in text
    assert MAILCHIMP_LIKE not in text


def test_nowhere_to_write_is_no_second_error(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    config = tmp_path / "rundbrief.toml"
    config.write_text('[state]\npath = "a-file/rundbrief.db"\n', encoding="utf-8")
    assert write_traceback(LookupError("x"), App(config_path=config)) is None


def test_the_log_shows_ours_and_not_the_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    with log_on_stderr():
        logging.getLogger("rundbrief.http").info("GET /lists for jo@example.org")
        logging.getLogger("rundbrief_mailchimp").debug("batch sent")
        logging.getLogger("httpx").info("HTTP Request: GET https://us6.example/3.0/lists")
    shown = capsys.readouterr().err
    assert "GET /lists for j…@e….org" in shown
    assert "batch sent" in shown
    assert "us6.example" not in shown
