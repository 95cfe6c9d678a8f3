"""Tables of figures over all tags, kept in step with `tags`: `provision_counts`, `state_counts` and so on.

They repeat what a count of a million tags would say, so that no page has to count them. `tallies` writes them at the
end of each transaction that changes tags; a row that comes to nothing goes.
"""

from __future__ import annotations

from palermo.service.store.tables.base import BIG, DAY, Base
from sqlalchemy.orm import Mapped, mapped_column


class ProvisionCount(Base):
    """How many tags of a provision stand so."""

    __tablename__ = "provision_counts"

    provision: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str] = mapped_column(primary_key=True)
    decision: Mapped[str] = mapped_column(primary_key=True)
    predicted: Mapped[bool] = mapped_column(primary_key=True)
    tags: Mapped[int] = mapped_column(BIG)


class StateCount(Base):
    """How many tags of a provision are on documents of a State, and how many of those documents apply it.

    Attributes:
        state: empty where the document shows none, since a key may not be NULL.
        documents: with at least one tag of the provision that is predicted and not refused, or given by a person.
    """

    __tablename__ = "state_counts"

    state: Mapped[str] = mapped_column(primary_key=True)
    provision: Mapped[str] = mapped_column(primary_key=True)
    tags: Mapped[int] = mapped_column(BIG)
    documents: Mapped[int] = mapped_column(BIG)


class LanguageCount(Base):
    """How many tags are on passages of a language in documents of a State; empty: of none."""

    __tablename__ = "language_counts"

    language: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    tags: Mapped[int] = mapped_column(BIG)


class MonthCount(Base):
    """How many tags are on documents of a month.

    Attributes:
        month: the first seven characters of the date: a year and a month, or a year alone; empty without a date.
    """

    __tablename__ = "month_counts"

    month: Mapped[str] = mapped_column(DAY, primary_key=True)
    tags: Mapped[int] = mapped_column(BIG)
