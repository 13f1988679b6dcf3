"""Make the tables in docs/ that come from the code, so that a page cannot say other things than the code does.

`make docs-tables` renews them in place, between two marker comments; with names of markers, those. With `--check`
nothing is written; the exit code is 1, and the stale pages are named, when a table differs from the code.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Literal

from rundbrief import errors
from rundbrief.consent import ConsentPolicy, Decision, Standing, decide
from rundbrief.fields import FieldType, Quality, cell
from rundbrief.hookspecs import CRM_GROUP
from rundbrief.models import CrmOptIn, OptIn, SubscriberStatus, WriteKind
from rundbrief.plugins import installed, load_provider
from rundbrief.testing.contract import RULES, Level, Rule, check_provider
from rundbrief.testing.crm_contract import CRM_RULES, check_crm

DOCS = Path(__file__).parents[1] / "docs"

# --- the consent decision ---------------------------------------------------------------------------------

Withdrawals = Literal["push", "report"]
Reconsent = Literal["hold", "confirm"]

OPTED_IN_AT = datetime(2026, 1, 1, tzinfo=UTC)

SERVICE_SAYS = {
    SubscriberStatus.SUBSCRIBED: "Subscribed",
    SubscriberStatus.UNSUBSCRIBED: "Unsubscribed",
    SubscriberStatus.PENDING: "Pending: asked to confirm, not confirmed yet",
    SubscriberStatus.NEVER: "Known, but never opted in",
    SubscriberStatus.BOUNCED: "Bounced: cannot be reached",
    SubscriberStatus.ARCHIVED: "Archived: what it was before cannot be seen",
    SubscriberStatus.ABSENT: "Absent: the service does not have the address, and never had",
    SubscriberStatus.GONE: "Gone: the service had the address, and has it no longer",
}
OPT_IN = {OptIn.YES: "yes", OptIn.NO: "no", OptIn.UNKNOWN: "not set"}
AGREED: dict[OptIn | None, str] = {None: "nothing yet", OptIn.YES: "yes", OptIn.NO: "no"}
ON_RECORD = {True: "yes", False: "no"}
CRM_IS_LATER = {True: "yes", False: "no, or unknown"}
WITHDRAWALS: dict[Withdrawals, str] = {"push": "`push`", "report": "`report`"}
RECONSENT: dict[Reconsent, str] = {"hold": "`hold`", "confirm": "`confirm`"}

AXES: Sequence[tuple[str, Mapping[Any, str]]] = (
    ("The CRM says", OPT_IN),
    ("Last agreed", AGREED),
    ("Withdrawal on record", ON_RECORD),
    ("The CRM's date is later", CRM_IS_LATER),
    ("`withdrawals`", WITHDRAWALS),
    ("`reconsent`", RECONSENT),
)
"""What the decision looks at beside the service's word: column title, and value -> words."""

IN_THE_CRM: dict[OptIn | None, str] = {None: "left alone", OptIn.YES: "yes", OptIn.NO: "no"}
AT_THE_SERVICE = {
    None: "nothing",
    WriteKind.CREATE: "**added** as a new recipient",
    WriteKind.UPDATE: "data updated, consent untouched",
    WriteKind.WITHDRAW: "**unsubscribed**",
    WriteKind.CONFIRM: "**asked** by mail to confirm",
}
ANSWER_TITLES = ("Opt-in in the CRM", "At the service", "Reason")

Answer = tuple[str, ...]
Cases = tuple[frozenset[object], ...]
"""Several cases at once: one set of values per axis."""


def consent_table() -> str:
    """Return one table for each thing that a service can say of an address."""
    return "\n\n".join(f"### {title}\n\n{_consent_rows(status)}" for status, title in SERVICE_SAYS.items())


