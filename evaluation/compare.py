"""Two taggers on the same passages, side by side: F1 of each, the difference with its interval, and its significance.

`palermo evaluate --compare`, `palermo benchmark compare GOLD A B` and training's model card call it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.corpora.labelled.predictions import Prediction, read_predictions
from palermo.evaluation import bootstrap
from palermo.evaluation.bootstrap import Difference
from palermo.evaluation.counts import Counts, frequent
from palermo.evaluation.figures import Tally, tally
from palermo.evaluation.pairs import GROUPS, Ints, join


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one group: F1 of A and of B in per cent, and B minus A in points with interval and p-value."""

    group: str
    figure: str
    a: float
    b: float
    difference: Difference

    def to_json(self) -> dict[str, Any]:
        """As nested JSON-able data."""
        return asdict(self)


def compare(gold: Sequence[LabelledPassage], a: Sequence[Prediction], b: Sequence[Prediction]) -> list[Compared]:
    """Article micro and macro, finer micro and mental-element standards, for all passages and for each group.

    The same documents are drawn for both (paired bootstrap). Missing predictions count as empty.

    Raises:
        DataError: no gold passages, or A or B has a prediction for none of them.
    """
    if not gold:
        raise DataError("no passages to compare on", hint="give a labelled file")
    for name, predictions in (("A", a), ("B", b)):
        lacking(gold, predictions, name)
    first, second = tally(join(gold, a)), tally(join(gold, b))
    names = ["all", "en", "other", *GROUPS]
    rows = {name: _rows(gold, name) for name in names}
    return [figure for name in names if len(rows[name]) for figure in _figures(name, rows[name], first, second)]


def lacking(gold: Sequence[LabelledPassage], predictions: Sequence[Prediction], source: str) -> int:
    """How many passages have no prediction.

    Raises:
        DataError: not one of them has; `source` names the predictions.
    """
    ids = {prediction.id for prediction in predictions}
    missing = sum(passage.id not in ids for passage in gold)
    if missing == len(gold):
        hint = "predictions and gold need the same ids"
        raise DataError("no prediction for any of the passages", source=source, hint=hint)
    return missing


def _rows(gold: Sequence[LabelledPassage], name: str) -> Ints:
    kept = [i for i, x in enumerate(gold) if name in ("all", x.group, x.group.split("-")[0])]
    return np.array(kept, dtype=np.int64)


def _figures(name: str, rows: Ints, first: Tally, second: Tally) -> list[Compared]:
    documents = first.pairs.documents[rows]
    articles, finer = ([_columns(x, article)[rows] for x in (first, second)] for article in (True, False))
    # Macro over the same labels for both: those that gold has often enough.
    often = bootstrap.macro_f1(frequent(articles[0].sum(axis=0)))
    standards = [x.mental.standards[rows] for x in (first, second)]
    measured = [
        ("article micro-F1", articles, bootstrap.micro_f1),
        ("article macro-F1", articles, often),
        ("finer micro-F1", finer, bootstrap.micro_f1),
        ("mens rea standards", standards, bootstrap.micro_f1),
    ]
    return [
        Compared(name, figure, _value(two[0], statistic), _value(two[1], statistic), difference)
        for figure, two, statistic in measured
        if two[0][..., (0, 2)].any()
        for difference in [bootstrap.difference(two[0], two[1], documents, statistic)]
    ]


def _columns(counted: Tally, article: bool) -> Counts:
    """[N, K, 3] counts of the taxonomy's labels of a level, then one column for all labels outside it."""
    from palermo.corpora.convention import tree

    known = tree().articles if article else tree().finer
    level = counted.pairs.article == article
    column = {label: i for i, label in enumerate(counted.pairs.labels)}
    inside = [column[label] for label in known]
    rest = level.copy()
    rest[inside] = False
    return np.concatenate([counted.labels[:, inside], counted.labels[:, rest].sum(axis=1, keepdims=True)], axis=1)


def _value(counts: Counts, statistic: bootstrap.Statistic) -> float:
    return float(statistic(counts.sum(axis=0)[None])[0])


def compare_files(gold: Path, a: Path, b: Path) -> list[str]:
    """`compare` on files: its table, and a line for each file that lacks passages.

    Raises:
        DataError: a file is malformed, or has a prediction for none of the passages.
    """
    passages, first, second = read_passages(gold), read_predictions(a), read_predictions(b)
    told = []
    for name, path, predictions in (("A", a, first), ("B", b, second)):
        if missing := lacking(passages, predictions, path.name):
            told.append(f"{name} ({path.name}): {missing} passages have no prediction and count as empty")
    return [*table(compare(passages, first, second)), *told]


def table(compared: Sequence[Compared]) -> list[str]:
    """A table for the terminal."""
    head = f"{'group':15} {'figure':19} {'A':>6} {'B':>6} {'B - A':>6}  {'95 % interval':15} {'p':>6}"
    return [
        head,
        *(
            f"{x.group:15} {x.figure:19} {x.a:6.1f} {x.b:6.1f} {x.difference.value:+6.1f}  "
            f"{f'[{x.difference.low:+.1f}, {x.difference.high:+.1f}]':15} {x.difference.p:6.3f}"
            for x in compared
        ),
    ]


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("gold", type=_FILE)
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
def main(gold: Path, a: Path, b: Path) -> None:
    """Compare two predictions files on the same passages."""
    for line in compare_files(gold, a, b):
        click.echo(line)


if __name__ == "__main__":
    main()
