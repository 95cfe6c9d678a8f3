"""/v1/batches: make, list, watch, cancel, try again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from palermo.service.access import Identity, require
from palermo.service.api import given, once
from palermo.service.api.documents import Accepted, accept
from palermo.service.api.replies import Id, Paged, answer, one, reading, store_of, writing
from palermo.service.jobs.progress import Progress, progress
from palermo.service.store import work
from palermo.service.store.records import BatchRecord, JobRecord, Page
from sqlalchemy.orm import Session

router = APIRouter(prefix="/v1/batches", tags=["batches"])
Reader = Annotated[Identity, Depends(require("reader"))]
Editor = Annotated[Identity, Depends(require("editor"))]
State = Literal["queued", "running", "done", "failed", "cancelled"]

POLL_SECONDS = 0.5
QUIET_SECONDS = 15.0
"""How often a stream says that it is there while nothing changes, so that no proxy cuts it."""


class Which(Paged):
    """Which jobs to list."""

    state: State | None = None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and how far it is."""

    batch: BatchRecord
    progress: Progress


@dataclass(frozen=True, slots=True)
class Retried:
    """A batch, and how many of its jobs are queued again."""

    batch: BatchRecord
    queued: int


@router.post(
    "", status_code=202, response_model=Accepted, openapi_extra=given.body(given.LISTED), summary="Make a batch",
    description="Of documents that are kept already, by their ids, to be tagged again; or of files, as `POST "
    "/v1/documents`.",
)  # fmt: skip
async def post_batch(request: Request, who: Editor, key: once.Key = None) -> Response:
    """Queue documents as a batch."""
    gift = await given.receive(request, request.app.state.limits, listed=True)
    return await anyio.to_thread.run_sync(partial(accept, request, who, key, gift))


@router.get("", response_model=Page[BatchRecord], summary="Batches, newest first")
def get_batches(request: Request, who: Reader, which: Annotated[Paged, Query()]) -> Response:
    """A page of batches."""
    return answer(Page[BatchRecord], reading(request, lambda session: work.batches(session, which.after, which.limit)))


@router.get("/{batch}", response_model=BatchView, summary="A batch and how far it is")
def get_batch(request: Request, who: Reader, batch: Id) -> Response:
    """A batch with its progress."""
    return one(request, BatchView, reading(request, partial(_view, batch=batch)))


@router.get("/{batch}/jobs", response_model=Page[JobRecord], summary="The jobs of a batch")
def get_jobs(request: Request, who: Reader, batch: Id, which: Annotated[Which, Query()]) -> Response:
    """A page of jobs, with why those that failed did."""

    def find(session: Session) -> Page[JobRecord]:
        work.get_batch(session, batch)
        return work.jobs(session, batch, state=which.state, after=which.after, limit=which.limit)

    return answer(Page[JobRecord], reading(request, find))


@router.post("/{batch}/cancel", response_model=BatchRecord, summary="Cancel what has not begun")
def post_cancel(request: Request, who: Editor, batch: Id) -> Response:
    """Cancel the jobs that wait; those at work end by themselves. A second time changes nothing."""
    return answer(BatchRecord, writing(request, lambda session: work.cancel_batch(session, batch, actor=who.user)))


@router.post("/{batch}/retry", response_model=Retried, summary="Try again what failed and can succeed")
def post_retry(request: Request, who: Editor, batch: Id) -> Response:
    """Queue again the failed jobs that another try can help."""

    def again(session: Session) -> Retried:
        ids = work.retry_failed(session, batch, actor=who.user)
        return Retried(work.get_batch(session, batch), len(ids))

    done = writing(request, again)
    if request.app.state.jobs is not None:
        request.app.state.jobs.submit(batch)
    return answer(Retried, done)


@router.get(
    "/{batch}/events", response_class=StreamingResponse, summary="The progress of a batch as it happens",
    responses={200: {"description": "Server-sent events: `progress`, and `end` as the last.",
                     "content": {"text/event-stream": {}}}},
)  # fmt: skip
async def get_events(request: Request, who: Reader, batch: Id) -> StreamingResponse:
    """A stream that ends with the batch, or after `events_seconds`; each event's data is a `Progress` as JSON."""
    look = partial(_progress, request, batch)
    first = await anyio.to_thread.run_sync(look)
    state = request.app.state
    events = _events(first, look, state.limits.events_seconds, lambda: state.jobs is not None and state.jobs.stopping)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(seen: Progress, look: Any, seconds: float, stopping: Callable[[], bool]) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    yield _event("progress", seen)
    quiet = 0.0
    while not seen.finished and loop.time() < until and not stopping():
        await asyncio.sleep(POLL_SECONDS)
        now = await anyio.to_thread.run_sync(look)
        quiet += POLL_SECONDS
        if now != seen:
            seen, quiet = now, 0.0
            yield _event("progress", seen)
        elif quiet >= QUIET_SECONDS:
            quiet = 0.0
            yield ": still there\n\n"
    yield _event("end", seen)


def _event(name: str, data: Progress) -> str:
    return f"event: {name}\ndata: {json.dumps(asdict(data))}\n\n"


def _progress(request: Request, batch: int) -> Progress:
    with store_of(request).read() as session:
        return progress(session, batch)


def _view(session: Session, batch: int) -> BatchView:
    return BatchView(work.get_batch(session, batch), progress(session, batch))
