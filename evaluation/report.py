"""The whole evaluation of a predictions file: what `palermo evaluate`, the baseline and training call.

`evaluate` measures; `palermo.evaluation.output` writes the files; `summary_lines` is for the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from palermo.corpora.errors import DataError, UsageError
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.corpora.labelled.predictions import Prediction, read_predictions, write_predictions
from palermo.evaluation import calibration
from palermo.evaluation.compare import Compared, compare, lacking, table
from palermo.evaluation.decisions import Curves, Decisions, curves, decisions
from palermo.evaluation.figures import Group, LabelFigures, group, per_label, tally
from palermo.evaluation.pairs import GROUPS, Ints, Pairs, join
from palermo.evaluation.ranking import Mistaken, Ranking, RiskPoint, Worst, confusion, ranking, risk_curve, worst


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one predictions file against one gold file.

    Attributes:
        gold, predictions: names of the files, without folders.
        missing: gold passages without a prediction; they count as empty.
        groups: "all", the four of kind and language, and "en" and "other".
        kinds, languages, jurisdictions: the same figures by kind, language and jurisdiction, most passages first.
        labels: by label, over all passages.
        ranking, reliability, risk: from the article scores of all passages.
        decisions: what `assigned` and `review` are worth; None where the predictions have no decisions.
        curves: coverage and risk over tags, from all scores.
        roles: [gold role][predicted role] over matched spans; the order is ROLES, then none.
        confusion, finer_confusion: articles put in the place of others; finer labels put in the place of others.
        worst: passages with the highest loss; ids and scores, no text.
        compared: the differences to another predictions file, `other`; empty where none was given.
        other_missing: gold passages without a prediction in `other`; they count as empty.
        pairs: what it was measured on; not part of `to_json`.
    """

    gold: str
    predictions: str
    missing: int
    groups: dict[str, Group]
    kinds: dict[str, Group]
    languages: dict[str, Group]
    jurisdictions: dict[str, Group]
    labels: list[LabelFigures]
    ranking: Ranking
    reliability: list[calibration.Bin]
    risk: list[RiskPoint]
    decisions: Decisions | None
    curves: Curves
    roles: list[list[int]]
    confusion: list[Mistaken]
    finer_confusion: list[Mistaken]
    worst: list[Worst]
    pairs: Pairs = field(repr=False)
    other: str | None = None
    other_missing: int = 0
    compared: list[Compared] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """JSON-able figures, rounded to four decimals; no text of any passage."""
        names = [name for name in self.__slots__ if name != "pairs"]
        return {name: _plain(getattr(self, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return _plain(asdict(value))
    return value


def evaluate(
    gold: Sequence[LabelledPassage],
    predictions: Sequence[Prediction],
    *,
    gold_name: str = "gold",
    predictions_name: str = "predictions",
) -> Report:
    """Measure predictions against labelled passages; missing predictions count as empty, others are ignored.

    Raises:
        DataError: no gold passages, or not one of them has a prediction.
    """
    if not gold:
        raise DataError("no passages to evaluate on", source=gold_name, hint="give a labelled file")
    missing = lacking(gold, predictions, predictions_name)
    pairs = join(gold, predictions)
    counted = tally(pairs)
    articles = np.flatnonzero(pairs.article)
    score, truth = pairs.score[:, articles], pairs.gold[:, articles]
    predicted, masked = pairs.predicted[:, articles], pairs.masked[:, articles]

    rows = {
        "groups": _main_rows(gold),
        "kinds": _rows(gold, lambda x: x.kind),
        "languages": _rows(gold, lambda x: x.language),
        "jurisdictions": _rows(gold, lambda x: x.jurisdiction or "none"),
    }
    figures = {by: {name: group(name, counted, rows) for name, rows in those.items()} for by, those in rows.items()}
    return Report(
        gold=gold_name,
        predictions=predictions_name,
        missing=missing,
        groups=figures["groups"],
        kinds=figures["kinds"],
        languages=figures["languages"],
        jurisdictions=figures["jurisdictions"],
        labels=per_label(counted),
        ranking=ranking(score, truth, masked),
        reliability=calibration.reliability(score[~masked], truth[~masked]),
        risk=risk_curve(score, truth, predicted, masked),
        decisions=decisions(pairs, **rows),
        curves=curves(pairs),
        roles=[[int(n) for n in row] for row in counted.mental.roles.sum(axis=0)],
        confusion=confusion(pairs),
        finer_confusion=confusion(pairs, finer=True),
        worst=worst(pairs),
        pairs=pairs,
    )


def _main_rows(gold: Sequence[LabelledPassage]) -> dict[str, Ints]:
    """Rows of all passages, of the four groups of kind and language, and of English and the rest, if not empty."""
    by_kind = _rows(gold, lambda x: x.group)
    by_tongue = _rows(gold, lambda x: "en" if x.language == "en" else "other")
    return (
        {"all": np.arange(len(gold))}
        | {name: by_kind[name] for name in GROUPS if name in by_kind}
        | {name: by_tongue[name] for name in ("en", "other") if name in by_tongue}
    )


def _rows(gold: Sequence[LabelledPassage], key: Callable[[LabelledPassage], str]) -> dict[str, Ints]:
    rows: dict[str, list[int]] = {}
    for i, passage in enumerate(gold):
        rows.setdefault(key(passage), []).append(i)
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    return {name: np.array(index, dtype=np.int64) for name, index in ordered}


Predict = Callable[[Sequence[LabelledPassage]], Iterable[Prediction]]
"""What a tagger does to passages; the command line hands in the shipped model's."""


def run(
    gold: Path,
    predictions: Path | None,
    report_dir: Path,
    *,
    predict: Predict | None = None,
    other: Path | None = None,
) -> Report:
    """Evaluate a predictions file, or what `predict` says of the gold passages, and write the report.

    With `predictions` None the predictions made are kept as `report_dir/predictions.jsonl`. With `other`, a second
    predictions file, the report tells how much better the first is, with intervals and p-values.

    Raises:
        UsageError: neither a predictions file nor `predict` is given.
        DataError: a file is malformed or has a prediction for none of the passages; the report folder can't be written.
    """
    from palermo.evaluation.output import make_folder, write_report

    if predictions is None and predict is None:
        raise UsageError("nothing to evaluate", hint="give a predictions file")
    passages = read_passages(gold)
    rivals = read_predictions(other) if other is not None else []
    other_missing = lacking(passages, rivals, other.name) if other is not None else 0
    make_folder(report_dir)
    if predictions is None and predict is not None:
        predictions = report_dir / "predictions.jsonl"
        write_predictions(predictions, predict(passages))
    assert predictions is not None
    ours = read_predictions(predictions)
    report = evaluate(passages, ours, gold_name=gold.name, predictions_name=predictions.name)
    if other is not None:
        compared = compare(passages, rivals, ours)
        report = replace(report, other=other.name, other_missing=other_missing, compared=compared)
    write_report(report, report_dir)
    return report


def summary_lines(report: Report) -> list[str]:
    """The group table for a terminal: F1 in per cent with 95 % intervals over documents, one line a group."""
    columns = f"{'article micro-F1':20} {'macro-F1':22} {'finer micro-F1':20} {'mens rea':>8} {'any':>5} {'ECE':>6}"
    head = f"{'group':15} {'n':>5}  {columns}"
    lines = [f"{report.predictions} against {report.gold}", head]
    for name, g in report.groups.items():
        a, f = g.article, g.fine
        ece = "-" if g.ece is None else f"{g.ece:.3f}"
        mental = f"{g.mental.standards.f1:.1f}" if g.mental.gold_spans else "-"
        macro = f"{a.macro_interval} ({a.macro_labels})" if a.macro_labels else "-"
        finer = str(f.micro_interval) if f.positives else "-"
        lines.append(
            f"{name:15} {g.passages:5}  {a.micro_interval!s:20} {macro:22} {finer:20} "
            f"{mental:>8} {g.any_label.f1:5.1f} {ece:>6}"
        )
    lines += _decision_lines(report)
    if report.missing:
        lines.append(f"{report.missing} passages have no prediction and count as empty")
    if report.other_missing:
        lines.append(f"{report.other_missing} passages have no prediction in {report.other} and count as empty")
    if report.compared:
        lines += [f"A: {report.other}, B: {report.predictions}; paired over documents", *table(report.compared)]
    return lines


def _decision_lines(report: Report) -> list[str]:
    if report.decisions is None:
        return [f"no decisions in {report.predictions}: their figures are left out"]
    made = report.decisions.groups["all"].both
    wrong = ""
    if made.wrong_interval is not None:
        share = made.wrong_interval
        wrong = f", {share.value:.1f} % [{share.low:.1f}, {share.high:.1f}] wrong"
    recall, both = (f"{x:.1f}" if x is not None else "-" for x in (made.recall, made.recall_with_review))
    looked = f", {made.looked:.1f} to look at for each right one" if made.looked is not None else ""
    return [
        f"assigned: {made.assigned} tags{wrong}; recall {recall}; with review {both}",
        f"review: {made.review} tags{looked}",
    ]
