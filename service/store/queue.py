"""The queue as workers see it: claim a job or an export, keep it, give it back; `palermo.service.jobs` calls it.

Whoever claims has a lease and renews it while at work. A lease that runs out is a worker that was killed: the next
claim takes its job. A worker that was only slow can store nothing twice, since analyses have unique keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from palermo.corpora.errors import PalermoError
from palermo.service.store.basics import now
from palermo.service.store.tables import Batch, Document, Export, Job, Source
from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session


class Interrupted(PalermoError):
    """The process that worked on it ended half way, more than once."""

    code = "interrupted"
    retryable = True
    advice = "try again; if it ends so every time, leave the document out"


@dataclass(frozen=True, slots=True)
class JobInput:
    """A claimed job and what it works on.

    Attributes:
        id: of the job.
        batch: of the job.
        document: id.
        name: file name.
        data: the source bytes.
        kind, language: as given by a person; None: to be detected.
    """

    id: int
    batch: int
    document: str
    name: str
    data: bytes
    kind: str | None
    language: str | None


def moment(session: Session) -> datetime:
    """The time by the clock that all workers share: PostgreSQL's; SQLite's processes are on one machine."""
    if session.get_bind().dialect.name == "postgresql":
        at: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return at
    return now()


def has_work(session: Session) -> bool:
    """Whether a claim could find a job; cheap, and locks nothing."""
    found = or_(Job.state == "queued", _expired(Job, moment(session)))
    return session.scalar(select(Job.id).where(found).limit(1)) is not None


def job_states(session: Session) -> dict[str, int]:
    """How many jobs there are in each state, 0 where none is; read from an index alone."""
    found = session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
    counts = dict.fromkeys(("queued", "running", "done", "failed", "cancelled"), 0)
    for state, count in found:
        counts[state] = count
    return counts


def has_export(session: Session) -> bool:
    """Whether a claim could find an export."""
    return session.scalar(select(Export.id).where(_expired(Export, moment(session))).limit(1)) is not None


def claim_job(session: Session, worker: str, seconds: float, *, after: int = 0, attempts: int = 3) -> JobInput | None:
    """Take a job: one that a killed worker left, else the next of the batch after `after`, so that batches take turns.

    Args:
        session: of `Store.write`.
        worker: a name that no other process has.
        seconds: the length of the lease.
        after: the batch that was served last.
        attempts: starts after which a job whose worker was killed again is failed.

    Returns:
        The job, marked as running; None where nothing waits.
    """
    at = moment(session)
    _give_up(session, at, attempts)
    id_ = _first(session, _expired(Job, at)) or _first(session, Job.state == "queued", Job.batch > after)
    id_ = id_ or _first(session, Job.state == "queued")
    if id_ is None:
        return None
    lease = {"worker": worker, "lease": at + timedelta(seconds=seconds)}
    begun = {"state": "running", "attempts": Job.attempts + 1, "started": at, "finished": None, "retryable": False}
    blank = dict.fromkeys(("error_code", "error_detail", "error_hint"))
    session.execute(update(Job).where(Job.id == id_).values(**lease, **begun, **blank))
    columns = (Job.id, Job.batch, Document.id, Document.name, Source.data, Document.given)
    query = select(*columns).join(Document, Document.key == Job.document)
    found = session.execute(query.join(Source, Source.document == Document.key).where(Job.id == id_)).one()
    job, batch, document, name, data, given = found
    said = given or {}
    return JobInput(job, batch, document, name, data, said.get("kind"), said.get("language"))


def claim_export(session: Session, worker: str, seconds: float, *, attempts: int = 3) -> int | None:
    """Take an export that nobody works on; its id, or None."""
    at = moment(session)
    free = _expired(Export, at)
    dead = update(Export).where(free, Export.attempts >= attempts)
    session.execute(dead.values(state="failed", error_code=Interrupted.code, finished=at))
    query = select(Export.id).where(free).order_by(Export.id).limit(1)
    id_ = session.scalar(query.with_for_update(skip_locked=True))
    if id_ is not None:
        lease = {"worker": worker, "lease": at + timedelta(seconds=seconds), "attempts": Export.attempts + 1}
        session.execute(update(Export).where(Export.id == id_).values(**lease))
    return id_


def renew(session: Session, worker: str, seconds: float, jobs: Iterable[int], exports: Iterable[int]) -> None:
    """Prolong the leases of what a worker is at."""
    until = moment(session) + timedelta(seconds=seconds)
    for table, ids in ((Job, jobs), (Export, exports)):
        session.execute(update(table).where(table.id.in_(ids), *_of(table, worker)).values(lease=until))


def give_back(session: Session, worker: str | None = None) -> None:
    """Give back what a worker had begun, to be begun again by anybody; None: what any worker had, all being gone.

    A worker that stops in peace gives back without an attempt being counted.
    """
    for table in (Job, Export):
        free: dict[str, Any] = {"worker": None, "lease": None}
        if worker is not None:
            free |= {"attempts": table.attempts - 1} | ({"state": "queued", "started": None} if table is Job else {})
        session.execute(update(table).where(*_of(table, worker)).values(**free))


def still_wanted(session: Session, id_: int, worker: str) -> bool:
    """Whether a job is still this worker's: its document may have been deleted, or its lease lost."""
    query = select(Job.id).where(Job.id == id_, *_of(Job, worker))
    return session.scalar(query) is not None


def _expired(table: Any, at: datetime) -> ColumnElement[bool]:
    expired: ColumnElement[bool] = (table.state == "running") & or_(table.lease.is_(None), table.lease < at)
    return expired


def _of(table: Any, worker: str | None) -> list[ColumnElement[bool]]:
    return [table.state == "running", *([] if worker is None else [table.worker == worker])]


def _first(session: Session, *which: ColumnElement[bool]) -> int | None:
    query: Select[int] = select(Job.id).where(*which).order_by(Job.batch, Job.id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True))


def _give_up(session: Session, at: datetime, attempts: int) -> None:
    """What ran when its batch was cancelled, and its worker killed, does not begin again; nor what kills workers."""
    expired = _expired(Job, at)
    cancelled = select(Batch.id).where(Batch.cancelled.is_not(None))
    session.execute(update(Job).where(expired, Job.batch.in_(cancelled)).values(state="cancelled", finished=at))
    error = Interrupted(f"the process that worked on it ended {attempts} times")
    reason = {"error_code": error.code, "error_detail": error.message, "error_hint": error.hint, "retryable": True}
    session.execute(update(Job).where(expired, Job.attempts >= attempts).values(state="failed", finished=at, **reason))


def batch_documents(session: Session, batch: int) -> list[str]:
    """Ids of the documents of a batch, in the order of its jobs."""
    query = select(Document.id).join(Job, Job.document == Document.key).where(Job.batch == batch)
    return list(session.scalars(query.order_by(Job.id)))


def pace(session: Session, batch: int, of: int = 20) -> float | None:
    """Seconds a job, from when the last `of` jobs of a batch ended; None where fewer than two have."""
    ended = select(Job.finished).where(Job.batch == batch, Job.state.in_(("done", "failed")))
    moments = list(session.scalars(ended.order_by(Job.finished.desc()).limit(of)))
    found = [one for one in moments if one is not None]
    return (found[0] - found[-1]).total_seconds() / (len(found) - 1) if len(found) > 1 else None
