"""The list of documents, a document to read and review, its pages as images, and what people decide on it."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any, get_args

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.pdf_pages import PageImage
from palermo.corpora.errors import NotFound, UsageError
from palermo.service.pages import choices as filters
from palermo.service.pages import deciding, drawing, reading
from palermo.service.pages.routes.site import (
    Editor,
    PageRoute,
    Reader,
    part,
    refusing,
    saying,
    wants_part,
    words,
    writing,
)
from palermo.service.pages.routes.site import page as show
from palermo.service.pages.routes.site import reading as read
from palermo.service.pages.view import label_of
from palermo.service.store import counts
from palermo.service.store.analyses import analyses, get_analysis, load_text, passages
from palermo.service.store.browse import ReviewState, Wanted, browse, decisions, document_tags
from palermo.service.store.differences import differences
from palermo.service.store.documents import get_document, source
from palermo.service.store.records import DocumentRecord
from palermo.service.store.reviews import Outdated
from sqlalchemy.orm import Session

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_FILTER = ("state", "language", "kind", "provision", "review")
_PDF = "application/pdf"


@router.get("/documents")
async def get_documents(request: Request, who: Reader) -> HTMLResponse:
    """The list, filtered and paged."""
    fields = filters.chosen(request.query_params, (*_FILTER, "batch", "after"))
    after, batch = fields.pop("after"), _number(fields["batch"])
    if fields["review"] not in (None, *get_args(ReviewState)):
        raise UsageError("no such state of review", source="review")
    wanted = Wanted(**{**{name: fields[name] for name in _FILTER}, "batch": batch})  # type: ignore[arg-type]

    def work(session: Session) -> dict[str, Any]:
        found = browse(session, wanted, after)
        rows = [
            {**{name: getattr(line, name) for name in ("document", "waiting", "decided")}, "applied": _named(line)}
            for line in found.items
        ]
        more = filters.address("/documents", {**fields, "after": found.after}) if found.after else None
        return {
            "list": {
                "rows": rows,
                "more": more,
                "total": counts.totals(session)["documents"],
                "filter": {**fields, "any": any(fields.values())},
            },
            "choices": filters.choices(session),
        }

    return await show(request, "documents.html", "documents", **await read(request, work))


@router.get("/documents/{id_}")
async def get_one(request: Request, id_: str, who: Reader) -> HTMLResponse:
    """A document with its marks, tags and findings, as text or as images of its pages."""
    drawn = request.query_params.get("view") == "pages"
    view = await read(request, partial(document_view, id_=id_, drawn=drawn))
    return await show(request, "document.html", "documents", view=view, swapped=False)


@router.get("/documents/{id_}/differences")
async def get_differences(request: Request, id_: str, who: Reader) -> HTMLResponse:
    """What the newest model sees otherwise than the one before; `before` and `after` choose other analyses."""
    asked = {name: _number(request.query_params.get(name)) for name in ("before", "after")}

    def work(session: Session) -> dict[str, Any]:
        record = get_document(session, id_)
        found = differences(session, record.id, **asked)
        rows = [(one, label_of(one.provision), reading.name_of(asdict(one))) for one in found.items]
        return {"record": record, "title": record.title or record.name, "found": found, "rows": rows}

    return await show(request, "differences.html", "documents", **await read(request, work))


@router.post("/documents/{id_}/reviews")
async def post_review(request: Request, id_: str, who: Editor) -> Response:
    """Decide on a tag; HTMX gets the passage and the side column anew, a plain form goes back to the passage."""
    fields = await request.form()
    form = deciding.Form.read(fields)
    index = _number(str(fields.get("index") or "")) or 0

    def work(session: Session) -> dict[str, Any]:
        deciding.decide(session, form, who.user)
        return document_view(session, id_=id_, drawn=fields.get("view") == "pages", only={index})

    try:
        view = await writing(request, work)
    except Outdated:
        if not wants_part(request):
            raise
        show_now = partial(document_view, id_=id_, drawn=fields.get("view") == "pages", only={index})
        newer = await part(request, "parts/decided.html", view=await read(request, show_now), swapped=True)
        return refusing(newer, deciding.outdated(form, words(request)))
    if not wants_part(request):
        query = "?view=pages" if view["drawn"] else ""
        return RedirectResponse(f"/documents/{view['record'].id}{query}#p{index}", status_code=303)
    answer = await part(request, "parts/decided.html", view=view, swapped=True)
    return saying(answer, deciding.told(form, words(request)))


@router.get("/documents/{id_}/pages/{number}.png")
async def get_picture(request: Request, id_: str, number: int, who: Reader) -> Response:
    """A page of a PDF as a picture."""
    image = await _draw(request, await read(request, partial(get_document, id_=id_)), number)
    headers = {"Cache-Control": "private, max-age=600"}
    return Response(image.png, media_type="image/png", headers=headers)


@router.get("/documents/{id_}/pages/{number}")
async def get_page(request: Request, id_: str, number: int, who: Reader) -> Response:
    """A page of a PDF with the words of its tags boxed and the tags of the passages that begin on it, for HTMX."""
    if not wants_part(request):
        return RedirectResponse(f"/documents/{id_}?view=pages#page-{number}", status_code=303)

    def work(session: Session) -> tuple[dict[str, Any], Document]:
        view = document_view(session, id_=id_, drawn=True)
        if not view["result"]:
            raise NotFound("the document has not been read yet")
        return view, load_text(session, id_, view["engine"]["extractor"])

    view, text = await read(request, work)
    image = await _draw(request, view["record"], number)
    every = view["passages"]
    boxed = await anyio.to_thread.run_sync(drawing.boxes, text, every, number, image)
    return await part(
        request,
        "parts/page.html",
        view=view,
        number=number,
        image=image,
        boxes=boxed,
        passages=drawing.on_page(every, number),
        last=request.query_params.get("last") == "1",
    )


async def _draw(request: Request, record: DocumentRecord, number: int) -> PageImage:
    if record.media_type != _PDF:
        raise NotFound("only a PDF has pages to draw")
    state = request.app.state
    if not hasattr(state, "drawer"):
        state.drawer = drawing.Drawer(state.pool, state.limits.page_pixels)
    kept: PageImage | None = state.drawer.kept(record.id, number)
    if kept is not None:
        return kept
    data = await read(request, partial(source, id_=record.id))
    drawn: PageImage = await anyio.to_thread.run_sync(state.drawer.draw, record.id, data, record.name, number)
    return drawn


def document_view(session: Session, *, id_: str, drawn: bool, only: set[int] | None = None) -> dict[str, Any]:
    """What `document.html` needs; `only`: the passages (indexes) to show, None for all.

    Raises:
        NotFound: no such document.
    """
    record = get_document(session, id_)
    view: dict[str, Any] = {
        "record": record,
        "title": record.title or record.name,
        "metadata": reading.metadata(record),
        "pages": record.media_type == _PDF,
        "drawn": drawn and record.media_type == _PDF,
    }
    try:
        result = get_analysis(session, record.id)
    except NotFound:
        return {**view, "result": None, "warnings": []}
    tags = document_tags(session, record.id)
    decided = decisions(session, [tag.review for tag in tags if tag.review is not None])
    ids = [one.id for one in passages(session, record.id, result["engine"]["extractor"])]
    every = reading.passages(result, ids, tags, decided)
    found = reading.findings(result, every)
    return {
        **view,
        "result": result,
        "document": result["document"],
        "engine": result["engine"],
        "warnings": result["document"]["warnings"],
        "names": {one.index: one.name for one in every},
        "page_of": {one.index: drawing.first_page(one) for one in every},
        "last_page": drawing.pages_of(every, result["document"]["warnings"]),
        "passages": [one for one in every if only is None or one.index in only],
        "applied": [one for one in found if one.applies],
        "others": [one for one in found if not one.applies],
        "mens_rea": reading.standards(result),
        "again": sum(one.extractor == result["engine"]["extractor"] for one in analyses(session, record.id)) > 1,
    }


def _named(line: Any) -> list[dict[str, Any]]:
    return [{**asdict(one), "label": label_of(one.provision)} for one in line.applied]


def _number(text: str | None) -> int | None:
    """A whole number of an address.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise UsageError("a whole number is needed")
    return int(text)
