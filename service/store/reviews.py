"""What people decide: accept, reject, change, add, undo; the review pages and the API call it.

Every step is a new row that points at the prediction with the score, threshold and model of the time and quotes the
words it is about; nothing is overwritten. Where a tag stands is kept in `tags` (see `standing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from palermo.corpora.convention import tree
from palermo.corpora.errors import Conflict, NotFound, UsageError
from palermo.service.store.agreement import disputed
from palermo.service.store.basics import clean, find_document, now
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.events import log
from palermo.service.store.quotes import CONTEXT
from palermo.service.store.records import Page, ReviewRecord
from palermo.service.store.standing import settle
from palermo.service.store.tables import Analysis, Document, Passage, Prediction, Review, Tag, Text
from sqlalchemy import ColumnElement, Select, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

Action = Literal["accept", "reject", "change", "add"]
LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """What a person did.

    Attributes:
        passage: permanent id.
        provision: the tag's; a node of the Convention tree.
        action: on a tag of the passage, or `add` of one that is not there.
        replacement: for `change`: the provision that it should be.
        selection: the words, as offsets into the document's text; None: the tag's evidence, else the passage.
        comment: at most 2,000 code points are kept.
        adjudication: settles what reviewers disagree on; no opinion of the reviewer's own.
        seen: the review behind the tag that the person saw, 0 for none; None: not compared.
    """

    passage: str
    provision: str
    action: Action
    replacement: str | None = None
    selection: tuple[int, int] | None = None
    comment: str | None = None
    adjudication: bool = False
    seen: int | None = None


class Outdated(Conflict):
    """Another decision on the tag has come since the person looked at it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tag stands: its verdict (`none` where nobody and nothing gave the tag), and the review behind it."""

    verdict: str
    review: int | None


def review(session: Session, step: Step, *, reviewer: int | None = None) -> ReviewRecord:
    """Write a step; a `change` also adds (or accepts) the replacement.

    Raises:
        NotFound: no such passage, or no such tag on it.
        Conflict: the passage is of an older reading, the tag to add is there already, or there is no disagreement to
            settle.
        Outdated: the tag stands on another review than the one seen.
        UsageError: no such provision, or a selection outside the passage.
    """
    if step.action not in {"accept", "reject", "change", "add"}:
        raise UsageError("the action is accept, reject, change or add", source="action")
    if (step.action == "change") != (step.replacement is not None) or step.replacement == step.provision:
        raise UsageError("a change, and nothing else, names another provision", source="replacement")
    for provision in filter(None, (step.provision, step.replacement)):
        tree().get(provision)
    passage, text = _place(session, step.passage)
    _compare(session, passage.key, step.provision, step.seen)
    if step.adjudication and (step.passage, step.provision) not in disputed(session, _id_of(session, passage.document)):
        raise Conflict("nobody disagrees on the tag, or it has been settled", hint="load the page again")
    id_ = _write(session, step, passage, text, reviewer, None)
    if step.replacement is not None:
        there = _tag(session, passage.key, step.replacement)
        action: Action = "add" if there is None else "accept"
        added = Step(step.passage, step.replacement, action, selection=step.selection, comment=step.comment)
        _write(session, added, passage, text, reviewer, id_)
    return get_review(session, id_)


def undo(session: Session, id_: int, *, reviewer: int | None = None, seen: int | None = None) -> ReviewRecord:
    """Take a review back, with the replacement that a `change` gave; what counted before counts again.

    Raises:
        NotFound: no such review.
        Conflict: it was taken back before, or is itself an undo.
        Outdated: its tag stands on another review than the one seen.
    """
    found = session.get(Review, id_)
    if found is None:
        raise NotFound("no such review")
    _lock(session, found.document)
    _compare(session, found.passage, found.provision, seen)
    if found.action == "undo" or session.scalar(select(exists().where(Review.undoes == id_))):
        raise Conflict("the review was taken back before, or is itself an undo", hint="review the tag again")
    written = _take_back(session, found, reviewer, None)
    undone = aliased(Review)
    parts = select(Review).where(
        Review.document == found.document, Review.part_of == id_, ~exists().where(undone.undoes == Review.id)
    )
    for part in session.scalars(parts).all():
        _take_back(session, part, reviewer, written)
    return get_review(session, written)


def current_state(session: Session, prediction: int) -> Standing:
    """Where the tag of a prediction stands.

    Raises:
        NotFound: no such prediction.
    """
    found = session.execute(select(Prediction.passage, Prediction.provision).where(Prediction.id == prediction)).first()
    if found is None:
        raise NotFound("no such prediction, or its document has been deleted")
    tag = _tag(session, *found)
    return Standing("none", None) if tag is None else Standing(tag.verdict, tag.review)


def get_review(session: Session, id_: int) -> ReviewRecord:
    """A review.

    Raises:
        NotFound: no such review.
    """
    found = session.execute(_records().where(Review.id == id_)).one_or_none()
    if found is None:
        raise NotFound("no such review")
    return _record(*found)


def reviews(
    session: Session,
    *,
    document: str | None = None,
    passage: str | None = None,
    provision: str | None = None,
    reviewer: int | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[ReviewRecord]:
    """The history, newest first, undone steps and undos too.

    Raises:
        NotFound: no such document.
        UsageError: a bad cursor or limit.
    """
    query = _records().order_by(Review.id.desc())
    conditions: list[ColumnElement[bool]] = []
    if document is not None:
        conditions.append(Review.document == find_document(session, document).key)
    if passage is not None:
        conditions.append(Passage.id == passage)
    if provision is not None:
        conditions.append(Review.provision == provision)
    if reviewer is not None:
        conditions.append(Review.reviewer == reviewer)
    if after is not None:
        conditions.append(Review.id < decode_cursor(after, "reviews", 1)[0])
    rows = [_record(*row) for row in session.execute(query.where(*conditions).limit(check_limit(limit) + 1))]
    return Page(rows[:limit], encode_cursor("reviews", rows[limit - 1].id) if len(rows) > limit else None)


def words(session: Session, text: int, start: int, end: int) -> dict[str, str]:
    """`quote`, `prefix` and `suffix` of a stretch of a stored text, without reading the whole of it."""
    before = max(0, start - CONTEXT)
    cut = func.substr(Text.text, before + 1, end + CONTEXT - before)
    found = session.execute(select(cut).where(Text.key == text)).scalar_one()
    return {
        "prefix": found[: start - before],
        "quote": found[start - before : end - before],
        "suffix": found[end - before :],
    }


def _place(session: Session, id_: str) -> tuple[Passage, Text]:
    """The passage and its reading, with the document locked."""
    passage = session.scalar(select(Passage).where(Passage.id == id_))
    if passage is None:
        raise NotFound("no such passage, or its document has been deleted")
    _lock(session, passage.document)
    newest = select(func.max(Analysis.id)).where(Analysis.document == passage.document).scalar_subquery()
    if session.scalar(select(Analysis.text).where(Analysis.id == newest)) != passage.text:
        raise Conflict("the passage is of an older reading of the document", hint="open the document again")
    columns = select(Text.key, Text.extractor).where(Text.key == passage.text)
    key, extractor = session.execute(columns).one()
    return passage, Text(key=key, extractor=extractor)


def _lock(session: Session, document: int) -> None:
    find_document(session, _id_of(session, document), lock=True)


def _id_of(session: Session, document: int) -> str:
    return session.execute(select(Document.id).where(Document.key == document)).scalar_one()


def _compare(session: Session, passage: int, provision: str, seen: int | None) -> None:
    """Refuse a decision that was made on a standing that has changed; the document is locked."""
    if seen is None:
        return
    stands = session.scalar(select(Tag.review).where(Tag.passage == passage, Tag.provision == provision))
    if (stands or 0) != seen:
        raise Outdated("somebody has decided this tag meanwhile", hint="look at that decision, then decide again")


def _tag(session: Session, passage: int, provision: str) -> Tag | None:
    return session.scalar(select(Tag).where(Tag.passage == passage, Tag.provision == provision))


def _write(
    session: Session, step: Step, passage: Passage, text: Text, reviewer: int | None, part_of: int | None
) -> int:
    tag = _tag(session, passage.key, step.provision)
    if step.action != "add" and tag is None:
        raise NotFound("the passage has no such tag", hint="add it")
    if step.action == "add" and tag is not None and tag.verdict not in {"rejected", "changed"}:
        raise Conflict("the passage has that tag", hint="accept it")
    prediction = session.get(Prediction, tag.prediction) if tag is not None and tag.prediction is not None else None
    start, end = _selection(step, passage, prediction)
    values = {
        "document": passage.document,
        "passage": passage.key,
        "provision": step.provision,
        "action": step.action,
        "replacement": step.replacement,
        "part_of": part_of,
        "extractor": text.extractor,
        "start": start,
        "end": end,
        **words(session, text.key, start, end),
        **_said(session, prediction),
        "comment": clean(step.comment, LONGEST_COMMENT),
        "adjudication": step.adjudication,
    }
    return _append(session, values, reviewer)


def _selection(step: Step, passage: Passage, prediction: Prediction | None) -> tuple[int, int]:
    if step.selection is not None:
        start, end = step.selection
        if not passage.start <= start < end <= passage.end:
            raise UsageError("the selection is not inside its passage", source="selection")
        return start, end
    if prediction is not None and prediction.evidence_start is not None and prediction.evidence_end is not None:
        return prediction.evidence_start, prediction.evidence_end
    return passage.start, passage.end


def _said(session: Session, prediction: Prediction | None) -> dict[str, Any]:
    if prediction is None:
        return {}
    model = session.scalar(select(Analysis.model_sha256).where(Analysis.id == prediction.analysis))
    said = {name: getattr(prediction, name) for name in ("score", "threshold", "decision")}
    return {"prediction": prediction.id, "model_sha256": model, **said}


def _take_back(session: Session, one: Review, reviewer: int | None, part_of: int | None) -> int:
    same = ("document", "passage", "provision", "prediction", "score", "threshold", "decision", "model_sha256")
    place = ("extractor", "start", "end", "quote", "prefix", "suffix")
    values = {name: getattr(one, name) for name in (*same, *place)}
    return _append(session, {**values, "action": "undo", "undoes": one.id, "part_of": part_of}, reviewer)


def _append(session: Session, values: dict[str, Any], reviewer: int | None) -> int:
    row = {**values, "reviewer": reviewer, "created": now()}
    id_ = session.execute(insert(Review).values(**row).returning(Review.id)).scalar_one()
    settle(session, values["passage"], values["provision"])
    log(session, f"review.{values['action']}", f"review:{id_}", actor=reviewer)
    return id_


def _records() -> Select[Review, str, str, bool]:
    undone = aliased(Review)
    taken_back = exists().where(undone.undoes == Review.id)
    query = select(Review, Document.id, Passage.id, taken_back).join(Document, Document.key == Review.document)
    return query.join(Passage, Passage.key == Review.passage)


def _record(row: Review, document: str, passage: str, undone: bool) -> ReviewRecord:
    own = set(ReviewRecord.__dataclass_fields__) - {"document", "passage", "undone"}
    fields = {name: getattr(row, name) for name in own}
    return ReviewRecord(document=document, passage=passage, undone=bool(undone), **fields)
