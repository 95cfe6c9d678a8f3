"""What the service's processes write on standard error: one event a line, as text or as JSON (`PALERMO_LOG_FORMAT`).

No event holds words of a document, a title, a file's name, a password or a token, and that does not hang on the care of
each caller alone: of an exception only the type and the places are written, never its message, which might quote what
it met; and Uvicorn's own log of requests, with their full addresses, is off (`api.watch` writes one without).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str | None] = ContextVar("palermo_request_id", default=None)
"""The id of the request that is being answered; threads that work for it inherit it."""

FIELDS = ("method", "route", "status", "seconds", "job", "batch", "export", "outcome", "code")
"""What an event may hold besides its words, given as `extra`: numbers and words of Palermo's own, none of a user's."""


def configure(format_: str) -> None:
    """Let every logger of this process write to standard error in a format: `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if format_ == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("alembic", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    threading.excepthook = _fault


class Json(logging.Formatter):
    """An event as one JSON object: `time`, `level`, `logger`, `event`, `request_id` and what of `FIELDS` it has."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        event: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            **_fields(record),
        }
        if record.exc_info:
            event["exception"] = _places(record)
        return json.dumps(event, ensure_ascii=True, default=str)


class Text(logging.Formatter):
    """The same for people: `TIME LEVEL LOGGER: EVENT field=value …`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        words = [_event(record), *(f"{name}={value}" for name, value in _fields(record).items())]
        if record.exc_info:
            words.append(" < ".join(_places(record)))
        return f"{_time(record)} {record.levelname} {record.name}: {' '.join(words)}"


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _event(record: logging.LogRecord) -> str:
    """The first line of the message: asyncio puts what an exception said on further ones."""
    return " ".join(record.getMessage().split("\n", 1)[0].split())


def _fault(thrown: threading.ExceptHookArgs) -> None:
    kind = thrown.exc_type
    said = (kind, thrown.exc_value or kind(), thrown.exc_traceback)
    logging.getLogger(__name__).error("a thread ended with %s", kind.__name__, exc_info=said)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
    id_ = request_id.get()
    return found if id_ is None else {**found, "request_id": id_}


def _places(record: logging.LogRecord) -> list[str]:
    """The type of an exception and where it came from, the innermost place first; its message stays out."""
    kind, _, trace = record.exc_info or (None, None, None)
    frames = traceback.extract_tb(trace)[::-1]
    return [kind.__name__ if kind else "?", *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)]
