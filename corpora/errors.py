"""Every error that Palermo raises on purpose, in one tree; the command line and the API turn each into one clear line.

PalermoError
├── UsageError                 bad options or settings                          400
├── DocumentError              one document can't be read; the batch goes on    422
│   ├── EmptyDocument          no bytes, or no text in them
│   ├── UnsupportedFormat      not a format that any reader knows               415
│   ├── BrokenDocument         truncated, corrupt or not what its name says
│   ├── PasswordProtected      encrypted, and no password to open it
│   ├── NoTextLayer            images only: needs OCR
│   ├── UnsafeDocument         built to harm: bombs, entities, deep nesting
│   ├── LimitExceeded          larger than a documented limit                   413
│   └── ParserFailed           the reader's process crashed or ran out of
│                              time or memory
├── ModelError                 weights missing, changed or of another version   500
├── StoreError                 the database can't be opened or doesn't answer   503
├── NotFound                   no such document, batch, user ...                404
├── Conflict                   what is asked does not fit what is stored        409
├── Busy                       more than the service can keep waiting           429
├── DataError                  a labelled file or prediction file is malformed  422
└── MissingExtra               needs a package that is not installed            501
"""

from __future__ import annotations

from typing import Any, ClassVar


class PalermoError(Exception):
    """Base of the tree. `str(error)` says what happened, to which file, and what to do.

    Attributes:
        code: stable snake_case identifier, part of the API.
        status: HTTP status for RFC 9457 problem details.
        retryable: whether trying the same input again can help.
        source: name of the file or field concerned, or None.
        hint: what the user can do, one sentence; the kind's own `advice` where nothing better is known, or None.
    """

    code: ClassVar[str] = "palermo_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    advice: ClassVar[str | None] = None

    def __init__(self, message: str, *, source: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.hint = hint or self.advice

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        what_to_do = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.message}{what_to_do}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors travel from the parser's child process; the default would lose the keyword arguments.
        return _rebuild, (type(self), self.message, self.source, self.hint)

    def to_json(self) -> dict[str, Any]:
        """The error as `{"code", "message", "source", "hint", "retryable"}`; no document text, no path."""
        return {
            "code": self.code,
            "message": self.message,
            "source": self.source,
            "hint": self.hint,
            "retryable": self.retryable,
        }


def _rebuild(cls: type[PalermoError], message: str, source: str | None, hint: str | None) -> PalermoError:
    return cls(message, source=source, hint=hint)


class UsageError(PalermoError):
    """Bad options, settings or request fields."""

    code = "usage"
    status = 400


class DocumentError(PalermoError):
    """One document can't be read; a batch goes on with the next."""

    code = "document"
    status = 422
    advice = "save it again from the program that made it"


class EmptyDocument(DocumentError):
    """No bytes, or nothing but white space in them."""

    code = "empty_document"
    advice = "check that it is the right file"


class UnsupportedFormat(DocumentError):
    """No reader knows the format."""

    code = "unsupported_format"
    status = 415
    advice = "give PDF, DOCX, ODT, RTF, HTML, XML, JSON, CSV or text"


class BrokenDocument(DocumentError):
    """Truncated, corrupt, or not what its name says."""

    code = "broken_document"
    advice = "get a fresh copy of the file"


class PasswordProtected(DocumentError):
    """Encrypted, and no password to open it."""

    code = "password_protected"
    advice = "save a copy without a password"


class NoTextLayer(DocumentError):
    """Images of pages only; needs OCR."""

    code = "no_text_layer"
    advice = "recognise its text (OCR) first"


class UnsafeDocument(DocumentError):
    """Built to harm: compression bombs, entity expansion, deep nesting, external references."""

    code = "unsafe_document"
    advice = "if you trust where it comes from, save it again from the program that made it"


class LimitExceeded(DocumentError):
    """Larger than a documented limit."""

    code = "limit_exceeded"
    status = 413
    advice = "split it, or raise the limit"


class ParserFailed(DocumentError):
    """The reader's process crashed, hung, or ran out of memory or time."""

    code = "parser_failed"
    advice = "save it in another format, or leave it out"


class ModelError(PalermoError):
    """Weights missing, changed since they were shipped, or made for another version."""

    code = "model"


class StoreError(PalermoError):
    """The database can't be opened, does not answer, or was made by a newer Palermo."""

    code = "store"
    status = 503
    retryable = True
    advice = "check the setting PALERMO_DATABASE_URL and that the database runs"


class NotFound(PalermoError):
    """No such document, passage, batch, user, or it has been deleted."""

    code = "not_found"
    status = 404


class Conflict(PalermoError):
    """What is asked does not fit what is stored, such as a name that is taken."""

    code = "conflict"
    status = 409


class Busy(PalermoError):
    """More requests or jobs than the service may keep waiting.

    Attributes:
        seconds: after which to come back.
    """

    code = "busy"
    status = 429
    retryable = True
    seconds: int = 5


class DataError(PalermoError):
    """A file of labelled passages or predictions is malformed."""

    code = "data"
    status = 422


class MissingExtra(PalermoError):
    """A feature needs a package of an optional extra that is not installed."""

    code = "missing_extra"
    status = 501
