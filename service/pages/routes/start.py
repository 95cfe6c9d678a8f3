"""The start page, a document read at once without being stored, the files of the pages, the description of the API."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from palermo.corpora.errors import NotFound, PalermoError
from palermo.service.api import problems
from palermo.service.api.routes import analysis_of
from palermo.service.pages import render
from palermo.service.pages.routes.site import PageRoute, Reader, page
from palermo.service.pages.shelf import Shelf
from palermo.service.pages.view import view

router = APIRouter(include_in_schema=False, route_class=PageRoute)
public = APIRouter(include_in_schema=False, route_class=PageRoute)
"""Routes that anyone may ask for: files and the description."""

_GRACE_SECONDS = 60
"""How much longer than one parse the page waits for an answer: for its turn, and for the model."""
_HOST = "http://127.0.0.1:8000"
_EXAMPLES = {
    "/v1/analyses": f"curl -F file=@judgment.pdf -F kind=judgment {_HOST}/v1/analyses\n"
    "curl -H 'Content-Type: application/json' "
    f'-d \'{{"text": "Whoever conceals the proceeds of crime ..."}}\' {_HOST}/v1/analyses'
}


@router.get("/")
async def get_start(request: Request, who: Reader) -> HTMLResponse:
    """The page with the forms."""
    return await page(request, "start.html", "start", limits=limits(request), problem=None)


@router.post("/analyses")
async def post_analysis(request: Request, who: Reader) -> Response:
    """Read the file in the form, and lead to its result: a script by its address, a plain form by a redirection."""
    script = "application/json" in request.headers.get("accept", "")
    try:
        result = await analysis_of(request)
    except PalermoError as error:
        return problems.answer(error) if script else await start_with(request, error)
    word = await anyio.to_thread.run_sync(shelf(request).put, result, who.user)
    address = f"/analyses/{word}"
    if script:
        return JSONResponse({"location": address}, status_code=201, headers={"Location": address})
    return RedirectResponse(address, status_code=303)


@router.get("/analyses/{word}")
async def get_analysis(request: Request, word: str, who: Reader) -> HTMLResponse:
    """A result that is not stored, for as long as it is kept."""
    result = await anyio.to_thread.run_sync(shelf(request).get, word, who.user)
    if result is None:
        return await page(request, "forgotten.html", "start", status=404)
    shown = await anyio.to_thread.run_sync(view, result)
    return await page(request, "analysis.html", "start", view=shown, alone=None)


@public.get("/assets/{name:path}")
async def get_asset(name: str) -> Response:
    """A style sheet or script of the pages."""
    if name not in render.ASSETS:
        raise NotFound("no such file", source=name)
    return Response(render.asset(name), media_type=render.ASSETS[name], headers={"Cache-Control": "no-cache"})


@public.get("/docs")
async def get_docs(request: Request) -> HTMLResponse:
    """The OpenAPI description as a page."""
    return await page(request, "docs.html", api=request.app.openapi(), examples=_EXAMPLES)


async def start_with(request: Request, error: PalermoError) -> HTMLResponse:
    """The start page with an error in its box."""
    answer = problems.answer(error)
    problem = {**problems.body(error), "lang": "en"}
    made = await page(request, "start.html", "start", status=error.status, limits=limits(request), problem=problem)
    for name in ("retry-after", "connection"):
        if name in answer.headers:
            made.headers[name] = answer.headers[name]
    return made


def shelf(request: Request) -> Shelf:
    """The application's shelf, made when it is first needed."""
    state = request.app.state
    if not hasattr(state, "shelf"):
        state.shelf = Shelf(state.limits.shelf_seconds, state.limits.shelf_bytes)
    kept: Shelf = state.shelf
    return kept


def limits(request: Request) -> dict[str, Any]:
    """What the forms say and check before they send: sizes, numbers, and how long to wait."""
    chosen = request.app.state.limits
    size = min(chosen.document_bytes, chosen.request_bytes)
    return {
        "bytes": size,
        "megabytes": _megabytes(size),
        "request": chosen.request_bytes,
        "request_megabytes": _megabytes(chosen.request_bytes),
        "files": chosen.request_files,
        "members": chosen.archive_members,
        "seconds": round(chosen.parser_seconds + _GRACE_SECONDS),
        "stores": getattr(request.app.state, "store", None) is not None,
    }


def _megabytes(count: int) -> float:
    """Bytes in megabytes, rounded down, with places where there are few: what is promised is taken."""
    steps = 100 if count < 1_000_000 else 10 if count < 10_000_000 else 1  # in a megabyte
    return count * steps // 1_000_000 / steps
