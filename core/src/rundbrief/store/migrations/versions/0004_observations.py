"""How far observers have been told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "observations",
        sa.Column("observer", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("observer", "connection"),
    )
    # An observer is told run by run, in the journal's order.
    op.create_index("journal_run", "journal", ["run_id"])
