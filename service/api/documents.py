"""/v1/documents: give, list, look at, correct, delete."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Body, Depends, Query, Request, Response
from palermo.service.access import Identity, require
from palermo.service.api import given, once
from palermo.service.api.given import Gift
from palermo.service.api.replies import (
    Day,
    Number,
    Paged,
    Word,
    answer,
    attachment,
    one,
    reading,
    store_of,
    tagged,
    writing,
)
from palermo.service.intake import check_room, fingerprint, keep
from palermo.service.store import documents as kept
from palermo.service.store.analyses import load_text, passages
from palermo.service.store.documents import DocumentFilter
from palermo.service.store.queue import batch_documents
from palermo.service.store.records import BatchRecord, DocumentRecord, Page, PassageRecord
from palermo.service.store.work import create_batch, get_batch
from sqlalchemy.orm import Session

router = APIRouter(prefix="/v1/documents", tags=["documents"])
Reader = Annotated[Identity, Depends(require("reader"))]
Editor = Annotated[Identity, Depends(require("editor"))]
Admin = Annotated[Identity, Depends(require("admin"))]

_SHOWN = ("application/pdf", "text/plain")
"""Media types that a source may be sent as; any other is bytes, since a browser might run it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that has been queued, and the ids of its documents."""

    batch: BatchRecord
    documents: list[str]


@dataclass(frozen=True, slots=True)
class TextRecord:
    """A document as it was read: `extractor` names the reading; offsets everywhere count code points of `text`."""

    document: str
    extractor: str
    text: str
    warnings: list[dict[str, Any]]


class Which(Paged):
    """Which documents to list."""

    state: Word = None
    language: Word = None
    kind: Word = None
    date_from: Day = None
    date_to: Day = None
    batch: Number = None


@router.post(
    "", status_code=202, response_model=Accepted, openapi_extra=given.body(given.TEXT), summary="Give documents",
    description="Keeps files (or a text) and queues them to be tagged. The same bytes are one document. `Location` is "
    "the batch.",
)  # fmt: skip
async def post_documents(request: Request, who: Editor, key: once.Key = None) -> Response:
    """Keep files and queue them as a batch."""
    gift = await given.receive(request, request.app.state.limits)
    return await anyio.to_thread.run_sync(partial(accept, request, who, key, gift))


def accept(request: Request, who: Identity, key: str | None, gift: Gift) -> Response:
    """Keep what a request gives, make its batch, and answer with both; a repeated request gets the same answer.

    Raises:
        PalermoError: as `palermo.service.intake.take_in`; Conflict where the key was used for something else.
    """
    store, limits = store_of(request), request.app.state.limits
    print_ = fingerprint("batch", gift.uploads, gift.name, gift.documents, gift.options, gift.manifest)
    location = once.known(store, key, print_, who)
    fresh = False
    if location is None:
        about: dict[str, Any] = {"options": gift.options, "actor": who.user, "manifest": gift.manifest}
        ids = gift.documents or keep(store, gift.uploads, limits=limits, **about)

        def make(session: Session) -> str:
            check_room(session, len(ids), limits)
            made = create_batch(session, gift.name, ids, options=gift.options, owner=who.user)
            return f"/v1/batches/{made.id}"

        location, fresh = once.once(store, key, print_, who, make)
    batch = once.number_in(location)
    if fresh and request.app.state.jobs is not None:
        request.app.state.jobs.submit(batch)
    made = reading(request, lambda session: Accepted(get_batch(session, batch), batch_documents(session, batch)))
    return answer(Accepted, made, 202, Location=location)


@router.get("", response_model=Page[DocumentRecord], summary="Documents, newest first")
def get_documents(request: Request, who: Reader, which: Annotated[Which, Query()]) -> Response:
    """A page of documents."""
    chosen = DocumentFilter(**which.model_dump(exclude={"after", "limit"}))
    found = reading(request, lambda session: kept.documents(session, chosen, which.after, which.limit))
    return answer(Page[DocumentRecord], found)


@router.get("/{document}", response_model=DocumentRecord, summary="A document")
def get_document(request: Request, who: Reader, document: str) -> Response:
    """A document's metadata."""
    return one(request, DocumentRecord, reading(request, lambda session: kept.get_document(session, document)))


@router.patch("/{document}", response_model=DocumentRecord, summary="Correct a document's metadata")
def patch_document(
    request: Request,
    who: Editor,
    document: str,
    metadata: Annotated[
        dict[str, str], Body(description="Any of title, court, state, date, number, kind, language.", max_length=10)
    ],
) -> Response:
    """Correct metadata; what a person gives wins over what the text shows."""
    said = given.checked(metadata)
    changed = writing(request, lambda session: kept.set_given(session, document, said, actor=who.user))
    return answer(DocumentRecord, changed)


@router.delete("/{document}", status_code=204, summary="Delete a document and all that was said of it")
def delete_document(request: Request, who: Admin, document: str) -> Response:
    """Delete the source, text, analyses, reviews and exports of a document; its id stays known as deleted."""
    writing(request, lambda session: kept.delete_document(session, document, actor=who.user))
    store_of(request).scrub()
    return Response(status_code=204)


@router.get(
    "/{document}/source", response_class=Response, summary="The bytes of a document as they were given",
    responses={200: {"description": "The source.", "content": {"application/octet-stream": {}}}},
)  # fmt: skip
def get_source(request: Request, who: Reader, document: str) -> Response:
    """The source, as a file to keep."""

    def work(session: Session) -> tuple[DocumentRecord, bytes]:
        return kept.get_document(session, document), kept.source(session, document)

    record, data = reading(request, work)
    media_type = record.media_type if record.media_type in _SHOWN else "application/octet-stream"
    return tagged(request, data, media_type, **attachment(record.name))


@router.get("/{document}/text", response_model=TextRecord, summary="The canonical text of a document")
def get_text(request: Request, who: Reader, document: str, extractor: Annotated[Word, Query()] = None) -> Response:
    """The text that all offsets count in; `extractor`: of which reading, unset: of the newest."""

    def work(session: Session) -> TextRecord:
        read = load_text(session, document, extractor)
        return TextRecord(read.sha256, read.extractor, read.text, [warning.to_json() for warning in read.warnings])

    return one(request, TextRecord, reading(request, work))


@router.get("/{document}/passages", response_model=list[PassageRecord], summary="The passages of a document")
def get_passages(request: Request, who: Reader, document: str, extractor: Annotated[Word, Query()] = None) -> Response:
    """The passages in order, with their permanent ids."""
    found = reading(request, lambda session: passages(session, document, extractor))
    return one(request, list[PassageRecord], found)
