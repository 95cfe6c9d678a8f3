"""/v1/predictions, /v1/counts, /v1/models: the queue of tags with where each stands, and figures over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from palermo.corpora.convention import tree
from palermo.corpora.errors import NotFound, UsageError
from palermo.service.access import Identity, require
from palermo.service.api.replies import Day, Paged, Word, answer, one, reading
from palermo.service.store import counts
from palermo.service.store.counts import ProvisionCounts
from palermo.service.store.listing import Sort, TagFilter, excerpts, tags
from palermo.service.store.looks import ModelRecord, models
from palermo.service.store.records import Page, TagRecord
from pydantic import Field
from sqlalchemy.orm import Session

router = APIRouter(prefix="/v1")
Reader = Annotated[Identity, Depends(require("reader"))]
Decision = Literal["assigned", "review", "none"]
Verdict = Literal["open", "accepted", "rejected", "changed", "added"]
Score = Annotated[float | None, Field(ge=0, le=1)]


class Which(Paged):
    """Which tags to list, and how."""

    provision: Word = Field(None, description="With all below it; or an instrument, such as TIP.")
    decision: Decision | None = None
    reviewed: bool | None = None
    verdict: Verdict | None = None
    score_from: Score = None
    score_to: Score = None
    state: Word = None
    language: Word = None
    date_from: Day = None
    date_to: Day = None
    document: Word = None
    sort: Sort = "uncertainty"
    text: bool = Field(False, description="Whether the passages' texts are in the answer.")


@dataclass(frozen=True, slots=True)
class TagPage(Page[TagRecord]):
    """A page of tags, with the text of their passages by the passages' ids where it was asked for."""

    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProvisionView:
    """A provision, its tags, and how many documents of each State apply it (`""`: the document shows no State)."""

    provision: str
    heading: str
    counts: ProvisionCounts
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """Documents, tags, and tags that wait for a person."""

    documents: int
    tags: int
    waiting: int


@router.get("/predictions", tags=["review"], response_model=TagPage, summary="Tags, where each stands: the queue")
def get_predictions(request: Request, who: Reader, which: Annotated[Which, Query()]) -> Response:
    """A page of tags: `uncertainty` sorts those first that are nearest to their threshold."""
    chosen = TagFilter(**which.model_dump(exclude={"sort", "text", "after", "limit"}))

    def work(session: Session) -> TagPage:
        found = tags(session, chosen, which.sort, which.after, which.limit)
        return TagPage(found.items, found.after, excerpts(session, found.items) if which.text else {})

    return answer(TagPage, reading(request, work))


@router.get("/counts", tags=["provisions"], response_model=Totals, summary="Documents, tags, and what waits")
def get_counts(request: Request, who: Reader) -> Response:
    """Figures over the whole collection."""
    return one(request, Totals, Totals(**reading(request, counts.totals)))


@router.get("/counts/provisions", tags=["provisions"], response_model=list[ProvisionView], summary="Tags by provision")
def get_counts_by_provision(request: Request, who: Reader) -> Response:
    """Every provision that has a tag, in the order of the Convention."""
    found = reading(request, _views)
    order = {one_.id: place for place, one_ in enumerate(tree().walk())}
    return one(request, list[ProvisionView], sorted(found, key=lambda view: order.get(view.provision, len(order))))


@router.get(
    "/counts/provisions/{provision}", tags=["provisions"], response_model=ProvisionView, summary="Tags of a provision"
)
def get_counts_of_provision(request: Request, who: Reader, provision: str) -> Response:
    """One provision, without what stands below it; zeros where nothing has the tag."""
    try:
        heading = tree().get(provision).heading
    except UsageError as error:
        raise NotFound(error.message, source=error.source, hint=error.hint) from error
    found = {view.provision: view for view in reading(request, _views)}
    empty = ProvisionView(provision, heading or "", ProvisionCounts(), {})
    return one(request, ProvisionView, found.get(provision, empty))


@router.get("/models", tags=["service"], response_model=list[ModelRecord], summary="Models that have tagged documents")
def get_models(request: Request, who: Reader) -> Response:
    """Each model by its hash, with the taxonomy and the number of analyses that it made."""
    return one(request, list[ModelRecord], reading(request, models))


def _views(session: Session) -> list[ProvisionView]:
    counted, states = counts.counts_by_provision(session), counts.states_by_provision(session)
    return [
        ProvisionView(
            id_,
            tree().get(id_).heading or "",
            one_,
            {state or "": number for state, number in states.get(id_, {}).items()},
        )
        for id_, one_ in counted.items()
    ]
