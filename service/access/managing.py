"""What is done with people and tokens: the pages and the commands `palermo user` and `palermo token` call it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from palermo.corpora.errors import NotFound, UsageError
from palermo.corpora.settings import Settings
from palermo.service.access.identity import ROLES, SCOPES, as_role
from palermo.service.access.passwords import check_new, hash_password
from palermo.service.store import Store, people
from palermo.service.store.basics import now
from palermo.service.store.records import TokenRecord, UserRecord

PREFIX = "palermo_"
"""How every token begins, so that scanners for leaked secrets can know one."""


def make_user(
    store: Store, limits: Settings, name: str, role: str, password: str, *, actor: int | None = None
) -> UserRecord:
    """A new user.

    Raises:
        UsageError: no name, or an unknown role.
        WeakPassword: too easy to guess.
        Conflict: the name is taken.
    """
    kept = _new_hash(limits, name, password)
    with store.write() as session:
        return people.add_user(session, name, as_role(role), kept, actor=actor)


def set_password(store: Store, limits: Settings, user: UserRecord, password: str, *, actor: int | None = None) -> None:
    """A new password for a user, whose sessions all end; tokens stay.

    Raises:
        WeakPassword: too easy to guess.
    """
    kept = _new_hash(limits, user.name, password)
    with store.write() as session:
        people.change_user(session, user.id, password=kept, actor=actor)


def make_token(
    store: Store, limits: Settings, owner: int, name: str, scope: str, days: int, *, actor: int | None = None
) -> tuple[TokenRecord, str]:
    """A new token of a user, and its secret, which is shown once and kept by nobody.

    Raises:
        UsageError: no name, a scope that is unknown or beyond the user's role, or days out of range.
        NotFound: no such user, or a disabled one.
    """
    if not 1 <= days <= limits.token_days:
        raise UsageError(f"a token is valid for 1 to {limits.token_days} days", source="days")
    secret = PREFIX + secrets.token_urlsafe(32)
    with store.write() as session:
        user = people.get_user(session, owner)
        if user.disabled is not None:
            raise NotFound("the user is disabled", source=user.name)
        if scope not in scopes_of(user.role):
            raise UsageError(f"the scope is one of {', '.join(scopes_of(user.role))}", source="scope")
        expires = now() + timedelta(days=days)
        return people.add_token(session, owner, name, secret, [scope], expires=expires, actor=actor), secret


def named_user(store: Store, name: str) -> UserRecord:
    """The user of a name.

    Raises:
        NotFound: no such user.
    """
    with store.read() as session:
        found = people.user_by_name(session, name)
    if found is None:
        raise NotFound("no such user", source=name, hint="`palermo user list` shows all")
    return found


def scopes_of(role: str) -> tuple[str, ...]:
    """The scopes that a token of somebody with this role may have."""
    return SCOPES[: ROLES.index(as_role(role)) + 1]


def _new_hash(limits: Settings, name: str, password: str) -> str:
    check_new(password, name, limits.password_characters)
    return hash_password(password)
