"""The measurements of a service: their texts, their figures, and a short run against a real service."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from palermo.evaluation import load
from palermo.evaluation.load import MIX, Tally, User, flat, lines, memory_of, run
from palermo.evaluation.made import judgment
from palermo.evaluation.serving import Answer, Service, percentile
from palermo.evaluation.upload import upload

MIB = 1 << 20


def test_a_judgment_has_exactly_the_words_that_are_asked_for() -> None:
    for words in (50, 1000, 10_000):
        assert len(judgment(words, 1).split()) == words
    assert judgment(500, 1) == judgment(500, 1) != judgment(500, 2)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(20, 0, -1)]
    assert (percentile(values, 50), percentile(values, 95), percentile(values, 100)) == (10, 19, 20)
    assert percentile([7.0], 50) == 7


def test_memory_is_flat_within_ten_per_cent_of_what_it_was_after_the_warm_up() -> None:
    tally = Tally()
    tally.memory = [(float(at), (100 if at < 20 else 200) * MIB) for at in range(101)]
    assert memory_of(tally) == (100 * MIB, 200 * MIB, 200 * MIB)
    assert flat(tally)
    tally.memory[-11:] = [(at, 221 * MIB) for at, _ in tally.memory[-11:]]
    assert not flat(tally)
    assert "NOT FLAT" in lines(tally, [])[-1]


def test_what_is_told_to_come_back_is_no_error() -> None:
    tally = Tally(memory=[(60.0, MIB)])
    assert tally.note("read", Answer(200, b"", 0.1))
    assert not tally.note("upload", Answer(429, b"", 0.1))
    assert not tally.note("upload", Answer(500, b"", 0.1))
    assert (tally.busy, dict(tally.errors), list(tally.seconds)) == (1, {"upload 500": 1}, ["read"])
    said = "\n".join(lines(tally, ["a fault"]))
    assert "3 requests" in said
    assert "1 told to come back (429); 1 errors; 1 faults" in said


@pytest.fixture
def running(folder: Path, tagger: Any, pool: Any) -> Iterator[Service]:
    """A service with a tagger that goes by words, in a thread of this process."""
    import uvicorn
    from palermo.corpora.settings import Settings
    from palermo.service.api import create_app
    from palermo.service.store import open_store

    store = open_store(f"sqlite:///{folder / 'palermo.sqlite'}")
    store.migrate()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(tagger, limits=Settings(), pool=pool, store=store)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Service(f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
    store.close()


def test_a_client_asks_for_every_kind_without_an_error(running: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "KEPT", 1)
    monkeypatch.setattr(load, "WORDS", (1500, 1500))  # so long that something is tagged
    tally = Tally(memory=[(1.0, 1)])
    client = running.client()
    with closing(client):
        user = User(1, client, tally, [])
        assert user._upload()
        while not user._progress():
            assert not tally.errors
        for step in (user._read, user._search, user._review, user._export):
            assert step(), tally.errors
        while user._exports:
            assert user._fetch(), tally.errors
        assert user._delete(), tally.errors
    assert set(tally.seconds) == set(MIX)
    assert not tally.errors
    assert not tally.busy


def test_an_upload_is_measured_to_the_end_of_its_analysis(running: Service) -> None:
    with closing(running.client()) as client:
        assert upload(client, 100, 1) > 0
        assert client.ask("GET", "/v1/documents").json()["items"][0]["name"] == "judgment-1.txt"
        assert running.memory(client) > 10 * MIB


def test_clients_stop_when_the_time_is_over(running: Service) -> None:
    tally = run(running, 2, 0.5)
    assert not tally.errors
    assert tally.memory[0][0] == 0.0
    assert tally.memory[-1][0] >= 0.5
