"""The report of a run: as text that needs no manual, and as a document."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from rundbrief.cli.wording import COUNTS, HEADINGS, SENTENCES, done_phrase
from rundbrief.models import Contact, Reason, Result

if TYPE_CHECKING:
    from rundbrief.cli.output import Output
    from rundbrief.engine import RunReport, Workspace
    from rundbrief.store import OutcomeLine

__all__ = [
    "Report",
    "contact_name",
    "of_run",
    "outcome_document",
    "print_report",
    "report_document",
    "tally_document",
]

EXAMPLES = 5
"""Contacts that a summary names for each reason; `rundbrief runs ID` has them all."""

_TITLES = {"import": "Import of", "export": "Export to", "sync": "Sync of", "erase": "Erasure at"}
_NOT_DONE = (Result.HELD, Result.REFUSED, Result.FAILED)


@dataclass(frozen=True, slots=True)
class Report:
    """A run's report with the words that it needs."""

    run: "RunReport"
    title: str
    """The service's name."""
    examples: Mapping[tuple[Result, Reason], Sequence[str]]
    """The first contacts that were not done, for each reason."""


def of_run(workspace: "Workspace", run: "RunReport") -> Report:
    """Gather what the report of a run just ended names."""
    lines = _first_of_each(_not_done(workspace, run))
    ids = [line.contact_id for group in lines.values() for line in group if line.contact_id]
    contacts = workspace.crm.by_ids(list(dict.fromkeys(ids))) if ids else {}
    examples = {key: [_who(line, contacts) for line in group] for key, group in lines.items()}
    return Report(run, workspace.connection(run.connection).title, examples)


def _not_done(workspace: "Workspace", run: "RunReport") -> "Iterable[OutcomeLine]":
    if run.dry_run:
        return [line for line in run.lines if line.result in _NOT_DONE]
    with workspace.store.transaction() as transaction:
        return list(islice(transaction.runs.outcomes(run.run_id, _NOT_DONE), 10_000))


def _first_of_each(lines: "Iterable[OutcomeLine]") -> "dict[tuple[Result, Reason], list[OutcomeLine]]":
    groups: dict[tuple[Result, Reason], list[OutcomeLine]] = {}
    for line in lines:
        group = groups.setdefault((line.result, line.reason), [])
        if len(group) < EXAMPLES:
            group.append(line)
    return groups


def _who(line: "OutcomeLine", contacts: Mapping[str, Contact]) -> str:
    contact = contacts.get(line.contact_id or "")
    name = contact_name(contact) if contact else ""
    address = f"<{line.address}>" if name and line.address else line.address
    return f"{name} {address}".strip() or f"contact {line.contact_id}"


def contact_name(contact: Contact) -> str:
    """Return how a person would call the contact; empty when nothing but an address is known."""
    parts = [str(contact.fields[key]) for key in ("first_name", "last_name") if contact.fields.get(key)]
    return " ".join(parts) or str(contact.fields.get("company", ""))


# --- as text ----------------------------------------------------------------------------------------------


def print_report(output: "Output", report: Report) -> None:
    """Print the summary of a run; for a dry run, what it would do to each contact."""
    run = report.run
    output.line(headline(run.kind, run.list_name, report.title, run.tally, dry_run=run.dry_run), bold=True)
    print_counts(output, run.kind, run.counts, run.tally)
    for problem in run.problems:
        output.paragraph(f"Note: {problem}", indent="  ")
    if run.dry_run:
        _print_plan(output, run)
    for result in _NOT_DONE:
        _print_not_done(output, report, result)
    if run.dry_run:
        output.line("Nothing was changed.", dim=True)
    elif any(result in _NOT_DONE for result, _ in run.tally):
        output.line(f"One by one: rundbrief runs {run.run_id}", dim=True)


