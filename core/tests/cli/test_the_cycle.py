"""Every command that talks to a service, against its sandbox on a port."""

import json
import sqlite3
from itertools import pairwise
from typing import Any

import pytest

from rundbrief.cli.toml import connection_table
from rundbrief.models import SubscriberStatus

Desk = Any  # conftest.Desk: test modules cannot import each other


@pytest.fixture
def readers(desk: Desk) -> Desk:
    """Three readers, one of whom has left."""
    for address in ("anna@example.org", "björn@example.org", "jo+news@example.org"):
        desk.service.subscribe(desk.list_id, address, {})
    desk.service.unsubscribe(desk.list_id, "jo+news@example.org")
    return desk


def contact_id(desk: Desk, address: str) -> str:
    return str(desk.json("contacts", "show", address)["contacts"][0]["id"])


def opt_in(desk: Desk, address: str) -> str:
    contact = desk.json("contacts", "show", address)["contacts"][0]
    return str(contact["opt_ins"][f"news/{desk.list_id}"]["value"])


def tally(desk: Desk, *args: str) -> dict[tuple[str, str], int]:
    (run,) = desk.json(*args)["runs"]
    return {(one["result"], one["reason"]): one["count"] for one in run["tally"]}


# --- the connection and its lists -------------------------------------------------------------------------


def test_connections_are_listed_without_asking_anybody(desk: Desk) -> None:
    assert desk.json("connections", "list") == {"connections": [{"name": "news", "provider": "mailchimp"}]}
    assert "news" in desk.ok("connections", "list")
    assert len(desk.service.requests) == 0


def test_a_check_names_the_account(desk: Desk) -> None:
    document = desk.json("connections", "check", "news")
    assert document["ok"] is True
    assert document["account"]
    assert document["account"] in desk.ok("connections", "check", "news")


def test_lists_are_shown_and_only_a_pull_remembers_them(desk: Desk) -> None:
    document = desk.json("lists", "news")
    assert document["pulled"] is False
    (row,) = document["lists"]
    assert (row["id"], row["name"], row["double_opt_in"]) == (desk.list_id, "Kundenbrief", False)
    assert row["opt_in_field"] == {"key": f"news/{desk.list_id}", "label": "Kundenbrief"}
    assert "It is an opt-in field" in desk.ok("lists", "news", "--pull")
    assert "Kundenbrief" in desk.ok("contacts", "list", "--json") or desk.json("lists", "news", "--pull")["pulled"]


def test_the_field_map_shows_both_sides(desk: Desk) -> None:
    document = desk.json("fields", "news", "Kundenbrief")
    rows = {row["crm"]["key"]: row["service"] for row in document["fields"]}
    assert rows["first_name"]["key"] == "FNAME"
    assert rows["language"] is None
    assert "FNAME" in desk.ok("fields", "news", desk.list_id)


def test_a_configured_field_that_the_list_lacks_is_a_note(desk: Desk) -> None:
    desk.configure('[connections.news.fields]\nNOSUCH = "first_name"\n')
    assert "NOSUCH" in desk.ok("fields", "news", "Kundenbrief")


# --- import and export ------------------------------------------------------------------------------------


def test_an_import_takes_every_list_and_says_what_became_of_whom(readers: Desk) -> None:
    readers.service.add_list("Veranstaltungen")
    shown = readers.ok("import", "news")
    assert "Import of list Kundenbrief (Mailchimp): 2 changes." in shown
    assert "2  became new contacts" in shown
    assert "1  not subscribed and not in the CRM" in shown
    assert "Import of list Veranstaltungen (Mailchimp): nothing to change." in shown


def test_an_import_of_one_list_leaves_the_others(readers: Desk) -> None:
    readers.service.add_list("Veranstaltungen")
    (run,) = readers.json("import", "news", "--list", "Kundenbrief")["runs"]
    assert run["list"] == "Kundenbrief"
    assert run["counts"]["read"] == 3
    assert run["requests"] > 0


def test_a_dry_run_changes_nothing_and_names_everybody(readers: Desk) -> None:
    (run,) = readers.json("import", "news", "--dry-run")["runs"]
    assert run["run"] is None
    assert [one["address"] for one in run["contacts"]] == ["anna@example.org", "björn@example.org"]
    assert readers.json("contacts", "list")["total"] == 0
    assert readers.json("runs") == {"runs": []}
    assert "anna@example.org: would become a new contact" in readers.ok("import", "news", "--dry-run")


