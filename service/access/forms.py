"""The fields of small forms, and work in a thread: what the pages of log-in, account and people share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from fastapi import Request
from palermo.corpora.errors import Conflict, LimitExceeded, UsageError
from palermo.corpora.settings import Settings
from palermo.service.store import Store
from starlette.exceptions import HTTPException

T = TypeVar("T")
_LONGEST = 20_000


async def fields(request: Request) -> dict[str, str]:
    """The text fields of a form; strangers send it too, so it must say that it is short.

    Raises:
        LimitExceeded: longer than such a form can be, or of unknown length.
        UsageError: no form, or it did not arrive in time.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _LONGEST:
        raise LimitExceeded(f"the form is longer than {_LONGEST:,} bytes")
    try:
        async with asyncio.timeout(limits_of(request).request_seconds):
            form = await request.form(max_files=0, max_fields=20)
    except (TimeoutError, HTTPException) as error:
        raise UsageError("the form did not arrive whole") from error
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def work(request: Request, job: Callable[[Store, Settings], T]) -> T:
    """What `job` gives, in one of the few threads for passwords: their hashes take memory, and others go on meanwhile.

    Raises:
        Conflict: the service has no accounts.
    """
    limits = limits_of(request)
    if limits.accounts == "off":
        raise Conflict("the service has no accounts", hint="start it with PALERMO_ACCOUNTS=on")
    store: Store = request.app.state.store
    return await anyio.to_thread.run_sync(lambda: job(store, limits), limiter=request.app.state.password_threads)


def limits_of(request: Request) -> Settings:
    """The settings of the application."""
    limits: Settings = request.app.state.limits
    return limits
