"""A worker that is killed in the middle of a batch: the next one goes on, nothing is lost, nothing is tagged twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from palermo.service.intake import Given, take_in
from palermo.service.store import Store
from palermo.service.store.counts import counts_by_provision
from palermo.service.store.documents import documents
from palermo.service.store.records import BatchRecord
from palermo.service.store.tables import Analysis, Prediction
from palermo.service.store.work import get_batch
from sqlalchemy import func, select

DOCUMENTS = 200
KILLED_AT = (1, 60, 130)
CHILD = Path(__file__).with_name("child.py")


class Worker:
    """A child process that works on the batch one document at a time, as far as it is let."""

    def __init__(self, url: str) -> None:
        said, told = os.pipe()
        self._child = subprocess.Popen(
            [sys.executable, str(CHILD), url, str(told)],
            stdin=subprocess.PIPE, pass_fds=(told,), bufsize=0,
        )  # fmt: skip
        os.close(told)
        self._said = os.fdopen(said, "rb", buffering=0)

    def tags_next(self) -> str:
        """The document that it has begun to tag; it waits for `go_on`."""
        return self._said.readline().decode().strip()

    def go_on(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(b".")

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._said.close()


def give(store: Store) -> BatchRecord:
    files = [
        Given(f"{n}. The proceeds of crime number {n} were hidden.".encode(), f"{n}.txt") for n in range(DOCUMENTS)
    ]
    return take_in(store, files, name="lot")


def test_a_batch_survives_kills_and_is_tagged_once(store: Store, url: str) -> None:
    batch = give(store)
    begun: Counter[str] = Counter()
    cut_off = set()
    for stop in (*KILLED_AT, None):
        worker = Worker(url)
        try:
            while begun.total() < DOCUMENTS + len(cut_off):
                document = worker.tags_next()
                assert document
                begun[document] += 1
                if stop is not None and begun.total() >= stop:
                    cut_off.add(document)
                    break
                worker.go_on()
            else:
                wait_for_end(store, batch.id)
        finally:
            worker.kill()
    with store.read() as session:
        ended = get_batch(session, batch.id)
        assert (ended.done, ended.total) == (DOCUMENTS, DOCUMENTS)
        assert {one.id[:16] for one in documents(session, limit=500).items} == set(begun)
        for table in (Analysis, Prediction):
            assert session.scalar(select(func.count()).select_from(table)) == DOCUMENTS
        assert counts_by_provision(session)["UNTOC.6"].predicted == DOCUMENTS
    # Begun twice is only what had not ended when its worker was killed.
    assert {document for document, times in begun.items() if times > 1} == cut_off
    assert max(begun.values()) == 2


def wait_for_end(store: Store, batch: int) -> None:
    """The last document has been let go on: its end follows without anything to wait for but its transaction."""
    from palermo.corpora.settings import Settings
    from palermo.service.jobs import Jobs

    class Unused:
        pass

    looking = Jobs(store, Unused(), limits=Settings())  # type: ignore[arg-type]
    assert looking.wait_for(lambda: looking.progress(batch).finished, 300)
