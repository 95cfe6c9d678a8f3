"""/metrics: figures for a monitoring system: of this process, and of the queue, which all processes share."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request, Response
from palermo.corpora.errors import StoreError
from palermo.service.access import Identity
from palermo.service.access.guard import Requirement
from palermo.service.access.identity import LOCAL
from palermo.service.api.replies import store_of
from palermo.service.meters import MEDIA_TYPE, metric
from palermo.service.store.queue import job_states

router = APIRouter(tags=["service"])


class Monitor(Requirement):
    """Lets in admins, and a monitoring system with the secret `PALERMO_METRICS_TOKEN`, which opens nothing else."""

    async def __call__(self, request: Request) -> Identity:
        """Who asks.

        Raises:
            Unauthenticated, Forbidden: neither.
        """
        secret = request.app.state.limits.metrics_token
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if secret is not None and hmac.compare_digest(given.encode(), secret.get_secret_value().encode()):
            return LOCAL
        return await super().__call__(request)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
    dependencies=[Depends(Monitor("admin", None))],
)
def get_metrics(request: Request) -> Response:
    """Requests, times, jobs and memory; no name, title or word of a document."""
    lines = [*request.app.state.meters.lines(), *_queue(request)]
    return Response("\n".join(lines) + "\n", media_type=MEDIA_TYPE)


def _queue(request: Request) -> Iterator[str]:
    """Jobs by state, over all processes; none, and `palermo_database_up` 0, where the database does not answer."""
    up, states = 1, {}
    try:
        with store_of(request).read() as session:
            states = job_states(session)
    except StoreError:
        up = 0
    rows = [((("state",), (state,)), float(count)) for state, count in sorted(states.items())]
    yield from metric("palermo_jobs", "gauge", "Jobs in the database; queued is the depth of the queue.", rows)
    yield from metric("palermo_database_up", "gauge", "Whether the database answers.", [(((), ()), up)])
