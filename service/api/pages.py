"""The pages for people: everything from `palermo.service.pages`, nothing from elsewhere."""

from __future__ import annotations

from fastapi import APIRouter
from palermo.service.pages.routes import agreement, batches, documents, exports, figures, queue, start

router = APIRouter(include_in_schema=False)
for _part in (
    start.public,
    start.router,
    documents.router,
    queue.router,
    agreement.router,
    batches.router,
    figures.router,
    exports.router,
):
    router.include_router(_part)
