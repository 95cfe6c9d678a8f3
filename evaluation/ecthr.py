"""`palermo benchmark ecthr`: which articles of the European Convention on Human Rights a case's facts led the Court to
find violated (Chalkidis et al. 2019, "Neural Legal Judgment Prediction in English").

A public test of how this project's kind of classifier does beside published ones, on other provisions than Palermo's.
Everything is chosen before the test split is looked at; that is scored once, by what did best.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from palermo.corpora.errors import DataError, MissingExtra
from palermo.corpora.targets import check_file
from palermo.evaluation import bootstrap
from palermo.evaluation.bootstrap import Interval
from palermo.evaluation.calibration import fit_platt
from palermo.evaluation.counts import PRF, count, macro, micro
from palermo.evaluation.ecthr_cases import TASKS, Case, labels_of, read_cases, truth
from palermo.evaluation.pairs import Bools, Floats, Ints
from palermo.evaluation.thresholds import Apply, crossfit, fit_global, fit_per_label

if TYPE_CHECKING:
    from palermo.evaluation.ecthr_features import Stream

PUBLISHED = {"bag of words, SVM": 50.4, "HAN": 59.9, "HIER-BERT": 60.0}
"""Micro-F1 on the test split of the 2019 data, as published with it."""
SIZES = {"train": 7100, "dev": 1380, "test": 2998}
"""Cases of the 2019 data by split, by which they are known; those of LexGLUE are 9,000, 1,000 and 1,000."""

LATE = 0.1
"""Share of train and dev whose latest years decide, where years are known."""
GAP = 1
"""Years left out between what is then learnt from and what decides, since test lies years ahead."""

Tell = Callable[[str], None]
Scores = Mapping[str, Mapping[str, Floats]]
"""Method -> part ("tune", "test") -> scores [N, L + 1]; the last column is "any article at all"."""


@dataclass(frozen=True, slots=True)
class Task:
    """One fit: the rows to learn from, and those to score by part, as numbers into all cases."""

    train: Ints
    score: dict[str, Ints]


@dataclass(frozen=True, slots=True)
class Plan:
    """All cases with their truth [N, L + 1], and what is learnt from what.

    The test cases of 2019 are later than all others, and what was typical of one year may not be of the next. So
    where years are known the choice is made forward in time: what is learnt from early cases of train is tried on the
    latest of train and dev. Else it is made on dev.
    """

    cases: list[Case]
    labels: tuple[str, ...]
    gold: Bools
    sizes: dict[str, int]
    tasks: list[Task]
    tuned_on: str

    def rows(self, part: str) -> Ints:
        """The cases of a part."""
        return next(task.score[part] for task in self.tasks if part in task.score)


def plan(found: Mapping[str, Sequence[Case]]) -> Plan:
    """Say what is fitted on what, and what decides."""
    cases = [case for split in ("train", "dev", "test") for case in found[split]]
    labels = labels_of(found)
    sizes = {split: len(found[split]) for split in ("train", "dev", "test")}
    train, known, test = (
        np.arange(sizes["train"]),
        np.arange(sizes["train"] + sizes["dev"]),
        np.arange(sizes["train"] + sizes["dev"], len(cases)),
    )
    years = [case.year for case in cases]
    if all(years[row] is not None for row in known):
        year = np.array([years[row] or 0 for row in known])
        cut = max(int(x) for x in year if (year >= x).mean() >= LATE)
        early = train[year[train] < cut - GAP]
        if len(early) >= sizes["train"] // 2:
            tasks = [Task(early, {"tune": known[year >= cut]}), Task(train, {"test": test})]
            gold = with_any(truth(cases, labels))
            return Plan(cases, labels, gold, sizes, tasks, f"the cases of train and dev from {cut} on")
    dev = known[sizes["train"] :]
    tasks = [Task(train, {"tune": dev, "test": test})]
    return Plan(cases, labels, with_any(truth(cases, labels)), sizes, tasks, "dev")


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to decide: methods whose calibrated logits are averaged, and a scheme of thresholds; `f1` is its micro-F1
    where the choice is made, each case decided by what was fitted on the other folds.
    """

    methods: tuple[str, ...]
    scheme: str
    f1: float

    @property
    def name(self) -> str:
        """For tables."""
        return f"{' + '.join(self.methods)}, {self.scheme}"


