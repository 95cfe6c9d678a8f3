"""`palermo worker` as a process: it works beside others, on PostgreSQL any number, and may be killed at any point."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.settings import Settings
from palermo.models.tagger import VERSION
from palermo.service.intake import Given, take_in
from palermo.service.jobs import Jobs
from palermo.service.store import Store
from palermo.service.store.analyses import analyses
from palermo.service.store.tables import Analysis, Document, Job, Prediction
from palermo.service.store.work import get_batch
from sqlalchemy import create_engine, func, select, text, update

COMMAND = [sys.executable, "-c", "from palermo.service.cli import main; main()", "worker"]
PATIENCE = 900.0
"""Seconds after which a test that waits has failed; nothing is measured by it."""
DOCUMENTS = 200
HELD_AT = (60, 130)
"""Which documents' analyses are held back half way in their transaction, until the test lets them go."""
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.document IN ({}, {}) THEN PERFORM pg_advisory_xact_lock(NEW.document); END IF;
    RETURN NEW;
END $$
"""
AT_EACH = "CREATE TRIGGER hold BEFORE INSERT ON analyses FOR EACH ROW EXECUTE FUNCTION hold()"
WAITING = "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid IN ({}, {})"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts workers on the database, with the shipped model and one document at a time each."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **settings: object) -> subprocess.Popen[str]:
        chosen = {"database_url": url, "job_workers": 1, "threads": 1, "parser_workers": 1, **settings}
        environment = {f"PALERMO_{name.upper()}": str(value) for name, value in chosen.items()}
        with (tmp_path / f"worker{len(started)}").open("w", encoding="utf-8") as said:
            made = subprocess.Popen([*COMMAND, *arguments], env={**os.environ, **environment}, stderr=said, text=True)
        started.append(made)
        return made

    yield start
    for one in started:
        one.kill()
        one.wait()


def give(store: Store, count: int) -> int:
    files = [Given(f"{n}. The proceeds of crime number {n} were hidden.".encode(), f"{n}.txt") for n in range(count)]
    return take_in(store, files, name="lot").id


def wait(store: Store, reached: Callable[[], Any]) -> None:
    """Wait until something is so."""
    assert Jobs(store, None, limits=Settings()).wait_for(reached, PATIENCE)  # type: ignore[arg-type]


def done(store: Store, batch: int) -> int:
    with store.read() as session:
        return get_batch(session, batch).done


def test_it_works_until_it_is_told_to_stop(store: Store, start: Start) -> None:
    batch = give(store, 3)
    worker = start()
    wait(store, lambda: done(store, batch) == 3 or worker.poll() is not None)
    assert done(store, batch) == 3
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    with store.read() as session:
        for document in session.scalars(select(Document.id)):
            assert [one.tagger for one in analyses(session, document)] == [VERSION]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_it_cannot_work_on_is_said_in_one_line(start: Start, tmp_path: Path) -> None:
    worker = start("--data", str(tmp_path))
    assert worker.wait(PATIENCE) == 2
    assert (tmp_path / "worker0").read_text(encoding="utf-8").startswith("palermo: --data names the folder")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_workers_share_a_batch_and_each_may_be_killed_in_the_middle_of_a_document(
    store: Store, url: str, start: Start
) -> None:
    batch = give(store, DOCUMENTS)
    with store.connection() as connection:
        keys = list(connection.scalars(select(Document.key).order_by(Document.key)))
        held = [keys[number] for number in HELD_AT]
        for statement in (HOLD.format(*held), AT_EACH):
            connection.exec_driver_sql(statement)
    gate = Gate(url, held)
    try:
        # No lease runs out by itself, however slow the machine: a worker that lives keeps its documents.
        workers = [start(job_lease_seconds=3600, database_wait_seconds=3600) for _ in range(2)]
        wait(store, lambda: gate.waiting() == set(held))
        workers.append(start(job_lease_seconds=3600, database_wait_seconds=3600))
        for document, left in zip(held, (1, 0), strict=True):
            kill(store, document, workers)
            gate.open(document)
            wait(store, lambda left=left: done(store, batch) == DOCUMENTS - left)  # type: ignore[misc]
    finally:
        gate.close()
    with store.read() as session:
        attempts = dict(session.execute(select(Job.document, Job.attempts)).all())
        assert attempts == {key: 2 if key in held else 1 for key in keys}
        assert sorted(session.scalars(select(Analysis.document))) == keys
        said = (Prediction.passage, Prediction.provision)
        assert session.execute(select(*said).group_by(*said).having(func.count() > 1)).all() == []
        assert len(set(session.scalars(select(Job.worker)))) >= 2


class Gate:
    """Holds back the analyses of some documents on a PostgreSQL database."""

    def __init__(self, url: str, held: list[int]) -> None:
        self._held = held
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._connection = self._engine.connect()
        for document in held:
            self._connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": document})

    def waiting(self) -> set[int]:
        """Documents at which a worker stands."""
        return set(self._connection.exec_driver_sql(WAITING.format(*self._held)).scalars())

    def open(self, document: int) -> None:
        self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": document})

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


def kill(store: Store, document: int, workers: list[subprocess.Popen[str]]) -> None:
    """Kill the worker that stands at a document, and let what time would do happen at once: its lease runs out."""
    with store.read() as session:
        holder = session.execute(select(Job.worker).where(Job.document == document)).scalar_one() or ""
    (victim,) = [one for one in workers if f":{one.pid}:" in holder]
    victim.kill()
    victim.wait()
    with store.write() as session:
        session.execute(update(Job).where(Job.document == document).values(lease=None))
