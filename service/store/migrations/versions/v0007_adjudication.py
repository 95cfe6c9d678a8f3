"""Which reviews settle a disagreement; Alembic runs it."""

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"


def upgrade() -> None:
    """Add the column; no review was an adjudication before."""
    op.add_column("reviews", sa.Column("adjudication", sa.Boolean(), nullable=False, server_default=sa.false()))
