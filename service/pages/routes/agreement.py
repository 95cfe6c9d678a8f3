"""How far reviewers agree, and what they disagree on, to be settled by an editor."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from palermo.corpora.convention import tree
from palermo.corpora.errors import UsageError
from palermo.service.pages import choices as filters
from palermo.service.pages import deciding, queue
from palermo.service.pages.i18n import direction
from palermo.service.pages.routes.site import Editor, PageRoute, Reader, page, writing
from palermo.service.pages.routes.site import reading as read
from palermo.service.pages.view import label_of
from palermo.service.store.agreement import DisagreementRecord, agreement, disagreements
from sqlalchemy.orm import Session

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_ROWS = 25
_SETTLES = ("accept", "reject", "change")


@router.get("/agreement")
async def get_agreement(request: Request, who: Reader) -> HTMLResponse:
    """Figures of each two reviewers, and a page of disagreements."""
    after = filters.chosen(request.query_params, ("after",))["after"]

    def work(session: Session) -> dict[str, Any]:
        found = disagreements(session, after, _ROWS)
        return {
            "figures": agreement(session),
            "rows": [_row(one) for one in found.items],
            "more": filters.address("/agreement", {"after": found.after}) if found.after else None,
        }

    return await page(request, "agreement.html", "dashboard", **await read(request, work))


@router.post("/agreement")
async def post_decision(request: Request, who: Editor) -> Response:
    """Settle a disagreement; `decision` is `accept`, `reject`, or `change` with the provision behind a space."""
    fields = await request.form()
    action, _, replacement = str(fields.get("decision") or "").partition(" ")
    if action not in _SETTLES:
        raise UsageError(f"the decision is one of {', '.join(_SETTLES)}", source="decision")
    form = deciding.Form.read({**fields, "action": action, "replacement": replacement})

    def work(session: Session) -> None:
        deciding.decide(session, form, who.user, adjudication=True)

    await writing(request, work)
    return RedirectResponse("/agreement", status_code=303)


def _row(one: DisagreementRecord) -> dict[str, Any]:
    replacements = dict.fromkeys(said.replacement for said in one.opinions if said.replacement)
    return {
        "tag": one.tag,
        "line": queue.row(one.tag),
        "heading": tree().get(one.tag.provision).heading,
        "text": one.text,
        "direction": direction(one.tag.language),
        "opinions": [(said, label_of(said.replacement) if said.replacement else "") for said in one.opinions],
        "replacements": [(provision, label_of(provision)) for provision in replacements],
    }