def test_an_export_before_the_first_import_is_refused(desk: Desk) -> None:
    result = desk.run("export", "news", "--list", "Kundenbrief")
    assert result.exit_code == 14
    assert f"rundbrief import news --list {desk.list_id}" in result.stderr


def test_an_export_sends_who_has_opted_in_and_explains_the_rest(readers: Desk) -> None:
    readers.ok("import", "news")
    (readers.folder / "new.csv").write_text(
        "Vorname;Nachname;E-Mail\nKäthe;Möller;kaethe@example.org\nUte;Vogt;\nGötz;Fuchs;goetz@example.org\n",
        encoding="utf-8",
    )
    readers.ok("contacts", "import", "new.csv")
    contacts = readers.json("contacts", "list")["contacts"]
    ids = {one["fields"].get("first_name"): one["id"] for one in contacts}
    readers.ok("contacts", "set-opt-in", "Kundenbrief", "yes", ids["Käthe"], ids["Ute"], "--source", "form")
    preview = readers.ok("export", "news", "--list", "Kundenbrief", "--dry-run")
    assert "kaethe@example.org: would be added" in preview
    assert readers.service.status(readers.list_id, "kaethe@example.org") is SubscriberStatus.ABSENT
    shown = readers.ok("export", "news", "--list", "Kundenbrief")
    assert "1  added" in shown
    assert "Held back:" in shown
    assert "no e-mail address" in shown
    assert "Ute Vogt" in shown
    assert readers.service.status(readers.list_id, "kaethe@example.org") is SubscriberStatus.SUBSCRIBED
    assert readers.service.status(readers.list_id, "goetz@example.org") is SubscriberStatus.ABSENT


def test_an_export_of_chosen_contacts_leaves_the_others(readers: Desk) -> None:
    readers.ok("import", "news")
    for address in ("anna@example.org", "björn@example.org"):
        readers.ok("contacts", "edit", address, "first_name=Neu")
    done = tally(
        readers, "export", "news", "--list", "Kundenbrief", "--contact", contact_id(readers, "anna@example.org")
    )
    assert done == {("done", "changed"): 1}
    readers.ok("campaigns", "create", "Herbst")
    readers.ok("campaigns", "add", "Herbst", "björn@example.org")
    assert readers.json("campaigns", "list")["campaigns"][0]["participants"] == 1
    done = tally(readers, "export", "news", "--list", "Kundenbrief", "--campaign", "Herbst")
    assert done == {("done", "changed"): 1}
    done = tally(readers, "export", "news", "--list", "Kundenbrief", "--kind", "lead")
    assert done == {}
    assert readers.run("export", "news", "--list", "Kundenbrief", "--contact", "999").exit_code == 11


def test_a_selection_is_made_of_ids_on_standard_input_and_of_a_condition(readers: Desk) -> None:
    readers.ok("import", "news")
    ids = {one: contact_id(readers, one) for one in ("anna@example.org", "björn@example.org")}
    for address, city in zip(ids, ("Köln", "Kiel"), strict=True):
        readers.ok("contacts", "edit", address, f"city={city}")
    export = ("export", "news", "--list", "Kundenbrief", "--json", "--dry-run")

    def looked_at(*args: str, stdin: str = "") -> int:
        result = readers.run(*export, *args, stdin=stdin)
        assert result.exit_code == 0, result.output
        return int(json.loads(result.stdout)["runs"][0]["counts"].get("looked at", 0))

    assert looked_at("--where", 'city = "köln"') == 1
    assert looked_at("--where", f'opt_in("news/{readers.list_id}") = "yes"') == 2
    assert looked_at("--contact", "-", stdin="\n".join(ids.values())) == 2
    assert (
        looked_at("--contact", "-", "--where", 'city starts with "K"', stdin=f"{ids['anna@example.org']}\n") == 1
    )
    assert looked_at("--where", 'city = "Köln"', "--kind", "customer") == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--where", 'town = "Köln"'), "town"),
        (("--where", 'city = "Köln" und'), "und"),
        (("--contact", "-"), "standard input"),
    ],
)
def test_a_selection_that_makes_no_sense_is_told_and_nothing_is_sent(
    readers: Desk, args: tuple[str, ...], said: str
) -> None:
    readers.ok("import", "news")
    result = readers.run("export", "news", "--list", "Kundenbrief", *args)
    assert result.exit_code == 11
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_mistake_in_a_condition_is_shown_with_a_caret_below_it(readers: Desk) -> None:
    readers.ok("import", "news")
    result = readers.run("export", "news", "--list", "Kundenbrief", "--where", 'town = "Köln"')
    line, caret = next(
        (one, two) for one, two in pairwise(result.stderr.splitlines()) if two.strip().startswith("^")
    )
    assert line[caret.index("^") :].startswith("town")


