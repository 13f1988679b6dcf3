"""The summary of a run, read as its user reads it."""

import pytest

from rundbrief.cli.output import Output
from rundbrief.cli.reports import Report, print_report, report_document
from rundbrief.engine import RunReport
from rundbrief.models import Reason, Result
from rundbrief.store import OutcomeLine


def run(**changes: object) -> RunReport:
    facts: dict[str, object] = {
        "run_id": 7,
        "kind": "import",
        "connection": "news",
        "list_name": "Kundenbrief",
        "dry_run": False,
        "counts": {"read": 1312, "unchanged": 1005},
        "tally": {
            (Result.DONE, Reason.NEW_CONTACT): 287,
            (Result.DONE, Reason.OPTED_IN): 12,
            (Result.DONE, Reason.OPTED_OUT): 1,
            (Result.HELD, Reason.NOT_CONFIRMED): 7,
        },
        "requests": 2,
    }
    return RunReport(**(facts | changes))  # type: ignore[arg-type]


def printed(capsys: pytest.CaptureFixture[str], report: Report) -> str:
    print_report(Output(), report)
    return capsys.readouterr().out


def test_a_summary_says_what_happened_in_words_and_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    examples = {(Result.HELD, Reason.NOT_CONFIRMED): ["Jördis Weiß <jo@example.org>"]}
    shown = printed(capsys, Report(run(), "Mailchimp", examples))
    assert shown.splitlines() == [
        "Import of list Kundenbrief (Mailchimp): 300 changes, 7 held back.",
        "  1,312  read at the service",
        "    287  became new contacts",
        "     12  opt-ins set",
        "      1  opt-in cleared",
        "  1,005  as they were",
        "Held back:",
        "  7  Is still to confirm by mail (double opt-in), or to be let in by a moderator.",
        "     Jördis Weiß <jo@example.org>, and 6 more",
        "One by one: rundbrief runs 7",
    ]


def test_a_run_without_news_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, Report(run(kind="export", counts={"looked at": 5}, tally={}), "Mailchimp", {}))
    assert shown.splitlines()[0] == "Export to list Kundenbrief (Mailchimp): nothing to change."
    assert "rundbrief runs" not in shown


def test_a_dry_run_names_each_contact_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        OutcomeLine("jo@example.org", Result.DONE, Reason.NEW, "1"),
        OutcomeLine("", Result.HELD, Reason.NO_ADDRESS, "2"),
    ]
    tally = {(Result.DONE, Reason.NEW): 1, (Result.HELD, Reason.NO_ADDRESS): 1}
    report = run(kind="export", dry_run=True, counts={}, tally=tally, lines=lines)
    shown = printed(capsys, Report(report, "Mailchimp", {(Result.HELD, Reason.NO_ADDRESS): ["contact 2"]}))
    assert shown.startswith("Dry run. Export to list Kundenbrief")
    assert "jo@example.org: would be added" in shown
    assert "Would be held back:" in shown
    assert "contact 2" in shown
    assert shown.endswith("Nothing was changed.\n")


def test_the_configurations_problems_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    report = run(problems=["The list has no field LNAME."])
    assert "Note: The list has no field LNAME." in printed(capsys, Report(report, "Mailchimp", {}))


def test_the_document_holds_codes_and_sentences() -> None:
    document = report_document(run())
    assert set(document) == {
        "run",
        "kind",
        "connection",
        "list",
        "dry_run",
        "counts",
        "tally",
        "requests",
        "problems",
    }
    assert document["run"] == 7
    assert document["tally"][0] == {
        "result": "done",
        "reason": "new_contact",
        "count": 287,
        "sentence": "Subscribed at the service and unknown to the CRM, so a contact was made.",
    }


def test_a_dry_runs_document_has_each_contact_and_no_number() -> None:
    line = OutcomeLine("jo@example.org", Result.HELD, Reason.BOUNCED, "1", "hard bounce")
    document = report_document(run(dry_run=True, lines=[line]))
    assert document["run"] is None
    assert document["contacts"] == [
        {
            "address": "jo@example.org",
            "contact": "1",
            "result": "held",
            "reason": "bounced",
            "sentence": "Mail to this address comes back. Ask for another one.",
            "detail": "hard bounce",
        }
    ]