@dataclass(frozen=True, slots=True)
class Result:
    """What the benchmark found; percentages.

    Attributes:
        cases: number of cases by split.
        tuned_on: the cases that the choice was made on.
        tried: every way tried there, the best first.
        chosen: the first of them, which alone is scored on test.
        micro, macro: test figures over articles; macro over the `macro_labels` with at least 10 cases.
        interval: of the micro-F1, over cases.
        violation: test figures of "any article violated"; `violation_macro` is the mean F1 of yes and no.
        labels: article -> (F1, cases with it), test.
    """

    cases: dict[str, int]
    tuned_on: str
    tried: list[Choice]
    chosen: Choice
    micro: PRF
    macro: PRF
    macro_labels: int
    interval: Interval
    violation: PRF
    violation_macro: float
    labels: dict[str, tuple[float, int]]

    def to_json(self) -> dict[str, Any]:
        """JSON-able figures, with the published ones of the same data beside them."""
        return asdict(self) | {"published_micro_f1": self.published}

    @property
    def published(self) -> dict[str, float]:
        """Published figures of the same cases; none where they are not those of 2019."""
        return PUBLISHED if self.cases == SIZES else {}


def benchmark(prepared: Plan, scores: Scores) -> Result:
    """Choose and tune on one part, score the other once.

    Raises:
        DataError: no method could learn any article.
    """
    if not any((parts["tune"][:, :-1] > LOWEST).all(axis=0).any() for parts in scores.values()):
        raise DataError("no article has cases enough to be learnt", hint="give more training cases")
    gold = {part: prepared.gold[prepared.rows(part)] for part in ("tune", "test")}
    tried = sorted(_tried(scores, gold["tune"]), key=lambda choice: -choice.f1)
    chosen = tried[0]
    tune, test = (stacked(scores, chosen.methods, part) for part in ("tune", "test"))
    decided = fitted(chosen.scheme)(tune, gold["tune"], np.zeros_like(gold["tune"]))(test)
    table = count(gold["test"], np.asarray(decided, dtype=np.bool_))
    articles, any_article = table[:, :-1], table[:, -1]
    total = articles.sum(axis=0)
    mean, frequent = macro(total)
    f1 = micro(any_article.sum(axis=0)[None])
    return Result(
        cases=prepared.sizes,
        tuned_on=prepared.tuned_on,
        tried=tried,
        chosen=chosen,
        micro=micro(total),
        macro=mean,
        macro_labels=frequent,
        interval=bootstrap.interval(articles, np.arange(len(articles)), bootstrap.micro_f1),
        violation=f1,
        violation_macro=(f1.f1 + micro(count(~gold["test"][:, -1:], ~decided[:, -1:]).sum(axis=0)).f1) / 2,
        labels={x: (micro(total[i : i + 1]).f1, int(total[i, 0] + total[i, 2])) for i, x in enumerate(prepared.labels)},
    )


def with_any(gold: Bools) -> Bools:
    """[N, L + 1] with the column "any article at all"."""
    return np.column_stack([gold, gold.any(axis=1)])


def stacked(scores: Scores, methods: Sequence[str], part: str) -> Floats:
    """[N, K, L + 1] scores of K methods."""
    return np.stack([scores[method][part] for method in methods], axis=1)


def _tried(scores: Scores, gold: Bools) -> list[Choice]:
    nothing, single = np.zeros_like(gold), [str(row) for row in range(len(gold))]
    tried = []
    for size in range(1, len(scores) + 1):
        for methods in combinations(scores, size):
            for scheme in SCHEMES:
                decided = crossfit(stacked(scores, methods, "tune"), gold, nothing, single, fitted(scheme))
                f1 = micro(count(gold, decided)[:, :-1].sum(axis=0)).f1
                tried.append(Choice(methods, scheme, f1))
    return tried


SCHEMES = {"one threshold": fit_global, "a threshold a label": fit_per_label}


def fitted(scheme: str) -> Callable[[Floats, Bools, Bools], Apply]:
    """How to fit calibration, blend and thresholds on scores [N, K, L + 1]: gives decisions [N, L + 1]."""

    def fit(scores: Floats, gold: Bools, mask: Bools) -> Apply:
        known: Bools = np.asarray((scores > LOWEST).all(axis=(0, 1)), dtype=np.bool_)
        if not known.any():
            return lambda part: np.zeros((len(part), len(known)), dtype=np.bool_)
        platts = [fit_platt(scores[:, k, known], gold[:, known], mask[:, known]) for k in range(scores.shape[1])]
        # "Any article" is another question than "which": its threshold is its own.
        levels = np.arange(len(known))[known] // (len(known) - 1)

        def blend(part: Floats) -> Floats:
            logits = [part[:, k, known] * platt.slope + platt.offset for k, platt in enumerate(platts)]
            return np.asarray(1 / (1 + np.exp(-np.mean(logits, axis=0))), dtype=np.float64)

        decide = SCHEMES[scheme](blend(scores), gold[:, known], mask[:, known], levels)

        def apply(part: Floats) -> Bools:
            decided = np.zeros((len(part), len(known)), dtype=np.bool_)
            decided[:, known] = decide(blend(part))
            return decided

        return apply

    return fit


