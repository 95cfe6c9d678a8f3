"""Tables of what people say: `reviews`, append-only by trigger, and `unplaced`, those that a newer reading lost."""

from __future__ import annotations

from datetime import datetime

from palermo.service.store.tables.base import BIG, Base, Key
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column


class Review(Base):
    """One step of one person on one provision of one passage.

    Attributes:
        prediction: what was looked at; None for a tag that a person added.
        action: `accept`, `reject`, `change` (also writes an `add` of the replacement), `add` or `undo`.
        replacement: the provision that it was changed to.
        undoes: the review that an `undo` takes back.
        part_of: the `change` that an `add` belongs to, or the `undo` that another `undo` follows from.
        carried_from: the review of an older reading that this one repeats where its words stand now.
        adjudication: whether it settles what reviewers disagreed on; it is no opinion of its own (see `agreement`).
        score, threshold, decision, model_sha256: what the machine said at the time; None for an added tag.
        extractor, start, end: the reading, and the words in it; offsets count code points of its text.
        quote, prefix, suffix: those words and what surrounds them (W3C TextQuoteSelector).
        reviewer: None in single-user mode.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index(None, "passage", "provision", "id"),
        Index(None, "document", "id"),
        Index(None, "prediction"),
        Index(None, "undoes"),
        Index(None, "carried_from"),
        CheckConstraint("action IN ('accept', 'reject', 'change', 'add', 'undo')", name="action"),
        CheckConstraint("(action = 'undo') = (undoes IS NOT NULL)", name="undoes"),
        CheckConstraint("(action = 'change') = (replacement IS NOT NULL)", name="replacement"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    passage: Mapped[int] = mapped_column(BIG, ForeignKey("passages.key"))
    provision: Mapped[str]
    prediction: Mapped[int | None] = mapped_column(BIG, ForeignKey("predictions.id"))
    action: Mapped[str]
    replacement: Mapped[str | None]
    undoes: Mapped[int | None] = mapped_column(BIG, ForeignKey("reviews.id"))
    part_of: Mapped[int | None] = mapped_column(BIG)
    carried_from: Mapped[int | None] = mapped_column(BIG, ForeignKey("reviews.id"))
    score: Mapped[float | None]
    threshold: Mapped[float | None]
    decision: Mapped[str | None]
    model_sha256: Mapped[str | None]
    extractor: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    quote: Mapped[str]
    prefix: Mapped[str]
    suffix: Mapped[str]
    comment: Mapped[str | None]
    reviewer: Mapped[int | None] = mapped_column(BIG, ForeignKey("users.id"))
    created: Mapped[datetime]
    adjudication: Mapped[bool] = mapped_column(server_default=false())


class Unplaced(Base):
    """A review whose words a newer reading does not show (`gone`) or shows in several places alike (`ambiguous`).

    `settled` says when a person dealt with it.
    """

    __tablename__ = "unplaced"
    __table_args__ = (
        UniqueConstraint("review", "extractor"),
        Index(None, "document"),
        CheckConstraint("reason IN ('gone', 'ambiguous', 'outside')", name="reason"),
    )

    id: Mapped[Key]
    review: Mapped[int] = mapped_column(BIG, ForeignKey("reviews.id"))
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    extractor: Mapped[str]
    reason: Mapped[str]
    created: Mapped[datetime]
    settled: Mapped[datetime | None]
