"""Agreement between two annotators of the same passages, for `palermo corpus agreement A B`.

Each label of each passage is one yes/no decision. A label that either annotator puts in `maybe` can be left out
(`doubtful=False`) or read as "no".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.fulltexts import digest
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, MentalSpan, overlaps, read_passages
from palermo.corpora.labelled.standoff import read_standoff


@dataclass(frozen=True, slots=True)
class Table:
    """Decisions of two annotators: both yes, only the first, only the second, both no."""

    both: int = 0
    first: int = 0
    second: int = 0
    neither: int = 0

    def __add__(self, other: Table) -> Table:
        return Table(
            self.both + other.both,
            self.first + other.first,
            self.second + other.second,
            self.neither + other.neither,
        )

    @property
    def f1(self) -> float | None:
        """F1 of one annotator against the other (0 to 1; symmetric), or None where nobody said yes."""
        total = 2 * self.both + self.first + self.second
        return 2 * self.both / total if total else None

    @property
    def observed(self) -> float | None:
        """Share of the decisions that are the same, 0 to 1; None where there is none."""
        n = self.both + self.first + self.second + self.neither
        return (self.both + self.neither) / n if n else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (Cohen 1960), -1 to 1; None where chance agreement is complete."""
        n, observed = self.both + self.first + self.second + self.neither, self.observed
        if observed is None:
            return None
        a, b = (self.both + self.first) / n, (self.both + self.second) / n
        chance = a * b + (1 - a) * (1 - b)
        return (observed - chance) / (1 - chance) if chance < 1 else None

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha for two coders, nominal data, none missing; None where nothing varies.

        1 - (n - 1) * o01 / (n0 * n1) over the n = 2N values (Krippendorff 2011, "Computing Krippendorff's
        Alpha-Reliability", section B).
        """
        ones = 2 * self.both + self.first + self.second
        zeros = 2 * self.neither + self.first + self.second
        if not ones or not zeros:
            return None
        return 1 - (ones + zeros - 1) * (self.first + self.second) / (ones * zeros)

    def to_json(self) -> dict[str, Any]:
        """Counts and coefficients, rounded to four decimals."""
        coefficients = {"f1": self.f1, "kappa": self.kappa, "alpha": self.alpha}
        rounded = {key: None if value is None else round(value, 4) for key, value in coefficients.items()}
        counts = {"both": self.both, "first": self.first, "second": self.second, "neither": self.neither}
        return counts | rounded


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on the passages that both files have; tables by level and by label.

    Attributes:
        passages, only_first, only_second: passages that were compared, and those of one file alone.
        articles, finer, standards: every decision on a label of the taxonomy, or on a standard.
        spans, spans_half: spans with the same offsets; those of which `overlaps` holds, each matched at most once.
        labels: labels of the taxonomy that an annotator gave.
        unknown: labels that an annotator gave or doubted and the taxonomy lacks; they are in no other table.
    """

    passages: int
    only_first: int
    only_second: int
    articles: Table
    finer: Table
    standards: Table
    spans: Table
    spans_half: Table
    labels: dict[str, Table]
    unknown: dict[str, Table]

    def to_json(self) -> dict[str, Any]:
        """All tables as JSON-able data. Those of spans have no "neither": only their F1 means something."""
        levels = ("articles", "finer", "standards", "spans", "spans_half")
        tables = {name: getattr(self, name).to_json() for name in levels}
        counts = {"passages": self.passages, "only_first": self.only_first, "only_second": self.only_second}
        return counts | tables | {"labels": _to_json(self.labels), "unknown": _to_json(self.unknown)}


def _to_json(tables: dict[str, Table]) -> dict[str, Any]:
    return {label: table.to_json() for label, table in tables.items()}


def agreement(first: Path, second: Path, *, doubtful: bool = True) -> Agreement:
    """Compare two annotation files by passage id, passages with their text or stand-off; see `compare`.

    Raises:
        DataError: a file is malformed, the files share no id, or a shared id has different texts.
    """
    a, b = _read(first), _read(second)
    try:
        return compare(a, b, doubtful=doubtful)
    except DataError as error:
        raise DataError(error.message, source=f"{first.name}, {second.name}", hint=error.hint) from None


def _read(path: Path) -> list[LabelledPassage]:
    """Annotations of either form, with the text's hash in place of the text: only whether it differs is asked."""
    _, head = next(read_records(path), (0, {}))
    if "text" not in head and "text_sha256" in head:
        return [LabelledPassage.from_json(line | {"text": line["text_sha256"]}) for line in read_standoff(path)]
    return [replace(passage, text=digest(passage.text)) for passage in read_passages(path)]


def compare(first: Sequence[LabelledPassage], second: Sequence[LabelledPassage], *, doubtful: bool = True) -> Agreement:
    """Agreement over the labels of the taxonomy and the nine mental-element standards; other labels are told apart.

    Args:
        first, second: passages; those whose id is in both are compared.
        doubtful: count a `maybe` as "no"; False leaves out each decision that either annotator doubts.
    """
    from palermo.corpora.convention import tree

    other = {passage.id: passage for passage in second}
    pairs = [(passage, other[passage.id]) for passage in first if passage.id in other]
    if not pairs:
        raise DataError("no passage id in common", hint="compare annotations of the same passages")
    if any(a.text != b.text for a, b in pairs):
        raise DataError("a passage has different texts in the two files", hint="compare the same passages")
    labels = {label: _label_table(pairs, label, doubtful) for label in tree().labels}
    articles, finer = frozenset(tree().articles), frozenset(tree().finer)
    return Agreement(
        passages=len(pairs),
        only_first=len(first) - len(pairs),
        only_second=len(second) - len(pairs),
        articles=_sum(table for label, table in labels.items() if label in articles),
        finer=_sum(table for label, table in labels.items() if label in finer),
        standards=_standards(pairs),
        spans=_sum(_span_table(a, b) for a, b in pairs),
        spans_half=_sum(_half_table(a, b) for a, b in pairs),
        labels={label: table for label, table in labels.items() if table.both + table.first + table.second},
        unknown={label: _label_table(pairs, label, doubtful) for label in _unknown(pairs, labels)},
    )


def _unknown(pairs: Sequence[tuple[LabelledPassage, LabelledPassage]], known: Collection[str]) -> list[str]:
    given = {label for pair in pairs for passage in pair for label in (*passage.labels, *passage.maybe)}
    return sorted(given.difference(known))


def _sum(tables: Iterable[Table]) -> Table:
    return sum(tables, Table())


def tabulate(decisions: Iterable[tuple[bool, bool]]) -> Table:
    """The table of pairs of decisions: the first annotator's and the second's, yes or no."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for decision in decisions:
        counts[decision] += 1
    return Table(*counts.values())


def _label_table(pairs: Sequence[tuple[LabelledPassage, LabelledPassage]], label: str, doubtful: bool) -> Table:
    return tabulate(
        (label in a.labels, label in b.labels)
        for a, b in pairs
        if doubtful or (label not in a.maybe and label not in b.maybe)
    )


def _standards(pairs: Sequence[tuple[LabelledPassage, LabelledPassage]]) -> Table:
    return tabulate((_has(a, standard), _has(b, standard)) for a, b in pairs for standard in STANDARDS)


def _has(passage: LabelledPassage, standard: str) -> bool:
    return any(span.standard == standard for span in passage.mens_rea)


def _span_table(a: LabelledPassage, b: LabelledPassage) -> Table:
    first, second = _places(a), _places(b)
    return Table(len(first & second), len(first - second), len(second - first), 0)


def _half_table(a: LabelledPassage, b: LabelledPassage) -> Table:
    """The nearest spans first, so that it does not matter whose come first."""
    first, second = _places(a), _places(b)
    alike = sorted(((x, y) for x in first for y in second if overlaps(x, y)), key=lambda pair: _apart(*pair))
    left, right = set(first), set(second)
    for x, y in alike:
        if x in left and y in right:
            left.remove(x)
            right.remove(y)
    return Table(len(first) - len(left), len(left), len(right), 0)


def _places(passage: LabelledPassage) -> set[MentalSpan]:
    """The spans without role and words."""
    return {MentalSpan(span.standard, span.start, span.end) for span in passage.mens_rea}


def _apart(x: MentalSpan, y: MentalSpan) -> tuple[object, ...]:
    places = sorted([(x.start, x.end), (y.start, y.end)])
    return abs(x.start - y.start) + abs(x.end - y.end), places, x.standard
