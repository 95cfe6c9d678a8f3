"""Whole judgments through a tagger: training fits the document level on them, `palermo benchmark judgments` scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from palermo.corpora.documents.reading import read_document
from palermo.corpora.errors import DataError, UsageError
from palermo.corpora.labelled.jsonl import read_records
from palermo.evaluation.bootstrap import Interval
from palermo.evaluation.counts import PRF, prf
from palermo.evaluation.documents import evaluate_documents, over_judgments
from palermo.evaluation.fitting_documents import FOLDS, fit_documents
from palermo.evaluation.pairs import Bools, Floats, is_article
from palermo.evaluation.thresholds import splits
from palermo.models.aggregate import FEW, document_scores
from palermo.models.calibration import Calibration
from palermo.models.tagger import Tagger

Progress = Callable[[dict[str, Any]], None]
FEWEST = 3
"""Judgments for figures out of fold: one to score and two to fit on, whose threshold is chosen out of fold too."""
SHOWN = 5
"""Problems with results that are named; the others are counted."""


@dataclass(frozen=True)
class Judgments:
    """Labelled judgments as a tagger reads them.

    Attributes:
        scores: for each of D judgments its passages' scores [P, L].
        gold, mask: [D, L]; masked pairs count neither way.
    """

    scores: list[Floats]
    gold: Bools
    mask: Bools


def read_judgments(tagger: Tagger, path: Path, progress: Progress) -> Judgments:
    """Read and score the labelled judgments of `path` (JSON Lines: doc, text, articles, fine, maybe).

    Raises:
        DataError: a line lacks a field.
    """
    records = [_checked(record, path, line) for line, record in read_records(path)]
    scores = []
    for number, record in enumerate(records, start=1):
        document = read_document(record["text"].encode(), f"{record['doc']}.txt", kind="judgment")
        scores.append(tagger.passage_scores(document))
        progress({"phase": "documents", "done": number, "of": len(records)})
    gold, mask = (np.zeros((len(records), len(tagger.labels)), dtype=np.bool_) for _ in range(2))
    for row, record in enumerate(records):
        sure, doubtful = {*record["articles"], *record["fine"]}, set(record["maybe"])
        gold[row] = [label in sure for label in tagger.labels]
        mask[row] = [label in doubtful and label not in sure for label in tagger.labels]
    return Judgments(scores, gold, mask)


def _checked(record: dict[str, Any], path: Path, line: int) -> dict[str, Any]:
    kinds = {"doc": str, "text": str, "articles": list, "fine": list, "maybe": list}
    wrong = [name for name, kind in kinds.items() if not isinstance(record.get(name), kind)]
    if wrong:
        raise DataError(f"line {line}: field {wrong[0]!r} is missing or of another type", source=path.name)
    return record


def whole_documents(folder: Path, path: Path, progress: Progress) -> dict[str, float]:
    """Parameters of the document level, fitted on the labelled judgments of `path`."""
    found = read_judgments(Tagger.load(folder, "onnxruntime"), path, progress)
    return fit_documents(found.scores, found.gold, found.mask)


def crossfit_judgments(judgments: Judgments, calibration: Calibration, folds: int = FOLDS) -> Bools:
    """[D, L] what is predicted of each judgment by a document level that was fitted on the others.

    Raises:
        DataError: too few judgments.
    """
    if len(judgments.scores) < FEWEST:
        raise DataError("too few labelled judgments", hint=f"a score out of fold needs at least {FEWEST}")
    predicted = np.zeros_like(judgments.gold)
    for inside, outside in splits([str(row) for row in range(len(judgments.scores))], folds):
        parameters = fit_documents(
            [judgments.scores[row] for row in inside], judgments.gold[inside], judgments.mask[inside]
        )
        fitted = replace(calibration, document=parameters)
        for row in outside:
            passages = judgments.scores[row]
            shown = (passages >= calibration.threshold).any(axis=0)
            filed = document_scores(passages, fitted) >= parameters["threshold"]
            predicted[row] = shown if len(passages) < FEW else shown & filed
    return predicted


def article_figures(judgments: Judgments, predicted: Bools, labels: Sequence[str]) -> tuple[PRF, Interval]:
    """Micro figures of articles in per cent, and F1 with its interval over judgments."""
    articles = np.array([is_article(label) for label in labels])
    found, gold = predicted[:, articles], judgments.gold[:, articles]
    free = ~judgments.mask[:, articles]
    counts = np.stack([(found & gold).sum(1), (found & ~gold & free).sum(1), (gold & ~found).sum(1)], axis=1)
    table = counts[:, None, :].astype(np.float64)
    return prf(table.sum(axis=0)[0]), over_judgments(table)


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("judgments")
@click.argument("gold", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--results", type=_FOLDER, help="What `palermo tag` made of the judgments, as DOC.json.")
@click.option("--model", type=_FOLDER, help="Folder of a model; default: the one shipped.")
@click.option("--engine", type=click.Choice(["auto", "onnxruntime", "openvino"]), default="auto", show_default=True)
def main(gold: Path, results: Path | None, model: Path | None, engine: str) -> None:
    """Score whole judgments against those of GOLD: the articles that each is filed under.

    Without `--results` the judgments are read with the model, and what files them is fitted out of fold: the one that
    ships was fitted on such judgments; three at least are needed. Exit status 1 where a result is missing, or its
    passages are not the judgment's words at their offsets.
    """
    if results is not None:
        if model is not None:
            raise UsageError("results are there already", hint="give --results or --model")
        report = evaluate_documents(gold, results)
        click.echo(report.line())
        _say_problems(report.problems)
        raise SystemExit(1 if report.problems else 0)
    tagger = Tagger.load(model, engine)
    judgments = read_judgments(tagger, gold, lambda entry: None)
    predicted = crossfit_judgments(judgments, tagger.calibration)
    figures, interval = article_figures(judgments, predicted, tagger.labels)
    click.echo(
        f"{len(judgments.scores)} judgments, out of fold, articles micro-F1 {interval} "
        f"(P {figures.precision:.1f}, R {figures.recall:.1f})"
    )


def _say_problems(problems: Sequence[str]) -> None:
    for problem in problems[:SHOWN]:
        click.echo(f"palermo: {problem}", err=True)
    if len(problems) > SHOWN:
        click.echo(f"palermo: {len(problems) - SHOWN} more", err=True)
