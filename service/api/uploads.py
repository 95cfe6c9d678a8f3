"""Bodies of requests, multipart or JSON: opened within limits, and read as the document of an analysis.

`given` opens the bodies that give documents to keep with the same function.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args

from fastapi import Request
from palermo.corpora.documents.document import Kind
from palermo.corpora.documents.readers import bare_name
from palermo.corpora.errors import LimitExceeded, PalermoError, UnsupportedFormat, UsageError
from palermo.corpora.settings import Settings
from palermo.service.analysis import text_bytes
from palermo.service.api.problems import Invalid
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

_FIELDS = {"file", "text", "name", "kind", "language", "csrf_token"}
_FIELD_BYTES = 100_000
_LANGUAGE_LETTERS = 3

Body = TypeVar("Body")
"""What a reader makes of a body."""


class TooSlow(PalermoError):
    """The body did not arrive in time."""

    code = "timeout"
    status = 408
    retryable = True


@dataclass(frozen=True, slots=True)
class Upload:
    """A document that somebody sent."""

    data: bytes
    name: str
    kind: Kind | None
    language: str | None


async def receive(request: Request, limits: Settings) -> Upload:
    """The document of a request.

    Raises:
        UnsupportedFormat: neither multipart nor JSON.
        UsageError, Invalid: the fields are not what the API describes.
        LimitExceeded: too large, or too many files.
        TooSlow: it did not arrive within `request_seconds`.
    """
    wanted = "send multipart/form-data with a file, or application/json with a text"
    return await opened(request, limits, _from_form, _from_json, fields=20, wanted=wanted)


async def opened(
    request: Request,
    limits: Settings,
    of_form: Callable[[FormData], Awaitable[Body]],
    of_json: Callable[[Any], Body] | None,
    *,
    fields: int,
    wanted: str,
    fewer: str | None = None,
) -> Body:
    """What a body holds, by the reader of its media type; this time limit and these refusals are those of all readers.

    Args:
        request: whose body it is; it is read once.
        limits: `request_seconds` for the arrival, `request_files` for its files.
        of_form: reads a multipart form, which is closed afterwards.
        of_json: reads a JSON value of any kind; None where only forms are taken.
        fields: most fields of a form that are no files.
        wanted: what to say to a body of another media type.
        fewer: what to advise where there are too many files.

    Raises:
        UnsupportedFormat: neither multipart nor, where that is taken, JSON.
        Invalid: the body is malformed.
        LimitExceeded: too many files.
        TooSlow: it did not arrive within `request_seconds`.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(limits.request_seconds):
            if media_type == "multipart/form-data":
                form = await _form(request, limits.request_files, fields, fewer)
                try:
                    return await of_form(form)
                finally:
                    await form.close()
            if media_type == "application/json" and of_json is not None:
                return of_json(_json(await request.body()))
    except TimeoutError as error:
        raise TooSlow(f"the request did not arrive within {limits.request_seconds:g} s") from error
    raise UnsupportedFormat(wanted)


async def _form(request: Request, files: int, fields: int, fewer: str | None) -> FormData:
    try:
        return await request.form(max_files=files, max_fields=fields, max_part_size=_FIELD_BYTES)
    except HTTPException as error:
        if error.detail.startswith("Too many files"):
            raise LimitExceeded(f"more than {files} files in one request", hint=fewer) from error
        raise Invalid(f"malformed multipart body: {error.detail}") from error


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid("the body is not JSON") from error


async def _from_form(form: FormData) -> Upload:
    unknown = sorted(set(form) - _FIELDS)
    if unknown:
        raise Invalid("unknown field", source=unknown[0], hint="fields are file, kind and language")
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise UsageError(f"{len(files)} files; send one, in the field file", source="file")
    kind, language = _options(form.get("kind") or None, form.get("language") or None)
    return Upload(await files[0].read(), bare_name(files[0].filename or "document"), kind, language)


def _from_json(fields: Any) -> Upload:
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise Invalid("a string is needed", source="text")
    unknown = sorted(set(fields) - _FIELDS | {"file"} & set(fields))
    if unknown:
        raise Invalid("unknown field", source=unknown[0], hint="fields are text, name, kind and language")
    name = fields.get("name") or "text.txt"
    if not isinstance(name, str):
        raise Invalid("a string is needed", source="name")
    return Upload(text_bytes(fields["text"]), bare_name(name), *_options(fields.get("kind"), fields.get("language")))


def _options(kind: Any, language: Any) -> tuple[Kind | None, str | None]:
    if kind is not None and kind not in get_args(Kind):
        raise Invalid(f"one of {', '.join(get_args(Kind))} is needed", source="kind")
    if language is not None and not is_language(language):
        raise Invalid("an ISO 639-1 code is needed, like en", source="language")
    return cast("Kind | None", kind), language


def is_language(value: Any) -> bool:
    """Whether a value has the shape of an ISO 639 code."""
    return (
        isinstance(value, str)
        and value.isascii()
        and value.isalpha()
        and value.islower()
        and len(value) <= _LANGUAGE_LETTERS
    )
