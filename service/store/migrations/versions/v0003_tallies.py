"""Indexes that hold all that a filter looks at, and tables of figures over all tags; Alembic runs it."""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Text().with_variant(sa.String(collation="C"), "postgresql")
REVIEWED = sa.text("review IS NOT NULL")
OLD = (
    "ix_tags_queue",
    "ix_tags_provision_queue",
    "ix_tags_state_queue",
    "ix_tags_provision_score",
    "ix_tags_score",
    "ix_tags_document",
)
NEAREST = ("uncertainty", "id")
NEW = {
    "ix_tags_queue": ("verdict", "decision", *NEAREST, "provision", "state", "language", "date", "score"),
    "ix_tags_provision": ("provision", "verdict", *NEAREST, "decision", "state", "language", "date", "score"),
    "ix_tags_state": ("state", "verdict", *NEAREST, "decision", "provision", "language", "date", "score"),
    "ix_tags_language": ("language", "verdict", *NEAREST, "decision", "provision", "state", "date", "score"),
    "ix_tags_date": ("date", "verdict", "decision", *NEAREST, "provision", "state", "language", "score"),
    "ix_tags_score": ("decision", "score", "id", "verdict", "provision", "state", "language", "date"),
    "ix_tags_document": ("document", "provision", "verdict", "decision", "predicted", "score"),
}
FILL = (
    """
    INSERT INTO provision_counts (provision, verdict, decision, predicted, tags)
    SELECT provision, verdict, decision, predicted, count(*) FROM tags
    GROUP BY provision, verdict, decision, predicted
    """,
    """
    INSERT INTO state_counts (state, provision, tags, documents)
    SELECT coalesce(state, ''), provision, count(*), count(DISTINCT CASE
        WHEN verdict IN ('accepted', 'added') OR (predicted AND verdict = 'open') THEN document END)
    FROM tags GROUP BY coalesce(state, ''), provision
    """,
    """
    INSERT INTO language_counts (language, state, tags)
    SELECT language, coalesce(state, ''), count(*) FROM tags GROUP BY language, coalesce(state, '')
    """,
    """
    INSERT INTO month_counts (month, tags)
    SELECT substr(coalesce(date, ''), 1, 7), count(*) FROM tags GROUP BY substr(coalesce(date, ''), 1, 7)
    """,
)


def upgrade() -> None:
    """Make indexes and tables anew, and count what is there."""
    for name in OLD:
        op.drop_index(name, "tags")
    for name, columns in NEW.items():
        op.create_index(name, "tags", list(columns))
    op.create_index("ix_tags_review", "tags", ["review"], sqlite_where=REVIEWED, postgresql_where=REVIEWED)
    _tables()
    for statement in FILL:
        op.get_bind().exec_driver_sql(statement)


def _tables() -> None:
    op.create_table(
        "provision_counts",
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("predicted", sa.Boolean(), nullable=False),
        sa.Column("tags", BIG, nullable=False),
        sa.PrimaryKeyConstraint("provision", "verdict", "decision", "predicted", name="pk_provision_counts"),
    )
    op.create_table(
        "state_counts",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("tags", BIG, nullable=False),
        sa.Column("documents", BIG, nullable=False),
        sa.PrimaryKeyConstraint("state", "provision", name="pk_state_counts"),
    )
    op.create_table(
        "language_counts",
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tags", BIG, nullable=False),
        sa.PrimaryKeyConstraint("language", "state", name="pk_language_counts"),
    )
    op.create_table(
        "month_counts",
        sa.Column("month", DAY, nullable=False),
        sa.Column("tags", BIG, nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_month_counts"),
    )
