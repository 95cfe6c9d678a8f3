"""Exports from when they are asked for until they are forgotten; `jobs.exporting` makes them, the API hands them out.

`work.save_export` keeps one that is made at once; here the asking, the making and the handing out are apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from palermo.corpora.errors import NotFound, PalermoError
from palermo.service.store.basics import find_document, now
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.events import log
from palermo.service.store.records import ExportRecord, Page
from palermo.service.store.tables import Document, Export, ExportDocument, ExportPart
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session


def ask_export(
    session: Session,
    format_: str,
    documents: Iterable[str],
    *,
    options: Mapping[str, Any] | None = None,
    owner: int | None = None,
) -> ExportRecord:
    """An export to be made; a worker finds it. A document named twice is in it once.

    Raises:
        NotFound: no such document.
    """
    values = {"format": format_, "options": dict(options or {}), "state": "running", "owner": owner, "bytes": 0}
    id_ = session.execute(insert(Export).values(**values, created=now()).returning(Export.id)).scalar_one()
    keys = dict.fromkeys(find_document(session, one).key for one in documents)
    if keys:
        session.execute(insert(ExportDocument), [{"export": id_, "document": key} for key in keys])
    log(session, "export.ask", f"export:{id_}", actor=owner, amount=len(keys))
    return get_export(session, id_)


def get_export(session: Session, id_: int) -> ExportRecord:
    """An export.

    Raises:
        NotFound: no such export, or one of its documents has been deleted.
    """
    found = session.get(Export, id_)
    if found is None:
        raise NotFound("no such export, or one of its documents has been deleted", hint="export again")
    return _record(session, found)


def exports(
    session: Session, *, owner: int | None = None, after: str | None = None, limit: int = 50
) -> Page[ExportRecord]:
    """Exports, newest first: all, or one user's.

    Raises:
        UsageError: a bad cursor or limit.
    """
    query = select(Export).order_by(Export.id.desc()).limit(check_limit(limit) + 1)
    if owner is not None:
        query = query.where(Export.owner == owner)
    if after is not None:
        query = query.where(Export.id < decode_cursor(after, "exports", 1)[0])
    rows = session.scalars(query).all()
    more = encode_cursor("exports", rows[limit - 1].id) if len(rows) > limit else None
    return Page([_record(session, row) for row in rows[:limit]], more)


def export_documents(session: Session, id_: int) -> list[str]:
    """Ids of the documents of an export, in the order in which they were given to the service."""
    query = select(Document.id).join(ExportDocument, ExportDocument.document == Document.key)
    return list(session.scalars(query.where(ExportDocument.export == id_).order_by(Document.key)))


def fill_export(session: Session, id_: int, parts: Iterable[bytes]) -> None:
    """Keep the bytes of an export, part by part, in place of those of an earlier try.

    Raises:
        NotFound: no such export; one of its documents was deleted meanwhile.
    """
    found = session.scalar(select(Export).where(Export.id == id_).with_for_update())
    if found is None:
        raise NotFound("no such export, or one of its documents has been deleted")
    session.execute(delete(ExportPart).where(ExportPart.export == id_))
    size = 0
    for number, data in enumerate(parts):
        session.execute(insert(ExportPart).values(export=id_, part=number, data=data))
        size += len(data)
    done = {"state": "done", "bytes": size, "finished": now(), "lease": None, "error_code": None}
    session.execute(update(Export).where(Export.id == id_).values(**done))
    log(session, "export.make", f"export:{id_}", actor=found.owner)


def fail_export(session: Session, id_: int, error: PalermoError) -> None:
    """Mark an export as failed with the reason's code."""
    failed = {"state": "failed", "error_code": error.code, "finished": now(), "lease": None}
    session.execute(update(Export).where(Export.id == id_, Export.state == "running").values(**failed))


def export_part(session: Session, id_: int, number: int) -> bytes | None:
    """A stretch of an export's bytes; None after the last, and where the export has gone meanwhile."""
    return session.scalar(select(ExportPart.data).filter_by(export=id_, part=number))


def forget_exports(session: Session, before: datetime) -> int:
    """Forget the exports that ended before a moment; how many."""
    ids = list(session.scalars(select(Export.id).where(Export.finished < before)))
    for table, column in (
        (ExportPart, ExportPart.export),
        (ExportDocument, ExportDocument.export),
        (Export, Export.id),
    ):
        session.execute(delete(table).where(column.in_(ids)))
    return len(ids)


def _record(session: Session, row: Export) -> ExportRecord:
    count = select(func.count()).select_from(ExportDocument).where(ExportDocument.export == row.id)
    same = ("id", "format", "options", "state", "error_code", "bytes", "owner", "created", "finished")
    return ExportRecord(**{name: getattr(row, name) for name in same}, documents=session.scalar(count) or 0)
