"""What an operator sees of requests: an id for each, one line in the log, and the figures of `/metrics`.

Both name the template of a route, never the address: an address may hold a word that opens a result, or what somebody
searched for.
"""

from __future__ import annotations

import logging
import re
import time
import uuid

from palermo.service.logs import request_id
from palermo.service.meters import Meters
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("palermo.requests")

ID = "X-Request-ID"
_GIVEN = re.compile(r"[0-9a-fA-F-]{16,64}\Z")
"""Ids that are taken over from a proxy, such as UUIDs; anything else might be a secret, put there by mistake."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for several times a minute: counted, and logged only where the answer is an error."""


class Watch:
    """The outermost layer: gives a request its id, and notes how it was answered."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(ID, "")
        id_ = given.lower() if _GIVEN.match(given) else uuid.uuid4().hex
        token = request_id.set(id_)
        status = 499  # the client went away before there was an answer
        started = time.perf_counter()

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID] = id_
            await send(message)

        try:
            await self._app(scope, receive, with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", None) or NO_ROUTE
        self._meters.requests.count(method, route, str(status))
        self._meters.seconds.observe(seconds, method, route)
        if route not in _QUIET or status >= 400:
            level = logging.WARNING if status >= 500 else logging.INFO
            said = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
            log.log(level, "request", extra=said)
