"""The queue and every other list of tags: filter, sort, page; the review pages and the API call it.

A page costs about the same wherever it is and however many tags there are: `plans` chooses the index to read it by.
Where that takes several stretches of an index (one for each provision and verdict, say), each is read in the order of
the page, and they are merged until the page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from palermo.corpora.convention import tree
from palermo.corpora.errors import UsageError
from palermo.service.store.basics import find_document
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.plans import DECISIONS, Figures, Order, Plan, at_once, choose, figures, of_provision, within
from palermo.service.store.records import Page, TagRecord
from palermo.service.store.tables import Document, Passage, Prediction, Tag, Text
from palermo.service.store.tallies import write_tallies
from sqlalchemy import ColumnElement, Select, case, func, literal_column, select, tuple_, union_all
from sqlalchemy.orm import Session

Sort = Literal["uncertainty", "score", "newest", "provision"]
Key = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Which tags to list; a field that is None lets all pass.

    Attributes:
        provision: a provision with all below it, or an instrument.
        decision: `assigned`, `review` or `none`.
        reviewed: whether a person has decided.
        verdict: `open`, `accepted`, `rejected`, `changed` or `added`.
        score_from, score_to: inclusive, 0 to 1; a tag without a prediction has 0.
        state, language: as stored; the language is the passage's.
        date_from, date_to: ISO 8601, inclusive, compared as text; undated documents then do not pass.
        document: a document's id.
    """

    provision: str | None = None
    decision: str | None = None
    reviewed: bool | None = None
    verdict: str | None = None
    score_from: float | None = None
    score_to: float | None = None
    state: str | None = None
    language: str | None = None
    date_from: str | None = None
    date_to: str | None = None
    document: str | None = None


def tags(
    session: Session,
    chosen: TagFilter | None = None,
    sort: Sort = "uncertainty",
    after: str | None = None,
    limit: int = 50,
) -> Page[TagRecord]:
    """A page of tags.

    Args:
        session: of a store.
        chosen: which tags.
        sort: `uncertainty` (nearest to its threshold first), `score` (highest first), `newest`, or `provision` (in the
            order of the Convention, the nearest to its threshold first).
        after: cursor of the page before; None: the first page.
        limit: rows, 1 to 500.

    Raises:
        NotFound: no such document.
        UsageError: a bad cursor, limit or sort, or an unknown provision or decision.
    """
    check_limit(limit)
    chosen = chosen or TagFilter()
    if chosen.decision is not None and chosen.decision not in DECISIONS:
        raise UsageError(f"the decision is {', '.join(DECISIONS)}", source="decision")
    if sort not in _KEYS:
        raise UsageError("the sort is uncertainty, score, newest or provision", source="sort")
    place = None if after is None else tuple(decode_cursor(after, sort, _KEYS[sort]))
    provisions = None if chosen.provision is None else frozenset(one.id for one in tree().walk(chosen.provision))
    wanted = _conditions(session, chosen)
    write_tallies(session)
    reading = _Reading(session, chosen, wanted, figures(session, chosen, provisions))
    keys = reading.by_provision(place, limit + 1) if sort == "provision" else reading.keys(sort, place, limit + 1)
    rows = by_ids(session, [int(key[-1]) for key in keys[:limit]])
    return Page(rows, encode_cursor(sort, *keys[limit - 1]) if len(keys) > limit else None)


def excerpts(session: Session, rows: Sequence[TagRecord]) -> dict[str, str]:
    """The text of each passage of a page, by the passage's id."""
    cut = func.substr(Text.text, Passage.start + 1, Passage.end - Passage.start)
    query = select(Passage.id, cut).join(Text, Text.key == Passage.text)
    return dict(session.execute(query.where(Passage.id.in_({row.passage for row in rows}))).all())


