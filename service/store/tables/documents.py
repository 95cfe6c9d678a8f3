"""Tables of documents and of what the machine says of them.

`documents`, `sources`, `texts`, `passages` hold what was given and read; `analyses`, `predictions`, `elements` what a
model said, which never changes: triggers (see the first migration) refuse UPDATE always, and DELETE unless the document
has been deleted. `tags` is the list that people work through: one row a passage and provision of the document's newest
analysis or of a person's addition, with what people decided. It can be rebuilt from predictions and reviews at any
time; it repeats State, date and language so that one index serves filter and order, and so that a corrected date does
not touch a prediction.

Documents and passages have a permanent id made from content; inside, rows point at each other by small numbers, which
halves the database and its indexes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from palermo.service.store.tables.base import BIG, DAY, Base, Key, PackedJson
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

_NEAREST = ("uncertainty", "id")
_REVIEWED = text("review IS NOT NULL")


class Document(Base):
    """A document by its content; once deleted, a row without content that keeps its id taken.

    Attributes:
        id: SHA-256 of the source bytes, in hex.
        title, court, state, date, number: as `given`, else as the newest reading shows.
        given: metadata that a person or a manifest gave, by name; wins over what the text shows.
    """

    __tablename__ = "documents"
    __table_args__ = (Index(None, "state", "key"), Index(None, "deleted", "key"), {"sqlite_autoincrement": True})

    key: Mapped[Key]
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    media_type: Mapped[str]
    kind: Mapped[str | None]
    language: Mapped[str | None]
    title: Mapped[str | None]
    court: Mapped[str | None]
    state: Mapped[str | None]
    date: Mapped[str | None] = mapped_column(DAY)
    number: Mapped[str | None]
    given: Mapped[Any] = mapped_column(PackedJson, nullable=True)
    bytes: Mapped[int]
    characters: Mapped[int]
    created: Mapped[datetime]
    deleted: Mapped[datetime | None]


class Source(Base):
    """The bytes of a document, in a table of their own, so that listing documents never reads them.

    In the database and not in a folder: one backup holds all, several workers need no shared disk, and deletion is
    one transaction.
    """

    __tablename__ = "sources"

    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Text(Base):
    """A document as one version of a reader read it; everything needed to tag it again without reading it again."""

    __tablename__ = "texts"
    __table_args__ = (UniqueConstraint("document", "extractor"),)

    key: Mapped[Key]
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    extractor: Mapped[str]
    text: Mapped[str]
    warnings: Mapped[Any] = mapped_column(PackedJson)
    shown: Mapped[Any] = mapped_column(PackedJson)
    anchors: Mapped[Any] = mapped_column(PackedJson)
    blocks: Mapped[Any] = mapped_column(PackedJson)
    created: Mapped[datetime]


class Passage(Base):
    """A passage of a text; `id` is permanent: a hash of document, extractor, start and end."""

    __tablename__ = "passages"
    __table_args__ = (UniqueConstraint("text", "index"),)

    key: Mapped[Key]
    id: Mapped[str] = mapped_column(unique=True)
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    text: Mapped[int] = mapped_column(BIG, ForeignKey("texts.key"))
    index: Mapped[int]
    number: Mapped[str | None]
    language: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    heading: Mapped[str | None]


class Analysis(Base):
    """What one model said of one reading of a document; `result` is the `palermo tag` JSON, whole.

    `tagger` is the version of what is made of the model's scores, empty where the result names none.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        UniqueConstraint("document", "extractor", "model_sha256", "taxonomy", "tagger"),
        Index(None, "text"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    text: Mapped[int] = mapped_column(BIG, ForeignKey("texts.key"))
    extractor: Mapped[str]
    model_sha256: Mapped[str]
    taxonomy: Mapped[str]
    tagger: Mapped[str]
    result: Mapped[Any] = mapped_column(PackedJson)
    created: Mapped[datetime]


class Prediction(Base):
    """One provision that a model gave one passage. Offsets count code points of the text."""

    __tablename__ = "predictions"
    __table_args__ = (
        UniqueConstraint("passage", "provision", "analysis"),
        Index(None, "analysis"),
        CheckConstraint("decision IN ('assigned', 'review', 'none')", name="decision"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    )

    id: Mapped[Key]
    analysis: Mapped[int] = mapped_column(BIG, ForeignKey("analyses.id"))
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    passage: Mapped[int] = mapped_column(BIG, ForeignKey("passages.key"))
    provision: Mapped[str]
    score: Mapped[float]
    threshold: Mapped[float]
    predicted: Mapped[bool]
    decision: Mapped[str]
    sources: Mapped[str]
    evidence_start: Mapped[int | None]
    evidence_end: Mapped[int | None]
    evidence_drop: Mapped[float | None]


class Element(Base):
    """A mental element that a model found in a passage. Offsets count code points of the text."""

    __tablename__ = "elements"
    __table_args__ = (Index(None, "analysis"), Index(None, "passage"))

    id: Mapped[Key]
    analysis: Mapped[int] = mapped_column(BIG, ForeignKey("analyses.id"))
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    passage: Mapped[int] = mapped_column(BIG, ForeignKey("passages.key"))
    standard: Mapped[str]
    role: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    score: Mapped[float]


class Tag(Base):
    """Where a provision of a passage stands now.

    Attributes:
        prediction: what the newest model said, or None where only a person said it.
        score: the prediction's, or 0 without one.
        uncertainty: |score - threshold|, or 1 without a prediction: the last in the queue.
        verdict: `open`, `accepted`, `rejected`, `changed` (to another provision) or `added`.
        reviewed: whether the verdict is not `open`.
        review: the review that the verdict comes from.
        language: of the passage.
    """

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("passage", "provision"),
        # What is filtered by first, then the order, then whatever else a filter looks at: so rows that do not fit are
        # passed over inside the index (see `plans`).
        Index("ix_tags_queue", "verdict", "decision", *_NEAREST, "provision", "state", "language", "date", "score"),
        Index("ix_tags_provision", "provision", "verdict", *_NEAREST, "decision", "state", "language", "date", "score"),
        Index("ix_tags_state", "state", "verdict", *_NEAREST, "decision", "provision", "language", "date", "score"),
        Index("ix_tags_language", "language", "verdict", *_NEAREST, "decision", "provision", "state", "date", "score"),
        Index("ix_tags_date", "date", "verdict", "decision", *_NEAREST, "provision", "state", "language", "score"),
        Index("ix_tags_score", "decision", "score", "id", "verdict", "provision", "state", "language", "date"),
        Index("ix_tags_document", "document", "provision", "verdict", "decision", "predicted", "score"),
        Index("ix_tags_prediction", "prediction"),
        Index("ix_tags_review", "review", sqlite_where=_REVIEWED, postgresql_where=_REVIEWED),
        CheckConstraint("verdict IN ('open', 'accepted', 'rejected', 'changed', 'added')", name="verdict"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    passage: Mapped[int] = mapped_column(BIG, ForeignKey("passages.key"))
    provision: Mapped[str]
    prediction: Mapped[int | None] = mapped_column(BIG, ForeignKey("predictions.id"))
    score: Mapped[float]
    predicted: Mapped[bool]
    decision: Mapped[str]
    uncertainty: Mapped[float]
    verdict: Mapped[str]
    reviewed: Mapped[bool]
    review: Mapped[int | None] = mapped_column(BIG, ForeignKey("reviews.id"))
    state: Mapped[str | None]
    date: Mapped[str | None] = mapped_column(DAY)
    language: Mapped[str]
