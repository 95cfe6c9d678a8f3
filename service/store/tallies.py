"""Keeps the figures over all tags (`provision_counts`, `state_counts` and so on) in step with `tags`.

Whoever changes tags of a document does it inside `tallied`, with the document locked: the difference between before and
after is noted, and `Store.write` stores all that was noted as the last thing of its transaction. So rows that every
writer changes are locked for a moment only, and always in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from palermo.service.store.tables import LanguageCount, MonthCount, ProvisionCount, StateCount, Tag
from sqlalchemy import ColumnElement, Table, and_, bindparam, case, delete, distinct, func, insert, or_, select
from sqlalchemy.orm import Session

GIVEN = ("accepted", "added")
_NOTED = "palermo_tallies"
_Rows = Sequence[Any]  # a Row of the columns of `_tags`
MONTH = 7  # characters of a date: YYYY-MM


def holds(verdict: str, predicted: bool) -> bool:
    """Whether a passage has a tag: predicted and not refused, or given by a person."""
    return verdict in GIVEN or (predicted and verdict == "open")


@dataclass(slots=True)
class _Noted:
    """Differences by key."""

    provisions: Counter[tuple[str, str, str, bool]] = field(default_factory=Counter)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    documents: Counter[tuple[str, str]] = field(default_factory=Counter)
    languages: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)

    def add(self, rows: _Rows, sign: int) -> None:
        applied = set()
        for provision, state, date, language, verdict, decision, predicted, number in rows:
            self.provisions[provision, verdict, decision, bool(predicted)] += sign * number
            self.states[state or "", provision] += sign * number
            self.languages[language, state or ""] += sign * number
            self.months[(date or "")[:MONTH]] += sign * number
            if holds(verdict, predicted):
                applied.add((state or "", provision))
        for key in applied:
            self.documents[key] += sign


@contextmanager
def tallied(session: Session, document: int, provision: str | None = None) -> Iterator[None]:
    """Note what the block changes in the tags of a document.

    Args:
        session: of `Store.write`; the document is locked.
        document: its key.
        provision: the only one whose tags the block changes; None: any.
    """
    before = _tags(session, document, provision)
    yield
    noted: _Noted = session.info.setdefault(_NOTED, _Noted())
    noted.add(before, -1)
    noted.add(_tags(session, document, provision), 1)


def write_tallies(session: Session) -> None:
    """Store what was noted in this transaction; what reads figures calls it too, so that it sees them."""
    noted: _Noted | None = session.info.pop(_NOTED, None)
    if noted is None:
        return
    _change(
        session,
        ProvisionCount.__table__,
        [(key, {"tags": number}) for key, number in noted.provisions.items()],
    )
    _change(
        session,
        StateCount.__table__,
        [(key, {"tags": number, "documents": noted.documents[key]}) for key, number in noted.states.items()],
    )
    languages = [(key, {"tags": number}) for key, number in noted.languages.items()]
    _change(session, LanguageCount.__table__, languages)
    _change(session, MonthCount.__table__, [((key,), {"tags": number}) for key, number in noted.months.items()])


def recount(session: Session) -> None:
    """Count all tags anew; needed only after `tags` was filled past this module's back."""
    session.info.pop(_NOTED, None)
    state = func.coalesce(Tag.state, "")
    month = func.substr(func.coalesce(Tag.date, ""), 1, MONTH)
    here = or_(Tag.verdict.in_(GIVEN), and_(Tag.predicted, Tag.verdict == "open"))
    documents = func.count(distinct(case((here, Tag.document))))
    stands = (Tag.provision, Tag.verdict, Tag.decision, Tag.predicted)
    for table, columns, keys in (
        (ProvisionCount, (*stands, func.count()), stands),
        (StateCount, (state, Tag.provision, func.count(), documents), (state, Tag.provision)),
        (LanguageCount, (Tag.language, state, func.count()), (Tag.language, state)),
        (MonthCount, (month, func.count()), (month,)),
    ):
        made: Any = table.__table__
        session.execute(delete(table))
        session.execute(insert(table).from_select(list(made.c.keys()), select(*columns).group_by(*keys)))


def _tags(session: Session, document: int, provision: str | None) -> _Rows:
    columns = (Tag.provision, Tag.state, Tag.date, Tag.language, Tag.verdict, Tag.decision, Tag.predicted)
    query = select(*columns, func.count()).where(Tag.document == document).group_by(*columns)
    if provision is not None:
        query = query.where(Tag.provision == provision)
    return session.execute(query).all()


def _change(session: Session, table: Any, changes: list[tuple[tuple[Any, ...], dict[str, int]]]) -> None:
    """Add the numbers of each key; a row that comes to nothing goes, since it may name what was deleted."""
    names = [column.name for column in table.primary_key]
    # One order for all, so that two writers never wait for each other.
    found = sorted((key, numbers) for key, numbers in changes if any(numbers.values()))
    if not found:
        return
    rows = [{**dict(zip(names, key, strict=True)), **numbers} for key, numbers in found]
    session.execute(_upsert(session, table, names), rows)
    fewer = [dict(zip((f"key_{name}" for name in names), key, strict=True)) for key, one in found if one["tags"] < 0]
    if fewer:
        same: list[ColumnElement[bool]] = [table.c[name] == bindparam(f"key_{name}") for name in names]
        session.connection().execute(delete(table).where(*same, table.c.tags == 0), fewer)


def _upsert(session: Session, table: Table, names: list[str]) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    made: Any = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)
    numbers = [column.name for column in table.c if column.name not in names]
    added = {name: table.c[name] + made.excluded[name] for name in numbers}
    return made.on_conflict_do_update(index_elements=names, set_=added)
