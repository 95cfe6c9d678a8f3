"""Exports: choose a format and which documents, and fetch the file when it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from palermo.corpora.errors import Conflict, NotFound, UsageError
from palermo.service.access import Identity
from palermo.service.exports import FORMATS
from palermo.service.jobs import exporting
from palermo.service.pages import choices as filters
from palermo.service.pages.routes.site import PageRoute, Reader, page, part, store_of, wants_part, writing
from palermo.service.pages.routes.site import reading as read
from palermo.service.store.browse import Wanted, browse
from palermo.service.store.exporting import ask_export, export_part, exports, get_export
from palermo.service.store.records import ExportRecord
from palermo.service.store.work import batches
from sqlalchemy.orm import Session

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_FILTER = ("state", "language", "kind", "provision", "review", "batch")
_PAGE = 500
_SHOWN = 20
WHOSE = (exporting.PEOPLE, exporting.MACHINE)


@router.get("/exports")
async def get_exports(request: Request, who: Reader) -> HTMLResponse:
    """The form, and the exports that were asked for."""
    fields = filters.chosen(request.query_params, (*_FILTER, "format", "tags"))

    def work(session: Session) -> dict[str, Any]:
        return {
            "rows": _own(session, who),
            "choices": filters.choices(session),
            "batches": batches(session).items,
        }

    view = await read(request, work)
    return await page(request, "exports.html", "exports", **view, filter=fields, formats=FORMATS, whose=WHOSE)


@router.get("/exports/list")
async def get_list(request: Request, who: Reader) -> Response:
    """The exports that were asked for, while one is being made."""
    if not wants_part(request):
        return RedirectResponse("/exports", status_code=303)
    return await part(request, "parts/exports.html", rows=await read(request, lambda session: _own(session, who)))


@router.post("/exports")
async def post_export(request: Request, who: Reader) -> Response:
    """Ask for an export of all documents that the filter lets pass."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    fields = filters.chosen(form, (*_FILTER, "format", "tags"))
    format_, tags = fields["format"] or "", fields["tags"] or exporting.PEOPLE
    if format_ not in FORMATS:
        raise UsageError(f"the format is one of {', '.join(FORMATS)}", source="format")
    if tags not in WHOSE:
        raise UsageError(f"one of {', '.join(WHOSE)} is needed", source="tags")
    batch = fields["batch"]
    if batch is not None and (not batch.isdecimal() or len(batch) > 18):
        raise UsageError("a whole number is needed", source="batch")
    plain = {name: fields[name] for name in _FILTER if name != "batch"}
    wanted = Wanted(**plain, batch=None if batch is None else int(batch))  # type: ignore[arg-type]

    def work(session: Session) -> None:
        ids = list(_ids(session, wanted))
        if not ids:
            raise NotFound("no document fits the filter", hint="choose less")
        ask_export(session, format_, ids, options={"tags": tags}, owner=who.user)

    await writing(request, work)
    if getattr(request.app.state, "jobs", None) is not None:
        request.app.state.jobs.submit()
    return RedirectResponse("/exports", status_code=303)


@router.get("/exports/{id_}/file")
async def get_file(request: Request, id_: int, who: Reader) -> Response:
    """The file of an export, part by part."""
    found = await read(request, lambda session: get_export(session, id_))
    if found.owner != who.user and who.role != "admin":
        raise NotFound("no such export, or one of its documents has been deleted", hint="export again")
    if found.state != "done":
        raise Conflict("the export is not made yet, or it failed", hint="ask again later")
    format_ = FORMATS[found.format]
    suffix = exporting.suffix(format_, found.documents)
    media_type = "application/zip" if suffix == ".zip" else format_.media_type
    headers = {
        "Content-Disposition": f'attachment; filename="palermo-{id_}{suffix}"',
        "Content-Length": str(found.bytes),
    }
    return StreamingResponse(_parts(request, id_), media_type=media_type, headers=headers)


def _parts(request: Request, id_: int) -> Iterator[bytes]:
    number = 0
    while True:
        with store_of(request).read() as session:
            data = export_part(session, id_, number)
        if data is None:
            return
        yield data
        number += 1


def _own(session: Session, who: Identity) -> list[ExportRecord]:
    return exports(session, owner=who.user, limit=_SHOWN).items


def _ids(session: Session, wanted: Wanted) -> Iterator[str]:
    after: str | None = None
    while True:
        found = browse(session, wanted, after, _PAGE)
        yield from (line.document.id for line in found.items if line.document.characters)
        after = found.after
        if after is None:
            return
