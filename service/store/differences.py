"""What changed where another model tagged a document again: tags that are new, gone, or decided otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from palermo.corpora.convention import tree
from palermo.corpora.errors import Conflict, NotFound
from palermo.service.store.analyses import analyses
from palermo.service.store.records import AnalysisRecord
from palermo.service.store.tables import Passage, Prediction, Tag
from sqlalchemy import select
from sqlalchemy.orm import Session

Change = Literal["new", "gone", "changed"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said of a tag."""

    score: float
    threshold: float
    predicted: bool
    decision: str

    @property
    def noted(self) -> bool:
        """Whether it has the tag at all: predicted, or for review."""
        return self.predicted or self.decision != "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """A tag that two models do not see alike.

    `before` and `after` are None where that model gave no score worth keeping; `verdict` is what people decided, which
    stays whatever a model says: `open` where nobody has.
    """

    passage: str
    index: int
    number: str | None
    provision: str
    change: Change
    before: Said | None
    after: Said | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Differences:
    """Two analyses of one reading, and the tags that differ, in the order of the document and of the Convention."""

    before: AnalysisRecord
    after: AnalysisRecord
    items: list[Difference]


def differences(session: Session, document: str, before: int | None = None, after: int | None = None) -> Differences:
    """Compare two analyses of a document.

    Args:
        session: of a store.
        document: its id.
        before: the older analysis; None: the last one before `after` of the same reading by something else.
        after: the newer analysis; None: the newest.

    Raises:
        NotFound: no such document or analysis, or none to compare with.
        Conflict: they are of different readings, whose passages need not be the same.
    """
    every = analyses(session, document)
    newer = _chosen(every, after) if after is not None else next(iter(every), None)
    if newer is None:
        raise NotFound("the document has no analysis")
    if before is not None:
        older = _chosen(every, before)
    else:
        same = (one for one in every if one.id < newer.id and one.extractor == newer.extractor)
        found = next(same, None)
        if found is None:
            raise NotFound("this reading of the document has been tagged once only", hint="tag it with another model")
        older = found
    if older.extractor != newer.extractor:
        raise Conflict("the analyses are of different readings of the document", hint="compare two of the same one")
    return Differences(older, newer, _items(session, older.id, newer.id))


def _chosen(every: list[AnalysisRecord], id_: int) -> AnalysisRecord:
    for one in every:
        if one.id == id_:
            return one
    raise NotFound("the document has no such analysis")


def _items(session: Session, before: int, after: int) -> list[Difference]:
    old, new = _said(session, before), _said(session, after)
    changes = {key: change for key in old.keys() | new.keys() if (change := _change(old.get(key), new.get(key)))}
    keys = {passage for passage, _ in changes}
    query = select(Passage.key, Passage.id, Passage.index, Passage.number).where(Passage.key.in_(keys))
    places = {key: (id_, index, number) for key, id_, index, number in session.execute(query)}
    lines = session.execute(select(Tag.passage, Tag.provision, Tag.verdict).where(Tag.passage.in_(keys)))
    verdicts = {(passage, provision): verdict for passage, provision, verdict in lines}
    found = [
        Difference(*places[key[0]], key[1], change, old.get(key), new.get(key), verdicts.get(key, "open"))
        for key, change in changes.items()
    ]
    return sorted(found, key=lambda one: (one.index, _place(one.provision), one.provision))


def _place(provision: str) -> int:
    """Where a provision stands in the Convention; one that this version of it lacks comes last."""
    return tree().sort_key(provision) if provision in tree() else len(tree())


def _said(session: Session, analysis: int) -> dict[tuple[int, str], Said]:
    said = (Prediction.score, Prediction.threshold, Prediction.predicted, Prediction.decision)
    query = select(Prediction.passage, Prediction.provision, *said).where(Prediction.analysis == analysis)
    return {
        (passage, provision): Said(score, threshold, predicted, decision)
        for passage, provision, score, threshold, predicted, decision in session.execute(query)
    }


def _change(before: Said | None, after: Said | None) -> Change | None:
    was, is_ = before is not None and before.noted, after is not None and after.noted
    if was != is_:
        return "new" if is_ else "gone"
    if before is None or after is None or not is_:
        return None
    return "changed" if (before.predicted, before.decision) != (after.predicted, after.decision) else None
