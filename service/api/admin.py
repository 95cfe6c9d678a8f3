"""/v1/events: the log of who did what, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from palermo.service.access import Identity, require
from palermo.service.api.replies import Number, Paged, Word, answer, reading
from palermo.service.store.events import events
from palermo.service.store.records import EventRecord, Page

router = APIRouter(prefix="/v1", tags=["admin"])
Admin = Annotated[Identity, Depends(require("admin"))]


class Which(Paged):
    """Which events to list: all, those of one object such as `document:9f…`, or those of one user."""

    object: Word = None
    actor: Number = None


@router.get("/events", response_model=Page[EventRecord], summary="The log, newest first")
def get_events(request: Request, who: Admin, which: Annotated[Which, Query()]) -> Response:
    """A page of events."""
    chosen: dict[str, Any] = {"object_": which.object, "actor": which.actor, "after": which.after, "limit": which.limit}
    return answer(Page[EventRecord], reading(request, lambda session: events(session, **chosen)))
