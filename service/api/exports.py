"""/v1/exports: ask for a file of many documents, see whether it is made, fetch it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from palermo.corpora.errors import Conflict, LimitExceeded, NotFound, UsageError
from palermo.service.access import Identity, require
from palermo.service.api import once
from palermo.service.api.replies import Id, Paged, answer, attachment, one, reading, store_of
from palermo.service.exports import FORMATS
from palermo.service.intake import fingerprint
from palermo.service.jobs.exporting import suffix
from palermo.service.store import exporting
from palermo.service.store.basics import clean
from palermo.service.store.documents import DocumentFilter, documents
from palermo.service.store.records import ExportRecord, Page
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

router = APIRouter(prefix="/v1/exports", tags=["exports"])
Reader = Annotated[Identity, Depends(require("reader"))]
_PAGE = 500
_DAY = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"


class Chosen(BaseModel):
    """Which documents an export holds; what is unset lets all pass."""

    model_config = ConfigDict(extra="forbid")

    state: str | None = Field(None, max_length=200)
    language: str | None = Field(None, max_length=200)
    kind: str | None = Field(None, max_length=200)
    date_from: str | None = Field(None, pattern=_DAY)
    date_to: str | None = Field(None, pattern=_DAY)
    batch: int | None = Field(None, ge=1, le=2**63 - 1)


class ExportOrder(BaseModel):
    """An export to make: of the documents named, or of those that the filter lets pass."""

    model_config = ConfigDict(extra="forbid")

    format: str = Field(description=f"One of {', '.join(FORMATS)}.", max_length=40)
    documents: list[str] | None = Field(None, min_length=1, description="Ids of documents.")
    filter: Chosen | None = Field(None, description="Instead of ids; neither: all documents.")
    tags: Literal["people", "machine"] = Field(
        "people", description="people: what was rejected is left out, what was added is in; machine: as it was tagged."
    )


@router.post("", status_code=202, response_model=ExportRecord, summary="Ask for an export")
def post_export(request: Request, who: Reader, asked: ExportOrder, key: once.Key = None) -> Response:
    """Queue an export; formats of one document give a ZIP where there are several. It is kept for some days."""
    if asked.format not in FORMATS:
        raise UsageError(f"the format is one of {', '.join(FORMATS)}", source="format")
    if asked.documents is not None and asked.filter is not None:
        raise UsageError("documents or a filter, not both", source="filter")
    most = request.app.state.limits.export_documents

    def make(session: Session) -> str:
        ids = asked.documents if asked.documents is not None else list(_chosen(session, asked.filter, most))
        if not ids:
            raise NotFound("no document fits the filter", hint="choose less")
        if len(ids) > most:
            raise LimitExceeded(f"more than {most:,} documents in one export", hint="choose a batch, a State or dates")
        made = exporting.ask_export(session, asked.format, ids, options={"tags": asked.tags}, owner=who.user)
        return f"/v1/exports/{made.id}"

    location, _ = once.once(store_of(request), key, fingerprint("export", (), asked.model_dump()), who, make)
    if request.app.state.jobs is not None:
        request.app.state.jobs.submit()
    return answer(ExportRecord, _own(request, who, once.number_in(location)), 202, Location=location)


@router.get("", response_model=Page[ExportRecord], summary="Exports, newest first")
def get_exports(request: Request, who: Reader, which: Annotated[Paged, Query()]) -> Response:
    """Your own exports; an admin's list has everybody's."""
    owner = None if who.role == "admin" else who.user
    found = reading(
        request, lambda session: exporting.exports(session, owner=owner, after=which.after, limit=which.limit)
    )
    return answer(Page[ExportRecord], found)


@router.get("/{export}", response_model=ExportRecord, summary="An export")
def get_export(request: Request, who: Reader, export: Id) -> Response:
    """Whether an export is made: `state` is running, done or failed."""
    return one(request, ExportRecord, _own(request, who, export))


@router.get(
    "/{export}/file", response_class=StreamingResponse, summary="The file of an export",
    responses={200: {"description": "The file.", "content": {"application/octet-stream": {}}}},
)  # fmt: skip
def get_file(request: Request, who: Reader, export: Id) -> Response:
    """The file, part by part; 409 until it is made."""
    found = _own(request, who, export)
    if found.state != "done":
        message = "the export is being made" if found.state == "running" else "the export could not be made"
        raise Conflict(message, hint="ask again later" if found.state == "running" else "ask for it anew")
    ending = suffix(FORMATS[found.format], found.documents)
    media_type = "application/zip" if ending == ".zip" else FORMATS[found.format].media_type
    headers = {**attachment(f"palermo-{found.id}{ending}"), "Content-Length": str(found.bytes)}
    return StreamingResponse(_parts(request, export), media_type=media_type, headers=headers)


def _own(request: Request, who: Identity, id_: int) -> ExportRecord:
    found = reading(request, lambda session: exporting.get_export(session, id_))
    if found.owner != who.user and who.role != "admin":
        raise NotFound("no such export, or one of its documents has been deleted", hint="export again")
    return found


def _chosen(session: Session, chosen: Chosen | None, most: int) -> Iterator[str]:
    """Ids of the documents that the filter lets pass; a few more than `most` where there are too many."""
    fields: dict[str, Any] = {} if chosen is None else chosen.model_dump()
    words: dict[str, Any] = {name: clean(value) if isinstance(value, str) else value for name, value in fields.items()}
    after, found = None, 0
    while found <= most:
        page = documents(session, DocumentFilter(**words), after, _PAGE)
        yield from (one_.id for one_ in page.items)
        found += len(page.items)
        if (after := page.after) is None:
            return


def _parts(request: Request, id_: int) -> Iterator[bytes]:
    number = 0
    while True:
        # Each part in a transaction of its own: a slow client must not keep one open.
        with store_of(request).read() as session:
            data = exporting.export_part(session, id_, number)
        if data is None:
            return
        yield data
        number += 1
