"""`palermo restore`: a backup becomes a data folder."""

from __future__ import annotations

from pathlib import Path

import click
from palermo.service.cli.backup import sqlite_file
from palermo.service.cli.serve import in_folder


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to put it in, new or empty; default: PALERMO_DATA_DIR, or palermo-data.",
)
def command(file: Path, data: Path | None) -> None:
    """Put the backup FILE into an empty data folder; the next `palermo serve` goes on from there."""
    from palermo.service.store.backup import restore

    database = sqlite_file(in_folder(data), "pg_restore --dbname=DATABASE FILE")
    about = restore(file, database)
    click.echo(f"palermo: {database}: as of {about.created:.19}, {about.size:,} bytes", err=True)
