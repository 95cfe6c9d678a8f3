"""Requests that create something, answered once: who repeats one with the same `Idempotency-Key` gets the same answer.

The key is claimed, the thing made and the answer noted in one transaction: of two requests at the same time one makes
it and the other waits, and a process that is killed half way leaves neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Header
from palermo.service.access import Identity
from palermo.service.store import Store
from palermo.service.store.work import answer_key, claim_key, find_key
from sqlalchemy.orm import Session

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any word of your own; the request may be sent again with it for 24 hours and is done once.",
    ),
]


def known(store: Store, key: str | None, fingerprint: str, who: Identity) -> str | None:
    """Where the answer to an earlier request with this key is, or None; asked before a request costs anything.

    Raises:
        Conflict: the key was used for another request.
    """
    if key is None:
        return None
    with store.read() as session:
        found = find_key(session, key, fingerprint, owner=who.user or 0)
    return None if found is None else found[1]


def once(
    store: Store, key: str | None, fingerprint: str, who: Identity, make: Callable[[Session], str]
) -> tuple[str, bool]:
    """Make something unless the key says that it was made: where it is, and whether it is new.

    Args:
        store: of the service.
        key: of the request, if it has one.
        fingerprint: hash of all that the request says.
        who: keys of two users never meet.
        make: makes it, and gives its address.

    Raises:
        Conflict: the key was used for another request.
    """
    with store.write() as session:
        if key is None:
            return make(session), True
        before = claim_key(session, key, fingerprint, owner=who.user or 0)
        if before is not None:
            return before[1] or "", False
        location = make(session)
        answer_key(session, key, 201, location, owner=who.user or 0)
        return location, True


def number_in(location: str) -> int:
    """The number at the end of an address."""
    return int(location.rpartition("/")[2])
