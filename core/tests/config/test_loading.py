"""rundbrief.toml: found, read key by key, and explained where it is wrong."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields

from rundbrief.config import Config, SecretField, load_config, load_settings, starter_config
from rundbrief.config.loading import FILE_NAME
from rundbrief.errors import ConnectionUnknown, SettingsError
from rundbrief.fields import FieldPolicy, Habits, OnEmpty, OnError

Write = Callable[[str], Path]

GOOD = """\
[crm]
plugin = "local"

[connections.news]
provider = "mailchimp"
api_key = { env = "KEY" }
batch_poll_seconds = 1.5

[connections.news.fields]
FNAME = "first_name"
"""


class ProviderSettings(Schema):
    api_key = SecretField(required=True)
    batch_poll_seconds = fields.Float(load_default=5.0)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        path = tmp_path / FILE_NAME
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def refusal(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_config(path, environ={})
    return caught.value


def test_a_whole_file(write: Write, tmp_path: Path) -> None:
    config = load_config(write(GOOD), environ={})
    news = config.connection("news")
    assert (news.provider, news.fields) == ("mailchimp", {"FNAME": "first_name"})
    assert news.settings == {"api_key": {"env": "KEY"}, "batch_poll_seconds": 1.5}
    assert (news.reconsent, news.withdrawals, news.max_withdrawals, news.full_import_days) == (
        "hold",
        "push",
        0.1,
        7,
    )
    assert config.state_path == tmp_path / "rundbrief.db"
    assert config.crm.plugin == "local"


def test_a_field_may_say_more_than_its_name(write: Write) -> None:
    text = """
[connections.news]
provider = "mailchimp"
language = "de"
country = "DE"

