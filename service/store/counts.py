"""Figures over all tags: for the Convention tree, the dashboard, filters and the machine's precision; pages call it.

They are read from small tables that are kept in step with the tags (`tallies`), never by counting tags.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from palermo.service.store.tables import Document, LanguageCount, ProvisionCount, StateCount
from palermo.service.store.tallies import write_tallies
from sqlalchemy import func, select
from sqlalchemy.orm import Session


@dataclass(slots=True)
class ProvisionCounts:
    """Tags of one provision, without what stands below it.

    Attributes:
        assigned, review: tags of that decision, whatever people said.
        waiting: tags for review that nobody has decided.
        predicted: tags at or above the threshold.
        verdicts: tags by where they stand: `open`, `accepted`, `rejected`, `changed`, `added`.
        right, wrong: of the predicted ones that people decided, those accepted, and those rejected or changed; the
            machine's precision is right / (right + wrong).
    """

    assigned: int = 0
    review: int = 0
    waiting: int = 0
    predicted: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    right: int = 0
    wrong: int = 0


def counts_by_provision(session: Session) -> dict[str, ProvisionCounts]:
    """Counts of every provision that has a tag."""
    write_tallies(session)
    one = ProvisionCount
    counted: dict[str, ProvisionCounts] = {}
    for provision, decision, predicted, verdict, number in session.execute(
        select(one.provision, one.decision, one.predicted, one.verdict, one.tags)
    ):
        counts = counted.setdefault(provision, ProvisionCounts())
        counts.assigned += number if decision == "assigned" else 0
        counts.review += number if decision == "review" else 0
        counts.waiting += number if decision == "review" and verdict == "open" else 0
        counts.predicted += number if predicted else 0
        counts.verdicts[verdict] = counts.verdicts.get(verdict, 0) + number
        if predicted:
            counts.right += number if verdict == "accepted" else 0
            counts.wrong += number if verdict in {"rejected", "changed"} else 0
    return counted


def states_by_provision(session: Session) -> dict[str, dict[str | None, int]]:
    """How many documents of each State apply each provision: predicted and not refused, or given by a person.

    The State is None where the document shows none.
    """
    write_tallies(session)
    query = select(StateCount.provision, StateCount.state, StateCount.documents).where(StateCount.documents > 0)
    found: dict[str, dict[str | None, int]] = {}
    for provision, state, number in session.execute(query):
        found.setdefault(provision, {})[state or None] = number
    return found


def states(session: Session) -> dict[str, int]:
    """Every State that a tag's document has, in the order of its name, with the number of tags."""
    write_tallies(session)
    query = select(StateCount.state, func.sum(StateCount.tags)).where(StateCount.state != "")
    return {state: int(number) for state, number in session.execute(query.group_by(StateCount.state).order_by("state"))}


def languages(session: Session) -> dict[str, int]:
    """Every language that a tag's passage has, in the order of its code, with the number of tags."""
    write_tallies(session)
    query = select(LanguageCount.language, func.sum(LanguageCount.tags)).group_by(LanguageCount.language)
    return {language: int(number) for language, number in session.execute(query.order_by(LanguageCount.language))}


def totals(session: Session) -> dict[str, int]:
    """Documents, tags, and those that wait for a person."""
    write_tallies(session)
    one = ProvisionCount
    waits = (one.verdict == "open") & (one.decision == "review")
    waiting = select(func.coalesce(func.sum(one.tags), 0)).where(waits).scalar_subquery()
    kept = select(func.count()).select_from(Document).where(Document.deleted.is_(None)).scalar_subquery()
    documents, every, open_ = session.execute(select(kept, func.coalesce(func.sum(one.tags), 0), waiting)).one()
    return {"documents": documents, "tags": int(every), "waiting": int(open_)}