def headline(
    kind: str, list_name: str, title: str, tally: Mapping[tuple[Result, Reason], int], *, dry_run: bool
) -> str:
    """Return the first line: what ran, on what, and in how far it went well."""
    from rundbrief.store import WHOLE_ACCOUNT

    done, *rest = (sum(n for (result, _), n in tally.items() if result is one) for one in Result)
    verdict = f"{done:,} change{'s' if done > 1 else ''}" if done else "nothing to change"
    words = ("held back", "refused", "not done this time")
    notes = [f"{count:,} {word}" for count, word in zip(rest, words, strict=True) if count]
    prefix = "Dry run. " if dry_run else ""
    where = list_name if list_name == WHOLE_ACCOUNT else f"list {list_name}"
    return f"{prefix}{_TITLES.get(kind, kind)} {where} ({title}): {', '.join([verdict, *notes])}."


def print_counts(
    output: "Output", kind: str, counts: Mapping[str, int], tally: Mapping[tuple[Result, Reason], int]
) -> None:
    """Print a line for each thing done and each thing counted."""
    done: Counter[str] = Counter()
    totals: Counter[Reason] = Counter(
        {reason: n for (result, reason), n in tally.items() if result is Result.DONE}
    )
    for reason, count in totals.items():
        done[done_phrase(kind, reason).counted(count)] += count
    rows = [(counts[key], words) for key, words in COUNTS.items() if key in counts and key in _INPUT]
    rows += [(count, words) for words, count in done.most_common()]
    rows += [(counts[key], words) for key, words in COUNTS.items() if key in counts and key not in _INPUT]
    width = max((len(f"{count:,}") for count, _ in rows), default=0)
    for count, words in rows:
        output.line(f"  {count:>{width},}  {words}")


_INPUT = ("read", "looked at")


def _print_plan(output: "Output", run: "RunReport") -> None:
    for line in run.lines:
        if line.result is Result.DONE:
            output.line(f"  {line.address}: {done_phrase(run.kind, line.reason).would}")


def _print_not_done(output: "Output", report: Report, result: Result) -> None:
    reasons = {reason: n for (one, reason), n in report.run.tally.items() if one is result}
    if not reasons:
        return
    heading = HEADINGS[result][report.run.dry_run].format(title=report.title)
    output.line(f"{heading}:", colour="yellow")
    width = len(f"{max(reasons.values()):,}")
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        output.line(f"  {count:>{width},}  {SENTENCES[reason]}")
        named = report.examples.get((result, reason), ())
        more = f", and {count - len(named):,} more" if count > len(named) else ""
        output.paragraph(", ".join(named) + more, indent=" " * (width + 4), dim=True)


# --- as a document ----------------------------------------------------------------------------------------


def report_document(run: "RunReport") -> dict[str, Any]:
    """Return the report for --json.

    `run`: its id, null for a dry run, which leaves no trace; `counts`: contacts counted without a line each;
    `tally`: see `tally_document`; `problems`: sentences; `contacts`: only for a dry run, see `outcome_document`.
    """
    document: dict[str, Any] = {
        "run": None if run.dry_run else run.run_id,
        "kind": run.kind,
        "connection": run.connection,
        "list": run.list_name,
        "dry_run": run.dry_run,
        "counts": dict(run.counts),
        "tally": tally_document(run.tally),
        "requests": run.requests,
        "problems": list(run.problems),
    }
    if run.dry_run:
        document["contacts"] = [outcome_document(line) for line in run.lines]
    return document


def tally_document(tally: Mapping[tuple[Result, Reason], int]) -> list[dict[str, Any]]:
    """Return how many contacts had which `result` for which `reason`, with the reason's `sentence`."""
    return [
        {"result": result.value, "reason": reason.value, "count": count, "sentence": SENTENCES[reason]}
        for (result, reason), count in tally.items()
    ]


def outcome_document(line: "OutcomeLine") -> dict[str, Any]:
    """Return one contact of a report."""
    return {
        "address": line.address,
        "contact": line.contact_id,
        "result": line.result.value,
        "reason": line.reason.value,
        "sentence": SENTENCES[line.reason],
        "detail": line.detail,
    }
