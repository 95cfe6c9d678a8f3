"""Where a request comes from and what name it was sent to: the outer guard, before any route; `install` puts it in.

Without accounts everybody who reaches the service is its admin, so only this machine may reach it, and no page of
another site through a browser of this machine: by its own name pointed at 127.0.0.1 (DNS rebinding: the Host header
tells), or by a form or script that sends something here (Sec-Fetch-Site and Origin tell). With accounts, requests
carry a cookie or a token; what a browser says comes from another site is refused all the same.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from palermo.corpora.settings import Settings
from palermo.service.access.csrf import SAFE
from palermo.service.access.errors import Forbidden
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_OWN = frozenset({"same-origin", "none"})


class HostGuard:
    """Answers 403 to a request that did not come to this service by its own name, or comes from another site."""

    def __init__(self, app: ASGIApp, limits: Settings) -> None:
        self._app = app
        self._alone = limits.accounts == "off"
        self._names = frozenset(name.strip().lower() for name in limits.hosts.split(",") if name.strip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal is not None:
                from palermo.service.api.problems import answer  # the API imports this module

                await answer(refusal, close=True)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Forbidden | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if self._alone and not _is_here(scope):
            return Forbidden(
                "without accounts the service answers on a loopback address only",
                hint="set PALERMO_ACCOUNTS=on, or listen on 127.0.0.1",
            )
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return Forbidden(
                "the service is not known by this name", source="Host", hint="name it in the setting PALERMO_HOSTS"
            )
        if scope["method"] not in SAFE and not self._is_own(headers, hosts[0]):
            return Forbidden("the request comes from another site", source="Origin")
        return None

    def _is_ours(self, host: str) -> bool:
        name = _name(host)
        if name in self._names:
            return True
        return is_loopback(name) if self._alone else not self._names or is_loopback(name)

    def _is_own(self, headers: Headers, host: str) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in _OWN
        origin = headers.get("origin")
        # A proxy may send another Host than the browser did: with accounts the forms' word decides instead.
        return not self._alone or origin is None or urlsplit(origin).netloc.lower() == host.lower()


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine's loopback by its form alone; nothing is looked up."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")  # RFC 6761, 6.3


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_here(scope: Scope) -> bool:
    """Whether the socket that took the request is a loopback one, or no network socket at all."""
    address = (scope.get("server") or ("", None))[0]
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True
