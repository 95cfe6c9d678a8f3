"""The body of a request that gives documents to keep: files with a manifest, a text, or ids of kept documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from palermo.corpora.documents.readers import bare_name
from palermo.corpora.errors import LimitExceeded, UsageError
from palermo.corpora.settings import Settings, settings
from palermo.service.analysis import text_bytes
from palermo.service.api.problems import Invalid
from palermo.service.api.uploads import is_language, opened
from palermo.service.intake import Given
from palermo.service.store.documents import METADATA
from starlette.datastructures import FormData, UploadFile

_OPTIONS = ("kind", "language")
_FORM = {"file", "manifest", "name", "csrf_token", *METADATA, *_OPTIONS}
_TEXT = {"text", "name", *METADATA, *_OPTIONS}
_LISTED = {"name", "documents"}
_LONGEST = 1000

_ABOUT = {
    "kind": {"type": "string", "enum": ["judgment", "statute"], "description": "Unset: detected."},
    "language": {"type": "string", "description": "ISO 639-1 code; unset: detected, passage by passage."},
    **{name: {"type": "string", "maxLength": _LONGEST} for name in METADATA if name != "state"},
    "state": {"type": "string"},  # `with_limits` says how long
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


def with_limits(description: dict[str, Any]) -> dict[str, Any]:
    """The description of the API (OpenAPI), in which such bodies say how long a State may be by the settings."""
    operations = (operation for path in description["paths"].values() for operation in path.values())
    for asked in (operation.get("requestBody", {}) for operation in operations):
        for content in asked.get("content", {}).values():
            properties = content["schema"].get("properties", {})
            if "state" in properties:
                properties["state"]["maxLength"] = settings().state_characters
    return description


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

    def of_json(value: Any) -> Gift:
        fields = _object(value)
        return _of_list(fields, limits) if listed else _of_text(fields)

    wanted = "send multipart/form-data with files, or application/json"
    return await opened(request, limits, _of_form, of_json, fields=50, wanted=wanted, fewer="send a ZIP")


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


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("an object is needed")
    return value


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
