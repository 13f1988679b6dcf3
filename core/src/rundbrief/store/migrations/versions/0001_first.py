"""The first schema: lists, inbox, recipients, links, journal, runs, outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_IS_THERE = "EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)"
_REFUSE = "SELECT RAISE(ABORT, 'the consent journal is append-only')"


def upgrade() -> None:
    op.create_table(
        "candidates",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False),
        sa.Column("opt_in", sa.String(), nullable=False),
        sa.Column("since", sa.String(32), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=True),
        sa.Column("selected", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("candidates_address", "candidates", ["run_id", "address", "contact_id"], unique=True)
    op.create_table(
        "cursors",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("reading", sa.Boolean(), nullable=False),
        sa.Column("full_read", sa.Boolean(), nullable=False),
        sa.Column("full_read_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("connection", "scope"),
    )
    op.create_table(
        "inbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("since", sa.String(32), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("inbox_address", "inbox", ["connection", "scope", "address"], unique=False)
    op.create_index("inbox_remote", "inbox", ["connection", "scope", "remote_id"], unique=True)
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("became", sa.String(), nullable=False),
        sa.Column("stated_at", sa.String(32), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("journal_address", "journal", ["address"], unique=False)
    op.create_index("journal_contact", "journal", ["contact_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("crm_address", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "scope", "contact_id"),
    )
    op.create_index("links_address", "links", ["connection", "scope", "address"], unique=False)
    op.create_table(
        "lists",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("double_opt_in", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("pulled_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("connection", "list_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False),
        sa.Column("crm_address", sa.String(), nullable=False),
        sa.Column("contact_ids", sa.JSON(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("moved_from", sa.String(), nullable=True),
        sa.Column("fields", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("since", sa.String(32), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("crm_value", sa.String(), nullable=True),
        sa.Column("crm_expected", sa.JSON(), nullable=False),
        sa.Column("agreed", sa.String(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_kind", "outbox", ["run_id", "kind", "seq"], unique=False)
    op.create_table(
        "recipients",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("since", sa.String(32), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("agreed", sa.String(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "scope", "address"),
    )
    op.create_index("recipients_remote", "recipients", ["connection", "scope", "remote_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=True),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sent",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("not_before", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("connection", "list_id", "address"),
    )
    op.create_table(
        "outcomes",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["runs.id"],
        ),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("outcomes_run", "outcomes", ["run_id"], unique=False)
    op.execute(f"CREATE TRIGGER journal_is_not_edited BEFORE UPDATE ON journal BEGIN {_REFUSE}; END")
    op.execute(f"CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal BEGIN {_REFUSE}; END")
    # INSERT OR REPLACE deletes the old row without asking the trigger above.
    op.execute(
        f"CREATE TRIGGER journal_is_not_replaced BEFORE INSERT ON journal WHEN {_IS_THERE} BEGIN {_REFUSE}; END"
    )
