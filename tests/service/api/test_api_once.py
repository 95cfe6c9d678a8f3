"""Requests with the same key at the same time: one is done, and all who ask get its answer or a clear refusal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from palermo.corpora.errors import UsageError
from palermo.service.access.identity import Identity
from palermo.service.api.once import known, once
from palermo.service.store import Store
from palermo.service.store.work import batches, create_batch
from sqlalchemy.orm import Session

TEXT = "1. The proceeds of the fraud were hidden. He knew it.\n\n2. Extradition was refused."
ASKERS = 6
PATIENCE = 300.0
WHO = Identity(None, "anybody", "admin")


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    """What calls in threads of their own give, all let go at once."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        ready.wait(PATIENCE)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def done_once(answers: list[Any], status: int) -> Any:
    """The one answer of those that were answered; the others were told that it is being done."""
    good = [answer for answer in answers if answer.status_code == status]
    assert good
    assert {answer.content for answer in good} == {good[0].content}
    refused = [answer for answer in answers if answer.status_code != status]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {(409, "conflict")}
    return good[0]


def test_documents_that_are_given_together_are_one_batch(service: Any) -> None:
    def give() -> Any:
        files = {"file": ("a.txt", TEXT.encode())}
        return service.client.post("/v1/documents", files=files, headers={"Idempotency-Key": "k"})

    answers = together([give] * ASKERS)
    # How far the batch is may differ from answer to answer; which it is may not.
    assert {answer.status_code for answer in answers} <= {202, 409}
    places = {answer.headers["location"] for answer in answers if answer.status_code == 202}
    assert len(places) == 1
    (batch,) = service.get("/v1/batches")["items"]
    assert places == {f"/v1/batches/{batch['id']}"}
    actions = [one["action"] for one in service.get("/v1/events")["items"]]
    assert (actions.count("document.add"), actions.count("batch.create")) == (1, 1)
    assert give().headers["location"] in places
    assert service.ended(batch["id"])["done"] == 1


def test_a_review_that_is_sent_together_is_written_once(service: Any) -> None:
    service.give(TEXT)
    tag = service.get("/v1/predictions", params={"provision": "UNTOC.6"})["items"][0]
    step = {"passage": tag["passage"], "provision": "UNTOC.6", "action": "accept"}
    headers = {"Idempotency-Key": "k"}
    answers = together([lambda: service.client.post("/v1/reviews", json=step, headers=headers)] * ASKERS)
    made = done_once(answers, 201).json()
    assert [one["id"] for one in service.get("/v1/reviews")["items"]] == [made["id"]]


def test_of_different_requests_with_one_key_one_is_done(service: Any) -> None:
    def give(number: int) -> Any:
        body = {"text": f"The proceeds of crime number {number}."}
        return service.client.post("/v1/documents", json=body, headers={"Idempotency-Key": "k"})

    answers = together([lambda number=number: give(number) for number in range(ASKERS)])  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * (ASKERS - 1)
    assert len(service.get("/v1/batches")["items"]) == 1


class Race:
    """A request that is still at work when the same comes again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.made: list[str] = []
        self.entered, self.looked = threading.Event(), threading.Event()

    def first(self, error: Exception | None = None) -> tuple[str, bool]:
        def make(session: Session) -> str:
            place = self._make(session, "first")
            self.entered.set()
            assert self.looked.wait(PATIENCE)
            if error is not None:
                raise error
            return place

        return once(self.store, "k", "print", WHO, make)

    def second(self) -> tuple[str, bool]:
        assert self.entered.wait(PATIENCE)
        assert known(self.store, "k", "print", WHO) is None  # nothing is answered yet
        self.looked.set()
        return once(self.store, "k", "print", WHO, lambda session: self._make(session, "second"))

    def _make(self, session: Session, name: str) -> str:
        self.made.append(name)
        return f"/v1/batches/{create_batch(session, name, []).id}"


def test_who_asks_while_it_is_done_gets_the_answer(store: Store) -> None:
    race = Race(store)
    (place, fresh), (again, anew) = together([race.first, race.second])
    assert (fresh, anew) == (True, False)
    assert again == place
    assert race.made == ["first"]


def test_who_asks_while_it_fails_does_it(store: Store) -> None:
    race = Race(store)

    def failing() -> None:
        with pytest.raises(UsageError):
            race.first(UsageError("no"))

    _, (_, anew) = together([failing, race.second])
    assert anew
    assert race.made == ["first", "second"]
    with store.read() as session:
        assert [one.name for one in batches(session).items] == ["second"]
