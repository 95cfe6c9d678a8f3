"""Documents: give, get, list, correct their metadata, delete; jobs, API and pages call it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from palermo.corpora.errors import NotFound, UsageError
from palermo.corpora.settings import settings
from palermo.service.store.basics import clean, find_document, insert_once, now
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.events import log
from palermo.service.store.records import DocumentRecord, Page
from palermo.service.store.tables import (
    Analysis,
    Document,
    Element,
    Export,
    ExportDocument,
    ExportPart,
    Job,
    Passage,
    Prediction,
    Review,
    Source,
    Tag,
    Text,
    Unplaced,
)
from palermo.service.store.tallies import tallied
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

METADATA = ("title", "court", "state", "date", "number")
GIVEN = (*METADATA, "kind", "language")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)  # bounded


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents to list; a field that is None lets all pass. Dates are ISO 8601 and inclusive."""

    state: str | None = None
    language: str | None = None
    kind: str | None = None
    date_from: str | None = None
    date_to: str | None = None
    batch: int | None = None


def add_document(
    session: Session,
    data: bytes,
    name: str,
    *,
    media_type: str = "application/octet-stream",
    given: Mapping[str, str] | None = None,
    actor: int | None = None,
) -> tuple[DocumentRecord, bool]:
    """Keep a document's bytes; the same bytes are one document, and a deleted one begins anew.

    Args:
        session: of `Store.write`.
        data: the source bytes.
        name: file name; folders are dropped.
        media_type: as claimed, until it has been read.
        given: metadata that a person or a manifest gives: any of title, court, state, date, number, kind, language.
        actor: who gives it.

    Returns:
        The document, and whether it is new.

    Raises:
        UsageError: `given` has an unknown name, a date that is none, or a State of absurd length.
    """
    id_, short = hashlib.sha256(data).hexdigest(), (clean(name) or "").replace("\\", "/").rsplit("/", 1)[-1]
    values = {"name": short, "media_type": media_type, "bytes": len(data), **_given(given or {})}
    fresh = {"characters": 0, "created": now(), "deleted": None, **values}
    created = insert_once(session, Document, {"id": id_, **fresh})
    row = find_document(session, id_, lock=True, deleted=True)
    if row.deleted is not None:
        created = True
        session.execute(update(Document).where(Document.key == row.key).values(**fresh))
    if created:
        session.execute(insert(Source).values(document=row.key, data=data))
        log(session, "document.add", f"document:{id_}", actor=actor)
        session.refresh(row)
    return document_record(row), created


def get_document(session: Session, id_: str, *, deleted: bool = False) -> DocumentRecord:
    """A document; with `deleted`, also what is left of a deleted one.

    Raises:
        NotFound: no such document.
        UsageError: the digits fit two documents.
    """
    return document_record(find_document(session, id_, deleted=deleted))


def source(session: Session, id_: str) -> bytes:
    """The bytes of a document, as given.

    Raises:
        NotFound: no such document.
    """
    data = session.scalar(select(Source.data).where(Source.document == find_document(session, id_).key))
    if data is None:
        raise NotFound("no such document, or it has been deleted")
    return data


def set_given(session: Session, id_: str, given: Mapping[str, str], *, actor: int | None = None) -> DocumentRecord:
    """Correct a document's metadata, for it and for its line in every list; what is not named stays.

    Raises:
        NotFound: no such document.
        UsageError: an unknown name, a date that is none, or a State of absurd length.
    """
    row = find_document(session, id_, lock=True)
    values = _given({**(row.given or {}), **given})
    session.execute(update(Document).where(Document.key == row.key).values(**values))
    session.refresh(row)
    with tallied(session, row.key):
        session.execute(update(Tag).where(Tag.document == row.key).values(state=row.state, date=row.date))
    log(session, "document.describe", f"document:{row.id}", actor=actor)
    return document_record(row)


