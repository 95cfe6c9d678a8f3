"""The log: who did what to which object, when. Every function of the store that changes something writes to it.

An event never holds text: its two words have shapes that a sentence cannot take.
"""

from __future__ import annotations

import re

from palermo.corpora.errors import UsageError
from palermo.service.store.basics import now
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.records import EventRecord, Page
from palermo.service.store.tables import Event
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

_ACTION = re.compile(r"[a-z_]{1,30}(\.[a-z_]{1,30}){1,3}", re.ASCII)
_OBJECT = re.compile(r"[a-z_]{1,30}:[A-Za-z0-9._-]{1,100}", re.ASCII)


def log(session: Session, action: str, object_: str, *, actor: int | None = None, amount: int | None = None) -> None:
    """Write an event.

    Args:
        session: of `Store.write`; the event is stored if and only if what it tells of is.
        action: dotted lower-case words, such as `review.accept`.
        object_: kind and id, such as `batch:12`.
        actor: the user; None for the machine, and for everybody in single-user mode.
        amount: how many, for an action on many.

    Raises:
        UsageError: `action` or `object_` has another shape.
    """
    if not _ACTION.fullmatch(action) or not _OBJECT.fullmatch(object_):
        raise UsageError("an event is an action such as document.add and an object such as batch:12")
    values = {"created": now(), "actor": actor, "action": action, "object": object_, "amount": amount}
    session.execute(insert(Event).values(**values))


def events(
    session: Session,
    *,
    object_: str | None = None,
    actor: int | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[EventRecord]:
    """The log, newest first: all, of one object, or of one user.

    Raises:
        UsageError: a bad cursor or limit.
    """
    query = select(Event).order_by(Event.id.desc())
    if object_ is not None:
        query = query.where(Event.object == object_)
    if actor is not None:
        query = query.where(Event.actor == actor)
    if after is not None:
        query = query.where(Event.id < decode_cursor(after, "events", 1)[0])
    rows = list(session.scalars(query.limit(check_limit(limit) + 1)))
    more = encode_cursor("events", rows[limit - 1].id) if len(rows) > limit else None
    return Page([_record(row) for row in rows[:limit]], more)


def _record(row: Event) -> EventRecord:
    return EventRecord(row.id, row.created, row.actor, row.action, row.object, row.amount)
