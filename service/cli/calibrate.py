"""`palermo calibrate`: scores, thresholds and decisions of a model, fitted on other passages or after hints changed."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("calibrate")
@click.argument("gold", type=_FILE)
@click.option("--output", type=_FOLDER, required=True, help="Model folder to make.")
@click.option("--documents", type=_FILE, help="Labelled whole judgments; default: the document level stays.")
@click.option("--model", type=_FOLDER, help="Model folder to begin with; default: the model in use.")
def command(gold: Path, output: Path, documents: Path | None, model: Path | None) -> None:
    """Fit the scores of a model anew on GOLD (.jsonl, .jsonl.gz), passages of documents that it did not learn from.

    Its network stays: this takes minutes, needs no [train] and no graphics card.
    """
    from palermo.models import installed
    from palermo.service.cli.train import show
    from palermo.training.calibrating import calibrate

    click.echo(calibrate(model or installed.current(), gold, output, documents, show))
