"""Puts the application together: routes, error handlers, limits, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import PalermoError
from palermo.corpora.settings import Settings, settings
from palermo.service.access import answers
from palermo.service.access import routes as access
from palermo.service.analysis import DeferredTagger, Tags, default_tagger
from palermo.service.api import (
    admin,
    analyses,
    batches,
    documents,
    exports,
    given,
    metrics,
    pages,
    problems,
    reviews,
    routes,
    tags,
)
from palermo.service.api.gate import Gate
from palermo.service.api.middleware import BodyLimit, Border
from palermo.service.api.watch import Watch
from palermo.service.jobs import Jobs
from palermo.service.meters import Meters
from palermo.service.store import Store, database_url, open_store

log = logging.getLogger(__name__)

DESCRIPTION = (
    "Says which provisions of the UN Convention against Transnational Organized Crime and its Protocols a court "
    "decision or statute applies, which words show it, and which mental elements it asks for. "
    "Every error is an RFC 9457 problem."
)


class Application(FastAPI):
    """The application, whose description says the limits of the settings."""

    def openapi(self) -> dict[str, Any]:
        """The description of the API, made once."""
        return self.openapi_schema or given.with_limits(super().openapi())


def create_app(
    tagger: Tags | None = None,
    *,
    limits: Settings | None = None,
    pool: ParserPool | None = None,
    store: Store | None = None,
) -> FastAPI:
    """The application.

    Args:
        tagger: what tags; None: the tagger that the settings describe, loaded after the start.
        limits: settings to use; None: the process's.
        pool: reading processes; None: a pool of its own, ended with the application.
        store: the database, migrated; None: the one that the settings name, opened and migrated at the start.
    """
    limits = limits or settings()
    app = Application(
        title="Palermo",
        version=version("palermo"),
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        responses={"default": problems.RESPONSE},
    )
    app.state.tagger = (
        tagger if tagger is None or isinstance(tagger, DeferredTagger) else DeferredTagger(lambda: tagger)
    )
    app.state.tagger = app.state.tagger or default_tagger(limits=limits)
    app.state.meters = Meters()
    app.state.tagger.observe = app.state.meters.tagging.observe
    app.state.limits = limits
    app.state.pool = pool or ParserPool(limits=limits)
    app.state.owns_pool = pool is None
    app.state.store = store
    app.state.jobs = None
    app.state.idle = True
    app.state.gate = Gate(limits.parser_workers, limits.request_queue)
    answers.install(app)
    for part in (routes, documents, batches, analyses, tags, reviews, exports, admin, metrics):
        app.include_router(part.router)
    app.include_router(pages.router)
    app.include_router(access.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=limits.request_bytes)
    app.add_middleware(Border)
    app.add_middleware(Watch, meters=app.state.meters)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    loading = asyncio.create_task(asyncio.to_thread(_load, app.state.tagger))
    owns_store = app.state.store is None
    if owns_store:
        app.state.store = await asyncio.to_thread(_open, app.state.limits)
    state = app.state
    state.jobs = Jobs(state.store, state.tagger, pool=state.pool, limits=state.limits, meters=state.meters)
    state.jobs.start()
    try:
        yield
    finally:
        await loading
        state.idle = await asyncio.to_thread(state.jobs.stop)
        if owns_store:
            state.store.close()
            state.store = None
        if app.state.owns_pool:
            app.state.pool.close()


def _open(limits: Settings) -> Store:
    store = open_store(database_url(limits))
    store.migrate()
    return store


def _load(tagger: DeferredTagger) -> None:
    try:
        tagger.load()
    except PalermoError as error:
        # `/readyz` and every analysis will tell; the process stays up so that they can.
        log.error("the model can't be loaded: %s", error)
