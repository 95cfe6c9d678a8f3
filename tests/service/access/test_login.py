"""Log-in: the right password opens a session, everything else gets one answer, and only so many tries."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from palermo.service.access import login, passwords
from palermo.service.access.answers import way_back
from palermo.service.access.errors import TooManyTries, Unauthenticated
from palermo.service.store import Store, people
from palermo.service.store.events import events
from palermo.service.store.tries import count_try, forget_tries, take_back_try
from sqlalchemy import text

PASSWORD = "several unusual words 7"
WINDOW = timedelta(minutes=15)


def actions(store: Store) -> list[str]:
    with store.read() as session:
        return [f"{one.action} {one.object} {one.actor}" for one in events(session).items]


def test_the_right_password_opens_a_session_and_log_out_ends_it(place: Any, word: Any) -> None:
    client = place.client()
    assert client.get("/account").status_code == 401
    answer = place.log_in(client, "editor-person", PASSWORD, next="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    page = client.get("/account")
    assert "editor-person" in page.text
    kept = client.cookies["palermo"]
    assert client.post("/logout", data={"csrf_token": word(page)}).status_code == 303
    client.cookies.set("palermo", kept, domain="127.0.0.1")
    assert client.get("/account").status_code == 401
    user = f"user:{place.users['editor']} {place.users['editor']}"
    assert actions(place.store)[:2] == [f"session.end {user}", f"session.begin {user}"]


def test_a_log_in_gives_a_new_secret_and_ends_the_session_that_was_there(place: Any) -> None:
    client = place.client()
    place.log_in(client, "reader-person", PASSWORD)
    first = client.cookies["palermo"]
    place.log_in(client, "editor-person", PASSWORD)
    assert client.cookies["palermo"] != first
    client.cookies.set("palermo", first, domain="127.0.0.1")
    assert client.get("/account").status_code == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(place: Any, scheme: str) -> None:
    place.site = f"{scheme}://palermo.example"
    client = place.client()
    answer = place.log_in(client, "editor-person", PASSWORD)
    cookies = [*client.get("/login").headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")]
    assert len(cookies) == 3
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert ("Secure" in cookie.split("; ")) == cookie.startswith("__Host-") == (scheme == "https")


def test_an_unknown_name_a_wrong_password_and_a_disabled_person_get_the_same_answer(place: Any, word: Any) -> None:
    with place.store.write() as session:
        people.change_user(session, place.users["reader"], disabled=True)
    answers = []
    for name, password in (
        ("editor-person", "wrong"),
        ("nobody-person", "wrong"),
        ("reader-person", PASSWORD),
        ("editor-person", "x" * 1001),
        ("editor-person", ""),
    ):
        answer = place.log_in(place.client(), name, password)
        assert answer.status_code == 401
        answers.append(answer.text.replace(name, "").replace(word(answer), ""))
    assert len(set(answers)) == 1
    assert sum(action.startswith("session.fail user:unknown None") for action in actions(place.store)) == 1


def test_an_unknown_name_costs_the_same_work_as_a_known_one(kept: str) -> None:
    def work(hash_: str | None) -> float:
        begun = time.thread_time()
        assert not passwords.matches(hash_, "wrong")
        return time.thread_time() - begun

    work(None)  # makes the hash that nobody's password has
    assert 1 / 3 < work(None) / work(kept) < 3


def test_too_many_tries_with_a_name_have_to_wait_even_with_the_right_password(place: Any) -> None:
    for name in ("editor-person", "nobody-person"):
        for _ in range(3):
            assert place.log_in(place.client(), name, "wrong").status_code == 401
        answer = place.log_in(place.client(), name, PASSWORD)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= place.limits.login_seconds
    assert actions(place.store)[0] == "session.limit.name user:unknown None"


def test_too_many_tries_from_an_address_have_to_wait_and_a_good_one_is_not_counted(place: Any) -> None:
    def log_in(name: str, password: str, address: str) -> str:
        return login.log_in(place.store, place.limits, name, password, login.Visitor(address))

    for number in range(9):
        assert log_in("editor-person", PASSWORD, "2001:db8:1:2::7")
        with pytest.raises(Unauthenticated):
            log_in(f"guess {number}", "wrong", f"2001:db8:1:2::{number}")
    with pytest.raises(Unauthenticated):
        log_in("guess 10", "wrong", "2001:db8:1:3::1")
    with pytest.raises(TooManyTries) as caught:
        log_in("guess 11", "wrong", "2001:db8:1:2:ffff::1")
    assert caught.value.seconds > 0


def test_a_name_with_more_behind_its_hundredth_letter_is_no_way_around_the_limit(place: Any, kept: str) -> None:
    with place.store.write() as session:
        people.add_user(session, "n" * 100, "admin", kept)
    for number in range(4):
        answer = place.log_in(place.client(), "n" * 100 + str(number), "wrong")
    assert answer.status_code == 429


def test_tries_at_the_same_time_are_all_counted(store: Store) -> None:
    counts: list[int] = []

    def work() -> None:
        for _ in range(5):
            with store.write() as session:
                counts.append(count_try(session, "name x", WINDOW)[0])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 21))


def test_tries_are_forgotten_after_their_time_and_taken_back(store: Store) -> None:
    with store.write() as session:
        assert count_try(session, "a", WINDOW)[0] == 1
        count, left = count_try(session, "a", WINDOW)
        assert (count, 890 < left <= 900) == (2, True)
        take_back_try(session, "a")
        assert count_try(session, "a", WINDOW)[0] == 2
        assert count_try(session, "a", timedelta(0))[0] == 1
        forget_tries(session, "a")
        take_back_try(session, "a")
        assert count_try(session, "a", WINDOW)[0] == 1


def test_a_hash_of_other_parameters_is_renewed_at_the_log_in(place: Any) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with place.store.write() as session:
        user = people.add_user(session, "old", "reader", weak).id
    place.log_in(place.client(), "old", PASSWORD)
    with place.store.read() as session:
        kept = people.get_user(session, user).password
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(kept, PASSWORD)


def test_a_log_in_form_of_another_site_is_refused(place: Any) -> None:
    for client, given in ((place.client(), "x"), (place.client(), ""), (place.browser("reader"), "x")):
        fields = {"name": "editor-person", "password": PASSWORD, "csrf_token": given}
        assert client.post("/login", data=fields).status_code == 403


def test_a_form_that_is_none_or_too_long_is_refused(place: Any) -> None:
    client = place.client()
    assert client.post("/login", data={"name": "x" * 30_000}).status_code == 413
    assert client.post("/login", content=iter([b"name=x"])).status_code == 413
    assert client.post("/login", files={"name": ("x", b"x")}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/queue?a=1", "/queue?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/\tb", "/"),
        ("", "/"),
        ("queue", "/"),
    ],
)
def test_nobody_is_led_elsewhere_after_the_log_in(asked: str, led: str) -> None:
    assert way_back(asked) == led


def test_a_browser_is_led_to_the_log_in_and_back_and_a_program_gets_a_problem(place: Any) -> None:
    browser = place.client(Accept="text/html")
    assert browser.get("/account?x=1&y=2").headers["location"] == "/login?next=%2Faccount%3Fx%3D1%26y%3D2"
    assert browser.post("/account/tokens").headers["location"] == "/login"
    part = browser.get("/account", headers={"HX-Request": "true", "HX-Current-URL": "http://x/queue?p=1"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login?next=%2Fqueue%3Fp%3D1")
    program = place.client().get("/v1/model")
    assert program.headers["www-authenticate"] == 'Bearer realm="palermo"'
    assert program.json()["code"] == "unauthenticated"


def test_where_nobody_can_log_in_the_page_says_how_the_first_admin_is_made(place: Any) -> None:
    assert "palermo user add" not in place.client().get("/login").text
    with place.store.write() as session:
        session.execute(text("UPDATE users SET disabled = created"))
    assert "palermo user add NAME --role admin" in place.client().get("/login").text


@pytest.mark.parametrize(
    "password",
    ["short one", "Password1234!", "123456789012", "aaaaaaaaaaaab", "Ann-Lee 2026 ann", "x" * 1001, "qwerty azerty 1"],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(passwords.WeakPassword):
        passwords.check_new(password, "ann lee", 12)


@pytest.mark.parametrize(
    "password", ["several unusual words", "пятнадцать утренних птиц", "qX7#nn2!pLw9", "x" * 500 + "yzuw"]
)
def test_any_other_password_will_do(password: str) -> None:
    passwords.check_new(password, "ann lee", 12)


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password() -> None:
    assert passwords.matches(passwords.hash_password("cafe\u0301 au lait noir"), "caf\u00e9 au lait noir")
