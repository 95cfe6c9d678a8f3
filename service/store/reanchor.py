"""Moves reviews to a newer reading of their document by the words that they quote; `save_analysis` calls it.

Nothing is rewritten: a review that fits is written again where its words stand now, with `carried_from`; one that does
not is listed in `unplaced` and stays as it was. What was undone is history and is not moved. A reading skipped over
costs nothing: a review goes from the last reading that it had a place in to the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from palermo.corpora.errors import NotFound
from palermo.service.store.basics import find_document, insert_once, now
from palermo.service.store.events import log
from palermo.service.store.quotes import CONTEXT, Quote, QuoteFinder
from palermo.service.store.records import UnplacedRecord
from palermo.service.store.standing import effective, rebuild_tags
from palermo.service.store.tables import Analysis, Document, Passage, Prediction, Review, Text, Unplaced
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Reanchored:
    """How many reviews were written again at their new place, and how many have none."""

    moved: int
    unplaced: int


def reanchor(session: Session, document: str) -> Reanchored:
    """Move the reviews of older readings of a document to its newest, and make its tags anew.

    A second call moves nothing. `save_analysis` calls it once a document has a new analysis: in the same transaction,
    so that no one reviews the new reading before the older reviews are there.

    Args:
        session: of `Store.write`.
        document: its id; its newest analysis is of the newest reading.

    Raises:
        NotFound: no such document, or no analysis of it.
    """
    row = find_document(session, document, lock=True)
    query = select(Analysis).where(Analysis.document == row.key).order_by(Analysis.id.desc()).limit(1)
    newest = session.scalar(query)
    if newest is None:
        raise NotFound("the document has no analysis")
    waiting = _waiting(session, row.key, newest.extractor)
    done = _move(session, newest, waiting, row.id) if waiting else Reanchored(0, 0)
    rebuild_tags(session, row.key)
    return done


def _move(session: Session, newest: Analysis, waiting: Sequence[Review], document: str) -> Reanchored:
    mover = _Mover(session, newest)
    moved = sum(mover.move(review) is not None for review in waiting)
    lost = len(waiting) - moved
    log(session, "review.reanchor", f"document:{document}", amount=moved)
    if lost:
        log(session, "review.unplaced", f"document:{document}", amount=lost)
    return Reanchored(moved, lost)


def unplaced(session: Session, document: str | None = None, *, settled: bool = False) -> list[UnplacedRecord]:
    """Reviews that a newer reading has no place for: of one document or of all; with `settled`, those dealt with too.

    Raises:
        NotFound: no such document.
    """
    query = select(Unplaced, Review, Document.id).join(Review, Review.id == Unplaced.review)
    query = query.join(Document, Document.key == Unplaced.document).order_by(Unplaced.id)
    if document is not None:
        query = query.where(Unplaced.document == find_document(session, document).key)
    if not settled:
        query = query.where(Unplaced.settled.is_(None))
    return [
        UnplacedRecord(
            *(one.id, one.review, id_, review.provision, review.action, review.quote),
            *(one.extractor, one.reason, one.created, one.settled),
        )
        for one, review, id_ in session.execute(query)
    ]


def settle_unplaced(session: Session, id_: int, *, actor: int | None = None) -> None:
    """Take a review off the list, since a person has placed it by hand or let it go.

    Raises:
        NotFound: no such entry.
    """
    if session.get(Unplaced, id_) is None:
        raise NotFound("no such entry among the reviews without a place")
    session.execute(update(Unplaced).where(Unplaced.id == id_).values(settled=now()))
    log(session, "review.settle", f"unplaced:{id_}", actor=actor)


def _waiting(session: Session, document: int, extractor: str) -> list[Review]:
    """Reviews that count, were not carried on, and were not found to have no place in this reading."""
    every = session.scalars(select(Review).where(Review.document == document).order_by(Review.id)).all()
    carried = {review.carried_from for review in every}
    query = select(Unplaced.review).where(Unplaced.document == document, Unplaced.extractor == extractor)
    known = carried | set(session.scalars(query))
    return [review for review in effective(every) if review.extractor != extractor and review.id not in known]


class _Mover:
    """Writes reviews again in one reading; keeps the finder of each text that it needs."""

    def __init__(self, session: Session, newest: Analysis) -> None:
        self._session = session
        self._newest = newest
        self._texts: dict[str, QuoteFinder] = {}
        query = select(Passage).where(Passage.text == newest.text).order_by(Passage.index)
        self._passages: Sequence[Passage] = session.scalars(query).all()
        self._parts: dict[int, int] = {}

    def move(self, review: Review) -> int | None:
        """The key of the review written again, or None where it was listed as unplaced."""
        place = self._finder(self._newest.extractor).find(self._quote(review))
        if isinstance(place, str):
            self._lose(review, place)
            return None
        passage = self._around(*place)
        if passage is None:
            self._lose(review, "outside")
            return None
        id_ = self._write(review, passage, max(place[0], passage.start), min(place[1], passage.end))
        self._parts[review.id] = id_
        return id_

    def _quote(self, review: Review) -> Quote:
        old = self._finder(review.extractor)
        if old.text[review.start : review.end] == review.quote:
            return old.quote(review.start, review.end)
        return Quote(review.quote, review.prefix, review.suffix)

    def _finder(self, extractor: str) -> QuoteFinder:
        if extractor not in self._texts:
            query = select(Text.text).where(Text.document == self._newest.document, Text.extractor == extractor)
            self._texts[extractor] = QuoteFinder(self._session.execute(query).scalar_one())
        return self._texts[extractor]

    def _around(self, start: int, end: int) -> Passage | None:
        """The passage that holds most of the words."""
        most, best = 0, None
        for passage in self._passages:
            shared = min(end, passage.end) - max(start, passage.start)
            if shared > most:
                most, best = shared, passage
        return best

    def _write(self, review: Review, passage: Passage, start: int, end: int) -> int:
        text = self._finder(self._newest.extractor).text
        prediction = self._session.scalar(
            select(Prediction.id).where(
                Prediction.analysis == self._newest.id,
                Prediction.passage == passage.key,
                Prediction.provision == review.provision,
            )
        )
        kept = ("document", "provision", "action", "replacement", "comment", "reviewer", "created", "adjudication")
        said = ("score", "threshold", "decision", "model_sha256")
        values: dict[str, Any] = {name: getattr(review, name) for name in (*kept, *said)}
        values |= {
            "passage": passage.key,
            "prediction": prediction,
            "part_of": self._parts.get(review.part_of or 0),
            "carried_from": review.id,
            "extractor": self._newest.extractor,
            "start": start,
            "end": end,
            "quote": text[start:end],
            "prefix": text[max(0, start - CONTEXT) : start],
            "suffix": text[end : end + CONTEXT],
        }
        return self._session.execute(insert(Review).values(**values).returning(Review.id)).scalar_one()

    def _lose(self, review: Review, reason: str) -> None:
        values = {"review": review.id, "document": review.document, "extractor": self._newest.extractor}
        insert_once(self._session, Unplaced, {**values, "reason": reason, "created": now(), "settled": None})
