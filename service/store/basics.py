"""Small things that the other modules of the store share: the time, clean words, inserts that may be repeated, keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from palermo.corpora.documents.builder import canonical
from palermo.corpora.errors import NotFound, UsageError
from palermo.service.store.tables import Base, Document
from sqlalchemy import ScalarResult, inspect, select
from sqlalchemy.orm import Session

SHORTEST_ID = 16


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def clean(words: str | None, longest: int = 1000) -> str | None:
    """Words from outside as both databases can hold them (no NUL, no lone surrogate), cut at `longest` code points."""
    return None if words is None else canonical(words)[:longest]


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same unique key is there; whether it was inserted."""
    key = inspect(table).primary_key[0]
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        result = session.execute(postgresql_insert(table).values(**values).on_conflict_do_nothing().returning(key))
    else:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        result = session.execute(sqlite_insert(table).values(**values).on_conflict_do_nothing().returning(key))
    return result.first() is not None


def find_document(session: Session, id_: str, *, lock: bool = False, deleted: bool = False) -> Document:
    """The row of a document.

    Args:
        session: of a store.
        id_: SHA-256 in hex, or at least its first 16 digits (`document.id` of an analysis).
        lock: keep others from changing the document until the transaction ends.
        deleted: whether a tombstone will do.

    Raises:
        NotFound: no such document, or it has been deleted.
        UsageError: the digits fit two documents.
    """
    if len(id_) < SHORTEST_ID or set(id_) - set("0123456789abcdef"):
        raise NotFound("no such document", hint="a document's id is the SHA-256 of its bytes, in hex")
    query = select(Document).where(Document.id >= id_, Document.id <= id_ + "f" * (64 - len(id_))).limit(2)
    # A lock waits for whoever has it; what was read before must then be read again.
    found = _all(session.scalars(query.with_for_update().execution_options(populate_existing=True) if lock else query))
    if len(found) > 1:
        raise UsageError("these digits fit two documents", hint="give all 64")
    if not found or (found[0].deleted is not None and not deleted):
        raise NotFound("no such document, or it has been deleted")
    return found[0]


def _all(result: ScalarResult[Document]) -> list[Document]:
    return list(result.all())
