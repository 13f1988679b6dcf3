"""Which planned steps were sent: a killed run may have had them done."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("sent", sa.Boolean(), nullable=False, server_default=sa.false()))
