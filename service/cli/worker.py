"""`palermo worker`: another process that tags what the service was given; on PostgreSQL any number share the work."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
from palermo.service.cli.serve import in_folder

if TYPE_CHECKING:
    from palermo.service.jobs import Jobs
    from palermo.service.store import Store

HEARTBEAT_SECONDS = 10.0


@click.command("worker")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database and of installed models; default: PALERMO_DATA_DIR, or palermo-data.",
)
@click.option(
    "--heartbeat",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File whose time is renewed every 10 seconds while all is well, for supervisors.",
)
def command(data: Path | None, heartbeat: Path | None) -> None:
    """Work on queued documents and exports until Ctrl-C or SIGTERM; `palermo serve` works on them too."""
    from palermo.corpora.documents.sandbox import ParserPool
    from palermo.service.analysis import default_tagger
    from palermo.service.cli.stopping import end, end_at_sigterm
    from palermo.service.jobs import Jobs
    from palermo.service.logs import configure
    from palermo.service.store import database_url, open_store

    end_at_sigterm()
    limits = in_folder(data)
    configure(limits.log_format)
    tagger = default_tagger(limits=limits)
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
    _beat(heartbeat, jobs, store, stop)
    click.echo("palermo: stopping", err=True)
    idle = jobs.stop()
    pool.close()
    store.close()
    end(idle)


def _beat(heartbeat: Path | None, jobs: Jobs, store: Store, stop: threading.Event) -> None:
    """Wait for the stop, and renew the file's time while documents are taken and the database answers."""
    if heartbeat is None:
        stop.wait()
        return
    while True:
        if jobs.alive and store.ready():
            heartbeat.touch()
        if stop.wait(HEARTBEAT_SECONDS):
            return
