"""`palermo serve`: the API and the page in one process."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from palermo.corpora.errors import UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from palermo.corpora.settings import Settings


@click.command("serve")
@click.option("--host", help="Address to listen on; default: PALERMO_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: PALERMO_PORT, or 8000.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database and of installed models; default: PALERMO_DATA_DIR, or palermo-data.",
)
def command(host: str | None, port: int | None, data: Path | None) -> None:
    """Start the service; stop it with Ctrl-C or SIGTERM, which lets requests and documents at work finish.

    What it is given it keeps in the data folder, and tags one after another; no other process is needed.
    """
    from palermo.service.api import create_app
    from palermo.service.cli.stopping import end, end_at_sigterm
    from palermo.service.logs import configure
    from palermo.service.store import database_url, open_store

    limits = in_folder(data)
    host = host or limits.host
    _check(host, limits)
    end_at_sigterm()
    # Opened here, not by the application, so that what is wrong with it is said in one line.
    store = open_store(database_url(limits))
    store.migrate()
    configure(limits.log_format)
    app = create_app(limits=limits, store=store)
    try:
        _run(app, limits, host, limits.port if port is None else port)
    finally:
        store.close()
        end(app.state.idle)


def _run(app: FastAPI, limits: Settings, host: str, port: int) -> None:
    """Serve until a signal; from then on jobs are begun no more, while requests at work are still answered."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if app.state.jobs is not None:
                app.state.jobs.quit()
            super().handle_exit(sig, frame)

    options: dict[str, Any] = {
        "timeout_graceful_shutdown": math.ceil(limits.stop_seconds),
        "limit_concurrency": 4 * (limits.parser_workers + limits.request_queue) + 16,
        "server_header": False,
        "forwarded_allow_ips": limits.proxies,
        "log_config": None,
        "access_log": False,  # it would write addresses; `api.watch` writes the routes
    }
    server = Server(uvicorn.Config(app, host=host, port=port, **options))
    with contextlib.suppress(KeyboardInterrupt):  # raised again at the end of a stop by Ctrl-C
        server.run()
    if not server.started:
        raise click.exceptions.Exit(1)


def in_folder(data: Path | None) -> Settings:
    """The process's settings, with the data folder of the command line where one is given.

    Raises:
        UsageError: a folder, and a database that is no file.
    """
    from palermo.corpora.settings import settings

    if data is None:
        return settings()
    if settings().database_url is not None:
        raise UsageError("--data names the folder of a SQLite file, and PALERMO_DATABASE_URL another database")
    return settings().model_copy(update={"data_dir": data})


def _check(host: str, limits: Settings) -> None:
    """Refuse to let strangers in without accounts, and tell what accounts need."""
    from palermo.service.access.hosts import is_loopback

    if is_loopback(host):
        return
    if limits.accounts == "off":
        raise UsageError(
            f"anybody who reaches {host} could read and change everything: there are no accounts",
            hint="set PALERMO_ACCOUNTS=on and make an admin with `palermo user add NAME --role admin`, "
            "or listen on 127.0.0.1",
        )
    click.echo("palermo: passwords cross the network: put a proxy that ends TLS in front", err=True)
