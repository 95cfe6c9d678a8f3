"""Batches and their jobs, keys of requests, exports kept for download; the worker and the API call it.

The table of jobs is the progress that people see, and what a worker trusts: each function changes a job only from the
states that it may leave, so a step that runs twice, or after a cancellation, changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from palermo.corpora.errors import Conflict, NotFound, PalermoError
from palermo.service.store.basics import clean, find_document, insert_once, now
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.events import log
from palermo.service.store.records import BatchRecord, JobRecord, Page
from palermo.service.store.tables import (
    Batch,
    Document,
    Export,
    ExportDocument,
    ExportPart,
    IdempotencyKey,
    Job,
)
from sqlalchemy import ColumnElement, CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

_BLANK = {"error_code": None, "error_detail": None, "error_hint": None, "retryable": False}


def create_batch(
    session: Session, name: str, documents: Iterable[str], *, options: Mapping[str, Any] | None = None,
    owner: int | None = None,
) -> BatchRecord:  # fmt: skip
    """A batch with one queued job a document; a document named twice has one.

    Raises:
        NotFound: no such document.
    """
    values = {"name": clean(name), "options": dict(options or {}), "owner": owner, "created": now()}
    id_ = session.execute(insert(Batch).values(**values).returning(Batch.id)).scalar_one()
    keys = dict.fromkeys(find_document(session, one).key for one in documents)
    fresh = {"batch": id_, "state": "queued", "attempts": 0, "created": now(), **_BLANK}
    if keys:
        session.execute(insert(Job), [{**fresh, "document": key} for key in keys])
    log(session, "batch.create", f"batch:{id_}", actor=owner, amount=len(keys))
    return get_batch(session, id_)


def get_batch(session: Session, id_: int) -> BatchRecord:
    """A batch with its progress.

    Raises:
        NotFound: no such batch.
    """
    row = session.get(Batch, id_)
    if row is None:
        raise NotFound("no such batch")
    return _batches(session, [row])[0]


def batches(session: Session, after: str | None = None, limit: int = 50) -> Page[BatchRecord]:
    """Batches with their progress, newest first.

    Raises:
        UsageError: a bad cursor or limit.
    """
    query = select(Batch).order_by(Batch.id.desc()).limit(check_limit(limit) + 1)
    if after is not None:
        query = query.where(Batch.id < decode_cursor(after, "batches", 1)[0])
    rows = session.scalars(query).all()
    more = encode_cursor("batches", rows[limit - 1].id) if len(rows) > limit else None
    return Page(_batches(session, rows[:limit]), more)


def cancel_batch(session: Session, id_: int, *, actor: int | None = None) -> BatchRecord:
    """Cancel what has not begun; a job that runs ends by itself.

    Raises:
        NotFound: no such batch.
    """
    get_batch(session, id_)
    session.execute(update(Batch).where(Batch.id == id_, Batch.cancelled.is_(None)).values(cancelled=now()))
    waiting = update(Job).where(Job.batch == id_, Job.state == "queued")
    session.execute(waiting.values(state="cancelled", finished=now()))
    log(session, "batch.cancel", f"batch:{id_}", actor=actor)
    return get_batch(session, id_)


def jobs(
    session: Session, batch: int, *, state: str | None = None, after: str | None = None, limit: int = 50
) -> Page[JobRecord]:
    """Jobs of a batch in order, all or those in a state.

    Raises:
        UsageError: a bad cursor or limit.
    """
    query = _jobs().where(Job.batch == batch).order_by(Job.id).limit(check_limit(limit) + 1)
    if state is not None:
        query = query.where(Job.state == state)
    if after is not None:
        query = query.where(Job.id > decode_cursor(after, "jobs", 1)[0])
    rows = [_job(*row) for row in session.execute(query)]
    return Page(rows[:limit], encode_cursor("jobs", rows[limit - 1].id) if len(rows) > limit else None)


def get_job(session: Session, id_: int) -> JobRecord:
    """A job.

    Raises:
        NotFound: no such job.
    """
    found = session.execute(_jobs().where(Job.id == id_)).one_or_none()
    if found is None:
        raise NotFound("no such job")
    return _job(*found)


def start_job(session: Session, id_: int) -> bool:
    """Mark a job as running; False where it is done, failed for good or cancelled, and must not run.

    A job that is running already may start again: that is a worker that was killed half way.
    """
    values = {"state": "running", "attempts": Job.attempts + 1, "started": now(), "finished": None, **_BLANK}
    return _change(session, Job.id == id_, ("queued", "running"), values)


def finish_job(session: Session, id_: int) -> bool:
    """Mark a running job as done; False where it was not running."""
    return _change(session, Job.id == id_, ("running",), {"state": "done", "finished": now(), **_BLANK})


def fail_job(session: Session, id_: int, error: PalermoError) -> bool:
    """Mark a running job as failed with the reason; False where it was not running."""
    reason = {"error_code": error.code, "error_detail": clean(error.message), "error_hint": clean(error.hint)}
    values = {"state": "failed", "finished": now(), "retryable": error.retryable, **reason}
    return _change(session, Job.id == id_, ("running",), values)


def retry_failed(session: Session, batch: int, *, actor: int | None = None) -> list[int]:
    """Queue again the failed jobs of a batch that another try can help, of documents that are still there; their ids.

    Raises:
        NotFound: no such batch.
        Conflict: the batch was cancelled.
    """
    if get_batch(session, batch).cancelled is not None:
        raise Conflict("the batch was cancelled")
    query = select(Job.id).join(Document, Document.key == Job.document).where(Document.deleted.is_(None))
    failed = query.where(Job.batch == batch, Job.state == "failed", Job.retryable).order_by(Job.id)
    ids = list(session.scalars(failed))
    _change(session, Job.id.in_(ids), ("failed",), {"state": "queued", "finished": None, **_BLANK})
    log(session, "batch.retry", f"batch:{batch}", actor=actor, amount=len(ids))
    return ids


def unfinished_jobs(session: Session, limit: int = 500) -> list[int]:
    """Ids of jobs that are queued or were running, oldest first: what a worker that starts has to look after."""
    query = select(Job.id).where(Job.state.in_(("queued", "running"))).order_by(Job.id)
    return list(session.scalars(query.limit(check_limit(limit))))


def queue_length(session: Session) -> int:
    """Jobs that wait; a full queue answers 429."""
    return session.scalar(select(func.count()).select_from(Job).where(Job.state == "queued")) or 0


def claim_key(session: Session, key: str, fingerprint: str, *, owner: int = 0) -> tuple[int, str | None] | None:
    """Claim the key of a request before answering it.

    Returns:
        None: the key is new, go on; else the status and location that were answered before.

    Raises:
        Conflict: the key was used for another request, or that request is still being answered.
    """
    values = {"owner": owner, "key": clean(key, 255), "fingerprint": fingerprint, "created": now()}
    return None if insert_once(session, IdempotencyKey, values) else find_key(session, key, fingerprint, owner=owner)


def find_key(session: Session, key: str, fingerprint: str, *, owner: int = 0) -> tuple[int, str | None] | None:
    """What the request with a key was answered, as `claim_key` gives it; None: the key is new. Claims nothing.

    Raises:
        Conflict: as `claim_key`.
    """
    row = session.get(IdempotencyKey, (owner, clean(key, 255)))
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Conflict("the idempotency key was used for another request", hint="use a new key")
    if row.status is None:
        raise Conflict("the request with this idempotency key is still being answered", hint="ask again later")
    return row.status, row.location


def answer_key(session: Session, key: str, status: int, location: str | None, *, owner: int = 0) -> None:
    """Keep what a request was answered, for whoever repeats it."""
    query = update(IdempotencyKey).where(IdempotencyKey.owner == owner, IdempotencyKey.key == clean(key, 255))
    session.execute(query.values(status=status, location=location))


def forget_keys(session: Session, before: datetime) -> None:
    """Forget the keys of requests older than a moment."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created < before))


