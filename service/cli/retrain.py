"""`palermo retrain`: the model in use learns from corrections, and is replaced unless it got worse; needs `[train]`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from palermo.corpora.errors import ModelError, UsageError
from palermo.service.cli.train import check_packages, recipe_of, show

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("retrain")
@click.argument("corrections", type=_FILE, nargs=-1)
@click.option("--dev", type=_FILE, help="Labelled passages of other documents, on which the models are measured.")
@click.option("--run", type=_FOLDER, help="Folder of the run; an interrupted run goes on from there.")
@click.option("--with", "passages", type=_FILE, multiple=True, help="Passages to learn from besides, e.g. the corpus.")
@click.option("--documents", type=_FILE, help="Labelled whole judgments; default: the document level stays.")
@click.option(
    "--start",
    type=_FOLDER,
    help="Model folder to go on from; default: the model in use, which is the measure either way.",
)
@click.option("--longest", type=click.IntRange(8), default=512, show_default=True, help="Tokens read of a passage.")
@click.option(
    "--longest-empty", type=click.IntRange(8), default=256, show_default=True, help="The same without labels."
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value of the recipe, e.g. epochs=2.")
@click.option("--rollback", is_flag=True, help="Put the model before back, and nothing else.")
def command(
    corrections: tuple[Path, ...],
    dev: Path | None,
    run: Path | None,
    start: Path | None,
    settings: tuple[str, ...],
    rollback: bool,
    **options: Any,
) -> None:
    """Go on from the model in use with CORRECTIONS (.jsonl), which the service exports as `corpus`.

    The new model is installed unless, on the dev passages, it falls behind the one in use: in macro-F1 by more than 0.5
    points, or in the recall of a label with at least 10 passages by more than 5. Then exit status 1 says which, and
    nothing is replaced.
    """
    from palermo.models import installed

    if rollback:
        click.echo(f"in use again: {installed.roll_back()}; a running service takes it when it is started again")
        return
    if not corrections or dev is None or run is None:
        raise UsageError("corrections, --dev and --run are needed", hint="see palermo retrain --help")
    check_packages()
    from palermo.models import manifest
    from palermo.training.job import Job
    from palermo.training.retraining import GENTLE, retrain

    current = installed.current()
    model = start or current
    name, recipe = manifest.read(model)["name"], recipe_of(settings, GENTLE)
    job = Job(dev=dev, run=run, start=model, name=name, recipe=recipe, **options)
    made = retrain(job, corrections, show, in_use=current if (current / manifest.NAME).is_file() else None)
    click.echo(f"macro-F1 {made.before.macro_f1:.1f} before, {made.after.macro_f1:.1f} after")
    if made.falls:
        fallen = ", ".join(map(str, made.falls))
        raise ModelError(f"not installed: {fallen}", hint=f"the new model is in {made.folder}; the one in use stays")
    click.echo(f"installed: {installed.install(made.folder)}; a running service takes it when it is started again")
