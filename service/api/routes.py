"""The routes of the API. They wrap `palermo.service.analysis.analyse`, as the command line does."""

from __future__ import annotations

from functools import partial

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from palermo.corpora.errors import NotFound, PalermoError, UsageError
from palermo.service import schemas
from palermo.service.access import require
from palermo.service.analysis import Analysis, analyse
from palermo.service.api import problems, uploads
from palermo.service.api.replies import NotReady, store_of
from palermo.service.exports import json_

router = APIRouter()
_READERS = [Depends(require("reader"))]

_OPTIONS = {
    "kind": {"type": "string", "enum": ["judgment", "statute"], "description": "Unset: detected."},
    "language": {"type": "string", "description": "ISO 639-1 code; unset: detected, passage by passage."},
}
_FILE = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {"file": {"type": "string", "format": "binary"}, **_OPTIONS},
}
_TEXT = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string"}, "name": {"type": "string"}, **_OPTIONS},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": _FILE}, "application/json": {"schema": _TEXT}},
    }
}


@router.post(
    "/v1/analyses",
    tags=["analyses"],
    summary="Tag a document",
    openapi_extra=_BODY,
    responses={
        200: {"description": "The analysis.", "content": {"application/json": {"schema": schemas.inline("analysis")}}}
    },
    response_class=Response,
    dependencies=_READERS,
)
async def post_analysis(request: Request) -> Response:
    """Read a court decision or statute, sent as a file or as text, and answer with everything the tagger says of it."""
    result = await analysis_of(request)
    return Response(await anyio.to_thread.run_sync(json_.render, result), media_type="application/json")


async def analysis_of(request: Request) -> Analysis:
    """The analysis of the document in a request; the page calls it too.

    Raises:
        PalermoError: of any kind; the handlers make a problem of it.
    """
    state = request.app.state
    state.gate.check()
    upload = await uploads.receive(request, state.limits)
    async with state.gate.turn():
        work = partial(analyse, upload.data, upload.name, upload.kind, upload.language, state.tagger, pool=state.pool)
        try:
            return await anyio.to_thread.run_sync(work)
        except PalermoError:
            raise
        except Exception as error:
            raise problems.fault(error, "an analysis") from error


@router.get("/v1/provisions", tags=["provisions"], summary="The Convention and its Protocols", dependencies=_READERS)
async def get_provisions() -> JSONResponse:
    """Every provision: id, heading, one line about it, whether it is a label."""
    return _provisions(None)


@router.get(
    "/v1/provisions/{provision}",
    tags=["provisions"],
    summary="A provision and what is below it",
    dependencies=_READERS,
)
async def get_provision(provision: str) -> JSONResponse:
    """One provision by its id, such as UNTOC.6.1, or an instrument, such as TIP."""
    return _provisions(provision)


def _provisions(id_: str | None) -> JSONResponse:
    from palermo.corpora.convention.show import as_json

    try:
        return JSONResponse(as_json(id_), headers={"Cache-Control": "public, max-age=3600"})
    except UsageError as error:
        raise NotFound(error.message, source=error.source, hint=error.hint) from error


@router.get("/v1/model", tags=["service"], summary="The model at work", dependencies=_READERS)
def get_model(request: Request) -> JSONResponse:
    """Name, version and hash of the engine and the model."""
    return JSONResponse(request.app.state.tagger.info())


@router.get("/healthz", tags=["service"], summary="Whether the process is alive")
async def get_health() -> JSONResponse:
    """Always 200 while the service runs."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", tags=["service"], summary="Whether documents can be tagged", responses={503: problems.RESPONSE})
def get_readiness(request: Request) -> JSONResponse:
    """200 when the model is loaded, the database answers in the shape of this version, and documents are worked on.

    503 with all reasons otherwise.
    """
    state = request.app.state
    reasons = []
    if not state.tagger.ready:
        reasons.append("the model is not loaded")
    if not store_of(request).ready():
        reasons.append("the database does not answer, or is of another version")
    if state.jobs is None or not state.jobs.alive:
        stopping = state.jobs is not None and state.jobs.stopping
        reasons.append("the service is stopping" if stopping else "no worker takes jobs")
    if reasons:
        raise NotReady("; ".join(reasons))
    return JSONResponse({"status": "ready"})