def documents(
    session: Session, chosen: DocumentFilter | None = None, after: str | None = None, limit: int = 50
) -> Page[DocumentRecord]:
    """Documents that are not deleted, newest first.

    Raises:
        UsageError: a bad cursor or limit.
    """
    chosen = chosen or DocumentFilter()
    query = select(Document).where(Document.deleted.is_(None)).order_by(Document.key.desc())
    for column, value in (
        (Document.state, chosen.state),
        (Document.language, chosen.language),
        (Document.kind, chosen.kind),
    ):
        if value is not None:
            query = query.where(column == value)
    if chosen.date_from is not None:
        query = query.where(Document.date >= chosen.date_from)
    if chosen.date_to is not None:
        query = query.where(Document.date <= chosen.date_to)
    if chosen.batch is not None:
        query = query.where(Document.key.in_(select(Job.document).where(Job.batch == chosen.batch)))
    if after is not None:
        query = query.where(Document.key < decode_cursor(after, "documents", 1)[0])
    rows = list(session.scalars(query.limit(check_limit(limit) + 1)))
    more = encode_cursor("documents", rows[limit - 1].key) if len(rows) > limit else None
    return Page([document_record(row) for row in rows[:limit]], more)


def delete_document(session: Session, id_: str, *, actor: int | None = None) -> None:
    """Delete a document with its text, spans, reviews and the exports that hold it; an empty row keeps its id.

    Call `Store.scrub` when the transaction has ended.

    Raises:
        NotFound: no such document, or deleted before.
    """
    row = find_document(session, id_, lock=True)
    key = row.key
    empty: dict[str, Any] = dict.fromkeys((*GIVEN, "given"))
    gone = {"name": "", "media_type": "", "bytes": 0, "characters": 0, "deleted": now()}
    session.execute(update(Document).where(Document.key == key).values(**empty, **gone))
    exports = list(session.scalars(select(ExportDocument.export).where(ExportDocument.document == key)))
    for table, column in (
        (ExportPart, ExportPart.export),
        (ExportDocument, ExportDocument.export),
        (Export, Export.id),
    ):
        session.execute(delete(table).where(column.in_(exports)))
    with tallied(session, key):
        session.execute(delete(Tag).where(Tag.document == key))
    session.execute(delete(Unplaced).where(Unplaced.document == key))
    session.execute(delete(Review).where(Review.document == key))
    analyses = select(Analysis.id).where(Analysis.document == key)
    for said in (Prediction, Element):
        session.execute(delete(said).where(said.analysis.in_(analyses)))
    session.execute(delete(Analysis).where(Analysis.document == key))
    session.execute(delete(Passage).where(Passage.text.in_(select(Text.key).where(Text.document == key))))
    session.execute(delete(Text).where(Text.document == key))
    session.execute(delete(Source).where(Source.document == key))
    unfinished = Job.state.in_(("queued", "running"))
    session.execute(update(Job).where(Job.document == key).values(error_detail=None, error_hint=None))
    session.execute(update(Job).where(Job.document == key, unfinished).values(state="cancelled", finished=now()))
    session.refresh(row)
    log(session, "document.delete", f"document:{row.id}", actor=actor)


def _given(given: Mapping[str, str]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(GIVEN))
    if unknown:
        raise UsageError(f"no metadata of the name {unknown[0][:60]!r}", hint=f"one of {', '.join(GIVEN)}")
    values = {name: clean(value) for name, value in given.items()}
    if values.get("date") and not _DATE.fullmatch(values["date"] or ""):
        raise UsageError("the date is not one", source="date", hint="write it YYYY-MM-DD, YYYY-MM or YYYY")
    if len(values.get("state") or "") > settings().state_characters:
        message = f"the State is longer than {settings().state_characters} characters"
        raise UsageError(message, source="state", hint="its ISO 3166-1 code of two letters will do")
    return {**values, "given": values or None}


def document_record(row: Document) -> DocumentRecord:
    """A row as a plain value."""
    return DocumentRecord(
        **{name: getattr(row, name) for name in DocumentRecord.__dataclass_fields__}  # same names on purpose
    )
