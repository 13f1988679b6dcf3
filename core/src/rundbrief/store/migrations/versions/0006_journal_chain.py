"""The journal as evidence: entries are chained, and persons can be erased; whose *no* holds all the same."""

import os
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

# Not frozen here as the rest of a migration is: it cannot change without breaking the chains that this one makes.
from rundbrief.store.journal_chain import NOTHING_YET, SALT_BYTES, link, seal

revision = "0006"
down_revision = "0005"

_PAGE = 5000

_UNTOUCHED = (
    "seq",
    "recorded_at",
    "connection",
    "scope",
    "place",
    "actor",
    "was",
    "became",
    "stated_at",
    "run_id",
    "sealed",
    "chain",
)
_SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _UNTOUCHED)
_IS_ERASURE = (
    "OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.address GLOB 'erased:?*' AND NEW.contact_id IS NULL"
    f" AND NEW.evidence = '' AND NEW.other_address IS NULL AND {_SAME}"
)
_REFUSE = "SELECT RAISE(ABORT, 'the consent journal is append-only')"

_OTHER_ADDRESS = re.compile(
    r"^(?P<text>.*(?:the CRM changed the address|the address was changed)) (?:to|from) (?P<address>\S+@\S+)$",
    re.DOTALL,
)
"""How an entry told of another address before there was a column for it."""


def upgrade() -> None:
    op.execute("DROP TRIGGER journal_is_not_edited")
    op.add_column("journal", sa.Column("other_address", sa.String(), nullable=True))
    op.add_column("journal", sa.Column("salt", sa.LargeBinary(), nullable=True))
    for name in ("sealed", "chain"):
        column = sa.Column(name, sa.LargeBinary(), nullable=False, server_default=sa.text("x''"))
        op.add_column("journal", column)
    _chain_what_is_there(op.get_bind())
    op.create_index("journal_other_address", "journal", ["other_address"])
    op.execute(
        f"CREATE TRIGGER journal_is_not_edited BEFORE UPDATE ON journal WHEN NOT ({_IS_ERASURE})"
        f" BEGIN {_REFUSE}; END"
    )
    op.create_table(
        "erased",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("erased_at", sa.String(32), nullable=False),
        sa.Column("is_finished", sa.Boolean(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "connection", "scope"),
    )


def _chain_what_is_there(connection: sa.Connection) -> None:
    """Seal and chain the entries of earlier versions. From here on a change of them is found; not one before."""
    before, after = NOTHING_YET, 0
    while True:
        page = connection.exec_driver_sql(
            "SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after, _PAGE)
        )
        rows = [_with_other_address(dict(row)) for row in page.mappings()]
        if not rows:
            return
        for row in rows:
            row["salt"] = os.urandom(SALT_BYTES)
            row["sealed"] = seal(row["salt"], row)
            row["chain"] = before = link(before, row, row["sealed"])
        after = rows[-1]["seq"]
        connection.exec_driver_sql(
            "UPDATE journal SET evidence = :evidence, other_address = :other_address, salt = :salt,"
            " sealed = :sealed, chain = :chain WHERE seq = :seq",
            rows,
        )


def _with_other_address(row: dict[str, Any]) -> dict[str, Any]:
    """Put the other address of a move into its own column, so that an erasure finds it there."""
    found = _OTHER_ADDRESS.match(str(row["evidence"]))
    if found is None:
        return row
    return row | {"evidence": found["text"], "other_address": found["address"]}