LOWEST = -500.0
"""Scores below belong to articles that couldn't be learnt; they are never predicted."""


def lines(result: Result) -> list[str]:
    """The tables for a terminal."""
    sizes = ", ".join(f"{split} {size:,}" for split, size in result.cases.items())
    tried = [f"  {x.name:45} {x.f1:5.1f}" for x in result.tried]
    published = [f"  {name:45} {f1:5.1f}" for name, f1 in result.published.items()]
    i = result.interval
    return [
        f"cases: {sizes}",
        f"micro-F1 on {result.tuned_on} (thresholds out of fold):",
        *tried,
        f"test, scored once, by {result.chosen.name}:",
        f"  micro-F1 {i} (P {result.micro.precision:.1f}, "
        f"R {result.micro.recall:.1f}); macro-F1 {result.macro.f1:.1f} over {result.macro_labels} articles",
        f"  any violation: F1 {result.violation.f1:.1f} (P {result.violation.precision:.1f}, "
        f"R {result.violation.recall:.1f}), macro-F1 {result.violation_macro:.1f}",
        *(["published micro-F1 on the same test split:", *published] if published else []),
    ]


def methods_of(prepared: Plan, methods: Sequence[str], tell: Tell) -> dict[str, dict[str, Floats]]:
    """Fit each method as planned, and score.

    Raises:
        MissingExtra: scikit-learn or torch is not installed.
    """
    try:
        import sklearn  # type: ignore[import-untyped]  # noqa: F401
        import torch  # noqa: F401
    except ImportError:
        raise MissingExtra("the benchmark needs scikit-learn and torch", hint="pip install 'palermo[train]'") from None
    from palermo.evaluation.ecthr_features import stream

    read = stream(prepared.cases)
    tell(f"{len(read.words):,} words read")
    ways = {"svm": _svm, "attention": _attention}
    return {name: ways[name](prepared, read, tell) for name in methods}


def _svm(prepared: Plan, read: Stream, tell: Tell) -> dict[str, Floats]:
    from palermo.evaluation.ecthr_features import Weighting
    from palermo.evaluation.ecthr_models import svm_scores

    scores: dict[str, Floats] = {}
    for task in prepared.tasks:
        weighting, train = Weighting.fit(read.take(task.train))
        tell(f"svm: {train.shape[0]:,} cases, {train.shape[1]:,} features")
        others = [weighting.apply(read.take(rows)) for rows in task.score.values()]
        found = svm_scores(train, prepared.gold[task.train], others)
        scores |= dict(zip(task.score, found, strict=True))
    return scores


def _attention(prepared: Plan, read: Stream, tell: Tell) -> dict[str, Floats]:
    from palermo.evaluation.ecthr_models import FactVectors, attention_scores

    # Vectors know nothing of labels: those of all training facts do for every task.
    vectors = FactVectors(read.take(np.arange(prepared.sizes["train"])))(read)
    scores: dict[str, Floats] = {}
    for task in prepared.tasks:
        parts = [task.train, *task.score.values()]
        facts = [vectors[read.facts_of(rows)] for rows in parts]
        streams = [read.take(rows) for rows in parts]
        found = attention_scores(facts, streams, prepared.gold[task.train], tell)
        scores |= dict(zip(task.score, found[1:], strict=True))
    return scores


@click.command("ecthr")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder with train, dev and test cases (.jsonl, .jsonl.gz, or folders EN_train, ... of one .json a case).",
)
@click.option(
    "--task",
    type=click.Choice(list(TASKS)),
    help="Of LexGLUE's own file: a, articles found violated; b, articles alleged to be. Default: `labels`, or else a.",
)
@click.option("--method", "methods", type=click.Choice(["svm", "attention"]), multiple=True, help="Default: both.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here as JSON.")
def main(data: Path, task: str | None, methods: tuple[str, ...], report: Path | None) -> None:
    """Predict from a case's facts which articles were violated (ECtHR data of Chalkidis et al. 2019, or LexGLUE's)."""

    def tell(line: str) -> None:
        click.echo(line, err=True)

    if report is not None:
        check_file(report)
    prepared = plan(read_cases(data, task))
    result = benchmark(prepared, methods_of(prepared, methods or ("svm", "attention"), tell))
    if task is not None:
        click.echo(f"task {task} of LexGLUE: {TASKS[task]}")
    for line in lines(result):
        click.echo(line)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        figures = result.to_json() | {"task": task}
        report.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
