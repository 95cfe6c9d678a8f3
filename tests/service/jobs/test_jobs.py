"""Jobs: what is queued is analysed once, what can't be read says why, and nothing is lost whoever dies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from palermo.corpora.errors import ModelError
from palermo.service.analysis import DeferredTagger
from palermo.service.intake import Given, take_in
from palermo.service.jobs import Jobs
from palermo.service.store import Store
from palermo.service.store.analyses import analyses, get_analysis, load_text
from palermo.service.store.basics import now
from palermo.service.store.documents import delete_document
from palermo.service.store.listing import tags
from palermo.service.store.queue import claim_job, give_back, has_work, renew, still_wanted
from palermo.service.store.records import BatchRecord, JobRecord
from palermo.service.store.reviews import Step, review
from palermo.service.store.tables import Job
from palermo.service.store.work import cancel_batch, get_batch, jobs, retry_failed
from sqlalchemy import update

Runner = Callable[..., Jobs]
PATIENCE = 300.0
"""Seconds after which a test that waits has failed; nothing is measured by it."""


def texts(count: int, start: int = 0) -> list[Given]:
    return [
        Given(f"{n}. The proceeds of crime number {n} were hidden.".encode(), f"{n}.txt")
        for n in range(start, start + count)
    ]


def ended(runner: Jobs, batch: int) -> Any:
    progress = runner.wait_for(lambda: (found := runner.progress(batch)).finished and found, PATIENCE)
    assert progress
    return progress


def jobs_of(store: Store, batch: int) -> list[JobRecord]:
    with store.read() as session:
        return jobs(session, batch, limit=500).items


def test_a_batch_is_analysed_and_what_cannot_be_read_says_why(store: Store, runner: Runner) -> None:
    batch = take_in(store, [*texts(3), Given(b"%PDF-1.7\ngarbage", "case.pdf")], name="lot")
    done = ended(runner(), batch.id)
    assert (done.done, done.failed, done.total, done.seconds_left) == (3, 1, 4, None)
    last = jobs_of(store, batch.id)[-1]
    assert (last.state, last.error_code, last.retryable) == ("failed", "broken_document", False)
    with store.read() as session:
        first = jobs_of(store, batch.id)[0].document
        assert get_analysis(session, first)["provisions"][0]["provision"] == "UNTOC.6"
        assert load_text(session, first).text.startswith("0. The proceeds")
        assert len(tags(session).items) == 3


def test_work_that_comes_later_is_found_and_the_same_document_is_not_tagged_twice(
    store: Store, runner: Runner, tagger: Any
) -> None:
    tagged: list[str] = []
    tag = tagger.tag
    tagger.tag = lambda document: tagged.append(document.sha256) or tag(document)
    running = runner()
    for _ in range(2):
        batch = take_in(store, texts(2), name="lot")
        running.submit(batch.id)
        assert ended(running, batch.id).done == 2
    assert len(tagged) == 2


def test_a_new_version_of_the_tagger_tags_again_and_reviews_stay(store: Store, runner: Runner, tagger: Any) -> None:
    running = runner()

    def tag_with(version: str) -> str:
        tagger.engine["tagger"] = version
        batch = take_in(store, texts(1), name="lot")
        running.submit(batch.id)
        assert ended(running, batch.id).done == 1
        return jobs_of(store, batch.id)[0].document

    document = tag_with("1")
    with store.write() as session:
        (before,) = tags(session).items
        review(session, Step(before.passage, before.provision, "accept"))
    for version in ("2", "2"):
        tag_with(version)
    with store.read() as session:
        assert [one.tagger for one in analyses(session, document)] == ["2", "1"]
        (after,) = tags(session).items
        assert (after.verdict, after.prediction != before.prediction) == ("accepted", True)


def test_a_document_that_no_reader_survives_is_failed_once(store: Store, runner: Runner) -> None:
    from palermo.corpora.documents.sandbox import ParserPool

    killed = ParserPool(workers=1, program=("-c", "import os; os.kill(os.getpid(), 9)"))
    batch = take_in(store, texts(1), name="lot")
    jobs = runner(start=False)
    jobs._pool = killed
    jobs.start()
    try:
        assert ended(jobs, batch.id).failed == 1
    finally:
        jobs.stop()
        killed.close()
    with store.read() as session:
        assert not has_work(session)
    assert jobs_of(store, batch.id)[0].error_code == "parser_failed"


def test_an_unforeseen_fault_fails_its_document_only_and_quotes_nothing(
    store: Store, runner: Runner, tagger: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tag = tagger.tag

    def faulty(document: Any) -> Any:
        if "number 1" in document.text:
            raise KeyError(document.text)
        return tag(document)

    tagger.tag = faulty
    batch = take_in(store, texts(3), name="lot")
    done = ended(runner(), batch.id)
    assert (done.done, done.failed) == (2, 1)
    assert jobs_of(store, batch.id)[1].error_code == "palermo_error"
    assert "proceeds" not in caplog.text


def test_a_cancelled_batch_begins_nothing_more(store: Store, runner: Runner, tagger: Any) -> None:
    entered, leave = threading.Event(), threading.Event()
    tag = tagger.tag

    def slow(document: Any) -> Any:
        entered.set()
        assert leave.wait(PATIENCE)
        return tag(document)

    tagger.tag = slow
    batch = take_in(store, texts(5), name="lot")
    jobs = runner(job_workers=1)
    assert entered.wait(PATIENCE)
    with store.write() as session:
        cancel_batch(session, batch.id)
    leave.set()
    done = ended(jobs, batch.id)
    assert (done.done, done.cancelled) == (1, 4)


def test_a_document_deleted_while_it_is_tagged_leaves_nothing(store: Store, runner: Runner, tagger: Any) -> None:
    tag = tagger.tag

    def deleting(document: Any) -> Any:
        with store.write() as session:
            delete_document(session, document.sha256)
        return tag(document)

    tagger.tag = deleting
    batch = take_in(store, texts(1), name="lot")
    assert ended(runner(), batch.id).cancelled == 1
    with store.read() as session:
        assert tags(session).items == []


def test_without_a_model_jobs_wait(store: Store, runner: Runner, tagger: Any) -> None:
    def missing() -> Any:
        raise ModelError("weights missing")

    batch = take_in(store, texts(1), name="lot")
    runner(tags=DeferredTagger(missing)).stop()
    assert runner(start=False).progress(batch.id).queued == 1
    assert ended(runner(), batch.id).done == 1


def test_a_stop_gives_back_what_is_not_done(store: Store, runner: Runner, tagger: Any) -> None:
    entered, leave = threading.Event(), threading.Event()

    def stuck(document: Any) -> Any:
        entered.set()
        leave.wait(PATIENCE)
        raise ModelError("too late")

    tagger.tag = stuck
    batch = take_in(store, texts(1), name="lot")
    jobs = runner(start=False)
    jobs.start()
    assert entered.wait(PATIENCE)
    jobs.stop(seconds=0)
    try:
        found = jobs_of(store, batch.id)[0]
        assert (found.state, found.attempts) == ("queued", 0)
    finally:
        leave.set()
        for thread in jobs._threads:
            thread.join()


@pytest.fixture
def batch(store: Store) -> BatchRecord:
    return take_in(store, texts(2), name="lot")


def test_each_job_is_claimed_by_one_worker(store: Store, batch: BatchRecord) -> None:
    with store.write() as session:
        found = [claim_job(session, name, 60) for name in "abc"]
    assert [one and one.data[:1] for one in found] == [b"0", b"1", None]
    with store.read() as session:
        assert not has_work(session)
        assert still_wanted(session, jobs_of(store, batch.id)[0].id, "a")
        assert not still_wanted(session, jobs_of(store, batch.id)[0].id, "b")


def test_a_lease_that_ran_out_is_taken_over_and_one_that_was_renewed_is_not(store: Store, batch: BatchRecord) -> None:
    with store.write() as session:
        dead, alive = claim_job(session, "a", 60), claim_job(session, "b", 60)
        assert dead is not None
        assert alive is not None
        session.execute(update(Job).values(lease=now() - timedelta(seconds=1)))
        renew(session, "b", 60, [alive.id], [])
    with store.write() as session:
        taken = claim_job(session, "c", 60)
        assert taken is not None
        assert taken.id == dead.id
        assert claim_job(session, "c", 60) is None


def test_what_kills_its_process_every_time_is_given_up_and_may_be_tried_again(store: Store, batch: BatchRecord) -> None:
    for _ in range(3):
        with store.write() as session:
            assert claim_job(session, "a", -1, attempts=3) is not None
    with store.write() as session:
        other = claim_job(session, "a", 60, attempts=3)
        assert other is not None
    first, second = jobs_of(store, batch.id)
    assert (first.state, first.error_code, first.retryable) == ("failed", "interrupted", True)
    assert second.id == other.id
    with store.write() as session:
        assert retry_failed(session, batch.id) == [first.id]


def test_what_ran_when_its_batch_was_cancelled_is_not_taken_over(store: Store, batch: BatchRecord) -> None:
    with store.write() as session:
        claim_job(session, "a", -1)
        cancel_batch(session, batch.id)
        assert claim_job(session, "b", 60) is None
        assert get_batch(session, batch.id).stopped == 2


def test_batches_take_turns(store: Store, batch: BatchRecord) -> None:
    other = take_in(store, texts(2, 10), name="other")
    served = []
    with store.write() as session:
        for _ in range(4):
            job = claim_job(session, "a", 60, after=served[-1] if served else 0)
            assert job is not None
            served.append(job.batch)
    assert served == [batch.id, other.id, batch.id, other.id]


def test_what_all_workers_left_is_given_back_with_its_attempts_kept(store: Store, batch: BatchRecord) -> None:
    with store.write() as session:
        claim_job(session, "a", 60)
        give_back(session)
        again = claim_job(session, "b", 60)
    assert again is not None
    assert [job.attempts for job in jobs_of(store, batch.id)] == [2, 0]
    with store.read() as session:
        assert analyses(session, again.document) == []
