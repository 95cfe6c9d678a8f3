"""`palermo train`: from labelled passages to a model folder, resumable; needs the `[train]` extra."""

from __future__ import annotations

import sys
import time
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("train")
@click.argument("passages", type=_FILE, nargs=-1, required=True)
@click.option("--dev", type=_FILE, required=True, help="Labelled passages of other documents: calibration and figures.")
@click.option("--run", type=_FOLDER, required=True, help="Folder of the run; an interrupted run goes on from there.")
@click.option(
    "--encoder",
    type=_FOLDER,
    help="Hugging Face encoder folder, or all-mpnet-base-v2 (extra [teacher]); default: multilingual-e5-small.",
)
@click.option(
    "--start",
    "starts",
    type=_FOLDER,
    multiple=True,
    help="Model folder to go on from, e.g. with corrected passages; several: from the mean of their weights.",
)
@click.option("--longest", type=click.IntRange(8), default=232, show_default=True, help="Tokens read of a passage.")
@click.option(
    "--longest-empty", type=click.IntRange(8), default=152, show_default=True, help="The same without labels."
)
@click.option(
    "--unlabelled",
    type=_FILE,
    multiple=True,
    help="Documents without labels, labelled by the --start model or spoken of by teachers.",
)
@click.option(
    "--teacher",
    "teachers",
    type=_FOLDER,
    multiple=True,
    help="Model folder whose opinions of --unlabelled passages are learnt.",
)
@click.option("--language", "languages", multiple=True, help="Languages of a teacher (ISO 639-1); default: all.")
@click.option("--as-teacher", is_flag=True, help="Write RUN/teacher, for --teacher alone, in place of RUN/model.")
@click.option("--treaty", type=_FILE, multiple=True, help="The Convention's text by provision, to learn from too.")
@click.option("--text", "texts", type=_FILE, multiple=True, help="JSON Lines whose pieces stay in the vocabulary.")
@click.option("--held-out", type=_FILE, help="Ids, one a line, of passages not to learn from.")
@click.option("--documents", type=_FILE, help="Labelled whole judgments, for the document level.")
@click.option("--name", default="palermo-e5-small", show_default=True, help="Name of the model.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value of the recipe, e.g. epochs=5.")
def command(
    passages: tuple[Path, ...],
    settings: tuple[str, ...],
    held_out: Path | None,
    starts: tuple[Path, ...],
    **options: Any,
) -> None:
    """Fine-tune an encoder on PASSAGES (.jsonl, .jsonl.gz) and export it to RUN/model."""
    check_packages()
    from palermo.training.job import Job
    from palermo.training.pipeline import train

    ids = frozenset(held_out.read_text("utf-8").split()) if held_out else frozenset()
    start = starts[0] if starts else None
    job = Job(passages, held_out=ids, recipe=recipe_of(settings), start=start, siblings=starts[1:], **options)
    click.echo(train(job, show))


def check_packages() -> None:
    """Raise MissingExtra where a package that training needs is not installed."""
    from palermo.corpora.errors import MissingExtra

    lacking = [name for name in ("torch", "transformers", "onnx") if find_spec(name) is None]
    if lacking:
        raise MissingExtra(f"training needs {', '.join(lacking)}", hint="pip install 'palermo[train]'")


def recipe_of(settings: tuple[str, ...], base: Any = None) -> Any:
    """A recipe (None: the usual one) with the given values.

    Raises:
        UsageError: a name or value that a recipe does not have.
    """
    from palermo.corpora.errors import UsageError
    from palermo.training.recipe import Recipe

    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Recipe)}
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in kinds:
            raise UsageError(f"the recipe has no {name!r}", hint=f"it has {', '.join(kinds)}")
        try:
            values[name] = kinds[name](value)
        except ValueError as error:
            raise UsageError(f"{name} can't be {value!r}", hint=f"give a {kinds[name].__name__}") from error
    return replace(base or Recipe(), **values)


def show(entry: dict[str, Any]) -> None:
    """One line of progress on standard error."""
    click.echo(f"{time.strftime('%H:%M:%S')} " + " ".join(f"{k}={v}" for k, v in entry.items()), file=sys.stderr)
