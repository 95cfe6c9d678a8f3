"""One's own account in a browser: tokens and password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from palermo.corpora.errors import NotFound, PalermoError, UsageError
from palermo.corpora.settings import Settings
from palermo.service.access import cookies, managing
from palermo.service.access.forms import fields, limits_of, work
from palermo.service.access.guard import require
from palermo.service.access.identity import Identity
from palermo.service.access.login import begin, check_password
from palermo.service.api import problems
from palermo.service.pages.routes.site import PageRoute, page
from palermo.service.store import Store, people
from palermo.service.store.basics import now
from palermo.service.store.records import TokenRecord

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Myself = Annotated[Identity, Depends(require("reader", "admin"))]
"""Everybody, but no token without the scope `admin`: one token must not make others."""

ADDRESS = "/account"


@router.get(ADDRESS)
async def get_account(request: Request, who: Myself) -> Response:
    """Tokens and password of who is logged in."""
    return await _account(request, who)


@router.post(f"{ADDRESS}/tokens")
async def post_token(request: Request, who: Myself) -> Response:
    """Make a token and show it, once."""
    form = await fields(request)

    def job(store: Store, limits: Settings) -> tuple[TokenRecord, str]:
        days = _days(form.get("days", ""))
        given = (form.get("name", ""), form.get("scope", ""), days)
        return managing.make_token(store, limits, _user(who), *given, actor=who.user)

    try:
        token, secret = await work(request, job)
    except PalermoError as error:
        return await _account(request, who, error=error)
    return await _account(request, who, made=token, secret=secret)


@router.post(f"{ADDRESS}/tokens/{{token}}/revoke")
async def post_revocation(request: Request, token: int, who: Myself) -> Response:
    """End one of one's own tokens."""

    def job(store: Store, limits: Settings) -> None:
        with store.write() as session:
            people.revoke_token(session, token, owner=_user(who), actor=who.user)

    await work(request, job)
    return RedirectResponse(ADDRESS, status_code=303)


@router.post(f"{ADDRESS}/password")
async def post_password(request: Request, who: Myself) -> Response:
    """Change one's password; all other sessions end, and this one goes on under a new secret."""
    form = await fields(request)
    address = request.client.host if request.client else None

    def job(store: Store, limits: Settings) -> str:
        new = form.get("new", "")
        if new != form.get("again", ""):
            raise UsageError("the new password was not repeated as it is", source="again")
        user = check_password(store, limits, who.name, form.get("password", ""), address)
        managing.set_password(store, limits, user, new, actor=who.user)
        with store.write() as session:
            return begin(session, limits, user.id)

    try:
        secret = await work(request, job)
    except PalermoError as error:
        return await _account(request, who, error=error)
    response = RedirectResponse(f"{ADDRESS}?changed=1", status_code=303)
    cookies.keep_session(request, response, secret)
    return response


async def _account(request: Request, who: Identity, *, error: PalermoError | None = None, **made: Any) -> Response:
    limits = limits_of(request)
    listed: list[TokenRecord] = []
    if limits.accounts == "on":
        listed = await work(request, lambda store, _: _tokens(store, _user(who)))
    values: dict[str, Any] = {
        "who": who,
        "accounts": limits.accounts == "on",
        "tokens": listed,
        "now": now(),
        "scopes": managing.scopes_of(who.role),
        "most_days": limits.token_days,
        "shortest": limits.password_characters,
        "changed": "changed" in request.query_params,
        "problem": None if error is None else {**problems.body(error), "lang": "en"},
        "made": made.get("made"),
        "secret": made.get("secret"),
    }
    status = 200 if error is None else _status(error)
    return await page(request, "access_account.html", status=status, **values)


def _status(error: PalermoError) -> int:
    # A wrong password in this form does not mean that nobody is logged in, which a script would conclude from a 401.
    return 422 if error.status == 401 else error.status


def _tokens(store: Store, owner: int) -> list[TokenRecord]:
    with store.read() as session:
        return people.tokens(session, owner)


def _user(who: Identity) -> int:
    if who.user is None:
        raise NotFound("no such user")
    return who.user


def _days(words: str) -> int:
    if not words.isdecimal() or len(words) > 5:
        raise UsageError("a number of days is needed", source="days")
    return int(words)
