"""The version of the tagger in the key of an analysis, and users' names without their capitals; Alembic runs it.

SQLite can't change a table's key, so `analyses` is made anew there. What refers to it stays: its keys are checked when
the transaction ends, and by then the same rows are back.
"""

import json
import zlib

import sqlalchemy as sa
from alembic import op
from palermo.service.store.migrations.versions.v0002_guards import SQLITE_DELETE, SQLITE_UPDATE

revision = "v0006"
down_revision = "v0005"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OLD = "uq_analyses_document_extractor_model_sha256_taxonomy"
NEW = f"{OLD}_tagger"
KEY = ("document", "extractor", "model_sha256", "taxonomy", "tagger")
AT_ONCE = 50  # results in memory
KEEP = "CREATE TEMP TABLE kept AS SELECT * FROM analyses"
BRING_BACK = """
INSERT INTO analyses (id, document, text, extractor, model_sha256, taxonomy, tagger, result, created)
SELECT id, document, text, extractor, model_sha256, taxonomy, '', result, created FROM kept ORDER BY id
"""


def upgrade() -> None:
    """Add both; what is there gets the version that its result names, and the names as they are."""
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()
    _fold()


def _sqlite() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql(KEEP)
    last = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'analyses'").scalar()
    op.drop_table("analyses")
    op.create_table(
        "analyses",
        sa.Column("id", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("text", BIG, nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.Text(), nullable=False),
        sa.Column("taxonomy", sa.Text(), nullable=False),
        sa.Column("tagger", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_analyses_document"),
        sa.ForeignKeyConstraint(["text"], ["texts.key"], name="fk_analyses_text"),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
        sa.UniqueConstraint(*KEY, name=NEW),
        sqlite_autoincrement=True,
    )
    connection.exec_driver_sql(BRING_BACK)
    connection.exec_driver_sql("DROP TABLE kept")
    if last is not None:
        # Numbers of deleted analyses are not given again.
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'analyses'")
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('analyses', ?)", (last,))
    _fill()
    op.create_index("ix_analyses_text", "analyses", ["text"])
    for trigger in (SQLITE_UPDATE, SQLITE_DELETE):
        connection.exec_driver_sql(trigger.format(table="analyses"))


def _postgresql() -> None:
    op.add_column("analyses", sa.Column("tagger", sa.Text(), nullable=False, server_default=""))
    op.execute("ALTER TABLE analyses DISABLE TRIGGER analyses_no_update")
    _fill()
    op.execute("ALTER TABLE analyses ENABLE TRIGGER analyses_no_update")
    op.alter_column("analyses", "tagger", server_default=None)
    op.drop_constraint(OLD, "analyses")
    op.create_unique_constraint(NEW, "analyses", list(KEY))


def _fill() -> None:
    """Note the version in each analysis whose result names one."""
    analyses = sa.table("analyses", sa.column("id"), sa.column("result"), sa.column("tagger"))
    page = sa.select(analyses.c.id, analyses.c.result).order_by(analyses.c.id).limit(AT_ONCE)
    change = sa.update(analyses).where(analyses.c.id == sa.bindparam("which")).values(tagger=sa.bindparam("version"))
    last = 0
    while rows := op.get_bind().execute(page.where(analyses.c.id > last)).all():
        said = [(id_, json.loads(zlib.decompress(result)).get("engine", {}).get("tagger")) for id_, result in rows]
        found = [{"which": id_, "version": version} for id_, version in said if version]
        if found:
            op.get_bind().execute(change, found)
        last = rows[-1].id


def _fold() -> None:
    """Of users whose names differ in capitals only, all but the first keep theirs by a mark that no name can have."""
    op.add_column("users", sa.Column("folded", sa.Text(), nullable=False, server_default=""))
    users = sa.table("users", sa.column("id"), sa.column("name"), sa.column("folded"))
    taken = set()
    for id_, name in op.get_bind().execute(sa.select(users.c.id, users.c.name).order_by(users.c.id)).all():
        folded = name.casefold() if name.casefold() not in taken else f"{name.casefold()}\n{id_}"
        taken.add(folded)
        op.get_bind().execute(sa.update(users).where(users.c.id == id_).values(folded=folded))
    op.create_index("ix_users_folded", "users", ["folded"], unique=True)
