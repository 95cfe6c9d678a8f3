"""What several people said of the same tag: how far they agree, where they differ, and whether that is settled.

A decision says yes (`accept`, `add`) or no (`reject`, `change`) to a provision of a passage; of each reviewer the last
one that was not undone counts. An adjudication is nobody's opinion: it settles what went before, until somebody
contradicts it. Only the newest readings are looked at, where older reviews are repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from palermo.corpora.labelled.agreement import tabulate
from palermo.service.store.basics import find_document
from palermo.service.store.cursors import check_limit, decode_cursor, encode_cursor
from palermo.service.store.listing import by_ids, excerpts
from palermo.service.store.records import Page, TagRecord
from palermo.service.store.tables import Passage, Review, Tag, User
from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

YES = frozenset({"accept", "add"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """A decision that counts; `reviewer` and `name` are None where nobody was logged in."""

    review: int
    reviewer: int | None
    name: str | None
    action: str
    replacement: str | None
    comment: str | None
    created: datetime
    adjudication: bool

    @property
    def yes(self) -> bool:
        """Whether the passage has the provision, by this decision."""
        return self.action in YES


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers on the `tags` that both decided: how many alike, as a share (0 to 1), and Cohen's kappa.

    `kappa` runs from -1 to 1 and is None where one would agree by chance alone: both say nothing but yes, or but no.
    """

    first: int | None
    first_name: str | None
    second: int | None
    second_name: str | None
    tags: int
    agreed: int
    share: float
    kappa: float | None


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """Tags that two or more people decided, those that all of them decided alike, and disagreements by how they stand.

    `open` waits for an adjudication, `settled` has one; `pairs` have most tags in common first.
    """

    tags: int
    agreed: int
    open: int
    settled: int
    pairs: list[PairAgreement]


@dataclass(frozen=True, slots=True)
class DisagreementRecord:
    """A tag that reviewers disagree on, the text of its passage, and their opinions, oldest first."""

    tag: TagRecord
    text: str
    opinions: list[Opinion]


def verdicts(session: Session, document: str) -> dict[tuple[str, str], dict[int | None, str]]:
    """What each reviewer last said of each tag of the newest reading: `{(passage, provision): {reviewer: action}}`.

    Raises:
        NotFound: no such document.
    """
    said = _of_document(session, document)
    return {tag: {who: one.action for who, one in latest(opinions).items()} for tag, opinions in said.items()}


def disputed(session: Session, document: str) -> set[tuple[str, str]]:
    """Tags of the newest reading, by passage and provision, that reviewers disagree on and nobody has settled.

    Raises:
        NotFound: no such document.
    """
    return {tag for tag, opinions in _of_document(session, document).items() if is_open(opinions)}


def agreement(session: Session) -> AgreementRecord:
    """Figures over the whole collection."""
    every = list(_shared(session).values())
    decided: dict[tuple[int | None, int | None], list[tuple[bool, bool]]] = {}
    alike = 0
    for opinions in every:
        said = {who: one.yes for who, one in latest(opinions).items()}
        alike += len(set(said.values())) == 1
        for pair in combinations(sorted(said, key=lambda who: who or 0), 2):
            decided.setdefault(pair, []).append((said[pair[0]], said[pair[1]]))
    names = {one.reviewer: one.name for opinions in every for one in opinions}
    pairs = [_pair(pair, names, decisions) for pair, decisions in decided.items()]
    waiting = sum(map(is_open, every))
    settled = sum(any(one.adjudication for one in opinions) and not is_open(opinions) for opinions in every)
    order = sorted(pairs, key=lambda one: (-one.tags, one.first or 0, one.second or 0))
    return AgreementRecord(len(every), alike, waiting, settled, order)


