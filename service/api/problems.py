"""Every error as an RFC 9457 problem: those of Palermo, of routing (404, 405), of validation (422), faults (500)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from palermo.corpora.errors import PalermoError
from palermo.service import schemas
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5

RESPONSE: dict[str, Any] = {
    "description": "A problem (RFC 9457).",
    "content": {MEDIA_TYPE: {"schema": schemas.inline("problem")}},
}


def body(error: PalermoError) -> dict[str, Any]:
    """The problem details of an error."""
    return {
        "type": f"urn:palermo:problem:{error.code}",
        "title": _title(error.status),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "source": error.source,
        "hint": error.hint,
        "retryable": error.retryable,
    }


def answer(error: PalermoError, *, close: bool = False) -> JSONResponse:
    """The response to an error; `close` ends the connection, where the rest of the request stays unread."""
    headers = {"Connection": "close"} if close or error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else {}
    if error.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(getattr(error, "seconds", RETRY_SECONDS))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="palermo"'
    return JSONResponse(body(error), status_code=error.status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(PalermoError, _palermo)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _palermo(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PalermoError)
    return answer(error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = _title(error.status_code)
    details = {
        "type": "about:blank",
        "title": title,
        "status": error.status_code,
        "detail": error.detail if error.detail != title else f"{request.method} {request.url.path}: {title}",
        "code": title.lower().replace(" ", "_"),
        "source": None,
        "hint": "GET /docs describes every request" if error.status_code in (404, 405) else None,
        "retryable": False,
    }
    return JSONResponse(details, status_code=error.status_code, headers=error.headers, media_type=MEDIA_TYPE)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return await _palermo(request, Invalid(str(first["msg"]), source=field, hint="GET /docs describes every request"))


def fault(error: Exception, where: str) -> PalermoError:
    """What to answer to an error that nobody foresaw; only its type is logged, its message might quote a document."""
    log.error("unforeseen %s in %s", type(error).__name__, where)
    return PalermoError("unforeseen error; it has been logged", hint="please report it")


class Invalid(PalermoError):
    """A request whose fields are not what the API describes."""

    code = "invalid_request"
    status = 422


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
