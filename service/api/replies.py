"""Answers of the API that are values of the store: JSON with an ETag, 304 where the client has it, files to keep."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import Path, Request, Response
from palermo.corpora.errors import PalermoError
from palermo.service.store import Store
from palermo.service.store.basics import clean
from palermo.service.store.cursors import LARGEST_PAGE
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from sqlalchemy.orm import Session

T = TypeVar("T")

LARGEST_ID = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
"""A row's number in an address."""
Number = Annotated[int | None, Field(ge=1, le=LARGEST_ID)]
"""A row's number in a filter."""
Word = Annotated[str | None, BeforeValidator(clean), Field(max_length=200)]
"""Words of a filter, as a database can compare them."""
Day = Annotated[str | None, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", description="ISO 8601, inclusive.")]

_PRIVATE = "private, no-cache"
_SANDBOX = "default-src 'none'; sandbox"


class Paged(BaseModel):
    """Which page of a list; a parameter that a list does not know is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")

    after: str | None = Field(None, max_length=400, description="`after` of the page before; unset: the first page.")
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="Rows of a page.")


class NotReady(PalermoError):
    """The service is still starting."""

    code = "not_ready"
    status = 503
    retryable = True


def store_of(request: Request) -> Store:
    """The store of the application.

    Raises:
        NotReady: it is not open yet.
    """
    store = request.app.state.store
    if store is None:
        raise NotReady("the database is not open yet")
    assert isinstance(store, Store)
    return store


def reading(request: Request, work: Callable[[Session], T]) -> T:
    """What `work` finds, in one reading transaction."""
    with store_of(request).read() as session:
        return work(session)


def writing(request: Request, work: Callable[[Session], T]) -> T:
    """What `work` gives, in one writing transaction."""
    with store_of(request).write() as session:
        return work(session)


def answer(kind: Any, value: Any, status: int = 200, **headers: str) -> Response:
    """A value of a type as JSON."""
    return Response(_adapter(kind).dump_json(value), status, headers, "application/json")


def one(request: Request, kind: Any, value: Any) -> Response:
    """The same for one thing, with an ETag; 304 without a body where the client has it."""
    return tagged(request, _adapter(kind).dump_json(value), "application/json")


def tagged(request: Request, body: bytes, media_type: str, **headers: str) -> Response:
    """Bytes with an ETag; 304 without a body where the client has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    shared = {"ETag": tag, "Cache-Control": _PRIVATE, **headers}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=shared)
    return Response(body, headers=shared, media_type=media_type)


def matches(condition: str, tag: str) -> bool:
    """Whether an `If-None-Match` names an ETag; weak ones compare like strong ones (RFC 9110, 13.1.2)."""
    named = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return tag in named or named == ["*"]


def attachment(name: str) -> dict[str, str]:
    """Headers of a file to be kept and never shown by a browser: it may be what somebody else gave."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "._- " else "_" for c in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": disposition, "Content-Security-Policy": _SANDBOX}


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
