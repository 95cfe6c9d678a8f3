"""Batches, jobs, keys of requests and people: only what may change changes, and says so."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from palermo.corpora.errors import BrokenDocument, Conflict, NotFound, StoreError, UsageError
from palermo.service.store import Store
from palermo.service.store.basics import now
from palermo.service.store.documents import add_document, delete_document
from palermo.service.store.events import events, log
from palermo.service.store.people import (
    add_session,
    add_token,
    add_user,
    change_user,
    end_session,
    find_session,
    find_token,
    get_user,
    revoke_token,
    user_by_name,
    users,
)
from palermo.service.store.work import (
    answer_key,
    cancel_batch,
    claim_key,
    create_batch,
    fail_job,
    finish_job,
    get_batch,
    get_job,
    jobs,
    queue_length,
    retry_failed,
    start_job,
    unfinished_jobs,
)

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


@pytest.fixture
def batch(store: Store) -> tuple[int, list[int]]:
    """A batch of four documents, and its jobs."""
    with store.write() as session:
        given = [add_document(session, str(n).encode(), f"{n}.txt")[0].id for n in range(4)]
        made = create_batch(session, "lot", [*given, given[0]], options={"model": "a"})
        assert (made.queued, made.total, made.options) == (4, 4, {"model": "a"})
        return made.id, [job.id for job in jobs(session, made.id).items]


def test_a_job_is_done_once(store: Store, batch: tuple[int, list[int]]) -> None:
    job = batch[1][0]
    with store.write() as session:
        assert not finish_job(session, job)
        assert start_job(session, job)
        assert start_job(session, job)  # a worker that was killed half way
        assert finish_job(session, job)
        assert not start_job(session, job)
        assert not fail_job(session, job, UsageError("late"))
        found = get_job(session, job)
    assert (found.state, found.attempts, found.error_code) == ("done", 2, None)


def test_only_what_another_try_can_help_is_tried_again(store: Store, batch: tuple[int, list[int]]) -> None:
    id_, (broken, unlucky, gone, _) = batch
    with store.write() as session:
        for job, error in ((broken, BrokenDocument("bad")), (unlucky, StoreError("away")), (gone, StoreError("away"))):
            start_job(session, job)
            assert fail_job(session, job, error)
        delete_document(session, get_job(session, gone).document)
        assert retry_failed(session, id_) == [unlucky]
        found = get_job(session, broken)
        assert (found.error_code, found.error_detail, found.retryable) == ("broken_document", "bad", False)
        assert (get_batch(session, id_).failed, queue_length(session)) == (2, 2)
        assert jobs(session, id_, state="failed").items[0] == found


def test_a_cancelled_batch_begins_nothing_more(store: Store, batch: tuple[int, list[int]]) -> None:
    id_, made = batch
    with store.write() as session:
        start_job(session, made[0])
        assert (cancel_batch(session, id_).stopped, unfinished_jobs(session)) == (3, [made[0]])
        assert not start_job(session, made[1])
        assert finish_job(session, made[0])
        with pytest.raises(Conflict):
            retry_failed(session, id_)


def test_a_batch_names_documents_that_are_there(store: Store) -> None:
    with pytest.raises(NotFound), store.write() as session:
        create_batch(session, "lot", ["f" * 64])


def test_a_request_with_a_key_is_answered_once(store: Store) -> None:
    with store.write() as session:
        assert claim_key(session, "k", "print") is None
        with pytest.raises(Conflict, match="still"):
            claim_key(session, "k", "print")
        answer_key(session, "k", 202, "/v1/batches/1")
        assert claim_key(session, "k", "print") == (202, "/v1/batches/1")
        assert claim_key(session, "k", "print", owner=7) is None
        with pytest.raises(Conflict, match="another request"):
            claim_key(session, "k", "other")


def test_a_token_works_until_it_expires_is_revoked_or_its_user_is_disabled(store: Store) -> None:
    with store.write() as session:
        user = add_user(session, "ann", "editor", HASH).id
        token = add_token(session, user, "ci", "secret", ["read", "write"], expires=now() + timedelta(hours=1))
        add_token(session, user, "old", "stale", [], expires=now() - timedelta(seconds=1))
        revoked = add_token(session, user, "lost", "lost", [])
        revoke_token(session, revoked.id)
        assert find_token(session, "secret") == token
        assert token.scopes == {"read", "write"}
        assert [find_token(session, one) for one in ("stale", "lost", "other")] == [None] * 3
        add_session(session, user, "cookie", "csrf", now() + timedelta(hours=1))
        assert find_session(session, "cookie") is not None
        change_user(session, user, disabled=True)
        assert (find_token(session, "secret"), find_session(session, "cookie")) == (None, None)


def test_sessions_end(store: Store) -> None:
    with store.write() as session:
        user = add_user(session, "ann", "reader", HASH).id
        add_session(session, user, "one", "word", now() + timedelta(hours=1))
        add_session(session, user, "two", "word", now() - timedelta(seconds=1))
        found = find_session(session, "one")
        assert found is not None
        assert (found.owner, found.csrf, find_session(session, "two")) == (user, "word", None)
        end_session(session, "one")
        assert find_session(session, "one") is None


def test_users_have_different_names_a_role_and_a_hashed_password(store: Store) -> None:
    with store.write() as session:
        first = add_user(session, " ann  lee ", "admin", HASH)
        assert user_by_name(session, "ann lee") == first
        with pytest.raises(Conflict, match="taken"):
            add_user(session, "ann lee", "reader", HASH)
        with pytest.raises(UsageError, match="argon2id"):
            add_user(session, "ben", "reader", "plain")
        with pytest.raises(UsageError, match="role"):
            add_user(session, "ben", "owner", HASH)  # type: ignore[arg-type]


def test_there_is_always_an_admin(store: Store) -> None:
    with store.write() as session:
        first = add_user(session, "ann", "admin", HASH).id
        second = add_user(session, "ben", "admin", HASH).id
        change_user(session, first, role="reader")
        for change in ({"disabled": True}, {"role": "editor"}):
            with pytest.raises(Conflict, match="no admin"):
                change_user(session, second, **change)  # type: ignore[arg-type]
        assert get_user(session, second).role == "admin"


def test_the_log_takes_no_sentences(store: Store) -> None:
    for words in (
        ("review.accept", "he knew of it"),
        ("The accused", "review:1"),
        ("review.accept", "review:" + "x" * 200),
    ):
        with pytest.raises(UsageError), store.write() as session:
            log(session, *words)


def test_the_log_is_read_by_object_and_by_person(store: Store) -> None:
    with store.write() as session:
        user = add_user(session, "ann", "admin", HASH).id
        add_document(session, b"x", "x.txt", actor=user)
        log(session, "export.make", "export:1", actor=user, amount=3)
        assert [one.action for one in events(session, actor=user).items] == ["export.make", "document.add"]
        assert events(session, object_="export:1").items[0].amount == 3
        page = events(session, limit=2)
        assert [one.action for one in events(session, after=page.after).items] == ["user.add"]


@pytest.mark.parametrize(("name", "other"), [("ann lee", "Ann LEE"), ("Émile", "émile"), ("Groß", "GROSS")])
def test_names_that_differ_in_capitals_only_are_one_name(store: Store, name: str, other: str) -> None:
    with store.write() as session:
        first = add_user(session, name, "admin", HASH)
        with pytest.raises(Conflict, match="taken"):
            add_user(session, other, "reader", HASH)
        assert user_by_name(session, name) == first
        assert user_by_name(session, other) is None


def test_of_names_that_are_taken_together_one_is_given(store: Store) -> None:
    ready, refused = threading.Barrier(2), []

    def add(name: str) -> None:
        ready.wait(300)
        try:
            with store.write() as session:
                add_user(session, name, "reader", HASH)
        except Conflict:
            refused.append(name)

    threads = [threading.Thread(target=add, args=(name,)) for name in ("ann", "Ann")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with store.read() as session:
        assert {user.name for user in users(session)} | set(refused) == {"ann", "Ann"}
