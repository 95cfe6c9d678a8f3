"""Shows that killed processes lose nothing: `python -m palermo.service.jobs.endurance --documents FILE --count 200`.

A batch of documents goes through the API of a real service with its real model. When half of it is done, the service
is killed (SIGKILL) and another takes its place; on PostgreSQL a second process, `palermo worker`, works beside it and
is killed later. In the end each document must have one analysis, and only what a kill had cut off was begun again.
"""

from __future__ import annotations

import gzip
import http.client
import io
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
from palermo.corpora.errors import PalermoError, UsageError
from palermo.service.store import Store, open_store
from palermo.service.store.records import BatchRecord
from palermo.service.store.tables import Analysis, Document, Job, Prediction
from palermo.service.store.work import get_batch
from sqlalchemy import func, select

COMMAND = "from palermo.service.cli import main; main()"
LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Report:
    """What was seen.

    Attributes:
        database: its kind.
        documents: given.
        characters: of the longest document.
        analyses: in the database at the end.
        duplicates: analyses beyond the first of a document, and provisions said twice of a passage.
        lost: documents that have neither an analysis nor a reason why not.
        failed: documents that have a reason.
        killed_at: documents that were done at each kill.
        cut_off: documents that were at work at a kill.
        begun_again: documents that were begun more than once.
        needlessly: those of them that no kill had cut off.
        processes: documents that each process did, in the order of the processes' first.
        seconds: from the request to the end.
    """

    database: str
    documents: int
    characters: int
    analyses: int = 0
    duplicates: int = 0
    lost: int = 0
    failed: int = 0
    killed_at: list[int] = field(default_factory=list)
    cut_off: int = 0
    begun_again: int = 0
    needlessly: int = 0
    processes: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing is there twice, and nothing was begun again without need."""
        return not (self.lost or self.duplicates or self.needlessly)


@click.command()
@click.option("--documents", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
              help="JSON Lines with a `text` each, plain or gzip; the shortest are taken.")  # fmt: skip
@click.option("--count", type=click.IntRange(min=4), default=200, show_default=True, help="Documents of the batch.")
@click.option("--database", help="URL of an empty database; default: a SQLite file that goes at the end.")
@click.option("--workers", type=click.IntRange(1, 8), help="Processes; default: 1 on SQLite, 2 on PostgreSQL.")
def main(documents: Path, count: int, database: str | None, workers: int | None) -> None:
    """Run a batch, kill each process once, and print what became of the documents; exit status 1 if it is not good."""
    texts = shortest(documents, count)
    with tempfile.TemporaryDirectory() as folder:
        url = database or f"sqlite:///{folder}/palermo.sqlite"
        store = open_store(url)
        try:
            report = run(store, url, texts, workers or (1 if store.dialect == "sqlite" else 2))
        finally:
            store.close()
    for name, value in asdict(report).items():
        click.echo(f"{name}: {value}")
    sys.exit(0 if report.good else 1)


def shortest(path: Path, count: int) -> list[str]:
    """The `count` shortest texts of a file, no text twice.

    Raises:
        UsageError: it has fewer.
    """
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        texts = sorted({json.loads(line)["text"] for line in file}, key=lambda text: (len(text), text))
    if len(texts) < count:
        raise UsageError(f"{len(texts)} different texts only", source=path.name)
    return texts[:count]


def run(store: Store, url: str, texts: list[str], workers: int) -> Report:
    """Tag texts with `workers` processes, the first of them the service, each of which is killed once.

    Raises:
        UsageError: the database is not empty.
        PalermoError: a process ended by itself.
    """
    store.migrate()
    with store.read() as session:
        if session.scalar(select(func.count()).select_from(Document)):
            raise UsageError("the database holds documents", source="--database", hint="name an empty one")
    report = Report(store.dialect, len(texts), max(map(len, texts)))
    port = _free_port()
    commands = [["serve", "--host", "127.0.0.1", "--port", str(port)], *([["worker"]] * (workers - 1))]
    cut_off: set[int] = set()
    with processes(url) as start:
        running = [start(command) for command in commands]
        _wait(running, lambda: _ready(port))
        began = time.monotonic()
        batch = _give(port, texts)
        for number, command in enumerate(commands):
            # At a half, three quarters, seven eighths: there is always something left to lose.
            mark = len(texts) - len(texts) // 2 ** (number + 1)
            _wait(running, lambda mark=mark: _done(store, batch) >= mark)  # type: ignore[misc]
            running[number].kill()
            running[number].wait()
            report.killed_at.append(_done(store, batch))
            cut_off |= _at_work(store, running[number].pid)
            running[number] = start(command)
        _wait(running, lambda: _batch(store, batch).queued + _batch(store, batch).running == 0)
        report.seconds = round(time.monotonic() - began, 1)
    report.cut_off = len(cut_off)
    _examine(store, batch, cut_off, report)
    return report


@contextmanager
def processes(url: str) -> Iterator[Callable[[list[str]], subprocess.Popen[bytes]]]:
    """Starts `palermo` commands on a database; those that still run at the end are ended."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {**os.environ, "PALERMO_DATABASE_URL": url, "PALERMO_ACCOUNTS": "off", "PALERMO_HOSTS": ""}

    def start(command: list[str]) -> subprocess.Popen[bytes]:
        made = subprocess.Popen(  # noqa: S603 - this program, and words from above
            [sys.executable, "-c", COMMAND, *command], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        started.append(made)
        return made

    try:
        yield start
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait()


def _wait(running: list[subprocess.Popen[bytes]], reached: Callable[[], bool]) -> None:
    while not reached():
        for one in running:
            if one.poll() is not None:
                raise PalermoError(f"a process of Palermo ended by itself with status {one.returncode}")
        time.sleep(LOOK_SECONDS)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _ready(port: int) -> bool:
    try:
        return _ask(port, "GET", "/readyz")[0] == http.HTTPStatus.OK
    except OSError:
        return False  # it does not listen yet


def _give(port: int, texts: list[str]) -> int:
    """One request with all documents in a ZIP archive; the number of their batch."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number:05}.txt", text)
    limit = secrets.token_hex(16)
    head = f'--{limit}\r\nContent-Disposition: form-data; name="file"; filename="endurance.zip"\r\n\r\n'.encode()
    body = head + file.getvalue() + f"\r\n--{limit}--\r\n".encode()
    status, answer = _ask(port, "POST", "/v1/documents", body, f"multipart/form-data; boundary={limit}")
    if status != http.HTTPStatus.ACCEPTED:
        raise PalermoError(f"the service answered {status}: {answer[:200]!r}")
    return int(json.loads(answer)["batch"]["id"])


def _ask(port: int, method: str, path: str, body: bytes | None = None, media_type: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request(method, path, body, {"Content-Type": media_type} if media_type else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _batch(store: Store, batch: int) -> BatchRecord:
    with store.read() as session:
        return get_batch(session, batch)


def _done(store: Store, batch: int) -> int:
    found = _batch(store, batch)
    return found.done + found.failed


def _at_work(store: Store, pid: int) -> set[int]:
    """Documents whose job a dead process of this machine still holds."""
    with store.read() as session:
        held = select(Job.document).where(Job.state == "running", Job.worker.contains(f":{pid}:"))
        return set(session.scalars(held))


def _examine(store: Store, batch: int, cut_off: set[int], report: Report) -> None:
    with store.read() as session:
        jobs = session.scalars(select(Job).where(Job.batch == batch).order_by(Job.finished)).all()
        analysed = list(session.scalars(select(Analysis.document)))
        said = (Prediction.analysis, Prediction.passage, Prediction.provision)
        twice = session.execute(select(*said).group_by(*said).having(func.count() > 1)).all()
    failed = {job.document for job in jobs if job.state == "failed"}
    again = {job.document for job in jobs if job.attempts > 1}
    report.analyses = len(analysed)
    report.duplicates = len(analysed) - len(set(analysed)) + len(twice)
    report.failed = len(failed)
    report.lost = report.documents - len(set(analysed) | failed)
    report.begun_again, report.needlessly = len(again), len(again - cut_off)
    workers = [job.worker for job in jobs]
    report.processes = [workers.count(worker) for worker in dict.fromkeys(workers)]


if __name__ == "__main__":
    main()
