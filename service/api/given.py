"""The body of a request that gives documents to keep: files with a manifest, a text, or ids of kept documents."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from palermo.corpora.documents.readers import bare_name
from palermo.corpora.errors import LimitExceeded, UnsupportedFormat, UsageError
from palermo.corpora.settings import Settings
from palermo.service.analysis import text_bytes
from palermo.service.api.problems import Invalid
from palermo.service.api.uploads import TooSlow, is_language
from palermo.service.intake import Given
from palermo.service.store.documents import METADATA
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

_OPTIONS = ("kind", "language")
_FORM = {"file", "manifest", "name", "csrf_token", *METADATA, *_OPTIONS}
_TEXT = {"text", "name", *METADATA, *_OPTIONS}
_LISTED = {"name", "documents"}
_FIELD_BYTES = 100_000
_LONGEST = 1000

_ABOUT = {
    "kind": {"type": "string", "enum": ["judgment", "statute"], "description": "Unset: detected."},
    "language": {"type": "string", "description": "ISO 639-1 code; unset: detected, passage by passage."},
    **{name: {"type": "string", "maxLength": _LONGEST} for name in METADATA},
}
FILES: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "One file or more; a ZIP archive stands for the files in it.",
        },
        "manifest": {"type": "string", "format": "binary", "description": "CSV: a column `file`, and metadata."},
        "name": {"type": "string", "description": "Of the batch."},
        **_ABOUT,
    },
}
TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string"}, "name": {"type": "string"}, **_ABOUT},
}
LISTED: dict[str, Any] = {
    "type": "object",
    "required": ["documents"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "documents": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "pattern": "^[0-9a-f]{16,64}$"},
            "description": "Documents that are kept already, to be tagged again.",
        },
    },
}


def body(json_schema: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of such a body."""
    content = {"multipart/form-data": {"schema": FILES}, "application/json": {"schema": json_schema}}
    return {"requestBody": {"required": True, "content": content}}


@dataclass(frozen=True, slots=True)
class Gift:
    """What a request gives: files, or ids of documents that are kept already.

    Attributes:
        uploads: files.
        documents: ids; empty where files were given.
        name: of the batch.
        options: kind and language of all files.
        manifest: the table, if there is one.
    """

    uploads: list[Given]
    name: str
    documents: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    manifest: bytes | None = None


async def receive(request: Request, limits: Settings, *, listed: bool = False) -> Gift:
    """What a request gives; `listed`: its JSON names documents, else it is one text.

    Raises:
        UnsupportedFormat: neither multipart nor JSON.
        UsageError, Invalid: the fields are not what the API describes.
        LimitExceeded: too many files.
        TooSlow: it did not arrive within `request_seconds`.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(limits.request_seconds):
            if media_type == "multipart/form-data":
                return await _multipart(request, limits)
            if media_type == "application/json":
                fields = _object(await request.body())
                return _of_list(fields, limits) if listed else _of_text(fields)
    except TimeoutError as error:
        raise TooSlow(f"the request did not arrive within {limits.request_seconds:g} s") from error
    raise UnsupportedFormat("send multipart/form-data with files, or application/json")


async def _multipart(request: Request, limits: Settings) -> Gift:
    try:
        form = await request.form(max_files=limits.request_files, max_fields=50, max_part_size=_FIELD_BYTES)
    except HTTPException as error:
        if error.detail.startswith("Too many files"):
            raise LimitExceeded(f"more than {limits.request_files} files in one request", hint="send a ZIP") from error
        raise Invalid(f"malformed multipart body: {error.detail}") from error
    try:
        return await _of_form(form)
    finally:
        await form.close()


async def _of_form(form: FormData) -> Gift:
    _check_fields(set(form), _FORM)
    words = {name: value for name, value in form.items() if isinstance(value, str) and value and name != "csrf_token"}
    about = _metadata({name: words[name] for name in (*METADATA, *_OPTIONS) if name in words})
    files = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
    if not files:
        raise UsageError("no file was sent", source="file", hint="send one or more in the field file")
    named = [name for name in METADATA if name in about]
    if named and len(files) > 1:
        raise UsageError("many files can't have one and the same", source=named[0], hint="send a manifest")
    own = {name: about[name] for name in named}
    uploads = [Given(await one.read(), one.filename or "document", metadata=own) for one in files]
    table = form.get("manifest")
    manifest = await table.read() if isinstance(table, UploadFile) else table.encode() if table else None
    name = words.get("name") or _name_of(uploads)
    return Gift(uploads, name, [], {key: about[key] for key in _OPTIONS if key in about}, manifest)


def _name_of(uploads: list[Given]) -> str:
    first = bare_name(uploads[0].name)
    return first if len(uploads) == 1 else f"{first} + {len(uploads) - 1}"


def _object(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid("the body is not JSON") from error
    if not isinstance(fields, dict):
        raise Invalid("an object is needed")
    return fields


def _of_text(fields: dict[str, Any]) -> Gift:
    _check_fields(set(fields), _TEXT)
    if not isinstance(fields.get("text"), str):
        raise Invalid("a string is needed", source="text")
    about = _metadata({name: fields[name] for name in (*METADATA, *_OPTIONS) if fields.get(name) is not None})
    given = Given(text_bytes(fields["text"]), _name(fields) or "text.txt", "text/plain", about)
    return Gift([given], bare_name(given.name))


def _of_list(fields: dict[str, Any], limits: Settings) -> Gift:
    _check_fields(set(fields), _LISTED)
    documents = fields.get("documents")
    if not isinstance(documents, list) or not documents or not all(isinstance(one, str) for one in documents):
        raise Invalid("a list of ids is needed", source="documents")
    if len(documents) > limits.job_queue:
        raise LimitExceeded(f"more than {limits.job_queue:,} documents", hint="name them in several batches")
    return Gift([], _name(fields) or f"{len(documents)} documents", documents)


def _name(fields: dict[str, Any]) -> str | None:
    name = fields.get("name")
    if name is not None and not isinstance(name, str):
        raise Invalid("a string is needed", source="name")
    return name


def _check_fields(found: set[str], known: set[str]) -> None:
    unknown = sorted(found - known)
    if unknown:
        raise Invalid("unknown field", source=unknown[0][:60], hint=f"fields are {', '.join(sorted(known))}")


def checked(about: dict[str, Any]) -> dict[str, str]:
    """Metadata that a person gives of a document.

    Raises:
        Invalid: an unknown name, or a value that its name can't have.
    """
    _check_fields(set(about), {*METADATA, *_OPTIONS})
    return _metadata(about)


def _metadata(about: dict[str, Any]) -> dict[str, str]:
    for name, value in about.items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise Invalid(f"a string of at most {_LONGEST:,} characters is needed", source=name)
    if about.get("date") == "":
        raise Invalid("a date is needed, YYYY-MM-DD, YYYY-MM or YYYY", source="date")
    if "kind" in about and about["kind"] not in ("judgment", "statute"):
        raise Invalid("one of judgment, statute is needed", source="kind")
    if "language" in about and not is_language(about["language"]):
        raise Invalid("an ISO 639-1 code is needed, like en", source="language")
    return about
