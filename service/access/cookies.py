"""The two cookies: of a log-in, and of the log-in page before it. Programs that keep a token get none.

Over https their names begin with `__Host-`: a browser takes such a cookie only from this host, over https, for the
whole of it, so that neither another subdomain nor a plain connection can set it. Both are `HttpOnly; SameSite=Lax`.
"""

from __future__ import annotations

from fastapi import Request, Response

_SESSION, _VISIT = "palermo", "palermo_visit"


def session_of(request: Request) -> str | None:
    """The secret of the log-in, if a browser sends one."""
    return request.cookies.get(_name(request, _SESSION))


def visit_of(request: Request) -> str | None:
    """The word of the log-in page that a browser was given."""
    return request.cookies.get(_name(request, _VISIT))


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Give a browser the secret of its log-in, until it closes or logs out; the visit is over."""
    _set(request, response, _SESSION, secret)
    response.delete_cookie(_name(request, _VISIT), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def drop_session(request: Request, response: Response) -> None:
    """Have a browser forget its log-in."""
    response.delete_cookie(
        _name(request, _SESSION), path="/", secure=_is_secure(request), httponly=True, samesite="lax"
    )


def keep_visit(request: Request, response: Response, word: str) -> None:
    """Give a browser the word that the form of the log-in page must repeat."""
    _set(request, response, _VISIT, word)


def _set(request: Request, response: Response, name: str, value: str) -> None:
    secure = _is_secure(request)
    response.set_cookie(_name(request, name), value, path="/", secure=secure, httponly=True, samesite="lax")


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    # Behind a proxy that ends TLS: what its X-Forwarded-Proto says, if it is one of the setting `proxies`.
    return request.url.scheme == "https"
