"""What `rundbrief init` writes for the services that are installed here."""

import re
from pathlib import Path

import pytest

from rundbrief.config import load_config, load_settings, starter_config
from rundbrief.plugins import installed, load_provider


@pytest.mark.parametrize("name", [one.name for one in installed()])
def test_the_example_of_a_service_has_the_secrets_that_it_wants(name: str, tmp_path: Path) -> None:
    schema = load_provider(name).info.settings
    starter = starter_config({name: schema()})
    file = tmp_path / "rundbrief.toml"
    file.write_text(re.sub(r"^# (?=\[|\w+ = )", "", starter, flags=re.MULTILINE), encoding="utf-8")
    raw = load_config(file, environ={}).connection(name).settings
    secrets = {reference["env"]: "secret-123" for reference in raw.values()}
    loaded = load_settings(schema, raw, where=f"connections.{name}", folder=tmp_path, environ=secrets)
    assert secrets
    assert {loaded[key].reveal() for key in raw} == {"secret-123"}
