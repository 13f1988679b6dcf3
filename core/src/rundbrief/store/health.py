"""Whether what stands in the state database fits together. It is only looked at: plain SQL on a connection that
cannot write, so that a state of which little else works can be looked at, too.

A check is a function from a connection to findings; `CHECKS` has them in their order, worst first.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rundbrief.errors import JournalBroken, StateInconsistent
from rundbrief.findings import Finding, Level, Repair
from rundbrief.models import mask_address
from rundbrief.store.journal_check import check

__all__ = ["CHECKS", "LOST_WITHDRAWALS", "STATE"]

STATE = "state"
"""The subject of these findings."""
_SHOWN = 3

LOST_WITHDRAWALS = """
    SELECT entry.seq, entry.connection, entry.scope, entry.address, entry.became, entry.stated_at, entry.evidence
    FROM journal AS entry
    JOIN (SELECT max(seq) AS seq FROM journal WHERE place = 'service' GROUP BY connection, scope, address)
        AS last ON last.seq = entry.seq
    LEFT JOIN recipients AS known
        ON (known.connection, known.scope, known.address) = (entry.connection, entry.scope, entry.address)
    WHERE entry.address LIKE '%@%' AND (
        (entry.became IN ('unsubscribed', 'gone') AND known.address IS NULL)
        OR (entry.became = 'unsubscribed' AND (NOT known.withdrawn OR known.status <> 'unsubscribed'))
    )
    ORDER BY entry.seq
"""
"""Recipients of whom the service's last word in the journal is *unsubscribed*, or who were deleted there, and of
whom their record says otherwise. The two are saved together, so they never differ. An erased one has no "@"."""

Check = Callable[[sqlite3.Connection], Iterator[Finding]]


def _lost_withdrawals(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(LOST_WITHDRAWALS).fetchall()
    if not rows:
        yield Finding(STATE, "withdrawals", Level.OK, "Each withdrawal in the journal stands.")
        return
    some = ", ".join(mask_address(row[3]) for row in rows[:_SHOWN])
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    yield Finding(
        STATE,
        "withdrawals",
        Level.PROBLEM,
        f"{_counted(len(rows), 'withdrawal')} in the journal no longer counted: {some}{more}.",
        "Run nothing before this: rundbrief doctor --repair. Then: rundbrief import CONNECTION --full",
        StateInconsistent.exit_code,
        Repair.WITHDRAWALS,
    )


def _journal(connection: sqlite3.Connection) -> Iterator[Finding]:
    given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
    rows = connection.cursor()
    rows.row_factory = sqlite3.Row
    verdict = check(rows.execute("SELECT * FROM journal ORDER BY seq"), given[0] if given else 0)
    if verdict.fault:
        yield Finding(
            STATE,
            "journal",
            Level.PROBLEM,
            verdict.fault.what,
            "Compare with a backup: what it said before, nobody can tell from this file.",
            JournalBroken.exit_code,
        )
    else:
        whole = f"The chain of the journal's {_counted(verdict.entries, 'entry', 'entries')} holds."
        yield Finding(STATE, "journal", Level.OK, whole)


def _observations(connection: sqlite3.Connection) -> Iterator[Finding]:
    ahead = connection.execute(
        "SELECT observer FROM observations WHERE entry > (SELECT coalesce(max(seq), 0) FROM journal)"
        " OR line > (SELECT coalesce(max(seq), 0) FROM outcomes)"
        " OR run_id > (SELECT coalesce(max(id), 0) FROM runs)"
    ).fetchall()
    if ahead:
        names = ", ".join(sorted({name for (name,) in ahead}))
        yield Finding(
            STATE,
            "observers",
            Level.PROBLEM,
            f"More was told to an observer than there is ({names}), so it would not hear of what comes next.",
            "rundbrief doctor --repair",
            StateInconsistent.exit_code,
            Repair.OBSERVATIONS,
        )


@dataclass(frozen=True, slots=True)
class _Count:
    """A check that counts rows which should not be there, or which wait for something."""

    check: str
    level: Level
    sql: str
    one: str
    many: str
    sentence: str
    """Follows the number of things."""
    remedy: str

    def __call__(self, connection: sqlite3.Connection) -> Iterator[Finding]:
        count = connection.execute(self.sql).fetchone()[0]
        if count:
            code = StateInconsistent.exit_code if self.level is Level.PROBLEM else 0
            what = f"{_counted(count, self.one, self.many)} {self.sentence}"
            yield Finding(STATE, self.check, self.level, what, self.remedy, code)


_RECIPIENT = (
    "SELECT 1 FROM recipients AS known WHERE (known.connection, known.scope, known.address)"
    " = ({0}.connection, {0}.scope, {0}.address)"
)

CHECKS: Sequence[Check] = (
    _lost_withdrawals,
    _journal,
    _observations,
    _Count(
        "links",
        Level.PROBLEM,
        f"SELECT count(*) FROM links WHERE NOT EXISTS ({_RECIPIENT.format('links')})",  # noqa: S608
        "contact",
        "contacts",
        "linked to a recipient of whom nothing is known.",
        "rundbrief import CONNECTION --full reads all recipients again.",
    ),
    _Count(
        "sent",
        Level.NOTE,
        "SELECT count(*) FROM sent WHERE result = 'done' AND NOT EXISTS"  # noqa: S608
        f" ({_RECIPIENT.format('sent')})",
        "fingerprint",
        "fingerprints",
        "of data sent to nobody that is known.",
        "Nothing has to be done: it only keeps equal data from being sent.",
    ),
    _Count(
        "unheard",
        Level.NOTE,
        "SELECT count(*) FROM recipients WHERE withdrawn AND status IN ('subscribed', 'pending')",
        "withdrawal",
        "withdrawals",
        "stand here, and the service has not been told yet.",
        'The next export tells it, unless the connection says withdrawals = "report".',
    ),
    _Count(
        "inbox",
        Level.NOTE,
        "SELECT count(*) FROM inbox",
        "recipient",
        "recipients",
        "read, and not taken over into the CRM yet.",
        "The next import or export of the connection does that.",
    ),
    _Count(
        "intents",
        Level.NOTE,
        "SELECT count(*) FROM intents",
        "opt-in",
        "opt-ins",
        "that an import was about to set in the CRM when it was cut off, or is just setting.",
        "The next import or export of the connection finds out which were set, and puts them on record.",
    ),
    _Count(
        "outbox",
        Level.NOTE,
        "SELECT count(*) FROM outbox WHERE run_id NOT IN (SELECT id FROM runs WHERE state = 'running')",
        "step",
        "steps",
        "left behind by an export that did not get through.",
        "The next export of the list looks what was done, and plans anew.",
    ),
    _Count(
        "cursors",
        Level.NOTE,
        "SELECT count(*) FROM cursors WHERE reading",
        "list",
        "lists",
        "read up to the middle.",
        "The next import or export of the connection goes on there.",
    ),
)


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