def disagreements(session: Session, after: str | None = None, limit: int = 50) -> Page[DisagreementRecord]:
    """A page of the disagreements that nobody has settled, the newest tags first.

    Raises:
        UsageError: a bad cursor or limit.
    """
    said = {tag: opinions for tag, opinions in _shared(session).items() if is_open(opinions)}
    place = None if after is None else decode_cursor(after, "disagreements", 1)[0]
    ids = [tag for tag in sorted(said, reverse=True) if place is None or tag < place]
    shown = by_ids(session, ids[: check_limit(limit)])
    texts = excerpts(session, shown)
    rows = [DisagreementRecord(tag, texts[tag.passage], said[tag.id]) for tag in shown]
    return Page(rows, encode_cursor("disagreements", ids[limit - 1]) if len(ids) > limit else None)


def latest(opinions: Iterable[Opinion]) -> dict[int | None, Opinion]:
    """The last opinion of each reviewer; `opinions` are of one tag, oldest first."""
    return {one.reviewer: one for one in opinions if not one.adjudication}


def is_open(opinions: Sequence[Opinion]) -> bool:
    """Whether reviewers disagree on a tag and nobody has settled it since; `opinions` are of the tag, oldest first."""
    settled = max((place for place, one in enumerate(opinions) if one.adjudication), default=None)
    if settled is None:
        return len({one.yes for one in latest(opinions).values()}) > 1
    since = latest(opinions[settled + 1 :])
    return any(one.yes != opinions[settled].yes for one in since.values())


def _pair(
    pair: tuple[int | None, int | None], names: dict[int | None, str | None], decisions: list[tuple[bool, bool]]
) -> PairAgreement:
    table = tabulate(decisions)
    kappa = table.kappa
    return PairAgreement(
        pair[0],
        names[pair[0]],
        pair[1],
        names[pair[1]],
        tags=len(decisions),
        agreed=table.both + table.neither,
        share=round(table.observed or 0.0, 4),
        kappa=None if kappa is None else round(kappa, 4),
    )


def _counts() -> list[ColumnElement[bool]]:
    """A review that is neither undone nor undoing."""
    undone = aliased(Review)
    return [Review.action != "undo", ~exists().where(undone.undoes == Review.id)]


_OPINION: tuple[Any, ...] = (
    *(Review.id, Review.reviewer, User.name, Review.action),
    *(Review.replacement, Review.comment, Review.created, Review.adjudication),
)


def _shared(session: Session) -> dict[int, list[Opinion]]:
    """The opinions, oldest first, on every tag that two or more people decided, by the tag's number."""
    people = func.count(func.coalesce(Review.reviewer, 0).distinct())
    tags = select(Review.passage, Review.provision).where(*_counts()).group_by(Review.passage, Review.provision)
    shared = tags.having(people > 1).subquery()
    query = (
        select(Tag.id, *_OPINION)
        .join(shared, and_(shared.c.passage == Tag.passage, shared.c.provision == Tag.provision))
        .join(Review, and_(Review.passage == Tag.passage, Review.provision == Tag.provision))
        .outerjoin(User, User.id == Review.reviewer)
        .where(*_counts())
        .order_by(Review.id)
    )
    found: dict[int, list[Opinion]] = {}
    for tag, *said in session.execute(query):
        found.setdefault(tag, []).append(Opinion(*said))
    return found


def _of_document(session: Session, document: str) -> dict[tuple[str, str], list[Opinion]]:
    """The opinions, oldest first, on every tag of the newest reading of a document, by passage and provision."""
    query = (
        select(Passage.id, Tag.provision, *_OPINION)
        .join(Passage, Passage.key == Tag.passage)
        .join(Review, and_(Review.passage == Tag.passage, Review.provision == Tag.provision))
        .outerjoin(User, User.id == Review.reviewer)
        .where(Tag.document == find_document(session, document).key, *_counts())
        .order_by(Review.id)
    )
    found: dict[tuple[str, str], list[Opinion]] = {}
    for passage, provision, *said in session.execute(query):
        found.setdefault((passage, provision), []).append(Opinion(*said))
    return found
