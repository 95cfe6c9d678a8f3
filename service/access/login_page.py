"""Log-in and log-out in a browser."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from palermo.corpora.errors import PalermoError
from palermo.corpora.settings import Settings
from palermo.service.access import cookies, csrf
from palermo.service.access.answers import LOGIN, way_back
from palermo.service.access.errors import Forbidden
from palermo.service.access.forms import fields, limits_of, work
from palermo.service.access.guard import require
from palermo.service.access.identity import Identity
from palermo.service.access.login import Visitor, log_in
from palermo.service.api import problems
from palermo.service.pages.routes.site import PageRoute, page
from palermo.service.store import Store, people

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(LOGIN)
async def get_login(request: Request, next: str = "/") -> Response:
    """The form; nobody needs it where there are no accounts."""
    if limits_of(request).accounts == "off":
        return RedirectResponse(way_back(next), status_code=303)
    return await _form(request, way_back(next))


@router.post(LOGIN)
async def post_login(request: Request) -> Response:
    """Log in: a new session, whatever cookie came, and back to the page that was asked for."""
    form = await fields(request)
    back = way_back(form.get("next", "/"))
    address = request.client.host if request.client else None
    visitor = Visitor(address, cookies.session_of(request))

    def job(store: Store, limits: Settings) -> str:
        return log_in(store, limits, form.get("name", ""), form.get("password", ""), visitor)

    try:
        _check_visit(request, form.get(csrf.FIELD, ""))
        secret = await work(request, job)
    except PalermoError as error:
        return await _form(request, back, form.get("name", ""), error)
    response = RedirectResponse(back, status_code=303)
    cookies.keep_session(request, response, secret)
    return response


@router.post("/logout")
async def post_logout(request: Request, who: Annotated[Identity, Depends(require("reader"))]) -> Response:
    """End the session of this browser."""
    cookie = cookies.session_of(request)
    if cookie is not None:

        def job(store: Store, limits: Settings) -> None:
            with store.write() as session:
                people.end_session(session, cookie)

        await work(request, job)
    response = RedirectResponse(LOGIN, status_code=303)
    cookies.drop_session(request, response)
    return response


async def _form(request: Request, back: str, name: str = "", error: PalermoError | None = None) -> Response:
    def job(store: Store, limits: Settings) -> int:
        with store.read() as session:
            return people.admins(session)

    admins = await work(request, job)
    word = cookies.visit_of(request) or secrets.token_urlsafe(32)
    shown = None if error is None else {**problems.body(error), "lang": "en"}
    status = 200 if error is None else error.status
    response: Response = await page(
        *(request, "access_login.html"), status=status, back=back, name=name, word=word, problem=shown, admins=admins
    )
    if error is not None:
        for header in ("retry-after", "www-authenticate"):
            if header in problems.answer(error).headers:
                response.headers[header] = problems.answer(error).headers[header]
    cookies.keep_visit(request, response, word)
    return response


def _check_visit(request: Request, word: str) -> None:
    # Nobody is logged in yet: the form repeats what the browser's cookie says, which another site can't read or set.
    if not secrets.compare_digest(word.encode(), (cookies.visit_of(request) or "").encode()) or not word:
        raise Forbidden("the form is too old, or cookies are switched off", hint="try once more")