def _consent_rows(status: SubscriberStatus) -> str:
    rows = _joined(
        {
            tuple(frozenset({value}) for value in case): _answer(_decided(status, *case))
            for case in product(OPT_IN, AGREED, ON_RECORD, CRM_IS_LATER, WITHDRAWALS, RECONSENT)
        }
    )
    telling = [one for one, (_, words) in enumerate(AXES) if any(len(cases[one]) < len(words) for cases in rows)]
    return _table(
        [AXES[one][0] for one in telling] + list(ANSWER_TITLES),
        ([_words(AXES[one][1], cases[one]) for one in telling] + list(answer) for cases, answer in rows.items()),
    )


def _decided(
    status: SubscriberStatus,
    crm: OptIn,
    agreed: OptIn | None,
    on_record: bool,
    crm_is_later: bool,
    withdrawals: Withdrawals,
    reconsent: Reconsent,
) -> Decision:
    since = OPTED_IN_AT + timedelta(days=1) if crm_is_later else None
    standing = Standing(agreed, CrmOptIn(crm, since), status, OPTED_IN_AT, on_record)
    return decide(standing, ConsentPolicy(reconsent, withdrawals))


def _answer(decision: Decision) -> Answer:
    reason = decision.reason.value.replace("_", " ")
    return (
        IN_THE_CRM[decision.crm],
        AT_THE_SERVICE[decision.service],
        f"held: {reason}" if decision.held else reason,
    )


def _joined(rows: Mapping[Cases, Answer]) -> Mapping[Cases, Answer]:
    """Tell rows with the same answer as one where they differ on a single axis, the least telling axis first."""
    for axis in reversed(range(len(AXES))):
        unions: dict[tuple[Cases, Cases, Answer], frozenset[object]] = {}
        for cases, answer in rows.items():
            elsewhere = (cases[:axis], cases[axis + 1 :], answer)
            unions[elsewhere] = unions.get(elsewhere, frozenset()) | cases[axis]
        rows = {(*before, union, *after): answer for (before, after, answer), union in unions.items()}
    return rows


def _words(words: Mapping[Any, str], values: frozenset[object]) -> str:
    if len(values) == len(words):
        return "*any*"
    return " or ".join(word for value, word in words.items() if value in values)


# --- exit codes -------------------------------------------------------------------------------------------


def exit_codes_table() -> str:
    """Return a table of every error, parents before children, in the order of their exit codes."""
    return _table(
        ["Exit code", "Error", "Meaning"],
        (
            [str(error.exit_code), f"`{error.__name__}`", (error.__doc__ or "").partition("\n")[0]]
            for error in sorted(_errors(), key=lambda error: (error.exit_code, len(error.__mro__)))
        ),
    )


def _errors() -> Iterator[type[errors.RundbriefError]]:
    for name in errors.__all__:
        error = getattr(errors, name)
        if error is not errors.RundbriefError:
            yield error


# --- the contracts ----------------------------------------------------------------------------------------

PROVIDER_LEVELS = {
    Level.CORRECT: "It does what the hooks ask for, on a good day.",
    Level.ROBUST: "Nobody is lost, doubled or given away on a bad one.",
    Level.TRUSTWORTHY: "It never makes a yes out of a no.",
}
CRM_LEVELS = {
    **PROVIDER_LEVELS,
    Level.CORRECT: "It does what the protocol asks for, on a good day.",
    Level.TRUSTWORTHY: "It overwrites nothing that its users have written, and nobody's no.",
}


def contract(rules: Sequence[Rule], levels: Mapping[Level, str]) -> str:
    """Return one section for each level and, in it, one for each rule: number, what it asks, and why."""
    return "\n\n".join(
        "\n\n".join([f"## Level *{level.value}*", text, *(_rule(rule) for rule in rules if rule.level is level)])
        for level, text in levels.items()
    )


def _rule(rule: Rule) -> str:
    parts = [f"### {rule.number} ({rule.level.value})", rule.title, rule.details, f"*Why:* {rule.why}"]
    return "\n\n".join(part for part in parts if part)


# --- how the plugins stand to them ------------------------------------------------------------------------


def provider_reports() -> str:
    """Run the contract for every provider that is installed, and return a section for each. Takes minutes."""
    return "\n\n".join(report(check_provider(one.name).document()) for one in installed())


