"""SIGTERM in the middle of a document: it is finished or given back, nothing is lost, and the status is 0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from palermo.service.intake import Given, take_in
from palermo.service.store import Store, open_store
from palermo.service.store.records import JobRecord
from palermo.service.store.work import jobs

Start = Callable[..., Any]
STOPPING = "Shutting down|palermo: stopping"
COMMANDS = [("serve", "--port", "0"), ("worker",)]


def given(folder: Path, count: int) -> Store:
    store = open_store(f"sqlite:///{folder / 'palermo.sqlite'}")
    store.migrate()
    take_in(store, [Given(f"{n}. The proceeds were hidden.".encode(), f"{n}.txt") for n in range(count)], name="lot")
    return store


def jobs_of(store: Store) -> list[JobRecord]:
    with store.read() as session:
        return list(jobs(session, 1).items)


@pytest.mark.parametrize("command", COMMANDS, ids=["serve", "worker"])
def test_a_stop_lets_the_document_at_work_finish_and_begins_no_other(
    start: Start, folder: Path, command: tuple[str, ...]
) -> None:
    store = given(folder, 2)
    process = start(*command, "--data", str(folder), asks=True, job_workers="1", stop_seconds="600")
    first = process.tags_next()
    process.terminate()
    process.until(STOPPING)
    process.go_on()
    assert process.status() == 0, process.lines
    ended = {job.document[:16]: job.state for job in jobs_of(store)}
    assert ended.pop(first) == "done"
    assert list(ended.values()) == ["queued"]
    store.close()


@pytest.mark.parametrize("command", COMMANDS, ids=["serve", "worker"])
def test_a_document_that_takes_too_long_is_given_back_and_the_next_process_does_it(
    start: Start, folder: Path, command: tuple[str, ...]
) -> None:
    store = given(folder, 1)
    process = start(*command, "--data", str(folder), asks=True, stop_seconds="0.1")
    document = process.tags_next()
    process.terminate()
    assert process.status() == 0, process.lines
    [job] = jobs_of(store)
    assert (job.state, job.attempts) == ("queued", 0)

    after = start(*command, "--data", str(folder), asks=True, stop_seconds="600")
    assert after.tags_next() == document
    after.terminate()
    after.go_on()
    assert after.status() == 0, after.lines
    assert [job.state for job in jobs_of(store)] == ["done"]
    store.close()


def test_a_worker_renews_its_heartbeat_while_it_works(start: Start, folder: Path) -> None:
    beat = folder / "beat"
    given(folder, 1).close()
    process = start("worker", "--data", str(folder), "--heartbeat", str(beat), asks=True)
    process.tags_next()
    process.terminate()
    process.until(STOPPING)
    assert beat.exists()
    process.go_on()
    assert process.status() == 0
