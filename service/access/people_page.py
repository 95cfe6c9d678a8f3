"""People in a browser, for admins: who there is, a new one, another role, another password, disabling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from palermo.corpora.errors import PalermoError
from palermo.corpora.settings import Settings
from palermo.service.access import managing
from palermo.service.access.forms import fields, limits_of, work
from palermo.service.access.guard import require
from palermo.service.access.identity import ROLES, Identity, as_role
from palermo.service.api import problems
from palermo.service.pages.routes.site import PageRoute, page
from palermo.service.store import Store, people
from palermo.service.store.records import UserRecord

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Admin = Annotated[Identity, Depends(require("admin"))]
Job = Callable[[Store, Settings], Any]

ADDRESS = "/people"


@router.get(ADDRESS)
async def get_people(request: Request, who: Admin) -> Response:
    """All users, and the form for another."""
    return await _people(request, who)


@router.post(ADDRESS)
async def post_user(request: Request, who: Admin) -> Response:
    """A new user."""
    form = await fields(request)
    given = (form.get("name", ""), form.get("role", ""), form.get("password", ""))
    return await _done(request, who, lambda store, limits: managing.make_user(store, limits, *given, actor=who.user))


@router.post(f"{ADDRESS}/{{user}}/role")
async def post_role(request: Request, user: int, who: Admin) -> Response:
    """Another role for a user."""
    form = await fields(request)

    def job(store: Store, limits: Settings) -> None:
        role = as_role(form.get("role", ""))
        with store.write() as session:
            people.change_user(session, user, role=role, actor=who.user)

    return await _done(request, who, job)


@router.post(f"{ADDRESS}/{{user}}/disabled")
async def post_disabled(request: Request, user: int, who: Admin) -> Response:
    """Disable a user (`disabled=yes`: sessions end, tokens are revoked), or enable one."""
    form = await fields(request)

    def job(store: Store, limits: Settings) -> None:
        with store.write() as session:
            people.change_user(session, user, disabled=form.get("disabled") == "yes", actor=who.user)

    return await _done(request, who, job)


@router.post(f"{ADDRESS}/{{user}}/password")
async def post_password(request: Request, user: int, who: Admin) -> Response:
    """Another password for a user, who is logged out everywhere."""
    form = await fields(request)

    def job(store: Store, limits: Settings) -> None:
        with store.read() as session:
            found = people.get_user(session, user)
        managing.set_password(store, limits, found, form.get("password", ""), actor=who.user)

    return await _done(request, who, job)


async def _done(request: Request, who: Identity, job: Job) -> Response:
    try:
        await work(request, job)
    except PalermoError as error:
        return await _people(request, who, error)
    return RedirectResponse(ADDRESS, status_code=303)


async def _people(request: Request, who: Identity, error: PalermoError | None = None) -> Response:
    limits = limits_of(request)
    found: list[UserRecord] = []
    if limits.accounts == "on":
        found = await work(request, lambda store, _: _users(store))
    values: dict[str, Any] = {
        "who": who,
        "accounts": limits.accounts == "on",
        "users": found,
        "roles": ROLES,
        "shortest": limits.password_characters,
        "problem": None if error is None else {**problems.body(error), "lang": "en"},
    }
    return await page(request, "access_people.html", status=200 if error is None else error.status, **values)


def _users(store: Store) -> list[UserRecord]:
    with store.read() as session:
        return people.users(session)
