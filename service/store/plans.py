"""Chooses how a page of tags is read: by which index, in order or not; `listing` calls it.

A page costs what it reads. Read in the order of the page, an index stops as soon as the page is full: cheap where many
rows fit the filter. Read by what is filtered, all rows of (say) a State are looked at and the best are kept: cheap
where few rows have it. The figures of `tallies` say how many rows each way would look at; SQLite, which keeps no
statistics of single values, could not know. Every index that is read so holds all that a filter looks at; a row that
does not fit then costs about 70 ns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from palermo.service.store.tables import LanguageCount, MonthCount, ProvisionCount, StateCount, Tag
from palermo.service.store.tallies import MONTH
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from palermo.service.store.listing import TagFilter

Order = Literal["uncertainty", "score", "newest"]
DECISIONS = ("assigned", "review", "none")
VERDICTS = ("open", "accepted", "rejected", "changed", "added")
BRANCH = 700
"""What one more branch of a query costs to write and begin, in rows looked at."""
SORTED = 1.5
"""What a row costs that is looked at and perhaps kept, against one that is read in order."""
FETCHED = 6.0
"""What a row costs whose index does not hold all that is needed."""
DOUBT = 5.0
"""How much longer than expected a page is read in order before another way is taken."""
CLUMPED = 30_000
"""The least that is looked at by age: the tags of a document, some thousand at times, fit together or not at all."""
MOST_PROBED = 10_000
Branch = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to read a page.

    Attributes:
        index: name of the index, or None for the table itself.
        ordered: whether each branch of it is read in the order of the page.
        branches: conditions that lead into the index; each tag fits one at most.
        fixed: columns that the branches decide, so that no other condition on them is needed.
        cost: rows looked at, by estimate.
        most: look no further than so many rows; where they do not fill the page, the next plan reads it.
    """

    index: str | None
    ordered: bool
    branches: tuple[Branch, ...]
    fixed: frozenset[str]
    cost: float
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How many tags there are of what a filter names; None: the filter does not name it.

    Attributes:
        cells: by provision, verdict and decision, of all tags.
        provisions, verdicts, decisions: those that pass.
        state: by provision, of the State.
        language, state_language: of the language, everywhere and in the State.
        dates: of the months of the range.
        scores: of the range, counted to `MOST_PROBED`.
    """

    cells: dict[tuple[str, str, str], int]
    provisions: frozenset[str] | None
    verdicts: frozenset[str]
    decisions: frozenset[str]
    state: dict[str, int] | None
    language: int | None
    state_language: int | None
    dates: int | None
    scores: int | None

    def rows(self, *, provision: bool = False, verdict: bool = False, decision: bool = False) -> int:
        """Tags that pass in the columns named."""
        return sum(
            number
            for (one, stands, decided), number in self.cells.items()
            if (not provision or self.provisions is None or one in self.provisions)
            and (not verdict or stands in self.verdicts)
            and (not decision or decided in self.decisions)
        )

    def present(self) -> set[tuple[str, str, str]]:
        """Cells that pass and are not empty."""
        return {
            cell
            for cell, number in self.cells.items()
            if number > 0
            and (self.provisions is None or cell[0] in self.provisions)
            and cell[1] in self.verdicts
            and cell[2] in self.decisions
        }

    def of_state(self) -> int:
        """Tags of the State, of the provisions that pass."""
        return sum(
            number
            for provision, number in (self.state or {}).items()
            if self.provisions is None or provision in self.provisions
        )

    def fitting(self) -> float:
        """Tags that pass in everything, as if dates, scores and the rest had nothing to do with each other."""
        every = max(1, self.rows())
        fit = float(self.rows(provision=True, verdict=True, decision=True))
        language = self.language
        if self.state is not None:
            fit *= self.of_state() / max(1, self.rows(provision=True))
            if self.state_language is not None:
                fit *= self.state_language / max(1, sum(self.state.values()))
                language = None
        for number in (language, self.dates, self.scores):
            fit *= 1.0 if number is None else min(1.0, number / every)
        return fit


def figures(session: Session, chosen: TagFilter, provisions: frozenset[str] | None) -> Figures:
    """The figures that a filter needs; a handful of small reads."""
    keys = (ProvisionCount.provision, ProvisionCount.verdict, ProvisionCount.decision)
    cells = session.execute(select(*keys, func.sum(ProvisionCount.tags)).group_by(*keys))
    return Figures(
        cells={(row[0], row[1], row[2]): int(row[3]) for row in cells},
        provisions=provisions,
        verdicts=_verdicts(chosen),
        decisions=frozenset(DECISIONS if chosen.decision is None else (chosen.decision,)),
        state=None if chosen.state is None else _of_state(session, chosen.state),
        language=_of_language(session, chosen.language, None),
        state_language=None if chosen.state is None else _of_language(session, chosen.language, chosen.state),
        dates=_of_months(session, chosen.date_from, chosen.date_to),
        scores=_of_scores(session, chosen.score_from, chosen.score_to),
    )


def choose(found: Figures, chosen: TagFilter, order: Order, rows: int) -> list[Plan]:
    """The cheapest way to read `rows` tags in an order; a second where the first may fail; none where nothing fits."""
    if not _any(found):
        return []
    whole = min(_by_filter(found, chosen, order), key=_cost)
    if chosen.document is not None:
        return [whole]
    first = min(_in_order(found, chosen, order, rows), key=_cost)
    if whole.cost <= first.cost:
        return [whole]
    if order != "uncertainty" and whole.cost < found.rows():
        # Among all tags those that fit may stand last, or be none: then better all of (say) one State.
        looked = max(rows, first.cost - BRANCH * len(first.branches))
        reach = max(DOUBT * looked, CLUMPED if order == "newest" else 0)
        return [replace(first, most=int(min(whole.cost, reach))), whole]
    return [first]


def of_provision(found: Figures, provision: str) -> Plan:
    """How to read the tags of one provision by uncertainty; the cost is that of reading all that pass by verdict."""
    verdicts = sorted({cell[1] for cell in found.present() if cell[0] == provision})
    branches = tuple((Tag.provision == provision, Tag.verdict == verdict) for verdict in verdicts)
    rows = sum(number for cell, number in found.cells.items() if cell[0] == provision and cell[1] in verdicts)
    fixed = frozenset({"provision", "verdict"})
    return Plan("ix_tags_provision", True, branches, fixed, rows + BRANCH * len(branches))


def at_once(found: Figures, chosen: TagFilter) -> Plan | None:
    """The cheapest way that looks at all rows of something; None where none fits."""
    return min(_by_filter(found, chosen, "uncertainty"), key=_cost) if _any(found) else None


def _cost(way: Plan) -> float:
    return way.cost


def _any(found: Figures) -> bool:
    if not found.present() or 0 in (found.language, found.state_language):
        return False
    return found.state is None or found.of_state() > 0


def within(column: Any, low: Any, high: Any) -> list[ColumnElement[bool]]:
    """Conditions of a range, both ends inside; None: no end."""
    found = [] if low is None else [column >= low]
    return found if high is None else [*found, column <= high]


def _verdicts(chosen: TagFilter) -> frozenset[str]:
    passing = frozenset(VERDICTS if chosen.verdict is None else (chosen.verdict,))
    if chosen.reviewed is None:
        return passing
    return passing - {"open"} if chosen.reviewed else passing & {"open"}


def _of_state(session: Session, state: str) -> dict[str, int]:
    query = select(StateCount.provision, StateCount.tags).where(StateCount.state == state)
    return dict(session.execute(query).all())


def _of_language(session: Session, language: str | None, state: str | None) -> int | None:
    if language is None:
        return None
    query = select(func.sum(LanguageCount.tags)).where(LanguageCount.language == language)
    return int(session.scalar(query if state is None else query.where(LanguageCount.state == state)) or 0)


def _of_months(session: Session, low: str | None, high: str | None) -> int | None:
    """Tags of every month that a range of dates touches."""
    inside = within(MonthCount.month, None if low is None else low[:MONTH], None if high is None else high[:MONTH])
    if not inside:
        return None
    dated = select(func.sum(MonthCount.tags)).where(MonthCount.month != "", *inside)
    return int(session.scalar(dated) or 0)


def _of_scores(session: Session, low: float | None, high: float | None) -> int | None:
    inside = within(Tag.score, low, high)
    if not inside:
        return None
    few = select(Tag.score).where(Tag.decision.in_(DECISIONS), *inside).limit(MOST_PROBED).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0


def _in_order(found: Figures, chosen: TagFilter, order: Order, rows: int) -> Iterator[Plan]:
    """Ways that stop when the page is full."""
    share = rows / max(1.0, found.fitting())
    if order == "newest":
        yield Plan(None, True, ((),), frozenset(), SORTED * min(1.0, share) * found.rows())
        return
    if order == "score":
        decisions = tuple((Tag.decision == one,) for one in sorted({cell[2] for cell in found.present()}))
        cost = min(1.0, share) * found.rows(decision=True) + BRANCH * len(decisions)
        yield Plan("ix_tags_score", True, decisions, frozenset({"decision"}), cost)
        return
    cells = found.present()
    verdicts = {cell[1] for cell in cells}
    part = found.rows(verdict=True) / max(1, found.rows())
    by: list[tuple[str, Sequence[Branch], frozenset[str], float]] = [
        (
            "ix_tags_queue",
            [(Tag.verdict == verdict, Tag.decision == decision) for verdict, decision in _pairs(cells, 1, 2)],
            frozenset({"verdict", "decision"}),
            found.rows(verdict=True, decision=True),
        )
    ]
    if found.provisions is not None:
        pairs = [(Tag.provision == one, Tag.verdict == verdict) for one, verdict in _pairs(cells, 0, 1)]
        by.append(
            ("ix_tags_provision", pairs, frozenset({"provision", "verdict"}), found.rows(provision=True, verdict=True))
        )
    if found.state is not None:
        states = [(Tag.state == chosen.state, Tag.verdict == one) for one in sorted(verdicts)]
        by.append(("ix_tags_state", states, frozenset({"state", "verdict"}), sum(found.state.values()) * part))
    if found.language is not None:
        tongues = [(Tag.language == chosen.language, Tag.verdict == one) for one in sorted(verdicts)]
        by.append(("ix_tags_language", tongues, frozenset({"language", "verdict"}), found.language * part))
    for index, branches, fixed, number in by:
        yield Plan(index, True, tuple(branches), fixed, min(1.0, share) * number + BRANCH * len(branches))


def _pairs(cells: set[tuple[str, str, str]], first: int, second: int) -> list[tuple[str, str]]:
    return sorted({(cell[first], cell[second]) for cell in cells})


def _by_filter(found: Figures, chosen: TagFilter, order: Order) -> Iterator[Plan]:
    """Ways that look at all rows of one thing that is filtered by, and keep the best."""
    if chosen.document is not None:
        # It has some thousand tags at most.
        yield _all_of("ix_tags_document", 0)
        return
    yield _all_of("ix_tags_queue", found.rows(verdict=True, decision=True))
    if found.provisions is not None:
        yield _all_of("ix_tags_provision", found.rows(provision=True, verdict=True))
    if found.state is not None:
        yield _all_of("ix_tags_state", sum(found.state.values()))
    if found.language is not None:
        yield _all_of("ix_tags_language", found.language)
    if found.dates is not None:
        yield _all_of("ix_tags_date", found.dates)
    if found.scores is not None and found.scores < MOST_PROBED:
        # The index begins with the decision, so all three are named where the filter names none.
        every = ((Tag.decision.in_(sorted(found.decisions)),),)
        cost = SORTED * found.scores * (FETCHED if order == "uncertainty" else 1.0) + BRANCH
        yield Plan("ix_tags_score", False, every, frozenset({"decision"}), cost)


def _all_of(index: str, rows: float) -> Plan:
    return Plan(index, False, ((),), frozenset(), SORTED * rows + BRANCH)
