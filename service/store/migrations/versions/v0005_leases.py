"""Who works on a job or an export, and until when that is believed; Alembic runs it."""

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; what ran before has no lease, and is taken up again."""
    for table in ("jobs", "exports"):
        op.add_column(table, sa.Column("worker", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("lease", MOMENT, nullable=True))
    op.add_column("exports", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_jobs_state_batch_id", "jobs", ["state", "batch", "id"])
