"""Triggers that keep what was said as it was said; Alembic runs it.

UPDATE is refused on whatever a machine or a person said, and on the log. DELETE is refused too, unless the document
that a row belongs to has been deleted: then its text, and all that repeats it, must go.
"""

from collections.abc import Iterator

from alembic import op

revision = "v0002"
down_revision = "v0001"

OF_DOCUMENTS = ("sources", "texts", "passages", "analyses", "predictions", "elements", "reviews")

SQLITE_UPDATE = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} never change'); END
"""
SQLITE_DELETE = """
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
WHEN (SELECT deleted FROM documents WHERE key = OLD.document) IS NULL
BEGIN SELECT RAISE(ABORT, '{table} go with their document only'); END
"""
SQLITE_EVENTS = """
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events never go'); END
"""
POSTGRESQL_REFUSE = """
CREATE FUNCTION palermo_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%% never change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
POSTGRESQL_GUARD = """
CREATE FUNCTION palermo_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT deleted FROM documents WHERE key = OLD.document) IS NULL THEN
        RAISE EXCEPTION '%% go with their document only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$
"""
POSTGRESQL_UPDATE = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION palermo_refuse()
"""
POSTGRESQL_TRUNCATE = """
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION palermo_refuse()
"""
POSTGRESQL_DELETE = """
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()
"""


def upgrade() -> None:
    """Make the triggers."""
    make = _sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql
    for statement in make():
        op.get_bind().exec_driver_sql(statement)


def _sqlite() -> Iterator[str]:
    for table in OF_DOCUMENTS:
        yield SQLITE_UPDATE.format(table=table)
        yield SQLITE_DELETE.format(table=table)
    yield SQLITE_UPDATE.format(table="events")
    yield SQLITE_EVENTS


def _postgresql() -> Iterator[str]:
    yield POSTGRESQL_REFUSE
    yield POSTGRESQL_GUARD
    for table in (*OF_DOCUMENTS, "events"):
        function = "palermo_refuse" if table == "events" else "palermo_guard"
        yield POSTGRESQL_UPDATE.format(table=table)
        yield POSTGRESQL_TRUNCATE.format(table=table)
        yield POSTGRESQL_DELETE.format(table=table, function=function)
