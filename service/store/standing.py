"""Where every provision of a passage stands now: keeps the table `tags` in step with predictions and reviews.

`analyses` calls `rebuild_tags` for a new analysis, `reviews` calls `settle` after each step. A review counts until it
is undone; of several on the same provision of a passage, the last counts, whoever made it (an adjudication comes last).
A person's verdict belongs to the provision of the passage, not to one model's prediction: so it stays when a new model
tags the same reading again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from palermo.service.store.tables import Analysis, Document, Passage, Prediction, Review, Tag
from palermo.service.store.tallies import tallied
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

VERDICTS = {"accept": "accepted", "reject": "rejected", "change": "changed", "add": "added"}


def effective(reviews: Sequence[Review]) -> list[Review]:
    """The reviews that count, in order: neither undone nor undoing."""
    undone = {review.undoes for review in reviews}
    return [review for review in reviews if review.action != "undo" and review.id not in undone]


def rebuild_tags(session: Session, document: int) -> None:
    """Make the document's lines anew from its newest analysis and the reviews of that reading."""
    with tallied(session, document):
        _rebuild(session, document)


def _rebuild(session: Session, document: int) -> None:
    session.execute(delete(Tag).where(Tag.document == document))
    newest = select(Analysis.id, Analysis.text).where(Analysis.document == document).order_by(Analysis.id.desc())
    found = session.execute(newest.limit(1)).one_or_none()
    if found is None:
        return
    analysis, text = found
    lines = {
        (one.passage, one.provision): _of_prediction(one)
        for one in session.scalars(select(Prediction).where(Prediction.analysis == analysis).order_by(Prediction.id))
    }
    for review in _reviews_of(session, text):
        line = lines.setdefault((review.passage, review.provision), _without(review.passage, review.provision))
        line.update(_verdict(review))
    common = _common(session, document)
    languages = dict(session.execute(select(Passage.key, Passage.language).where(Passage.text == text)).all())
    rows = [{**line, **common, "language": languages[line["passage"]]} for line in lines.values()]
    if rows:
        session.execute(insert(Tag), rows)


def settle(session: Session, passage: int, provision: str) -> None:
    """Bring one line in step with its reviews."""
    document = session.execute(select(Passage.document).where(Passage.key == passage)).scalar_one()
    with tallied(session, document, provision):
        _settle(session, passage, provision)


def _settle(session: Session, passage: int, provision: str) -> None:
    query = select(Review).where(Review.passage == passage, Review.provision == provision).order_by(Review.id)
    last = effective(list(session.scalars(query)))[-1:]
    line = session.scalar(select(Tag).where(Tag.passage == passage, Tag.provision == provision))
    if line is None:
        if last:
            place = session.execute(select(Passage.document, Passage.language).where(Passage.key == passage)).one()
            values = {**_without(passage, provision), **_common(session, place[0]), "language": place[1]}
            session.execute(insert(Tag).values(**{**values, **_verdict(last[0])}))
    elif last or line.prediction is not None:
        session.execute(update(Tag).where(Tag.id == line.id).values(**(_verdict(last[0]) if last else _OPEN)))
    else:
        session.execute(delete(Tag).where(Tag.id == line.id))


def _reviews_of(session: Session, text: int) -> Iterable[Review]:
    of_text = select(Passage.key).where(Passage.text == text)
    return effective(list(session.scalars(select(Review).where(Review.passage.in_(of_text)).order_by(Review.id))))


_OPEN: dict[str, Any] = {"verdict": "open", "reviewed": False, "review": None}


def _verdict(review: Review) -> dict[str, Any]:
    return {"verdict": VERDICTS[review.action], "reviewed": True, "review": review.id}


def _common(session: Session, document: int) -> dict[str, Any]:
    state, date = session.execute(select(Document.state, Document.date).where(Document.key == document)).one()
    return {"document": document, "state": state, "date": date}


def _of_prediction(one: Prediction) -> dict[str, Any]:
    return {
        "passage": one.passage,
        "provision": one.provision,
        "prediction": one.id,
        "score": one.score,
        "predicted": one.predicted,
        "decision": one.decision,
        "uncertainty": round(abs(one.score - one.threshold), 6),
        **_OPEN,
    }


def _without(passage: int, provision: str) -> dict[str, Any]:
    """A line that no prediction of the newest model stands behind; it sorts last in the queue."""
    said = {"prediction": None, "score": 0.0, "predicted": False, "decision": "none", "uncertainty": 1.0}
    return {"passage": passage, "provision": provision, **said, **_OPEN}
