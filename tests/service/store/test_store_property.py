"""Whatever is done to documents, in whatever order: no score and no review is lost, and tags and figures stay right."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from palermo.corpora.documents.document import Document as ReadDocument
from palermo.corpora.documents.document import Passage as ReadPassage
from palermo.corpora.errors import Conflict, NotFound
from palermo.service.store import Store, open_store
from palermo.service.store.analyses import save_analysis, save_text
from palermo.service.store.documents import add_document, delete_document, set_given
from palermo.service.store.records import ReviewRecord
from palermo.service.store.reviews import Action, Step, get_review, review, undo
from palermo.service.store.tables import (
    Analysis,
    Base,
    Document,
    LanguageCount,
    MonthCount,
    Passage,
    Prediction,
    ProvisionCount,
    Review,
    StateCount,
    Tag,
    Unplaced,
)
from palermo.service.store.tallies import recount
from sqlalchemy import func, select
from sqlalchemy.orm import Session

LABELS = ("UNTOC.5", "UNTOC.6", "UNTOC.6.1.a.i", "UNTOC.16", "TIP.5")
ACTIONS: tuple[Action, ...] = ("accept", "reject", "change", "add")
STATES = ("IT", "KE", "")
COUNTS = (ProvisionCount, StateCount, LanguageCount, MonthCount)
OPEN = ("open", False, None)

small = st.integers(0, 60)
which = st.sampled_from([0, 0, 0, 1])
reading = st.tuples(st.just("analyse"), which, st.sampled_from([True, True, False]), st.integers(0, 2), small)
deciding = st.tuples(st.just("review"), small, st.integers(0, 3), st.integers(0, 4))
step = st.one_of(
    reading,
    deciding,
    deciding,
    reading,
    st.tuples(st.just("undo"), small),
    st.tuples(st.just("describe"), which, st.integers(0, 2)),
    st.tuples(st.just("delete"), which),
)


@dataclass
class World:
    """The store, and what must be in it."""

    store: Store
    versions: dict[int, int] = field(default_factory=dict)
    scores: dict[int, list[tuple[int, str, float]]] = field(default_factory=dict)
    reviews: dict[int, tuple[int, ReviewRecord]] = field(default_factory=dict)

    def analyse(self, number: int, newer: bool, model: int, seed: int) -> None:
        """Tag a document, perhaps after reading it with a newer reader."""
        version = self.versions[number] = self.versions.get(number, 0) + newer
        read = read_again(number, version)
        result, said = tagged(read, model, seed)
        with self.store.write() as session:
            add_document(session, data(number), "ruling.txt")
            save_text(session, read)
            saved = save_analysis(session, result)
        if saved.created:
            self.scores[saved.id] = said

    def review(self, which: int, action: int, provision: int) -> None:
        """Decide one tag, or add one."""
        with self.store.read() as session:
            query = select(Tag.provision, Passage.id, Document.id).join(Passage, Passage.key == Tag.passage)
            lines = session.execute(query.join(Document, Document.key == Tag.document).order_by(Tag.id)).all()
        if not lines:
            return
        old, passage, document = lines[which % len(lines)]
        act, other = ACTIONS[action], LABELS[provision]
        if act == "change" and other == old:
            return
        made = Step(passage, other if act == "add" else old, act, replacement=other if act == "change" else None)
        try:
            with self.store.write() as session:
                record = review(session, made)
        except Conflict:
            return  # the tag to add is there
        self.reviews[record.id] = numbered(document), record

    def undo(self, which: int) -> None:
        """Take one of the reviews back."""
        if not self.reviews:
            return
        id_ = sorted(self.reviews)[which % len(self.reviews)]
        try:
            with self.store.write() as session:
                record = undo(session, id_)
        except Conflict:
            return  # taken back before
        self.reviews[record.id] = self.reviews[id_][0], record

    def describe(self, number: int, state: int) -> None:
        """Correct a document's State and date."""
        try:
            with self.store.write() as session:
                set_given(session, sha256(number), {"state": STATES[state], "date": f"20{state}1-05"})
        except NotFound:
            return

    def delete(self, number: int) -> None:
        """Delete a document, with all that was said of it."""
        try:
            with self.store.write() as session:
                key = key_of(session, number)
                gone = list(session.scalars(select(Analysis.id).where(Analysis.document == key)))
                delete_document(session, sha256(number))
        except NotFound:
            return
        with self.store.read() as session:
            for mapper in Base.registry.mappers:
                table: Any = mapper.class_
                if hasattr(table, "document") and table.__tablename__ != "jobs":
                    assert session.scalar(select(func.count()).select_from(table).where(table.document == key)) == 0
        self.scores = {id_: said for id_, said in self.scores.items() if id_ not in gone}
        self.reviews = {id_: one for id_, one in self.reviews.items() if one[0] != number}


@settings(max_examples=40)
@given(first=reading, steps=st.lists(step, min_size=4, max_size=16))
def test_nothing_is_lost_and_tags_are_what_predictions_and_reviews_make_them(
    sqlite_template: Path, first: Any, steps: list[Any]
) -> None:
    with world(sqlite_template) as one:
        for name, *arguments in [first, *steps]:
            getattr(one, name)(*arguments)
            check(one)


def check(one: World) -> None:
    with one.store.read() as session:
        assert scores(session) == {id_: sorted(said) for id_, said in one.scores.items() if said}
        for id_, (_, record) in one.reviews.items():
            assert replace(get_review(session, id_), undone=record.undone) == record
        assert_placed(session)
        assert {line[:2]: line[2:] for line in lines(session)} == expected(session)
        kept = [figures(session, table) for table in COUNTS]
    with one.store.write() as session:
        recount(session)
        assert [figures(session, table) for table in COUNTS] == kept


