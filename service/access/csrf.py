"""Cross-site request forgery: a form or script of ours repeats a word that another site can't read.

The word belongs to the log-in session. Requests with a token or in single-user mode carry no cookie and need no word
(the latter are refused by where they come from, `hosts`).
"""

from __future__ import annotations

import asyncio
import secrets

from fastapi import Request
from palermo.service.access.errors import Forbidden
from starlette.exceptions import HTTPException

HEADER = "X-CSRF-Token"
FIELD = "csrf_token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FIELDS, _FIELD_BYTES = 1000, 100_000


def token(request: Request) -> str:
    """The word for forms (`csrf_token`) and scripts (`X-CSRF-Token`) of a page; empty where none is needed."""
    session = getattr(getattr(request.state, "caller", None), "session", None)
    return "" if session is None else str(session.csrf)


async def check(request: Request, word: str) -> None:
    """Let a request pass that changes nothing, or repeats the word in its header or its form.

    A form is read here at most once: Starlette keeps it, and a route that asks for `request.form()` gets the same.

    Raises:
        Forbidden: the word is missing or another.
    """
    if request.method in SAFE:
        return
    given = request.headers.get(HEADER) or await _field(request)
    if not secrets.compare_digest(given.encode(), word.encode()):
        raise Forbidden(
            "the form is not one of this session", source=FIELD, hint="load the page again, and send the form again"
        )


async def _field(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        return ""
    limits = request.app.state.limits
    try:
        async with asyncio.timeout(limits.request_seconds):
            form = await request.form(max_files=limits.request_files, max_fields=_FIELDS, max_part_size=_FIELD_BYTES)
    except (TimeoutError, HTTPException):
        return ""
    found = form.get(FIELD)
    return found if isinstance(found, str) else ""
