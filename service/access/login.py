"""Log-in: a name and a password for a session, a limited number of tries, and the log of both; the page calls it.

An unknown name, a wrong password and a disabled user get the same answer after the same work, and the same limit.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta

from palermo.corpora.settings import Settings
from palermo.service.access import passwords
from palermo.service.access.errors import TooManyTries, Unauthenticated
from palermo.service.store import Store
from palermo.service.store.basics import now
from palermo.service.store.events import log
from palermo.service.store.people import add_session, end_session, get_user, renew_hash, tidy, user_by_name
from palermo.service.store.records import UserRecord
from palermo.service.store.tries import count_try, forget_tries, take_back_try
from sqlalchemy.orm import Session

_IPV6_NETWORK = 64
"""Bits of an IPv6 address that one customer has at least: the rest is theirs to choose."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a log-in comes from.

    Attributes:
        address: IP address; None where it is unknown.
        cookie: the secret of a session that the browser still has, which ends.
    """

    address: str | None = None
    cookie: str | None = None


def log_in(store: Store, limits: Settings, name: str, password: str, visitor: Visitor) -> str:
    """The secret of a new session.

    Raises:
        Unauthenticated: name or password is wrong.
        TooManyTries: too many failed with this name or from this address.
    """
    user = check_password(store, limits, name, password, visitor.address)
    with store.write() as session:
        if get_user(session, user.id).disabled is None:
            if visitor.cookie:
                end_session(session, visitor.cookie)
            return begin(session, limits, user.id)
    raise wrong()


def check_password(store: Store, limits: Settings, name: str, password: str, address: str | None) -> UserRecord:
    """The user of a name and a password.

    Raises:
        Unauthenticated: name or password is wrong, or the user is disabled.
        TooManyTries: too many failed with this name or from this address.
    """
    keys = _keys(name, address)
    _count(store, limits, keys)
    with store.read() as session:
        user = user_by_name(session, name)
    good = passwords.matches(None if user is None else user.password, password)
    renewed = passwords.hash_password(password) if user and good and passwords.is_outdated(user.password) else None
    with store.write() as session:
        if user is None or not good or user.disabled is not None:
            # Not the name that was typed: people type passwords there.
            log(session, "session.fail", f"user:{'unknown' if user is None else user.id}")
        else:
            forget_tries(session, keys["name"])
            take_back_try(session, keys["address"])
            if renewed is not None:
                renew_hash(session, user.id, user.password, renewed)
            return user
    raise wrong()


def begin(session: Session, limits: Settings, user: int) -> str:
    """A new session of a user, and its secret."""
    secret, word = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    add_session(session, user, secret, word, now() + timedelta(seconds=limits.session_seconds))
    return secret


def wrong() -> Unauthenticated:
    """The one answer to all that fails."""
    return Unauthenticated("the name or the password is wrong", hint="try again, or ask an admin for a new password")


def _count(store: Store, limits: Settings, keys: dict[str, str]) -> None:
    window = timedelta(seconds=limits.login_seconds)
    allowed = {"name": limits.login_tries_name, "address": limits.login_tries_address}
    waits = [0.0]
    with store.write() as session:
        for kind, key in keys.items():
            count, left = count_try(session, key, window)
            if count > allowed[kind]:
                waits.append(left)
            if count == allowed[kind] + 1:
                log(session, f"session.limit.{kind}", "user:unknown")
    # Raised when the count is stored; what is raised inside would undo it.
    if max(waits):
        raise TooManyTries(
            "too many failed log-ins", hint="wait, or ask an admin for a new password", seconds=int(max(waits)) + 1
        )


def _keys(name: str, address: str | None) -> dict[str, str]:
    return {"name": f"name {tidy(name)}", "address": f"address {_network(address)}"}


def _network(address: str | None) -> str:
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or "unknown"
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
