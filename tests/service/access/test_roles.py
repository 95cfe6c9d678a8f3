"""Every route lets in whom `roles.toml` names, and nobody else, however they come."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from palermo.service.access.guard import PUBLIC, declared

TABLE: dict[str, str] = tomllib.loads(Path(__file__).with_name("roles.toml").read_text("utf-8"))
ROLES = ("reader", "editor", "admin")
SCOPES = ("read", "write", "admin")
CALLERS = [
    ("anonymous", None),
    *((role, None) for role in ROLES),
    *(("admin", scope) for scope in SCOPES),
    ("editor", "read"),
    ("editor", "write"),
    ("reader", "admin"),
]
"""Role, and the scope of the token; None: a browser with a cookie."""
GUARDED = sorted(route for route, needed in TABLE.items() if needed != "public")


def routes(app: Any) -> Iterator[tuple[str, Any]]:
    """Every route of an application, once a method, as it is written in the table."""
    for context in iter_route_contexts(app.routes):
        for method in sorted((context.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {context.path}", context


def needed(route: str) -> tuple[str, str]:
    role, _, scope = TABLE[route].partition(" ")
    return role, scope or SCOPES[ROLES.index(role)]


def may(route: str, role: str, scope: str | None) -> bool:
    least, least_scope = needed(route)
    if ROLES.index(role) < ROLES.index(least):
        return False
    return scope is None or SCOPES.index(scope) >= SCOPES.index(least_scope)


def test_the_table_and_the_application_have_the_same_routes(one_place: Any) -> None:
    assert sorted(route for route, _ in routes(one_place.app)) == sorted(TABLE)


def test_every_route_declares_what_the_table_says(one_place: Any) -> None:
    wrong = {}
    for route, context in routes(one_place.app):
        found = declared(context)
        says = "public" if found is None and context.path in PUBLIC else found and (found.role, found.scope)
        if route in TABLE and says != (TABLE[route] if TABLE[route] == "public" else needed(route)):
            wrong[route] = says
    assert not wrong


def address(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    return method, re.sub(r"\{[^}]*\}", "999999", path)


@pytest.mark.parametrize("route", GUARDED)
def test_a_route_lets_in_whom_it_should(one_place: Any, route: str) -> None:
    wrong = []
    for role, scope in CALLERS:
        expected = "in" if role != "anonymous" and may(route, role, scope) else 401 if role == "anonymous" else 403
        if role == "anonymous":
            client = one_place.client()
        else:
            client = one_place.browser(role) if scope is None else one_place.program(role, scope)
        status = client.request(*address(route), headers={"Accept": "application/json"}).status_code
        if (status if status in {401, 403} else "in") != expected:
            wrong.append(f"{role}, {scope or 'cookie'}: {status}, not {expected}")
    assert not wrong


@pytest.mark.parametrize("route", [route for route in GUARDED if not route.startswith("GET ")])
def test_a_browser_changes_nothing_without_the_word_of_its_session(one_place: Any, route: str) -> None:
    for given in ({}, {"X-CSRF-Token": "another"}):
        client = one_place.browser("admin")
        del client.headers["X-CSRF-Token"]
        assert client.request(*address(route), headers=given).status_code == 403


@pytest.mark.parametrize("route", sorted(set(TABLE) - set(GUARDED)))
def test_a_public_route_asks_nobody(one_place: Any, route: str) -> None:
    status = one_place.client().request(*address(route)).status_code
    assert status != 401
    assert status != 403 or route == "POST /login"


def test_a_route_that_declares_nothing_is_for_admins_only(one_place: Any) -> None:
    @one_place.app.get("/forgotten")
    def forgotten() -> str:
        return "seen"

    try:
        answers = [one_place.client().get("/forgotten").status_code]
        answers += [one_place.browser(role).get("/forgotten").status_code for role in ROLES]
    finally:
        one_place.app.router.routes.pop()
    assert answers == [401, 403, 403, 200]