def test_whoever_left_stays_out_whatever_the_crm_says(readers: Desk) -> None:
    readers.ok("import", "news")
    readers.service.unsubscribe(readers.list_id, "anna@example.org")
    assert tally(readers, "export", "news", "--list", "Kundenbrief") == {("done", "opted_out"): 1}
    readers.ok("contacts", "set-opt-in", "Kundenbrief", "yes", "anna@example.org")
    shown = readers.ok("export", "news", "--list", "Kundenbrief")
    assert "Has unsubscribed at the service" in shown
    assert readers.service.status(readers.list_id, "anna@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_a_sync_imports_and_exports_every_list_of_every_connection(readers: Desk) -> None:
    first = readers.json("sync")["runs"]
    assert [run["kind"] for run in first] == ["sync"]
    readers.ok("contacts", "edit", "anna@example.org", "first_name=Anna")
    assert tally(readers, "sync", "news") == {("done", "changed"): 1}
    assert tally(readers, "sync", "news") == {}
    assert "nothing to change" in readers.ok("sync", "news", "--dry-run")


def test_trouble_with_one_connection_does_not_keep_the_others_from_syncing(readers: Desk) -> None:
    readers.configure('[connections.aaa]\nprovider = "gazette"\n')
    result = readers.run("sync", "aaa", "news", "--json")
    assert result.exit_code == 16
    assert "pip install rundbrief-gazette" in result.stderr
    assert [run["connection"] for run in json.loads(result.stdout)["runs"]] == ["news"]


def test_the_guard_rail_is_told_and_can_be_lifted(desk: Desk) -> None:
    addresses = [f"reader{number}@example.org" for number in range(40)]
    for address in addresses:
        desk.service.subscribe(desk.list_id, address, {})
    desk.ok("import", "news")
    for address in addresses[:30]:
        desk.service.unsubscribe(desk.list_id, address)
    result = desk.run("import", "news")
    assert result.exit_code == 60
    assert "30 of 40" in result.stderr
    assert opt_in(desk, addresses[0]) == "yes"
    assert tally(desk, "import", "news", "--allow-withdrawals") == {("done", "opted_out"): 30}


# --- looking into it --------------------------------------------------------------------------------------


def test_opt_ins_tell_where_somebody_stands_and_why(readers: Desk) -> None:
    readers.ok("import", "news")
    readers.service.unsubscribe(readers.list_id, "anna@example.org")
    readers.ok("import", "news")
    document = readers.json("opt-ins", "ANNA@example.org")
    assert document["address"] == "anna@example.org"
    (one,) = document["lists"]
    assert one["service"]["status"] == "unsubscribed"
    assert one["crm"]["opt_in"] == one["agreed"] == "no"
    assert one["withdrawn"] is True
    assert one["sentence"].startswith("Gets no mail")
    assert [entry["became"] for entry in document["journal"]] == ["subscribed", "yes", "unsubscribed", "no"]
    shown = readers.ok("opt-ins", "anna@example.org")
    assert "Gets no mail: has unsubscribed there." in shown
    assert "Journal" in shown


def test_a_no_without_a_contact_is_known_as_well(readers: Desk) -> None:
    readers.ok("import", "news")
    assert "Not in the CRM" in readers.ok("opt-ins", "jo+news@example.org")
    document = readers.json("opt-ins", "stranger@example.org")
    nothing = {"contacts": [], "lists": [], "journal": [], "erased_at": None}
    assert document == {"address": "stranger@example.org", **nothing}
    assert "no entry" in readers.ok("opt-ins", "stranger@example.org")


def test_past_runs_are_listed_and_reported(readers: Desk) -> None:
    readers.ok("import", "news")
    (run,) = readers.json("runs")["runs"]
    assert (run["kind"], run["state"], run["list"], run["list_id"]) == (
        "import",
        "done",
        "Kundenbrief",
        readers.list_id,
    )
    assert run["started_at"] < run["ended_at"]
    assert "Kundenbrief" in readers.ok("runs")
    report = readers.json("runs", str(run["run"]), "--all")
    assert {one["address"] for one in report["contacts"]} == {"anna@example.org", "björn@example.org"}
    assert readers.json("runs", str(run["run"]))["contacts"] == []
    assert "became a new contact" in readers.ok("runs", str(run["run"]), "--all")


# --- trouble ----------------------------------------------------------------------------------------------


def test_a_wrong_key_says_sign_in_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    variable, key = next(iter(desk.service.environ().items()))
    monkeypatch.setattr(desk.service, "environ", lambda: {variable: f"wrong{key}"})
    for args in (("connections", "check", "news"), ("import", "news")):
        result = desk.run(*args)
        assert result.exit_code == 20
        assert result.stderr.startswith("Error: ")
        assert key not in result.output


def test_a_key_that_is_not_there_names_its_variable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (variable,) = desk.service.environ()
    monkeypatch.setattr(desk.service, "environ", dict)
    monkeypatch.delenv(variable, raising=False)
    result = desk.run("connections", "check", "news")
    assert result.exit_code == 10
    assert variable in result.stderr


def test_a_wrong_list_is_answered_with_the_nearest(desk: Desk) -> None:
    result = desk.run("import", "news", "--list", "Kundenbreif")
    assert result.exit_code == 13
    assert "Did you mean Kundenbrief" in result.stderr


def test_a_setting_the_provider_does_not_know_is_named(desk: Desk) -> None:
    desk.configure(api_kye="x")
    result = desk.run("connections", "check", "news")
    assert result.exit_code == 10
    assert "Did you mean api_key?" in result.stderr


def test_a_database_of_a_newer_version_is_left_alone(desk: Desk) -> None:
    desk.ok("runs")
    with sqlite3.connect(desk.folder / "rundbrief.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert desk.run("import", "news").exit_code == 51


def test_the_document_of_a_failed_run_is_still_one_document(desk: Desk) -> None:
    result = desk.run("import", "news", "--list", "nonsense", "--json")
    assert result.exit_code == 13
    assert json.loads(result.stdout) == {"runs": []}


def test_another_crm_than_the_embedded_one_has_its_own_contacts(desk: Desk) -> None:
    text = (desk.folder / "rundbrief.toml").read_text(encoding="utf-8")
    (desk.folder / "rundbrief.toml").write_text(f'[crm]\nplugin = "weclapp"\n\n{text}', encoding="utf-8")
    result = desk.run("contacts", "list")
    assert result.exit_code == 10
    assert "needs the embedded CRM" in result.stderr


def test_several_connections_are_synced_side_by_side_and_end_in_one_table(readers: Desk) -> None:
    readers.configure(f'[connections.aaa]\nprovider = "gazette"\n{_second_connection(readers)}')
    readers.service.requests.reset()
    readers.service.latency = 0.2
    result = readers.run("sync")
    readers.service.latency = 0.0
    assert result.exit_code == 16
    table = result.stdout[result.stdout.index("Connection  ") :]
    assert [line.split()[:2] for line in table.splitlines()[2:]] == [
        ["news", "Kundenbrief"],
        ["aaa", "failed,"],
        ["twin", "Kundenbrief"],
    ]
    assert "Connection aaa:\nError: " in result.stderr
    assert readers.service.requests.most_at_once > 1


def test_a_misspelt_connection_is_told_before_anything_runs(readers: Desk) -> None:
    result = readers.run("sync", "news", "new")
    assert result.exit_code == 12
    assert "Did you mean news?" in result.stderr
    assert readers.json("runs")["runs"] == []


def _second_connection(desk: Desk) -> str:
    """Return a second connection to the same account, with an opt-in field of its own."""
    return connection_table("twin", desk.service.settings(desk.base_url))
