"""Sessions and tokens end when they should, and the database keeps no secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from palermo.service.store import people
from palermo.service.store.basics import now
from palermo.service.store.events import events
from palermo.service.store.tables import LoginSession, Token
from sqlalchemy import select, update

PASSWORD = "several unusual words 7"
NEW = "an entirely different phrase"


def set_session(place: Any, **values: Any) -> None:
    with place.store.write() as session:
        session.execute(update(LoginSession).values(**values))


def test_a_session_ends_after_its_time_and_after_idleness(place: Any) -> None:
    client = place.browser("editor")
    idle = timedelta(seconds=place.limits.session_idle_seconds)
    set_session(place, last_used=now() - idle + timedelta(minutes=5))
    assert client.get("/account").status_code == 200
    with place.store.read() as session:
        assert now() - session.scalars(select(LoginSession.last_used)).one() < timedelta(minutes=5)
    set_session(place, last_used=now() - idle - timedelta(seconds=1))
    assert client.get("/account").status_code == 401
    set_session(place, last_used=now(), expires=now() - timedelta(seconds=1))
    assert client.get("/account").status_code == 401


def test_a_session_lasts_as_long_as_the_setting_says(place: Any) -> None:
    place.log_in(place.client(), "editor-person", PASSWORD)
    with place.store.read() as session:
        row = session.scalars(select(LoginSession)).one()
    whole = timedelta(seconds=place.limits.session_seconds)
    assert abs(row.expires - row.created - whole) < timedelta(seconds=1)


def test_a_new_password_ends_all_other_sessions_and_this_one_goes_on_under_another_secret(place: Any) -> None:
    client, other = place.browser("editor"), place.browser("editor")
    was = client.cookies["palermo"]
    fields = {"password": PASSWORD, "new": NEW, "again": NEW}
    assert client.post("/account/password", data=fields).status_code == 303
    assert client.cookies["palermo"] != was
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 401
    assert place.log_in(place.client(), "editor-person", PASSWORD).status_code == 401
    assert place.log_in(place.client(), "editor-person", NEW).status_code == 303


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": "wrong", "new": NEW, "again": NEW}, 422),
        ({"password": PASSWORD, "new": NEW, "again": "other"}, 400),
        ({"password": PASSWORD, "new": "short", "again": "short"}, 422),
        ({}, 422),
    ],
)
def test_a_password_is_not_changed_without_the_present_one_and_a_good_new_one(
    place: Any, fields: dict[str, str], status: int
) -> None:
    client = place.browser("editor")
    assert client.post("/account/password", data=fields).status_code == status
    assert client.get("/account").status_code == 200
    assert place.log_in(place.client(), "editor-person", PASSWORD).status_code == 303


def test_guessing_the_present_password_in_a_stolen_session_is_limited(place: Any) -> None:
    client = place.browser("editor")
    fields = {"password": "wrong", "new": NEW, "again": NEW}
    answers = [client.post("/account/password", data=fields).status_code for _ in range(4)]
    assert answers == [422, 422, 422, 429]


def test_a_person_who_is_disabled_is_out_at_once(place: Any) -> None:
    browser, program = place.browser("editor"), place.program("editor", "write")
    assert (browser.get("/").status_code, program.get("/").status_code) == (200, 200)
    assert place.browser("admin").post(f"/people/{place.users['editor']}/disabled", data={"disabled": "yes"})
    assert (browser.get("/").status_code, program.get("/").status_code) == (401, 401)


def test_a_role_that_is_taken_away_is_gone_at_once(place: Any) -> None:
    with place.store.write() as session:
        second = people.add_user(session, "second", "admin", "$argon2id$x").id
    client = place.browser("admin")
    assert client.post(f"/people/{place.users['admin']}/role", data={"role": "reader"}).status_code == 303
    assert client.get("/people").status_code == 403
    assert place.program("admin", "admin").get("/people").status_code == 403
    with place.store.read() as session:
        assert people.get_user(session, second).role == "admin"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(place: Any) -> None:
    client = place.browser("editor")
    made = client.post("/account/tokens", data={"name": "nightly", "scope": "write", "days": "30"})
    secret = made.text.split('value="palermo_')[1].split('"')[0]
    assert secret not in client.get("/account").text
    program = place.client(Authorization=f"Bearer palermo_{secret}")
    assert program.get("/").status_code == 200
    with place.store.read() as session:
        token = session.scalars(select(Token)).one()
        assert secret not in " ".join(str(value) for value in vars(token).values())
        assert token.last_used is not None
    assert client.post(f"/account/tokens/{token.id}/revoke").status_code == 303
    assert program.get("/").status_code == 401
    with place.store.read() as session:
        found = [(one.action, one.actor) for one in events(session, object_=f"token:{token.id}").items]
    assert found == [("token.revoke", place.users["editor"]), ("token.add", place.users["editor"])]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scope": "read", "days": "30"},
        {"name": "x", "scope": "admin", "days": "30"},
        {"name": "x", "scope": "all", "days": "30"},
        {"name": "x", "scope": "read", "days": "0"},
        {"name": "x", "scope": "read", "days": "366"},
        {"name": "x", "scope": "read", "days": "9" * 400},
        {"name": "x", "scope": "read", "days": "-1"},
        {},
    ],
)
def test_a_token_without_name_beyond_the_role_or_without_end_is_refused(place: Any, fields: dict[str, str]) -> None:
    assert place.browser("editor").post("/account/tokens", data=fields).status_code == 400


def test_nobody_ends_the_tokens_of_others(place: Any) -> None:
    program = place.program("admin", "read")
    with place.store.read() as session:
        token = session.scalars(select(Token.id)).one()
    assert place.browser("editor").post(f"/account/tokens/{token}/revoke").status_code == 404
    assert program.get("/").status_code == 200


def test_a_token_that_has_expired_or_is_none_does_not_fall_back_on_the_cookie(place: Any) -> None:
    with place.store.write() as session:
        people.add_token(session, place.users["admin"], "old", "stale", ["admin"], expires=now() - timedelta(seconds=1))
    for secret in ("stale", "", "palermo_unknown"):
        client = place.browser("admin")
        assert client.get("/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_the_database_keeps_no_secret_of_a_session(place: Any) -> None:
    client = place.client()
    place.log_in(client, "editor-person", PASSWORD)
    with place.store.read() as session:
        row = session.scalars(select(LoginSession)).one()
    assert client.cookies["palermo"] not in {row.hash, row.csrf}
    assert len(row.hash) == 64
