"""An index in the order in which the inbox is read: without it, all that is left was sorted for each page."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("inbox_order", "inbox", ["connection", "scope", "seq"], unique=False)
