"""Secrets by reference."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema

from rundbrief.config import SecretField, load_config, load_settings
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
    for incomplete in ("mailchimp", "mailchimp/", "/jo"):
        with pytest.raises(SettingsError, match="service/user"):
            load({"keyring": incomplete})
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


@pytest.mark.parametrize("way", ["env", "file", "keyring"])
@pytest.mark.parametrize("key", [LITERAL, f"xkeysib-{'0a' * 32}-Q", "eyJhbGciOi." * 8, "0123456789abcdef"])
def test_a_secret_in_the_place_of_its_reference_is_not_repeated(way: str, key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=rf"connections\.news\.api_key.*{way} wants") as caught:
        load({way: key}, tmp_path)
    assert key not in str(caught.value)


def test_a_variable_of_any_name_is_found() -> None:
    assert load({"env": "mailchimp-key"}, **{"mailchimp-key": LITERAL}).reveal() == LITERAL


@pytest.mark.parametrize("name", ["a\0b", "~nobody-of-this-name/key", ".", "x" * 5_000])
def test_a_path_that_is_none_is_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load({"file": name}, tmp_path)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    secret_file(tmp_path).write_bytes(b"\xff\xfe0")
    with pytest.raises(SettingsError, match="not text"):
        load({"file": "key.txt"}, tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_secret(tmp_path: Path) -> None:
    secret_file(tmp_path).write_bytes(b"\xef\xbb\xbf" + LITERAL.encode() + b"\r\n")
    assert load({"file": "key.txt"}, tmp_path).reveal() == LITERAL


def test_a_keyring_that_cannot_be_opened_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keyring.py").write_text(
        "class NoKeyringError(RuntimeError): ...\n"
        "def get_password(service, user):\n"
        "    raise NoKeyringError('No recommended backend was available.')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    with pytest.raises(SettingsError, match="NoKeyringError"):
        load({"keyring": "mailchimp/jo"})
    monkeypatch.delitem(sys.modules, "keyring", raising=False)


def test_a_broken_secret_of_another_connection_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "rundbrief.toml"
    path.write_text(
        '[connections.good]\nprovider = "x"\napi_key = { env = "KEY" }\n'
        '[connections.broken]\nprovider = "x"\napi_key = { file = "missing.txt" }\n'
    )
    config = load_config(path, environ={})
    assert load(config.connection("good").settings["api_key"], KEY=LITERAL).reveal() == LITERAL


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
    for shown in (str(secret), repr(secret), f"{secret}", repr([secret]), repr({"api_key": secret})):
        assert LITERAL not in shown
