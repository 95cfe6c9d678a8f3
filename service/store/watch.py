"""What a piece of work asks of the database, and how it is answered: for `bench`, and for the tests of the queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

_EVERY = 100  # instructions between two calls of the counter


@dataclass(slots=True)
class Watched:
    """What was asked.

    Attributes:
        statements: with their parameters, in order.
        steps: instructions of SQLite's virtual machine, to the hundred; the same on every machine. 0 on PostgreSQL.
    """

    statements: list[tuple[str, Any]] = field(default_factory=list)
    steps: int = 0


@contextmanager
def watch(session: Session) -> Iterator[Watched]:
    """Note what is asked in a session."""
    seen, connection = Watched(), session.connection()

    def asked(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        seen.statements.append((statement, parameters))

    def count() -> int:
        seen.steps += _EVERY
        return 0

    raw: Any = connection.connection.dbapi_connection
    sqlite = connection.dialect.name == "sqlite"
    event.listen(connection, "before_cursor_execute", asked)
    if sqlite:
        raw.set_progress_handler(count, _EVERY)
    try:
        yield seen
    finally:
        if sqlite:
            raw.set_progress_handler(None, 0)
        event.remove(connection, "before_cursor_execute", asked)


def explain(session: Session, statement: str, parameters: Any) -> list[str]:
    """How the database answers a statement, as it says itself; one line a step."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}", parameters)]
