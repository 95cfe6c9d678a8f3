"""Puts the guard into an application, and answers those it turns away: a browser is led to the log-in page."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import anyio
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from palermo.service.access.errors import Unauthenticated
from palermo.service.access.guard import undeclared
from palermo.service.access.hosts import HostGuard

LOGIN = "/login"
_PASSWORD_THREADS = 4


def install(app: FastAPI) -> None:
    """Guard an application: called before its routes are included, and before the outermost middleware is added."""
    app.state.password_threads = anyio.CapacityLimiter(_PASSWORD_THREADS)
    app.router.dependencies.append(Depends(undeclared))
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    app.add_middleware(HostGuard, limits=app.state.limits)


def way_back(address: str) -> str:
    """An address of this service to go to after the log-in; `/` where it is none, so that nobody is led elsewhere."""
    plain = address.isprintable() and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and "\\" not in address else "/"


async def _unauthenticated(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unauthenticated)
    if request.headers.get("hx-request") == "true":
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"HX-Redirect": _login(shown.path, shown.query)})
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/"):
        back = (request.url.path, request.url.query) if request.method == "GET" else ("", "")
        return RedirectResponse(_login(*back), status_code=303)
    from palermo.service.api import problems  # the API imports this module

    return problems.answer(error)


def _login(path: str, query: str) -> str:
    back = way_back(f"{path}?{query}" if query else path)
    return LOGIN if back == "/" else f"{LOGIN}?next={quote(back, safe='')}"
