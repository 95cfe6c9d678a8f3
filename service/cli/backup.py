"""`palermo backup`: the database, with the documents in it, as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from palermo.corpora.errors import UsageError
from palermo.service.cli.serve import in_folder

if TYPE_CHECKING:
    from palermo.corpora.settings import Settings


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database; default: PALERMO_DATA_DIR, or palermo-data.",
)
def command(file: Path, data: Path | None) -> None:
    """Copy the database and all documents to FILE, consistently, while the service may go on."""
    from palermo.service.store.backup import back_up

    about = back_up(sqlite_file(in_folder(data), "pg_dump --format=custom --file=FILE DATABASE"), file)
    click.echo(f"palermo: {file}: {about.size:,} bytes, schema {about.schema}, sha256 {about.sha256}", err=True)


def sqlite_file(limits: Settings, instead: str) -> Path:
    """The SQLite file of the settings.

    Raises:
        UsageError: the database is PostgreSQL; `instead` says what to run there.
    """
    from palermo.service.store import database_url, open_store

    store = open_store(database_url(limits))
    store.close()
    if store.file is None:
        raise UsageError(
            "the database is PostgreSQL, whose own tools copy it",
            source="PALERMO_DATABASE_URL",
            hint=f"run `{instead}`; the documents' files are in the database, there are no others",
        )
    return store.file
