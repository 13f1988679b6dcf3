"""Secrets by reference."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema

from rundbrief.config import SecretField, load_settings
from rundbrief.errors import SettingsError
from rundbrief.session import Secret

LITERAL = "0123456789abcdef-us21"


class Settings(Schema):
    api_key = SecretField(required=True)


def load(reference: Any, folder: Path = Path(), **environ: str) -> Secret:
    raw: Mapping[str, Any] = {"api_key": reference}
    loaded = load_settings(Settings, raw, where="connections.news", folder=folder, environ=environ)
    secret: Secret = loaded["api_key"]
    return secret


def secret_file(folder: Path, text: str = LITERAL, mode: int = 0o600) -> Path:
    path = folder / "key.txt"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_from_the_environment() -> None:
    assert load({"env": "KEY"}, KEY=LITERAL).reveal() == LITERAL


def test_from_a_file_beside_the_configuration_without_its_last_line_break(tmp_path: Path) -> None:
    secret_file(tmp_path, f"{LITERAL}\n")
    assert load({"file": "key.txt"}, tmp_path).reveal() == LITERAL


def test_from_a_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keyring.py").write_text(
        "kept = {('mail/chimp', 'jo'): 'from-keyring'}\n"
        "def get_password(service, user):\n"
        "    return kept.get((service, user))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    assert load({"keyring": "mail/chimp/jo"}).reveal() == "from-keyring"
    with pytest.raises(SettingsError, match="keyring set mailchimp ann"):
        load({"keyring": "mailchimp/ann"})
    with pytest.raises(SettingsError, match="service/user"):
        load({"keyring": "mailchimp"})
    monkeypatch.delitem(sys.modules, "keyring", raising=False)


def test_without_the_keyring_package_the_way_to_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError, match=r'pip install "rundbrief\[keyring\]"'):
        load({"keyring": "mailchimp/jo"})


@pytest.mark.parametrize("reference", [LITERAL, 12345678, [LITERAL]])
def test_a_literal_is_refused_and_not_repeated(reference: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        load(reference)
    assert "0123" not in str(caught.value)
    assert "12345678" not in str(caught.value)
    for way in ("env", "file", "keyring"):
        assert way in str(caught.value)


@pytest.mark.parametrize("reference", [{}, {"env": "A", "file": "b"}, {"vault": "x"}, {"env": ""}, {"env": 3}])
def test_a_reference_names_exactly_one_place(reference: Any) -> None:
    with pytest.raises(SettingsError, match=r"connections\.news\.api_key"):
        load(reference)


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MAILCHIMP_API_KEY"):
        load({"env": "MAILCHIMP_API_KEY"})
    with pytest.raises(SettingsError, match=r"key\.txt"):
        load({"file": "key.txt"}, tmp_path)


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    secret_file(tmp_path, "\n")
    for reference in ({"env": "KEY"}, {"file": "key.txt"}):
        with pytest.raises(SettingsError, match="empty"):
            load(reference, tmp_path, KEY="")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_file_that_others_may_read_is_refused_with_the_way_to_close_it(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, mode=mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        load({"file": str(path)})


def test_a_secret_shows_itself_to_reveal_alone() -> None:
    secret = load({"env": "KEY"}, KEY=LITERAL)
    assert (
        LITERAL
        not in f"{secret!r} {secret} {[secret]} {vars if not hasattr(secret, '__dict__') else vars(secret)}"
    )
