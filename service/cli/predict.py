"""`palermo predict`: passages in the corpus format in, one prediction a line out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from palermo.service.cli.options import model_options


@click.command("predict")
@click.argument("passages", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
@model_options
def command(passages: Path, output: Path | None, model: Path | None, engine: str | None) -> None:
    """Predict the labels and mental elements of PASSAGES (.jsonl or .jsonl.gz)."""
    lines = predictions(passages, model, engine)
    if output is not None:
        from palermo.corpora.labelled.jsonl import write_records

        output.parent.mkdir(parents=True, exist_ok=True)
        write_records(output, lines)
        return
    out = sys.stdout.buffer
    for line in lines:
        out.write((json.dumps(line, ensure_ascii=False) + "\n").encode())


def predictions(path: Path, model: Path | None, engine: str | None) -> Iterator[dict[str, Any]]:
    """One prediction a passage, in the file's order, with a bar on a terminal.

    Raises:
        DataError: the file is malformed.
        ModelError: the model can't be loaded.
    """
    from palermo.corpora.labelled.jsonl import read_records
    from palermo.corpora.labelled.passages import read_passages
    from palermo.service.analysis import load_tagger

    total = len(read_passages(path))  # checks the whole file before the first line is predicted
    records = (record for _, record in read_records(path, "passage"))
    tagger = load_tagger(model, engine)
    if not sys.stderr.isatty():
        yield from tagger.predict(records)
        return
    # The bar counts what is read: passages of one judgment wait for each other before the first line is written.
    with click.progressbar(records, length=total, label="Passages", file=sys.stderr, show_pos=True) as bar:
        yield from tagger.predict(bar)