_KEYS: dict[Sort, int] = {"uncertainty": 2, "score": 2, "newest": 1, "provision": 3}
"""Numbers in a row's key; the last is its id."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads keys of the rows that fit: values of the order, then the id."""

    session: Session
    chosen: TagFilter
    wanted: dict[str, list[ColumnElement[bool]]]
    figures: Figures

    def keys(self, order: Order, after: Key | None, rows: int) -> list[Key]:
        found: list[Key] = []
        for plan in choose(self.figures, self.chosen, order, rows):
            last = None if plan.most is None else self._reach(plan, order, after)
            read = self.session.execute(self._statement(plan, order, after, rows, last))
            found = [tuple(row) for row in read]
            if last is None or len(found) == rows:
                break
        return found

    def _reach(self, plan: Plan, order: Order, after: Key | None) -> Key | None:
        """The last row that a plan may look at; None where it may reach the end of the list."""
        ordered = _ORDERS[order]
        cut = (plan.most or 0) + 1 if self.session.get_bind().dialect.name == "postgresql" else None
        query = _merged(plan, ordered, _beyond(ordered, after), cut).offset(plan.most).limit(1)
        found = self.session.execute(query).first()
        return None if found is None else tuple(found)

    def by_provision(self, after: Key | None, rows: int) -> list[Key]:
        """Provision after provision, in the Convention's order; a key begins with the provision's place there."""
        found: list[Key] = []
        spent, once = 0.0, at_once(self.figures, self.chosen)
        if once is None:
            return found
        for rank, provision in _ranked({cell[0] for cell in self.figures.present()}):
            if after is not None and rank < after[0]:
                continue
            if spent > once.cost:
                # So many provisions had less than a page together that the rest is better read at once.
                return found + self._rest(once, (rank, -1.0, 0), rows - len(found))
            beyond = after[1:] if after is not None and rank == after[0] else None
            plan = of_provision(self.figures, provision)
            read = self.session.execute(self._statement(plan, "uncertainty", beyond, rows - len(found)))
            found += [(rank, *key) for key in read]
            spent += plan.cost
            if len(found) == rows:
                break
        return found

    def _rest(self, plan: Plan, after: Key, rows: int) -> list[Key]:
        ranks = {name: rank for rank, name in _ranked({cell[0] for cell in self.figures.present()}) if rank >= after[0]}
        rank = case(ranks, value=Tag.provision).label("rank")
        checks = [one for tests in {**self.wanted, "verdict": self._verdicts()}.values() for one in tests]
        query = select(rank, Tag.uncertainty, Tag.id).where(*checks, Tag.provision.in_(sorted(ranks)))
        read = _hinted(query, plan.index).order_by(rank, Tag.uncertainty, Tag.id).limit(rows)
        return [tuple(row) for row in self.session.execute(read)]

    def _statement(self, plan: Plan, order: Order, after: Key | None, rows: int, last: Key | None = None) -> Any:
        ordered = _ORDERS[order]
        wanted = {**self.wanted, "provision": self._provisions(), "verdict": self._verdicts()}
        checks = [one for name, tests in wanted.items() if name not in plan.fixed for one in tests]
        checks += _beyond(ordered, after) + _until(ordered, last)
        cut = rows if self.session.get_bind().dialect.name == "postgresql" else None
        return _merged(plan, ordered, checks, cut).limit(rows)

    def _provisions(self) -> list[ColumnElement[bool]]:
        if self.figures.provisions is None:
            return []
        return [Tag.provision.in_(sorted({cell[0] for cell in self.figures.present()}))]

    def _verdicts(self) -> list[ColumnElement[bool]]:
        if self.chosen.reviewed is None and self.chosen.verdict is None:
            return []
        return [Tag.verdict.in_(sorted(self.figures.verdicts))]


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Names of the columns of a key, in order, and whether they rise."""

    names: tuple[str, ...]
    rising: bool


_ORDERS: dict[Order, _Ordered] = {
    "uncertainty": _Ordered(("uncertainty", "id"), True),
    "score": _Ordered(("score", "id"), False),
    "newest": _Ordered(("id",), False),
}


def _beyond(order: _Ordered, after: Key | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    place = tuple_(*(getattr(Tag, name) for name in order.names))
    return [place > after if order.rising else place < after]


def _until(order: _Ordered, last: Key | None) -> list[ColumnElement[bool]]:
    if last is None:
        return []
    place = tuple_(*(getattr(Tag, name) for name in order.names))
    return [place <= last if order.rising else place >= last]


def _merged(plan: Plan, order: _Ordered, checks: list[ColumnElement[bool]], cut: int | None) -> Any:
    """The query of a plan, in order.

    SQLite merges branches and stops early. PostgreSQL would sort them whole, so there each is cut to as many rows as
    are wanted (`cut`); and OFFSET keeps it from reading in order what the plan would not.
    """
    columns = [getattr(Tag, name).label(name) for name in order.names]
    branches = [_hinted(select(*columns).where(*branch, *checks), plan.index) for branch in plan.branches]
    by: list[ColumnElement[Any]] = [
        literal_column(name) if order.rising else literal_column(name).desc() for name in order.names
    ]
    if cut is None or (plan.ordered and len(branches) == 1):
        return (union_all(*branches) if len(branches) > 1 else branches[0]).order_by(*by)
    cuts = [select(one.order_by(*by).limit(cut).subquery()) for one in branches]
    inner = (union_all(*cuts) if len(cuts) > 1 else branches[0].offset(0)).subquery()
    return select(*(inner.c[name].label(name) for name in order.names)).order_by(*by)


def _hinted(query: Select[Any], index: str | None) -> Select[Any]:
    return query.with_hint(Tag, "NOT INDEXED" if index is None else f"INDEXED BY {index}", "sqlite")


def _ranked(provisions: set[str]) -> list[tuple[int, str]]:
    """Provisions with their place in the Convention; those that this version of it lacks come last."""
    known = sorted((tree().sort_key(one), one) for one in provisions if one in tree())
    lacking = sorted(one for one in provisions if one not in tree())
    return known + [(len(tree()) + number, one) for number, one in enumerate(lacking)]


def _conditions(session: Session, chosen: TagFilter) -> dict[str, list[ColumnElement[bool]]]:
    """What a row must fulfil, by column; provision and verdict aside."""
    equal: tuple[tuple[str, Any], ...] = (
        ("decision", chosen.decision),
        ("state", chosen.state),
        ("language", chosen.language),
    )
    found = {name: [getattr(Tag, name) == value] for name, value in equal if value is not None}
    found["score"] = within(Tag.score, chosen.score_from, chosen.score_to)
    found["date"] = within(Tag.date, chosen.date_from, chosen.date_to)
    if chosen.document is not None:
        found["document"] = [Tag.document == find_document(session, chosen.document).key]
    return found


_TAG = (
    *("id", "provision", "predicted", "decision", "verdict", "review"),
    *("state", "date", "language", "prediction"),
)
_PLACE = ("index", "number", "start", "end")
_SAID = ("score", "threshold", "evidence_start", "evidence_end", "evidence_drop")


def by_ids(session: Session, ids: list[int]) -> list[TagRecord]:
    """The lines of these tags (numbers of rows that are there), in this order."""
    columns: list[Any] = [getattr(Tag, name) for name in _TAG]
    columns += [getattr(Passage, name) for name in _PLACE] + [getattr(Prediction, name) for name in _SAID]
    columns += [Document.id.label("document"), Document.name, Document.title, Passage.id.label("passage")]
    query = (
        select(*columns)
        .join(Document, Document.key == Tag.document)
        .join(Passage, Passage.key == Tag.passage)
        .outerjoin(Prediction, Prediction.id == Tag.prediction)
        .where(Tag.id.in_(ids))
    )
    found = {row.id: _record(row) for row in session.execute(query)}
    return [found[id_] for id_ in ids]


def _record(row: Any) -> TagRecord:
    evidence = None
    if row.evidence_start is not None and row.evidence_end is not None:
        evidence = row.evidence_start, row.evidence_end
    same = (*_TAG, *_PLACE, "document", "name", "title", "passage", "score", "threshold")
    fields = {field: getattr(row, field) for field in same}
    return TagRecord(evidence=evidence, drop=row.evidence_drop, **fields)
