"""How far a batch is; the API's events and the pages show it."""

from __future__ import annotations

from dataclasses import dataclass

from palermo.service.store.queue import pace
from palermo.service.store.work import get_batch
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    Attributes:
        batch: its id.
        total, queued, running, done, failed, cancelled: jobs.
        finished: whether no job waits or runs.
        seconds_left: an estimate from the pace of the last jobs; None while there is none.
    """

    batch: int
    total: int
    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    finished: bool
    seconds_left: float | None


def progress(session: Session, batch_id: int) -> Progress:
    """How far a batch is.

    Raises:
        NotFound: no such batch.
    """
    batch = get_batch(session, batch_id)
    left = batch.queued + batch.running
    seconds = pace(session, batch_id) if left else None
    counts = (batch.total, batch.queued, batch.running, batch.done, batch.failed, batch.stopped)
    return Progress(batch.id, *counts, left == 0, None if seconds is None else round(seconds * left, 1))