def crm_reports() -> str:
    """Run the contract for every CRM that is installed, and return a section for each."""
    return "\n\n".join(report(check_crm(one.name).document()) for one in installed(CRM_GROUP))


def report(document: Mapping[str, Any]) -> str:
    """Return the section of one plugin.

    Args:
        document: what `rundbrief plugins --check NAME --json` prints.
    """
    rules = document["rules"]
    verdicts = ("passed", "failed", "skipped")
    counted = [
        [sum(one["level"] == level and one["verdict"] == each for one in rules) for each in verdicts]
        for level in Level
    ]
    levels = _table(
        ["Level", "Passed", "Failed", "Skipped"],
        ([level.value, *map(str, counts)] for level, counts in zip(Level, counted, strict=True)),
    )
    without = [
        f"* {one['number']} is {one['verdict']}: {one['reason']}" for one in rules if one["verdict"] != "passed"
    ]
    name = document.get("provider") or document["crm"]
    return "\n\n".join([f"## `{name}`", levels, *(["\n".join(without)] if without else [])])


# --- conversions ------------------------------------------------------------------------------------------


def conversions() -> str:
    """Return a table for each provider: every CRM type against every kind of field that the service has."""
    notes: dict[str, int] = {}
    tables = []
    for one in installed():
        info = load_provider(one.name).info
        rows = (
            [kind.value, *(_conversion(kind, there.type, notes) for there in info.field_kinds)]
            for kind in FieldType
        )
        header = ["CRM", *(f"`{there.name}`" for there in info.field_kinds)]
        tables.append(f"## {info.title}\n\n{_table(header, rows)}")
    lost = "\n".join(f"{number}. {text[:1].upper()}{text[1:]}." for text, number in notes.items())
    return "\n\n".join([*tables, "## What is lost", lost])


def _conversion(source: FieldType, target: FieldType, notes: dict[str, int]) -> str:
    found = cell(source, target)
    match found.quality:
        case Quality.EXACT:
            return "exact"
        case Quality.REFUSED:
            return "-"
        case Quality.LOSSY:
            return f"lossy ({notes.setdefault(found.lost, len(notes) + 1)})"


# --- pages ------------------------------------------------------------------------------------------------

TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "consent-table": ("explanation/consent.md", consent_table),
    "exit-codes-table": ("reference/exit-codes.md", exit_codes_table),
    "conversions": ("reference/conversions.md", conversions),
    "provider-contract": ("reference/provider-contract.md", lambda: contract(RULES, PROVIDER_LEVELS)),
    "provider-reports": ("reference/provider-reports.md", provider_reports),
    "crm-contract": ("reference/crm-contract.md", lambda: contract(CRM_RULES, CRM_LEVELS)),
    "crm-reports": ("reference/crm-reports.md", crm_reports),
}
SLOW = frozenset({"provider-reports", "crm-reports"})
"""Not looked at by `--check`: the tests that run the contract compare what comes of it with the page."""


def main() -> int:
    """Renew the tables, or with `--check` name the stale pages; return the exit code."""
    is_check = "--check" in sys.argv[1:]
    chosen = TABLES.keys() - SLOW if is_check else sys.argv[1:] or TABLES
    stale = [page for page in map(_renewed, chosen) if page]
    if is_check:
        for path, _ in stale:
            sys.stderr.write(f"docs/{path.relative_to(DOCS)} is stale: run `make docs-tables`.\n")
        return 1 if stale else 0
    for path, text in stale:
        path.write_text(text, encoding="utf-8")
    return 0


def _renewed(marker: str) -> tuple[Path, str] | None:
    """Return a page and its new text; None when the page is up to date."""
    name, make = TABLES[marker]
    page = DOCS / name
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {marker} -->\n", f"<!-- end {marker} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"docs/{name} lacks the markers of {marker}.")
    new = f"{before}{begin}\n{make()}\n\n{end}{after}"
    return (page, new) if new != text else None


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    sys.exit(main())
