"""OAuth tokens are no longer in the state, which is copied and backed up."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Else the tokens would stand in the file's free pages until something else is written there.
    op.get_bind().exec_driver_sql("PRAGMA secure_delete = ON")
    op.drop_table("tokens")
