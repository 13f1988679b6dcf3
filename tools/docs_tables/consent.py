"""The consent decision: what `decide` answers in every case, in as few rows as that takes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Literal

from docs_tables.markdown import table
from rundbrief.consent import ConsentPolicy, Decision, Standing, decide
from rundbrief.models import CrmOptIn, OptIn, SubscriberStatus, WriteKind

__all__ = ["consent_table"]

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
    return table(
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
