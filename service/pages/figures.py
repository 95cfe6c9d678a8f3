"""Figures of the overview and the tree: what each provision has, in which States, how often the machine is right.

The plots are drawn by templates from what is here; the same figures stand in tables beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from palermo.corpora.convention import Instrument, Provision, tree
from palermo.evaluation.wilson import wilson_interval
from palermo.service.pages.view import label_of
from palermo.service.store.counts import ProvisionCounts

PLOT_PROVISIONS, PLOT_STATES = 24, 12
"""Rows and columns of the plot; the table has all."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How often people agreed with what the machine predicted of a provision, with its 95 % interval (Wilson)."""

    provision: str
    label: str
    heading: str
    right: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Right of those decided, 0 to 1."""
        return self.right / self.total


@dataclass(slots=True)
class Branch:
    """A provision of the tree with its counts and the branches below it that have any."""

    provision: Provision
    label: str
    documents: int = 0
    waiting: int = 0
    counts: ProvisionCounts = field(default_factory=ProvisionCounts)
    below: list[Branch] = field(default_factory=list)

    @property
    def decided(self) -> int:
        """Tags that people decided."""
        return sum(number for verdict, number in self.counts.verdicts.items() if verdict != "open")


@dataclass(frozen=True, slots=True)
class Matrix:
    """Documents by provision (rows) and State (columns); a State of None is unknown."""

    states: list[str | None]
    rows: list[tuple[str, str, list[int]]]
    most: int


def branches(
    counted: Mapping[str, ProvisionCounts], by_state: Mapping[str, Mapping[str | None, int]]
) -> list[tuple[Instrument, list[Branch]]]:
    """The tree by instrument: every article that is a label, and of what is below it whatever has a tag."""
    convention = tree()
    found = []
    for instrument in convention.instruments:
        articles = [_branch(one, counted, by_state) for one in convention.children(instrument.id)]
        found.append((instrument, [one for one in articles if one.provision.label or _has_any(one)]))
    return found


def precisions(counted: Mapping[str, ProvisionCounts]) -> list[Precision]:
    """Of each provision with a decided prediction, in treaty order."""
    order = tree().sort_key
    return [
        _precision(provision, counted[provision].right, counted[provision].wrong)
        for provision in sorted(counted, key=order)
        if counted[provision].right + counted[provision].wrong
    ]


def overall(counted: Mapping[str, ProvisionCounts]) -> Precision | None:
    """Of all provisions together; None where nothing is decided."""
    right, wrong = sum(one.right for one in counted.values()), sum(one.wrong for one in counted.values())
    return (
        Precision("", "", "", right, right + wrong, *wilson_interval(right, right + wrong)) if right + wrong else None
    )


def matrix(by_state: Mapping[str, Mapping[str | None, int]]) -> Matrix:
    """All provisions that a document applies, in treaty order, by all States, those with most documents first."""
    totals: dict[str | None, int] = {}
    for states in by_state.values():
        for state, number in states.items():
            totals[state] = totals.get(state, 0) + number
    columns = sorted(totals, key=lambda state: (state is None, -totals[state], state or ""))
    rows = [
        (provision, label_of(provision), [by_state[provision].get(state, 0) for state in columns])
        for provision in sorted(by_state, key=tree().sort_key)
    ]
    return Matrix(columns, rows, max((number for _, _, numbers in rows for number in numbers), default=0))


def cut(whole: Matrix) -> Matrix:
    """The part of a matrix that a plot has room for: its largest rows, in treaty order, and its first States."""
    largest = sorted(whole.rows, key=lambda one: -sum(one[2]))[:PLOT_PROVISIONS]
    names = {provision for provision, _, _ in largest}
    rows = [(id_, label, numbers[:PLOT_STATES]) for id_, label, numbers in whole.rows if id_ in names]
    return Matrix(whole.states[:PLOT_STATES], rows, max((max(numbers) for _, _, numbers in rows), default=0))


def tiles(
    totals: Mapping[str, int], counted: Mapping[str, ProvisionCounts], disagreements: int
) -> Sequence[tuple[str, int, str]]:
    """The first figures of the overview: name, number, where they lead."""
    decided = sum(number for one in counted.values() for verdict, number in one.verdicts.items() if verdict != "open")
    return (
        ("documents", totals["documents"], "/documents"),
        ("waiting", totals["waiting"], "/queue"),
        ("decided", decided, "/queue?standing=decided&decision=any"),
        ("tags", totals["tags"], "/provisions"),
        ("disagreements", disagreements, "/agreement"),
    )


def _branch(
    provision: Provision, counted: Mapping[str, ProvisionCounts], by_state: Mapping[str, Mapping[Any, int]]
) -> Branch:
    counts = counted.get(provision.id, ProvisionCounts())
    below = [_branch(one, counted, by_state) for one in tree().children(provision.id)]
    return Branch(
        provision=provision,
        label=label_of(provision.id),
        documents=sum(by_state.get(provision.id, {}).values()),
        waiting=counts.waiting,
        counts=counts,
        below=[one for one in below if _has_any(one)],
    )


def _has_any(branch: Branch) -> bool:
    return branch.counts.predicted + branch.counts.review + branch.decided > 0 or bool(branch.below)


def _precision(provision: str, right: int, wrong: int) -> Precision:
    low, high = wilson_interval(right, right + wrong)
    heading = tree().get(provision).heading
    return Precision(provision, label_of(provision), heading, right, right + wrong, low, high)