def scores(session: Session) -> dict[int, list[tuple[int, str, float]]]:
    """What every analysis said, as stored: index of the passage, provision, score."""
    found: dict[int, list[tuple[int, str, float]]] = {}
    query = select(Prediction.analysis, Passage.index, Prediction.provision, Prediction.score)
    for analysis, *said in session.execute(query.join(Passage, Passage.key == Prediction.passage)):
        found.setdefault(analysis, []).append(tuple(said))
    return {analysis: sorted(said) for analysis, said in found.items()}


def assert_placed(session: Session) -> None:
    """A review that counts is of the newest reading, was written again, or is listed as without a place."""
    every = list(session.scalars(select(Review).order_by(Review.id)))
    carried = {one.carried_from for one in every}
    listed = set(session.execute(select(Unplaced.review, Unplaced.extractor)).all())
    for one in counting(every):
        extractor = newest(session, one.document).extractor
        assert one.extractor == extractor or one.id in carried or (one.id, extractor) in listed


def lines(session: Session) -> list[tuple[Any, ...]]:
    tag = (Tag.passage, Tag.provision, Tag.prediction, Tag.score, Tag.predicted, Tag.verdict, Tag.reviewed, Tag.review)
    query = select(*tag, Tag.state, Tag.date, Document.state, Document.date)
    found = []
    for *line, state, date, of_document, dated in session.execute(query.join(Document, Document.key == Tag.document)):
        assert (state, date) == (of_document, dated)
        found.append(tuple(line))
    return found


def expected(session: Session) -> dict[tuple[int, str], tuple[Any, ...]]:
    """Where every tag must stand, from predictions and reviews alone."""
    found: dict[tuple[int, str], tuple[Any, ...]] = {}
    verdicts = {"accept": "accepted", "reject": "rejected", "change": "changed", "add": "added"}
    for document in session.scalars(select(Analysis.document).distinct()).all():
        analysis = newest(session, document)
        for said in session.scalars(select(Prediction).where(Prediction.analysis == analysis.id)):
            found[said.passage, said.provision] = (said.id, said.score, said.predicted, *OPEN)
        here = set(session.scalars(select(Passage.key).where(Passage.text == analysis.text)))
        query = select(Review).where(Review.document == document).order_by(Review.id)
        for one in counting(list(session.scalars(query))):
            if one.passage in here:
                said_before = found.get((one.passage, one.provision), (None, 0.0, False))[:3]
                found[one.passage, one.provision] = (*said_before, verdicts[one.action], True, one.id)
    return found


def counting(every: list[Review]) -> list[Review]:
    undone = {one.undoes for one in every}
    return [one for one in every if one.action != "undo" and one.id not in undone]


def newest(session: Session, document: int) -> Analysis:
    query = select(Analysis).where(Analysis.document == document).order_by(Analysis.id.desc()).limit(1)
    return session.scalars(query).one()


def figures(session: Session, table: Any) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in session.execute(select(table.__table__))}


@contextmanager
def world(template: Path) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, f"{folder}/palermo.sqlite")
        store = open_store(f"sqlite:///{folder}/palermo.sqlite")
        yield World(store)
        store.close()


def data(number: int) -> bytes:
    return f"document {number}".encode()


def sha256(number: int) -> str:
    return hashlib.sha256(data(number)).hexdigest()


def numbered(document: str) -> int:
    return next(number for number in range(2) if sha256(number) == document)


def key_of(session: Session, number: int) -> int | None:
    return session.scalar(select(Document.key).where(Document.id == sha256(number)))


def read_again(number: int, version: int) -> ReadDocument:
    """Each reader finds a heading more, drops a paragraph in turn, and joins words that were broken."""
    paragraphs = [f"Ruling {number}: the accused moved {what} and hid it." for what in ("arms", "gold", "people")]
    if version:
        del paragraphs[version % 3]
        paragraphs = [f"Heading {n}" for n in range(version)] + [one.replace("moved ", "moved\n") for one in paragraphs]
    passages, at = [], 0
    for index, part in enumerate(paragraphs):
        passages.append(ReadPassage(index, at, at + len(part), str(index), None, "en" if index else "fr"))
        at += len(part) + 2
    return ReadDocument(
        *("ruling.txt", sha256(number), "text/plain", f"text/{version}", "\n\n".join(paragraphs)),
        passages=tuple(passages), kind="judgment", language="en",
    )  # fmt: skip


def tagged(read: ReadDocument, model: int, seed: int) -> tuple[dict[str, Any], list[tuple[int, str, float]]]:
    """An analysis, and its scores by passage and provision."""
    chance = random.Random(seed)
    scored = {one.index: chance.sample(LABELS, chance.randint(0, 3)) for one in read.passages}
    passages, said = [], []
    for one in read.passages:
        tags = []
        for provision in scored[one.index]:
            score = round(chance.random(), 3)
            said.append((one.index, provision, score))
            same = {"threshold": 0.5, "predicted": score >= 0.5, "sources": ["model"]}
            evidence = {"start": one.start, "end": one.end, "drop": 0.1} if chance.random() < 0.7 else None
            decision = "assigned" if score > 0.7 else "review" if score > 0.3 else "none"
            tags.append({"provision": provision, "score": score, "decision": decision, "evidence": evidence, **same})
        passages.append({"start": one.start, "end": one.end, "tags": tags, "mens_rea": []})
    engine = {"extractor": read.extractor, "model_sha256": str(model) * 64, "taxonomy": "1"}
    return {"document": {"sha256": read.sha256}, "engine": engine, "passages": passages}, said