def save_export(
    session: Session,
    format_: str,
    documents: Iterable[str],
    parts: Iterable[bytes],
    *,
    options: Mapping[str, Any] | None = None,
    owner: int | None = None,
) -> int:
    """Keep an export, part by part; it goes when one of its documents is deleted. Gives its id.

    Raises:
        NotFound: no such document, or it was deleted meanwhile.
    """
    values = {"format": format_, "options": dict(options or {}), "state": "running", "owner": owner, "bytes": 0}
    id_ = session.execute(insert(Export).values(**values, created=now()).returning(Export.id)).scalar_one()
    for key in dict.fromkeys(find_document(session, one, lock=True).key for one in documents):
        session.execute(insert(ExportDocument).values(export=id_, document=key))
    size = 0
    for number, data in enumerate(parts):
        session.execute(insert(ExportPart).values(export=id_, part=number, data=data))
        size += len(data)
    session.execute(update(Export).where(Export.id == id_).values(state="done", bytes=size, finished=now()))
    log(session, "export.make", f"export:{id_}", actor=owner)
    return id_


def export_parts(session: Session, id_: int) -> Iterator[bytes]:
    """The bytes of an export, part by part.

    Raises:
        NotFound: no such export, or one of its documents has been deleted.
    """
    if session.get(Export, id_) is None:
        raise NotFound("no such export, or one of its documents has been deleted", hint="export again")
    numbers = session.scalars(select(ExportPart.part).where(ExportPart.export == id_).order_by(ExportPart.part)).all()
    for number in numbers:
        yield session.execute(select(ExportPart.data).filter_by(export=id_, part=number)).scalar_one()


def _change(session: Session, which: ColumnElement[bool], from_: tuple[str, ...], values: dict[str, Any]) -> bool:
    done = session.execute(update(Job).where(which, Job.state.in_(from_)).values(**values))
    return cast("CursorResult[Any]", done).rowcount > 0


def _batches(session: Session, rows: Sequence[Batch]) -> list[BatchRecord]:
    counted = select(Job.batch, Job.state, func.count()).where(Job.batch.in_([row.id for row in rows]))
    states: dict[int, dict[str, int]] = {}
    for batch, state, number in session.execute(counted.group_by(Job.batch, Job.state)):
        states.setdefault(batch, {})[state] = number
    names = ("queued", "running", "done", "failed", "cancelled")
    return [
        BatchRecord(
            *(row.id, row.name, row.options, row.owner, row.created, row.cancelled),
            *(states.get(row.id, {}).get(name, 0) for name in names),
        )
        for row in rows
    ]


def _jobs() -> Any:
    return select(Job, Document.id, Document.name).join(Document, Document.key == Job.document)


def _job(row: Job, document: str, name: str) -> JobRecord:
    own = set(JobRecord.__dataclass_fields__) - {"document", "name"}
    return JobRecord(document=document, name=name, **{field: getattr(row, field) for field in own})
