"""Consent for a whole account: which lists a recipient is on and has left. Tokens that the host renews. What an
import is about to set in the CRM."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("inbox", "recipients"):
        for column in ("on_lists", "left_lists"):
            op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default="[]"))
    op.add_column("outbox", sa.Column("joins", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("ALTER TABLE sent RENAME COLUMN list_id TO scope")
    op.add_column("runs", sa.Column("scope", sa.String(), nullable=True))
    op.execute("UPDATE runs SET scope = list_id")
    op.create_table(
        "intents",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("opt_in_key", sa.String(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("became", sa.String(), nullable=False),
        sa.Column("since", sa.String(32), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "tokens",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("access_token", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("refresh_token", sa.String(), nullable=True),
        sa.Column("credentials", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
