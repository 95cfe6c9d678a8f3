"""Batches: give documents, watch them being tagged, see what failed and why, try again, cancel."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from palermo.corpora.documents.document import Kind
from palermo.corpora.documents.readers import bare_name
from palermo.corpora.errors import PalermoError, UsageError
from palermo.service.api import problems
from palermo.service.api.problems import Invalid
from palermo.service.api.uploads import is_language, opened
from palermo.service.intake import MANIFEST, Given, take_in
from palermo.service.jobs import progress as counted
from palermo.service.pages import choices as filters
from palermo.service.pages.routes.site import Editor, PageRoute, Reader, page, part, store_of, wants_part, writing
from palermo.service.pages.routes.site import reading as read
from palermo.service.pages.routes.start import start_with
from palermo.service.store.work import batches, cancel_batch, get_batch, jobs, retry_failed
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_FAILED_SHOWN = 200
_FIELDS = 20


@router.get("/batches")
async def get_batches(request: Request, who: Reader) -> HTMLResponse:
    """All batches, newest first."""
    after = filters.chosen(request.query_params, ("after",))["after"]
    found = await read(request, lambda session: batches(session, after))
    more = filters.address("/batches", {"after": found.after}) if found.after else None
    return await page(request, "batches.html", "batches", rows=found.items, more=more)


@router.post("/batches")
async def post_batch(request: Request, who: Editor) -> Response:
    """Keep the files of the form as a batch, and lead to it: a script by its address, a plain form by a redirection."""
    script = "application/json" in request.headers.get("accept", "")
    try:
        given, options = await _given(request)
        manifest = next((one.data for one in given if one.name == MANIFEST), None) if len(given) > 1 else None
        uploads = [one for one in given if manifest is None or one.name != MANIFEST]
        name = (uploads or given)[0].name + (f" + {len(uploads) - 1}" if len(uploads) > 1 else "")
        take = partial(take_in, store_of(request), uploads, name=name, options=options, actor=who.user)
        made = await anyio.to_thread.run_sync(partial(take, manifest=manifest, limits=request.app.state.limits))
    except PalermoError as error:
        return problems.answer(error) if script else await start_with(request, error)
    _submit(request, made.id)
    address = f"/batches/{made.id}"
    if script:
        return JSONResponse({"location": address}, status_code=201, headers={"Location": address})
    return RedirectResponse(address, status_code=303)


@router.get("/batches/{id_}")
async def get_one(request: Request, id_: int, who: Reader) -> HTMLResponse:
    """A batch: how far it is, what failed, its documents."""
    after = filters.chosen(request.query_params, ("after",))["after"]

    def work(session: Session) -> dict[str, Any]:
        listed = jobs(session, id_, after=after)
        more = filters.address(f"/batches/{id_}", {"after": listed.after}) if listed.after else None
        return {**_state(session, id_), "documents": listed.items, "more": more}

    return await page(request, "batch.html", "batches", **await read(request, work))


@router.get("/batches/{id_}/progress")
async def get_progress(request: Request, id_: int, who: Reader) -> Response:
    """What changes while a batch is worked on."""
    if not wants_part(request):
        return RedirectResponse(f"/batches/{id_}", status_code=303)
    return await part(request, "parts/progress.html", **await read(request, lambda session: _state(session, id_)))


@router.post("/batches/{id_}/{action}")
async def post_action(request: Request, id_: int, action: str, who: Editor) -> Response:
    """Cancel what has not begun, or try again what failed and can succeed."""
    if action not in {"cancel", "retry"}:
        raise UsageError("the action is cancel or retry", source="action")

    def work(session: Session) -> dict[str, Any]:
        if action == "cancel":
            cancel_batch(session, id_, actor=who.user)
        else:
            retry_failed(session, id_, actor=who.user)
        return _state(session, id_)

    view = await writing(request, work)
    _submit(request, id_)
    if wants_part(request):
        return await part(request, "parts/progress.html", **view)
    return RedirectResponse(f"/batches/{id_}", status_code=303)


def _state(session: Session, id_: int) -> dict[str, Any]:
    failed = jobs(session, id_, state="failed", limit=_FAILED_SHOWN)
    return {
        "batch": get_batch(session, id_),
        "progress": counted.progress(session, id_),
        "failed": failed.items,
        "more_failed": failed.after is not None,
        "retryable": any(job.retryable for job in failed.items),
    }


def _submit(request: Request, id_: int) -> None:
    if getattr(request.app.state, "jobs", None) is not None:
        request.app.state.jobs.submit(id_)


async def _given(request: Request) -> tuple[list[Given], dict[str, str]]:
    """The files of the form, and the kind and language that hold for all of them."""
    wanted, fewer = "send multipart/form-data with files", "pack them into a ZIP archive"
    return await opened(request, request.app.state.limits, _of_form, None, fields=_FIELDS, wanted=wanted, fewer=fewer)


async def _of_form(form: FormData) -> tuple[list[Given], dict[str, str]]:
    options = _options(form)
    files = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    if not files:
        raise UsageError("no document was given", hint="give at least one file")
    return [await _file(one) for one in files], options


async def _file(one: UploadFile) -> Given:
    return Given(await one.read(), bare_name(one.filename or ""), one.content_type or "application/octet-stream")


def _options(form: FormData) -> dict[str, str]:
    """Kind and language, where the form gives them.

    Raises:
        Invalid: a kind or language that is none.
    """
    given = {name: str(form.get(name) or "").strip() for name in ("kind", "language")}
    if given["kind"] and given["kind"] not in get_args(Kind):
        raise Invalid(f"one of {', '.join(get_args(Kind))} is needed", source="kind")
    if given["language"] and not is_language(given["language"]):
        raise Invalid("an ISO 639-1 code is needed, like en", source="language")
    return {name: value for name, value in given.items() if value}
