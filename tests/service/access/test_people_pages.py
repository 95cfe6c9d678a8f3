"""Admins add people, change them and lock them out, in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from palermo.service.store import people
from palermo.service.store.events import events

WORDS = "quite another phrase 9"


def test_an_admin_adds_a_person_who_can_log_in(place: Any) -> None:
    admin = place.browser("admin")
    fields = {"name": " new  person ", "role": "editor", "password": WORDS}
    assert admin.post("/people", data=fields).headers["location"] == "/people"
    assert "new person" in admin.get("/people").text
    assert place.log_in(place.client(), "new person", WORDS).status_code == 303
    with place.store.read() as session:
        added = next(one for one in events(session).items if one.action == "user.add")
    assert added.actor == place.users["admin"]


def test_an_admin_changes_role_password_and_state(place: Any) -> None:
    admin, reader = place.browser("admin"), place.users["reader"]
    assert admin.post(f"/people/{reader}/role", data={"role": "editor"}).status_code == 303
    assert admin.post(f"/people/{reader}/password", data={"password": WORDS}).status_code == 303
    assert place.log_in(place.client(), "reader-person", WORDS).status_code == 303
    assert admin.post(f"/people/{reader}/disabled", data={"disabled": "yes"}).status_code == 303
    assert place.log_in(place.client(), "reader-person", WORDS).status_code == 401
    assert admin.post(f"/people/{reader}/disabled", data={"disabled": "no"}).status_code == 303
    assert place.log_in(place.client(), "reader-person", WORDS).status_code == 303
    with place.store.read() as session:
        found = [one.action for one in events(session, object_=f"user:{reader}").items if one.action[:5] == "user."]
    assert found == ["user.enable", "user.disable", "user.password", "user.role.editor", "user.add"]


@pytest.mark.parametrize(
    ("path", "fields", "status", "says"),
    [
        ("/people", {"name": "editor-person", "role": "reader", "password": WORDS}, 409, "taken"),
        ("/people", {"name": " ", "role": "reader", "password": WORDS}, 400, "name"),
        ("/people", {"name": "x", "role": "owner", "password": WORDS}, 400, "role"),
        ("/people", {"name": "x", "role": "reader", "password": "short"}, 422, "password"),
        ("/people/{admin}/role", {"role": "editor"}, 409, "no admin"),
        ("/people/{admin}/disabled", {"disabled": "yes"}, 409, "no admin"),
        ("/people/{editor}/password", {"password": "password1234"}, 422, "guess"),
        ("/people/999/role", {"role": "editor"}, 404, "no such user"),
    ],
)
def test_what_can_not_be_done_is_said_on_the_page(
    place: Any, path: str, fields: dict[str, str], status: int, says: str
) -> None:
    answer = place.browser("admin").post(path.format(**place.users), data=fields)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert says in answer.text
    assert 'id="people"' in answer.text


def test_names_are_escaped(place: Any, kept: str) -> None:
    with place.store.write() as session:
        user = people.add_user(session, "<img src=x onerror=alert(1)>", "admin", kept).id
    place.users["odd"] = user
    client = place.browser("odd")
    for path in ("/people", "/account", "/"):
        assert "<img" not in client.get(path).text
