"""/v1/reviews: accept, reject, change, add, undo, and the history of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from palermo.service.access import Identity, require
from palermo.service.api import once
from palermo.service.api.replies import LARGEST_ID, Id, Number, Paged, Word, answer, one, reading, store_of
from palermo.service.intake import fingerprint
from palermo.service.store import agreement, reviews
from palermo.service.store.agreement import AgreementRecord, DisagreementRecord
from palermo.service.store.basics import clean
from palermo.service.store.records import Page, ReviewRecord
from palermo.service.store.reviews import Step
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(prefix="/v1/reviews", tags=["review"])
Reader = Annotated[Identity, Depends(require("reader"))]
Editor = Annotated[Identity, Depends(require("editor"))]


class Selection(BaseModel):
    """Words of a passage: offsets into its document's text, in code points, half-open."""

    model_config = ConfigDict(extra="forbid")

    start: int = Field(ge=0, le=2**31 - 1)
    end: int = Field(ge=1, le=2**31 - 1)


class Which(Paged):
    """Which reviews to list."""

    document: Word = None
    passage: Word = None
    provision: Word = None
    reviewer: Number = None


class ReviewStep(BaseModel):
    """What a person decides: of a tag of the passage, or `add` of one that it has not.

    `replacement` is what a `change` makes of it. `selection`: the words; unset: the tag's evidence, else the passage.
    `adjudication`: whether it settles a disagreement of others, and is no opinion of its own. `seen`: the `review` of
    the tag that the decision was made on, 0 for none; where another is behind the tag by now, the answer is 409 and
    nothing is written. Unset: not compared.
    """

    model_config = ConfigDict(extra="forbid")

    passage: str = Field(pattern="^[0-9a-f]{32}$")
    provision: str = Field(max_length=60)
    action: Literal["accept", "reject", "change", "add"]
    replacement: str | None = Field(None, max_length=60)
    selection: Selection | None = None
    comment: str | None = Field(None, max_length=2000)
    adjudication: bool = False
    seen: int | None = Field(None, ge=0, le=LARGEST_ID)


@router.post("", status_code=201, response_model=ReviewRecord, summary="Accept, reject, change or add a tag")
def post_review(request: Request, who: Editor, asked: ReviewStep, key: once.Key = None) -> Response:
    """Write a step; nothing is overwritten, and `undo` takes it back."""
    selection = None if asked.selection is None else (asked.selection.start, asked.selection.end)
    step = Step(
        *(asked.passage, asked.provision, asked.action, asked.replacement, selection),
        *(clean(asked.comment, 2000), asked.adjudication, asked.seen),
    )
    location, _ = once.once(
        store_of(request), key, fingerprint("review", (), asked.model_dump()), who,
        lambda session: f"/v1/reviews/{reviews.review(session, step, reviewer=who.user).id}",
    )  # fmt: skip
    return _made(request, location)


@router.post("/{review}/undo", status_code=201, response_model=ReviewRecord, summary="Take a review back")
def post_undo(request: Request, who: Editor, review: Id, key: once.Key = None) -> Response:
    """What counted before counts again."""
    location, _ = once.once(
        store_of(request), key, fingerprint("undo", (), review), who,
        lambda session: f"/v1/reviews/{reviews.undo(session, review, reviewer=who.user).id}",
    )  # fmt: skip
    return _made(request, location)


@router.get("", response_model=Page[ReviewRecord], summary="The history, newest first")
def get_reviews(request: Request, who: Reader, which: Annotated[Which, Query()]) -> Response:
    """A page of reviews, undone steps and undos too."""
    return answer(Page[ReviewRecord], reading(request, lambda session: reviews.reviews(session, **which.model_dump())))


@router.get("/agreement", response_model=AgreementRecord, summary="How far reviewers agree")
def get_agreement(request: Request, who: Reader) -> Response:
    """Of each two reviewers, on the tags that both decided: the share decided alike, and Cohen's kappa."""
    return one(request, AgreementRecord, reading(request, agreement.agreement))


@router.get("/disagreements", response_model=Page[DisagreementRecord], summary="Tags that reviewers disagree on")
def get_disagreements(request: Request, who: Reader, which: Annotated[Paged, Query()]) -> Response:
    """What waits for an adjudication (`POST /v1/reviews` with `adjudication`), with the words and who said what."""
    found = reading(request, lambda session: agreement.disagreements(session, which.after, which.limit))
    return answer(Page[DisagreementRecord], found)


@router.get("/{review}", response_model=ReviewRecord, summary="A review")
def get_review(request: Request, who: Reader, review: Id) -> Response:
    """A review with the words that it is about, and what the machine said at the time."""
    return one(request, ReviewRecord, reading(request, lambda session: reviews.get_review(session, review)))


def _made(request: Request, location: str) -> Response:
    id_ = once.number_in(location)
    made = reading(request, lambda session: reviews.get_review(session, id_))
    return answer(ReviewRecord, made, 201, Location=location)
