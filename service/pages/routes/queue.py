"""The review queue: one tag after another, decided by a key each."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from palermo.corpora.errors import NotFound, UsageError
from palermo.service.pages import choices as filters
from palermo.service.pages import deciding, queue
from palermo.service.pages.routes.site import (
    Editor,
    PageRoute,
    Reader,
    page,
    part,
    refusing,
    saying,
    wants_part,
    words,
    writing,
)
from palermo.service.pages.routes.site import reading as read
from palermo.service.store import counts
from palermo.service.store.browse import tag_at
from palermo.service.store.reviews import Outdated
from sqlalchemy.orm import Session

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_FIELDS = ("provision", "state", "language", "decision", "standing", "document", "sort")


@router.get("/queue")
async def get_queue(request: Request, who: Reader) -> HTMLResponse:
    """The queue with its first tag, or the one of `item`."""
    fields = filters.chosen(request.query_params, (*_FIELDS, "after", "item"))
    after, asked = fields.pop("after"), fields.pop("item")

    def work(session: Session) -> dict[str, Any]:
        found = queue.rows(session, fields, after)
        first = queue.split_item(asked) if asked else None
        if first is None and found.items:
            first = (found.items[0].tag.passage, found.items[0].tag.provision)
        try:
            shown = queue.item(session, *first) if first else None
        except NotFound:
            shown = None
        return {
            "list": {
                "rows": found.items,
                "more": filters.address("/queue", {**fields, "after": found.after}) if found.after else None,
                "waiting": counts.totals(session)["waiting"],
                "filter": {**fields, "any": any(fields.values())},
                "address": filters.address("/queue", {**fields, "after": after}),
            },
            "item": shown,
            "choices": filters.choices(session),
        }

    return await page(request, "queue.html", "queue", **await read(request, work), last=None)


@router.get("/queue/item")
async def get_item(request: Request, who: Reader, item: str) -> Response:
    """One tag of the queue, for HTMX; the whole page for anyone else."""
    if not wants_part(request):
        return RedirectResponse(filters.address("/queue", {"item": item}), status_code=303)
    shown = await read(request, partial(_item, item=item))
    return await part(request, "parts/item.html", item=shown)


@router.post("/queue/decide")
async def post_decision(request: Request, who: Editor) -> Response:
    """Decide on a tag; HTMX gets the next one, and the line and the status of the one decided."""
    fields = await request.form()
    form = deciding.Form.read(fields)
    shown = _next(form, {name: value for name, value in fields.items() if isinstance(value, str)})

    def look(session: Session, shown: list[str]) -> dict[str, Any]:
        tag = tag_at(session, form.passage, form.provision)
        return {
            "row": None if tag is None else queue.row(tag),
            "item": next(filter(None, (_item(session, one) for one in shown)), None),
            "waiting": counts.totals(session)["waiting"],
        }

    def work(session: Session) -> dict[str, Any]:
        deciding.decide(session, form, who.user)
        return look(session, shown)

    try:
        view = await writing(request, work)
    except Outdated:
        if not wants_part(request):
            raise
        now = [f"{form.passage}~{form.provision}", *shown]
        told = deciding.outdated(form, words(request))
        newer = await read(request, partial(look, shown=now))
        mark = {"row": None, "action": None, "said": told}
        return refusing(await part(request, "parts/queue_decided.html", **newer, last=mark), told)
    if not wants_part(request):
        return RedirectResponse("/queue", status_code=303)
    said = deciding.told(form, words(request))
    last = {"row": view["row"], "action": form.action, "said": said, "at": fields.get("at")}
    answer = await part(request, "parts/queue_decided.html", **view, last=last)
    return saying(answer, last["said"])


def _next(form: deciding.Form, fields: dict[str, str]) -> list[str]:
    """The tags to show after a decision, best first: what was taken back, what an addition stands beside, the next."""
    beside = [f"{form.passage}~{fields['at']}"] if fields.get("at") else []
    following = [fields["next"]] if fields.get("next") else []
    if form.action == "undo":
        # A tag that a person had added is gone with the addition.
        return [f"{form.passage}~{form.provision}", *beside, *following]
    return beside if form.action == "add" else following


def _item(session: Session, item: str) -> dict[str, Any] | None:
    """A tag of the queue; None where it is no longer there."""
    if len(item) > 100:
        raise UsageError("no such tag in the queue", source="item")
    try:
        return queue.item(session, *queue.split_item(item))
    except NotFound:
        return None
