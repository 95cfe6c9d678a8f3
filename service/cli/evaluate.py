"""`palermo evaluate`: predictions, or what the model says now, against labelled passages; figures and a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from palermo.service.cli.options import model_options

if TYPE_CHECKING:
    from palermo.corpora.labelled.passages import LabelledPassage
    from palermo.corpora.labelled.predictions import Prediction

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("evaluate")
@click.argument("gold", type=_FILE)
@click.option("--predictions", type=_FILE, help="Predictions to score; default: the model predicts now.")
@click.option("--compare", "other", type=_FILE, help="Another tagger's predictions; differences with significance.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the report.")
@click.option(
    "--crossfit",
    is_flag=True,
    help="Fit calibration and thresholds anew, out of fold by document: honest where GOLD is what they were fitted on.",
)
@model_options
def command(
    gold: Path,
    predictions: Path | None,
    other: Path | None,
    report: Path,
    crossfit: bool,
    model: Path | None,
    engine: str | None,
) -> None:
    """Score predictions against GOLD (.jsonl or .jsonl.gz): metrics.json, per_provision.tsv, report.html."""
    from palermo.evaluation.report import run, summary_lines

    if crossfit and predictions is not None:
        raise click.UsageError("--crossfit makes predictions, and --predictions gives them; choose one")

    def predict(passages: Sequence[LabelledPassage]) -> Iterable[Prediction]:
        from palermo.corpora.labelled.predictions import Prediction
        from palermo.service.cli.predict import predictions as predicted

        lines = _crossfitted(gold, passages, model, engine) if crossfit else predicted(gold, model, engine)
        return (Prediction.from_json(line) for line in lines)

    for line in summary_lines(run(gold, predictions, report, predict=predict, other=other)):
        click.echo(line)


def _crossfitted(
    gold: Path, passages: Sequence[LabelledPassage], model: Path | None, engine: str | None
) -> list[dict[str, Any]]:
    from palermo.evaluation.fitting import crossfit_of
    from palermo.service.analysis import load_tagger

    return crossfit_of(load_tagger(model, engine), gold, passages)
