"""The guard of routes: finds out who asks, once a request, and lets in whom the route's `require` names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import anyio.to_thread
from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from palermo.service.access import cookies, csrf
from palermo.service.access.errors import Forbidden, Unauthenticated
from palermo.service.access.identity import LOCAL, Identity, as_role, scope_of
from palermo.service.store import Store, people
from palermo.service.store.people import Role
from palermo.service.store.records import SessionRecord

PUBLIC = frozenset({"/healthz", "/readyz", "/login", "/docs", "/openapi.json", "/assets/{name}", "/assets/{name:path}"})
"""Paths of the routes that anybody may ask for; every other declares a `require(...)`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """How somebody came in: not at all needed (`local`), with a cookie (`session`), with a token (`token`)."""

    identity: Identity
    way: Literal["local", "session", "token"]
    session: SessionRecord | None = None


def identity(request: Request) -> Identity:
    """Who asks; looked up once a request, and it may wait for the database.

    Raises:
        Unauthenticated: nobody is logged in.
    """
    return caller(request).identity


def caller(request: Request) -> Caller:
    """Who asks, and how they came in; may wait for the database.

    Raises:
        Unauthenticated: nobody is logged in.
    """
    known = getattr(request.state, "caller", None)
    if not isinstance(known, Caller):
        known = _find(request)
        request.state.caller = known
    return known


def _find(request: Request) -> Caller:
    if request.app.state.limits.accounts == "off":
        return Caller(LOCAL, "local")
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _of_token(request.app.state.store, secret.strip())
    cookie = cookies.session_of(request)
    if cookie is None:
        raise Unauthenticated("nobody is logged in")
    return _of_cookie(request.app.state.store, cookie, timedelta(seconds=request.app.state.limits.session_idle_seconds))


def _of_token(store: Store, secret: str) -> Caller:
    with store.read() as session:
        token = people.find_token(session, secret)
        if token is None:
            raise Unauthenticated("the token does not work: it is unknown, has expired or was revoked")
        user = people.get_user(session, token.owner)
    if not people.is_fresh(token.last_used):
        with store.write() as session:
            people.touch_token(session, token)
    return Caller(Identity(user.id, user.name, as_role(user.role), token.scopes), "token")


def _of_cookie(store: Store, cookie: str, idle: timedelta) -> Caller:
    with store.read() as session:
        found = people.find_session(session, cookie, idle)
        if found is None:
            raise Unauthenticated("the log-in has ended")
        user = people.get_user(session, found.owner)
    if not people.is_fresh(found.last_used):
        with store.write() as session:
            people.touch_session(session, cookie)
    return Caller(Identity(user.id, user.name, as_role(user.role)), "session", found)


class Requirement(SecurityBase):
    """What a route asks of whoever calls it; a dependency that gives their Identity.

    Attributes:
        role: the least role.
        scope: what a token must be good for.
    """

    def __init__(self, role: Role, scope: str | None) -> None:
        self.role: Role = role
        self.scope = scope or scope_of(role)
        self.model = HTTPBearer(description="A token made with `palermo token add` or on the page /account.")
        self.scheme_name = "token"

    async def __call__(self, request: Request) -> Identity:
        """The identity of who asks.

        Raises:
            Unauthenticated: nobody is logged in.
            Forbidden: the role or the token does not suffice, or a form lacks its word.
        """
        found = await anyio.to_thread.run_sync(caller, request)
        if not found.identity.may(self.role, self.scope):
            lacking = "role" if not found.identity.may(self.role, "read") else "token"
            raise Forbidden(
                f"your {lacking} does not allow this",
                hint=f"it needs the role {self.role}" + (f" and the scope {self.scope}" * (lacking == "token")),
            )
        if found.session is not None:
            await csrf.check(request, found.session.csrf)
        return found.identity


def require(role: Role, scope: str | None = None) -> Requirement:
    """What to put into `Depends(...)` of a route: the least role, and the token's scope (default: the role's)."""
    return Requirement(role, scope)


def declared(route: Any) -> Requirement | None:
    """What a route of FastAPI declares; None for one that declares nothing."""
    dependant = getattr(route, "dependant", None)
    return None if dependant is None else next(_requirements(dependant), None)


def _requirements(dependant: Dependant) -> Iterator[Requirement]:
    for one in dependant.dependencies:
        if isinstance(one.call, Requirement):
            yield one.call
        yield from _requirements(one)


_FORGOTTEN = Requirement("admin", None)


async def undeclared(request: Request) -> None:
    """A dependency of all routes: one that declares nothing and is not public is for admins, lest one be forgotten."""
    route = request.scope.get("route")
    if declared(route) is None and getattr(route, "path", None) not in PUBLIC:
        await _FORGOTTEN(request)
