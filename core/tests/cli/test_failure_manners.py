"""Whatever is wrong with a plugin: whose it is, what is wrong and what to do is said, and the others work."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.hookspecs import CRM_GROUP, OBSERVER_GROUP

HOOKS = """
from marshmallow import Schema
from rundbrief.fields import FieldMap
from rundbrief.hookspecs import ProviderInfo, hookimpl
from rundbrief.models import Checkpoint, MailingList, Outcome, Reason, Result, WriteKind
from rundbrief.session import Endpoint

@hookimpl
def provider_info():
    return ProviderInfo(
        "stamp", "Stamp", Schema, lambda settings: Endpoint("http://127.0.0.1:9"), {WriteKind.CREATE: 9}
    )

@hookimpl
def import_lists(session):
    yield MailingList("1", "News")

@hookimpl
def fetch_opt_ins(session, mailing_list, cursor):
    yield Checkpoint("end")

@hookimpl
def map_custom_fields(session, mailing_list, wanted):
    return FieldMap()

@hookimpl
def export_contacts(batch):
    yield from ()
"""

AT_LOADING = {
    "raises at import": ("import no_such_module\n", "could not be imported: ModuleNotFoundError"),
    "exits at import": ("raise SystemExit\n", "could not be imported: SystemExit"),
    "is no Python": ("def (\n", "could not be imported: SyntaxError"),
    "misspelt hook": (HOOKS.replace("import_lists", "import_list"), "did its author mean 'import_lists'?"),
    "wrong parameter": (HOOKS.replace("cursor", "page"), "a parameter 'page' in fetch_opt_ins, which has session"),
    "keyword-only": (HOOKS.replace("(batch)", "(*, batch)"), "a keyword-only parameter 'batch'"),
    "missing hook": (HOOKS.partition("@hookimpl\ndef export")[0], "does not implement export_contacts"),
    "other version": (HOOKS.replace(": 9}", ": 9}, spec_version=7"), "written for version 7 of the hooks"),
    "other name": (HOOKS.replace('"stamp"', '"letter"'), "calls itself 'letter' but is registered as 'stamp'"),
    "no info": (HOOKS.replace("return ProviderInfo", "return ").replace('"stamp", ', ""), "returned tuple where"),
}

IN_A_RUN = {
    "wrong item": (HOOKS.replace('MailingList("1", "News")', '("1", "News")'), "yielded tuple where MailingList"),
    "no iterator": (
        HOOKS.replace("yield MailingList", "return MailingList"),
        "where an iterator was expected",
    ),
    "raises in mid-stream": (
        HOOKS.replace('yield MailingList("1", "News")', 'yield MailingList("1", "News"); 1 / 0'),
        "raised ZeroDivisionError (rundbrief_stamp, line 16)",
    ),
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments])


def told(result: Result, sentence: str) -> bool:
    """Tell whether the output has this sentence, wherever its lines are broken."""
    return sentence in " ".join(result.output.split())


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("rundbrief.toml").write_text('[connections.news]\nprovider = "stamp"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(("source", "sentence"), AT_LOADING.values(), ids=AT_LOADING)
def test_a_plugin_that_cannot_be_loaded(install: Callable[..., None], source: str, sentence: str) -> None:
    install("rundbrief-stamp", "rundbrief_stamp", source, name="stamp")
    listed = run("plugins")
    assert (listed.exit_code, told(listed, "rundbrief-stamp"), told(listed, "mailchimp")) == (0, True, True)
    shown = run("plugins", "stamp")
    assert (shown.exit_code, told(shown, sentence)) == (0, True)
    used = run("lists", "news")
    assert (used.exit_code, told(used, sentence)) == (18 if "version" in sentence else 17, True)
    assert told(used, "rundbrief-stamp 1.2")
    assert told(used, "Upgrade")
    assert "Traceback" not in used.output


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(("source", "sentence"), IN_A_RUN.values(), ids=IN_A_RUN)
def test_a_plugin_that_breaks_off_in_a_run(install: Callable[..., None], source: str, sentence: str) -> None:
    install("rundbrief-stamp", "rundbrief_stamp", source, name="stamp")
    used = run("lists", "news", "--pull")
    assert (used.exit_code, told(used, sentence), told(used, "rundbrief-stamp 1.2")) == (17, True, True)
    assert told(used, "tell its author")
    assert "Traceback" not in used.output


@pytest.mark.usefixtures("configured")
def test_two_of_one_name(install: Callable[..., None]) -> None:
    install("rundbrief-stamp", "rundbrief_stamp", HOOKS, name="stamp")
    install("better-stamp", "better_stamp", HOOKS, name="stamp")
    listed = run("plugins")
    assert told(listed, "better-stamp")
    assert told(listed, "rundbrief-stamp")
    used = run("lists", "news")
    assert used.exit_code == 17
    assert told(used, "better-stamp and rundbrief-stamp both offer a provider named 'stamp'.")
    assert told(used, "Uninstall the one you do not want.")


def test_all_of_them_side_by_side(install: Callable[..., None]) -> None:
    """The list is made from metadata, and each one that is loaded is loaded for itself."""
    sources = [*AT_LOADING.values(), *IN_A_RUN.values()]
    for number, (source, _) in enumerate(sources):
        install(f"broken-{number}", f"broken_{number}", source, name=f"broken-{number}")
    install("broken-crm", "broken_crm", "1 / 0", name="broken-crm", group=CRM_GROUP)
    install("broken-observer", "broken_observer", "1 / 0", name="broken-observer", group=OBSERVER_GROUP)
    listed = run("plugins", "--verbose")
    assert listed.exit_code == 0
    names = [line.split()[0] for line in listed.output.splitlines() if line.strip()]
    for name in (
        "brevo",
        "mailchimp",
        "local",
        "weclapp",
        "broken-0",
        "broken-12",
        "broken-crm",
        "broken-observer",
    ):
        assert name in names
    assert told(listed, "mailchimp (Mailchimp): add_choices, check_connection")
    assert told(listed, "The observer 'broken-observer' (broken-observer 1.2) could not be imported")


def test_metadata_that_cannot_be_read_hides_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "garbage-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_bytes(b"\xff\xfe\x00Name")
    metadata.joinpath("entry_points.txt").write_text(
        "[rundbrief.providers]\nno equals sign\n= nothing\nodd = !!\n[unclosed\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    listed = run("plugins")
    assert listed.exit_code == 0, listed.exception
    assert told(listed, "mailchimp")