[connections.news.fields]
FNAME = "first_name"
BIRTHDAY = { field = "birthday", empty = "clear", on_error = "refuse" }
"""
    news = load_config(write(text), environ={}).connection("news")
    assert news.fields == {"FNAME": "first_name", "BIRTHDAY": "birthday"}
    assert news.habits == Habits("de", "DE")
    assert news.field_policies == {
        "FNAME": FieldPolicy(OnEmpty.SKIP, OnError.DROP),
        "BIRTHDAY": FieldPolicy(OnEmpty.CLEAR, OnError.REFUSE),
    }


def test_an_empty_file_is_a_configuration(write: Write) -> None:
    config = load_config(write(""), environ={})
    assert (config.crm.plugin, config.connections) == ("local", {})


def test_a_flag_goes_before_the_environment_and_that_before_the_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("")
    monkeypatch.chdir(tmp_path)
    for name in ("flag", "variable"):
        (tmp_path / f"{name}.toml").write_text(f'[state]\npath = "{name}.db"\n')
    variables = {"RUNDBRIEF_CONFIG": str(tmp_path / "variable.toml")}
    assert load_config(environ={}).path == tmp_path / FILE_NAME
    assert load_config(environ=variables).state_path.name == "variable.db"
    assert load_config(tmp_path / "flag.toml", environ=variables).state_path.name == "flag.db"
    assert load_config(environ={**variables, "RUNDBRIEF_STATE": "other.db"}).state_path.name == "other.db"


def test_without_a_file_the_way_to_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="rundbrief init"):
        load_config(environ={})
    assert "rundbrief init" in str(refusal(tmp_path / "missing.toml"))


def test_broken_toml_is_located(write: Write) -> None:
    error = refusal(write('[crm]\nplugin = "local"\nprovider mailchimp\n'))
    assert "line 3, column 10" in str(error)


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000, "\x00", "a = 1\na = 2"], ids=["nested", "binary", "twice"])
def test_a_file_that_no_parser_takes_is_a_sentence(write: Write, text: str) -> None:
    assert str(FILE_NAME) in str(refusal(write(text)))


def test_a_file_from_a_windows_editor(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_config(path, environ={}).connection("news").provider == "mailchimp"
    path.write_bytes(GOOD.replace("first_name", "größe").encode("cp1252"))
    assert "UTF-8" in str(refusal(path))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "no file" in str(refusal(tmp_path))


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("[conections.news]\n", "conections", "connections"),
        ('[state]\npaht = "x"\n', "state.paht", "path"),
        ('[connections.news]\nprovidr = "mailchimp"\nprovider = "x"\n', None, None),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_right_one(
    write: Write, text: str, place: str | None, hint: str | None
) -> None:
    path = write(text)
    if place is None:
        # A connection's further keys are the provider's, so its schema is the one to know them.
        raw = load_config(path, environ={}).connection("news").settings
        with pytest.raises(SettingsError, match=r"connections\.news\.providr.*Did you mean provider"):
            load_settings(ProviderSettings, raw, where="connections.news", folder=path.parent, environ={})
        return
    assert place in str(refusal(path))
    assert f"Did you mean {hint}" in str(refusal(path))


def test_a_misspelt_key_of_the_provider_is_found_too(write: Write) -> None:
    raw = {"api_key": {"env": "KEY"}, "batch_pol_seconds": 3}
    with pytest.raises(SettingsError, match="Did you mean batch_poll_seconds"):
        load_settings(ProviderSettings, raw, where="connections.news", folder=Path(), environ={"KEY": "k"})


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("max_withdrawals = 1.5", "max_withdrawals"),
        ('max_withdrawals = "many"', "max_withdrawals"),
        ('max_withdrawals = "0.5"', "max_withdrawals"),
        ("max_withdrawals = true", "max_withdrawals"),
        ("max_withdrawals = nan", "max_withdrawals"),
        ("full_import_days = -1", "full_import_days"),
        ('full_import_days = "7"', "full_import_days"),
        ("full_import_days = 99999999999", "full_import_days"),
        ('reconsent = "maybe"', "reconsent"),
        ('withdrawals = "forget"', "withdrawals"),
        ("provider = 3", "provider"),
        ("fields = 3", "fields"),
        ("fields = { FNAME = 3 }", "fields.FNAME"),
        ("fields = { key = 3 }", "fields.key"),
        ('fields = { key = { field = "x", empty = "keep" } }', "fields.key.empty"),
        ('fields = { key = { empty = "skip" } }', "fields.key.field"),
        ('country = "Germany"', "country"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(write: Write, line: str, key: str) -> None:
    provider = "" if line.startswith("provider") else 'provider = "x"\n'
    assert f"connections.news.{key}" in str(refusal(write(f"[connections.news]\n{provider}{line}\n")))


def test_a_connection_without_a_provider_lacks_a_key(write: Write) -> None:
    assert "lacks the key connections.news.provider" in str(refusal(write("[connections.news]\n")))


def test_what_a_missing_or_wrong_key_is_for_is_said(write: Write) -> None:
    assert "plugin of the newsletter service" in refusal(write("[connections.news]\n")).hint
    wrong = write('[connections.news]\nprovider = "mailchimp"\nwithdrawals = "pull"\n')
    assert '"push" it to the service' in refusal(wrong).hint


def test_an_odd_connection_name_is_refused_as_it_becomes_a_file_name(write: Write) -> None:
    assert "connections" in str(refusal(write('[connections."../x"]\nprovider = "x"\n')))


def test_an_unknown_connection_is_answered_with_the_nearest(write: Write) -> None:
    config = load_config(write(GOOD), environ={})
    with pytest.raises(ConnectionUnknown, match="Did you mean news"):
        config.connection("newz")
    with pytest.raises(ConnectionUnknown, match="Configured: news"):
        config.connection("letters")


def test_settings_stay_out_of_reprs(write: Write) -> None:
    config = load_config(write(GOOD.replace('{ env = "KEY" }', '"k-literal-us1"')), environ={})
    assert "k-literal" not in repr(config)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["crm", "state", "connections", "news", "provider", "fields", "path", "plugin", "x"])


@settings(deadline=None)
@given(st.dictionaries(keys, st.dictionaries(keys, st.dictionaries(keys, values) | values) | values))
def test_whatever_stands_in_it_the_answer_is_a_configuration_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("any") / FILE_NAME
    path.write_text(as_toml(content), encoding="utf-8")
    try:
        config = load_config(path, environ={})
    except SettingsError:
        return
    assert isinstance(config, Config)


def as_toml(content: Any) -> str:
    """Spell a dictionary as TOML, top level only as pairs, below inline; None is left out."""

    def inline(value: Any) -> str:
        match value:
            case bool():
                return str(value).lower()
            case dict():
                pairs = (f"{inline(str(k))} = {inline(v)}" for k, v in value.items() if v is not None)
                return "{ " + ", ".join(pairs) + " }"
            case list():
                return "[" + ", ".join(inline(one) for one in value if one is not None) + "]"
            case str():
                return '"' + "".join(c if c.isalnum() else f"\\u{min(ord(c), 0xD7FF):04x}" for c in value) + '"'
            case float():
                return repr(value) if "." in repr(value) or "e" in repr(value) else f"{value!r}.0"
        return repr(value)

    text = "\n".join(f"{key} = {inline(value)}" for key, value in content.items() if value is not None)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return ""  # infinity, or a number TOML does not spell this way
    return text


def first_character_removed(line: str) -> str:
    """Do what an editor does to switch a line on: comments about it are comments still."""
    return re.sub(r"^# ?(?=#|\[|\w+ = |$)", "", line)


@pytest.mark.parametrize("providers", [["mailchimp"], ["my-service", "mailchimp"], []])
@pytest.mark.parametrize("schema", [ProviderSettings(), None])
def test_the_starter_loads_as_it_is_and_with_its_examples_switched_on(
    write: Write, providers: list[str], schema: Schema | None
) -> None:
    starter = starter_config(dict.fromkeys(providers, schema))
    assert load_config(write(starter), environ={}).connections == {}
    path = write("\n".join(map(first_character_removed, starter.splitlines())))
    config = load_config(path, environ={})
    assert list(config.connections) == (providers or ["mailchimp"])
    for name, connection in config.connections.items():
        assert connection.fields["FNAME"] == "first_name"
        raw = {"api_key": connection.settings["api_key"]}
        with pytest.raises(SettingsError, match=r"environment variable [A-Z_]+_API_KEY is not set"):
            load_settings(ProviderSettings, raw, where=f"connections.{name}", folder=path.parent, environ={})


def test_the_starter_explains_each_key_once() -> None:
    starter = starter_config({"mailchimp": None, "my-service": None})
    assert starter.count("guard rail") == 1
    assert starter.count("max_withdrawals = ") == 2


def test_it_needs_neither_the_network_nor_the_database() -> None:
    code = (
        "import rundbrief.config, sys; print([m for m in ('httpx', 'sqlalchemy', 'pluggy') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
