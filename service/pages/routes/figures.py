"""The tree of provisions with its counts, the provisions to choose from, and the overview."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from palermo.service.pages import choices, figures
from palermo.service.pages.routes.site import PageRoute, Reader, page, part
from palermo.service.pages.routes.site import reading as read
from palermo.service.store import counts
from palermo.service.store.agreement import agreement
from sqlalchemy.orm import Session

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/provisions")
async def get_provisions(request: Request, who: Reader) -> HTMLResponse:
    """The Convention and its Protocols, each provision with its documents and what waits."""

    def work(session: Session) -> Any:
        return figures.branches(counts.counts_by_provision(session), counts.states_by_provision(session))

    return await page(request, "provisions.html", "provisions", instruments=await read(request, work))


@router.get("/provisions/options")
async def get_options(request: Request, who: Reader) -> Response:
    """Every provision, for the dialog in which one is chosen."""
    answer = await part(request, "parts/options.html", options=choices.options())
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@router.get("/dashboard")
async def get_dashboard(request: Request, who: Reader) -> HTMLResponse:
    """The collection in figures: provisions by State, and the machine's precision as reviews show it."""

    def work(session: Session) -> dict[str, Any]:
        counted, by_state = counts.counts_by_provision(session), counts.states_by_provision(session)
        whole = figures.matrix(by_state)
        return {
            "tiles": figures.tiles(counts.totals(session), counted, agreement(session).open),
            "whole": whole,
            "plot": figures.cut(whole),
            "precisions": figures.precisions(counted),
            "overall": figures.overall(counted),
        }

    return await page(request, "dashboard.html", "dashboard", **await read(request, work))
