"""/v1/documents/{document}/analyses and /v1/passages: what was said of a document, and its passages by permanent id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from palermo.service import schemas
from palermo.service.access import Identity, require
from palermo.service.api.replies import Id, Number, one, reading, tagged
from palermo.service.exports import json_
from palermo.service.store import analyses as said
from palermo.service.store.basics import clean
from palermo.service.store.differences import Differences, differences
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.looks import passage_text
from palermo.service.store.records import AnalysisRecord, PassageRecord, TagRecord
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

router = APIRouter(prefix="/v1")
Reader = Annotated[Identity, Depends(require("reader"))]
_ANALYSIS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The analysis.", "content": {"application/json": {"schema": schemas.inline("analysis")}}}
}


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage, its text, and where each of its tags stands; tags are those of the newest reading."""

    passage: PassageRecord
    text: str
    tags: list[TagRecord]


class Two(BaseModel):
    """Two analyses of a document."""

    model_config = ConfigDict(extra="forbid")

    before: Number = Field(None, description="Unset: the last one before `after` of the same reading.")
    after: Number = Field(None, description="Unset: the newest.")


@router.get(
    "/documents/{document}/analyses", tags=["analyses"], response_model=list[AnalysisRecord],
    summary="The analyses of a document, newest first",
)  # fmt: skip
def get_analyses(request: Request, who: Reader, document: str) -> Response:
    """Which model and reading each analysis is of."""
    return one(request, list[AnalysisRecord], reading(request, lambda session: said.analyses(session, document)))


@router.get(
    "/documents/{document}/analyses/newest", tags=["analyses"], response_class=Response, responses=_ANALYSIS,
    summary="The newest analysis of a document",
)  # fmt: skip
def get_newest(request: Request, who: Reader, document: str) -> Response:
    """As `palermo tag` gives it: what the machine said, without what people decided."""
    return _analysis(request, document, None)


@router.get(
    "/documents/{document}/analyses/{analysis}", tags=["analyses"], response_class=Response, responses=_ANALYSIS,
    summary="An analysis of a document",
)  # fmt: skip
def get_analysis(request: Request, who: Reader, document: str, analysis: Id) -> Response:
    """An older analysis, by its number."""
    return _analysis(request, document, analysis)


@router.get(
    "/documents/{document}/differences", tags=["analyses"], response_model=Differences,
    summary="What another model sees otherwise",
)  # fmt: skip
def get_differences(request: Request, who: Reader, document: str, which: Annotated[Two, Query()]) -> Response:
    """Tags that are new, gone or decided otherwise between two analyses of a reading; what people decided stays."""
    found = reading(request, lambda session: differences(session, document, which.before, which.after))
    return one(request, Differences, found)


@router.get("/passages/{passage}", tags=["passages"], response_model=PassageView, summary="A passage")
def get_passage(request: Request, who: Reader, passage: str) -> Response:
    """A passage by its permanent id, with its text and its tags."""

    def work(session: Session) -> PassageView:
        found = said.get_passage(session, clean(passage, 64) or "")
        here = _tags(session, found)
        return PassageView(found, passage_text(session, found.id), here)

    return one(request, PassageView, reading(request, work))


def _tags(session: Session, passage: PassageRecord) -> list[TagRecord]:
    found: list[TagRecord] = []
    after = None
    while True:
        page = tags(session, TagFilter(document=passage.document), "newest", after, 500)
        found += [tag for tag in page.items if tag.passage == passage.id]
        if (after := page.after) is None:
            return found


def _analysis(request: Request, document: str, id_: int | None) -> Response:
    result = reading(request, lambda session: said.get_analysis(session, document, id_))
    return tagged(request, json_.render(result), "application/json")
