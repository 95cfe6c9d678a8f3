"""What every page has: language, navigation, who is there, the word that its forms repeat; and errors as pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import anyio.to_thread
from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from palermo.corpora.errors import PalermoError
from palermo.service.access import Identity, csrf, identity, require
from palermo.service.access.errors import Unauthenticated
from palermo.service.api import problems
from palermo.service.pages import i18n
from palermo.service.pages.render import render
from palermo.service.store import Store
from sqlalchemy.orm import Session

T = TypeVar("T")
Reader = Annotated[Identity, Depends(require("reader"))]
Editor = Annotated[Identity, Depends(require("editor"))]
"""Parameters of routes: who asks, let in by their role."""

NAV = {
    "start": "/",
    "documents": "/documents",
    "queue": "/queue",
    "provisions": "/provisions",
    "batches": "/batches",
    "dashboard": "/dashboard",
    "exports": "/exports",
}
TONGUES = {"en": "English", "fr": "Français", "es": "Español", "ar": "العربية", "zh": "中文", "ru": "Русский"}
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Site:
    """What `base.html` needs.

    Attributes:
        here: the entry of the navigation that the page belongs to.
        nav: its entries, with their addresses.
        csrf: the word that forms repeat.
        user: the name of who is logged in; None where the service has no accounts.
        role: `reader`, `editor` or `admin`; what a reader may not do is not offered.
        tongues: names of the languages by code.
        other: this page's address in each language.
    """

    here: str | None
    nav: list[tuple[str, str]]
    csrf: str
    user: str | None
    role: str
    tongues: dict[str, str]
    other: dict[str, str]

    @property
    def edits(self) -> bool:
        """Whether who is there may decide and add."""
        return self.role != "reader"


def words(request: Request) -> i18n.Words:
    """The words of the language that the visitor reads."""
    accepted = request.headers.get("accept-language")
    return i18n.words_of(i18n.choose(request.query_params.get("lang"), request.cookies.get(i18n.COOKIE), accepted))


async def page(
    request: Request, template: str, here: str | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page of the service."""
    spoken = words(request)

    def make() -> str:
        return render(template, spoken, site=site(request, here), **values)

    made = await anyio.to_thread.run_sync(make)
    response = HTMLResponse(made, status_code=status)
    asked = request.query_params.get("lang")
    if asked in i18n.LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(i18n.COOKIE, asked, max_age=_YEAR, samesite="lax", httponly=True, secure=secure)
    return response


async def part(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A part of a page, for HTMX to put in its place."""
    spoken = words(request)

    def make() -> str:
        return render(template, spoken, site=site(request, None), **values)

    return HTMLResponse(await anyio.to_thread.run_sync(make))


def saying(response: Response, text: str) -> Response:
    """The same response, whose status line a screen reader says aloud and the page shows."""
    # Headers are ASCII; JSON escapes the rest.
    response.headers["HX-Trigger"] = json.dumps({"palermo:said": {"text": text}})
    return response


def refusing(response: Response, text: str) -> Response:
    """The same response, as a conflict (409) that the page tells of; what it holds is put in its place all the same."""
    response.status_code = 409
    response.headers["HX-Trigger"] = json.dumps({"palermo:refused": {"title": text}})
    return response


def site(request: Request, here: str | None) -> Site:
    """What `base.html` needs, for a request; it may wait for the database. Public pages have it for a visitor too."""
    try:
        who: Identity | None = identity(request)
    except Unauthenticated:
        who = None
    return Site(
        here=here,
        nav=list(NAV.items()) if who else [],
        csrf=csrf.token(request),
        user=who.name if who and who.user is not None else None,
        role=who.role if who else "reader",
        tongues=TONGUES,
        other={code: str(_relative(request, code)) for code in i18n.LANGUAGES},
    )


def _relative(request: Request, code: str) -> str:
    url = request.url.include_query_params(lang=code)
    return f"{url.path}?{url.query}"


def store_of(request: Request) -> Store:
    """The database of the application."""
    store: Store = request.app.state.store
    return store


async def reading(request: Request, work: Callable[[Session], T]) -> T:
    """What `work` reads, in a thread."""

    def run() -> T:
        with store_of(request).read() as session:
            return work(session)

    return await anyio.to_thread.run_sync(run)


async def writing(request: Request, work: Callable[[Session], T]) -> T:
    """What `work` gives, in a thread and one transaction."""

    def run() -> T:
        with store_of(request).write() as session:
            return work(session)

    return await anyio.to_thread.run_sync(run)


def wants_part(request: Request) -> bool:
    """Whether HTMX asks, which wants the part that changes and not the page."""
    return request.headers.get("hx-request") == "true"


class PageRoute(APIRoute):
    """A route of pages: an error becomes a page for a browser, and a problem (RFC 9457) for a script."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with errors turned into pages."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except PalermoError as error:
                unknown = isinstance(error, Unauthenticated)  # the log-in page is the answer to it
                if unknown or wants_part(request) or "text/html" not in request.headers.get("accept", ""):
                    raise
                return await error_page(request, error)

        return handled


async def error_page(request: Request, error: PalermoError) -> HTMLResponse:
    """An error as a page, with the status and headers of its problem."""
    answer = problems.answer(error)
    made = await page(request, "error.html", status=error.status, problem=problems.body(error))
    for name in ("retry-after", "connection", "www-authenticate"):
        if name in answer.headers:
            made.headers[name] = answer.headers[name]
    return made
