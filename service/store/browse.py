"""Documents as a person looks for them: by provision and by what waits for review, each with what it applies.

The pages call it. A page of the list reads the tags of its own documents only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from palermo.corpora.convention import tree
from palermo.corpora.errors import UsageError
from palermo.service.store.cursors import LARGEST_PAGE, check_limit, decode_cursor, encode_cursor
from palermo.service.store.documents import document_record
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.records import DocumentRecord, Page, TagRecord
from palermo.service.store.tables import Document, Job, Passage, Review, Tag, User
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

ReviewState = Literal["waiting", "done", "untouched"]
_HELD = ("accepted", "added")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents to list; a field that is None lets all pass.

    Attributes:
        state, language, kind: as stored.
        provision: a provision with all below it, or an instrument: predicted and not refused, or given by a person.
        review: `waiting` (a tag for review that nobody has decided), `done` (none, and somebody has decided one),
            `untouched` (nobody has decided any).
        batch: a batch's id.
    """

    state: str | None = None
    language: str | None = None
    kind: str | None = None
    provision: str | None = None
    review: ReviewState | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A provision that a document applies: the highest score that the machine gave, None where only a person did."""

    provision: str
    score: float | None
    by_person: bool


@dataclass(slots=True)
class Listed:
    """A line of the list: the document, the provisions that it applies (best first), and how far its review is."""

    document: DocumentRecord
    applied: list[Applied] = field(default_factory=list)
    waiting: int = 0
    decided: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's decision: the words that it is about (offsets into their reading), and who said what, when."""

    start: int
    end: int
    replacement: str | None
    comment: str | None
    reviewer: str | None
    created: datetime


def browse(session: Session, wanted: Wanted | None = None, after: str | None = None, limit: int = 50) -> Page[Listed]:
    """A page of documents that are not deleted, newest first.

    Raises:
        UsageError: a bad cursor or limit, an unknown provision or state of review.
    """
    query = select(Document).where(Document.deleted.is_(None), *_conditions(wanted or Wanted()))
    if after is not None:
        query = query.where(Document.key < decode_cursor(after, "browse", 1)[0])
    rows = list(session.scalars(query.order_by(Document.key.desc()).limit(check_limit(limit) + 1)))
    more = encode_cursor("browse", rows[limit - 1].key) if len(rows) > limit else None
    lines = {row.key: Listed(document_record(row)) for row in rows[:limit]}
    _summarise(session, lines)
    return Page(list(lines.values()), more)


def tag_at(session: Session, passage: str, provision: str) -> TagRecord | None:
    """Where a provision of a passage stands, or None where nobody and nothing gave it."""
    query = select(Document.id).join(Passage, Passage.document == Document.key).where(Passage.id == passage)
    document = session.scalar(query)
    if document is None or provision not in tree():
        return None
    every = _every(session, TagFilter(document=document, provision=provision))
    return next((one for one in every if (one.passage, one.provision) == (passage, provision)), None)


def document_tags(session: Session, document: str) -> list[TagRecord]:
    """All tags of the newest reading of a document.

    Raises:
        NotFound: no such document.
    """
    return _every(session, TagFilter(document=document))


def decisions(session: Session, reviews: Iterable[int]) -> dict[int, Decided]:
    """What people decided, by the review's id."""
    ids = sorted(set(reviews))
    found: dict[int, Decided] = {}
    columns = (Review.id, Review.start, Review.end, Review.replacement, Review.comment, User.name, Review.created)
    for at in range(0, len(ids), LARGEST_PAGE):
        query = select(*columns).outerjoin(User, User.id == Review.reviewer)
        rows = session.execute(query.where(Review.id.in_(ids[at : at + LARGEST_PAGE])))
        found |= {row[0]: Decided(*row[1:]) for row in rows}
    return found


def _every(session: Session, chosen: TagFilter) -> list[TagRecord]:
    found: list[TagRecord] = []
    after: str | None = None
    while True:
        page = tags(session, chosen, "newest", after, LARGEST_PAGE)
        found += page.items
        after = page.after
        if after is None:
            return found


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    plain = ((Document.state, wanted.state), (Document.language, wanted.language), (Document.kind, wanted.kind))
    found: list[ColumnElement[bool]] = [column == value for column, value in plain if value is not None]
    if wanted.batch is not None:
        found.append(Document.key.in_(select(Job.document).where(Job.batch == wanted.batch)))
    if wanted.provision is not None:
        provisions = [one.id for one in tree().walk(wanted.provision)]
        found.append(Document.key.in_(select(Tag.document).where(Tag.provision.in_(provisions), _holds())))
    waits = exists().where(Tag.document == Document.key, Tag.reviewed.is_(False), Tag.decision == "review")
    decided = exists().where(Tag.document == Document.key, Tag.reviewed.is_(True))
    if wanted.review == "waiting":
        found.append(waits)
    elif wanted.review == "done":
        found += [~waits, decided]
    elif wanted.review == "untouched":
        found.append(~decided)
    elif wanted.review is not None:
        raise UsageError("the state of review is waiting, done or untouched", source="review")
    return found


def _holds() -> ColumnElement[bool]:
    """Predicted and not refused, or given by a person."""
    return Tag.verdict.in_(_HELD) | ((Tag.verdict == "open") & Tag.predicted)


def _summarise(session: Session, lines: dict[int, Listed]) -> None:
    columns: tuple[Any, ...] = (Tag.document, Tag.provision, Tag.decision, Tag.verdict, Tag.predicted)
    figures: tuple[Any, ...] = (*columns, func.max(Tag.score), func.count())
    query: Any = select(*figures).where(Tag.document.in_(lines)).group_by(*columns)
    best: dict[tuple[int, str], Applied] = {}
    for document, provision, decision, verdict, predicted, score, number in session.execute(query):
        line = lines[document]
        line.waiting += number if verdict == "open" and decision == "review" else 0
        line.decided += number if verdict != "open" else 0
        if verdict in _HELD or (verdict == "open" and predicted):
            before = best.get((document, provision))
            said = score if score and (before is None or before.score is None or score > before.score) else None
            kept = said or (before.score if before else None)
            by_person = verdict in _HELD or (before is not None and before.by_person)
            best[document, provision] = Applied(provision, kept, by_person)
    for (document, _), applied in sorted(best.items(), key=lambda one: -(one[1].score or 0)):
        lines[document].applied.append(applied)
