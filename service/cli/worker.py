"""`palermo worker`: another process that tags what the service was given; on PostgreSQL any number share the work."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click
from palermo.service.cli.serve import in_folder


@click.command("worker")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database; default: PALERMO_DATA_DIR, or palermo-data.",
)
def command(data: Path | None) -> None:
    """Work on queued documents and exports until Ctrl-C or SIGTERM; `palermo serve` works on them too."""
    from palermo.corpora.documents.sandbox import ParserPool
    from palermo.service.analysis import default_tagger
    from palermo.service.jobs import Jobs
    from palermo.service.store import database_url, open_store

    limits = in_folder(data)
    tagger = default_tagger()
    tagger.load()
    store = open_store(database_url(limits))
    store.migrate()
    pool = ParserPool(limits=limits)
    jobs = Jobs(store, tagger, pool=pool, limits=limits)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs.start()
    click.echo("palermo: working; stop with Ctrl-C", err=True)
    stop.wait()
    jobs.stop()
    pool.close()
    store.close()
