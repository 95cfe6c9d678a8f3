"""Refusals of people and programs; `install` turns each into an answer that a browser or a program can act on."""

from __future__ import annotations

from palermo.corpora.errors import PalermoError


class Unauthenticated(PalermoError):
    """Nobody is logged in, or the token does not work."""

    code = "unauthenticated"
    status = 401
    advice = "log in, or send a token as `Authorization: Bearer TOKEN`"


class Forbidden(PalermoError):
    """Somebody is logged in who may not do this, or the request comes from another site."""

    code = "forbidden"
    status = 403


class TooManyTries(PalermoError):
    """Too many failed log-ins with this name or from this address.

    Attributes:
        seconds: until the next try is looked at.
    """

    code = "too_many_tries"
    status = 429
    retryable = True

    def __init__(self, message: str, *, source: str | None = None, hint: str | None = None, seconds: int = 60) -> None:
        super().__init__(message, source=source, hint=hint)
        self.seconds = seconds
