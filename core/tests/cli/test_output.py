"""What reaches a terminal, a pipe and a program."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.cli.output import Output, printable


@given(st.text())
def test_nothing_printable_can_steer_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert not set(shown) & set("\u2028\u2029\u202e\u2066")


@pytest.mark.parametrize(
    "sign",
    [
        *"\x00\x07\x08\r\x1b\x7f\x85\x9b",
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200e\u200f",
        *"\u200b\u2060\ufeff\u00ad\u2028\u2029",
        "\ud800",
        "\U000e0041",
    ],
    ids=ascii,
)
def test_a_sign_that_is_not_seen_is_taken_out(sign: str) -> None:
    assert printable(f"News{sign}letter") == "Newsletter"


@pytest.mark.parametrize("text", ["Jördis Weiß", "山田 花子", "Zoë 👩‍🚀", "Ægir & Söhne", "na\u200cme"])
def test_names_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


def test_a_list_name_cannot_clear_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.line("News\x1b[2J\x1b]0;owned\x07\nletter")
    output.table(["Name"], [["\x1b[31mred\x9b"]])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.startswith("News[2J]0;owned letter\n")


def test_in_a_pipe_a_row_is_a_line_however_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    Output().table(["A", "B"], [["x " * 80, "y " * 80]])
    *_, row = capsys.readouterr().out.splitlines()
    assert row.count("x") == 80
    assert row.count("y") == 80
    assert row == row.rstrip()


def test_with_a_given_width_a_table_fits_into_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Output().table(["A", "B"], [["x " * 80, "y"]])
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 40


@pytest.mark.parametrize("on_one_line", [False, True])
def test_a_document_is_ascii_and_one(capsys: pytest.CaptureFixture[str], on_one_line: bool) -> None:
    """The lines of `sync --every --json` are such documents as well."""
    Output().document({"name": "Jördis\x1b"}, on_one_line=on_one_line)
    shown = capsys.readouterr().out
    assert on_one_line == (shown.count("\n") == 1)
    assert shown.isascii()
    assert "\x1b" not in shown
    assert json.loads(shown) == {"name": "Jördis\x1b"}
