"""Users, tokens and sessions; the log-in, the API's gate and the command that makes the first admin call it.

Only hashes come in and are kept: an argon2id hash of a password (made by the caller), the SHA-256 of a token or a
cookie. A token or cookie is 256 random bits, so a fast hash is enough, and a lookup needs one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

from palermo.corpora.errors import Conflict, NotFound, UsageError
from palermo.service.store.basics import clean, insert_once, now
from palermo.service.store.events import log
from palermo.service.store.records import SessionRecord, TokenRecord, UserRecord
from palermo.service.store.tables import LoginSession, Token, User
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

Role = Literal["admin", "editor", "reader"]
_LONGEST_NAME = 100
_FRESH = timedelta(minutes=1)  # a use within it is not written down again, so that reading does not mean writing


def secret_hash(secret: str) -> str:
    """What is kept of a token or cookie: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def tidy(name: str) -> str:
    """A name as it is kept and looked up: single spaces, at most 100 code points."""
    return " ".join((clean(name, _LONGEST_NAME) or "").split())


def add_user(session: Session, name: str, role: Role, password: str, *, actor: int | None = None) -> UserRecord:
    """A new user; `password` is an argon2id hash in its encoded form.

    Raises:
        Conflict: the name is taken, be it with other capitals.
        UsageError: no name, an unknown role, or a password that is not hashed.
    """
    _check_role(role)
    name = tidy(name)
    if not name:
        raise UsageError("a user needs a name", source="name")
    _check_hash(password)
    values = {"name": name, "folded": name.casefold(), "role": role, "password": password, "created": now()}
    if not insert_once(session, User, values):
        raise Conflict("the name is taken", source="name", hint="names that differ in capitals only are the same")
    found = session.execute(select(User).where(User.name == name)).scalar_one()
    log(session, "user.add", f"user:{found.id}", actor=actor)
    return _user(found)


def get_user(session: Session, id_: int) -> UserRecord:
    """A user.

    Raises:
        NotFound: no such user.
    """
    found = session.get(User, id_)
    if found is None:
        raise NotFound("no such user")
    return _user(found)


def user_by_name(session: Session, name: str) -> UserRecord | None:
    """The user of a name, disabled or not, for log-in."""
    found = session.scalar(select(User).where(User.name == tidy(name)))
    return None if found is None else _user(found)


def users(session: Session) -> list[UserRecord]:
    """All users by name."""
    return [_user(row) for row in session.scalars(select(User).order_by(User.name))]


def change_user(
    session: Session,
    id_: int,
    *,
    role: Role | None = None,
    password: str | None = None,
    disabled: bool | None = None,
    actor: int | None = None,
) -> UserRecord:
    """Change what is given; a new password or disabling ends the user's sessions, disabling also revokes tokens.

    Raises:
        NotFound: no such user.
        Conflict: it would leave no admin.
        UsageError: an unknown role, or a password that is not hashed.
    """
    was = get_user(session, id_)
    values: dict[str, Any] = {}
    if role is not None:
        values["role"] = _check_role(role)
    if password is not None:
        values["password"] = _check_hash(password)
    if disabled is not None:
        values["disabled"] = (was.disabled or now()) if disabled else None
    if was.role == "admin" and (disabled or role not in {None, "admin"}):
        _keep_an_admin(session, id_)
    if values:
        session.execute(update(User).where(User.id == id_).values(**values))
    if disabled or password is not None:
        session.execute(delete(LoginSession).where(LoginSession.owner == id_))
    if disabled:
        session.execute(update(Token).where(Token.owner == id_, Token.revoked.is_(None)).values(revoked=now()))
    for what in _changes(was, values):
        log(session, f"user.{what}", f"user:{id_}", actor=actor)
    session.expire_all()
    return get_user(session, id_)


def _changes(was: UserRecord, values: dict[str, Any]) -> Iterator[str]:
    if values.get("role", was.role) != was.role:
        yield f"role.{values['role']}"
    if "password" in values:
        yield "password"
    if "disabled" in values and (values["disabled"] is None) != (was.disabled is None):
        yield "enable" if values["disabled"] is None else "disable"


def renew_hash(session: Session, id_: int, old: str, new: str) -> None:
    """Keep the same password under newer parameters, unless it has been changed since `old` was read."""
    query = update(User).where(User.id == id_, User.password == old)
    session.execute(query.values(password=_check_hash(new)))


def add_token(
    session: Session,
    owner: int,
    name: str,
    secret: str,
    scopes: Iterable[str],
    *,
    expires: datetime | None = None,
    actor: int | None = None,
) -> TokenRecord:
    """A token of a user; only the hash of `secret` is kept.

    Raises:
        NotFound: no such user.
        UsageError: no name.
    """
    get_user(session, owner)
    words, name = " ".join(sorted(set(scopes))), tidy(name)
    if not name:
        raise UsageError("a token needs a name", source="name", hint="say what it is for, such as nightly-import")
    kept = {"owner": owner, "name": name, "scopes": words, "created": now(), "expires": expires}
    query = insert(Token).values(hash=secret_hash(secret), **kept).returning(Token.id)
    id_ = session.execute(query).scalar_one()
    log(session, "token.add", f"token:{id_}", actor=actor)
    return _token(session.get_one(Token, id_))


def tokens(session: Session, owner: int | None = None) -> list[TokenRecord]:
    """The tokens of a user, or of all, newest first, those that no longer work too."""
    query = select(Token).order_by(Token.id.desc())
    return [_token(row) for row in session.scalars(query if owner is None else query.where(Token.owner == owner))]


def find_token(session: Session, secret: str) -> TokenRecord | None:
    """The token of a secret, if it works: neither revoked nor expired, and its user not disabled."""
    query = select(Token).join(User, User.id == Token.owner)
    query = query.where(Token.hash == secret_hash(secret), Token.revoked.is_(None), User.disabled.is_(None))
    found = session.scalar(query.where(Token.expires.is_(None) | (Token.expires > now())))
    return None if found is None else _token(found)


def touch_token(session: Session, token: TokenRecord) -> None:
    """Write down that a token was used, at most once a minute."""
    if not is_fresh(token.last_used):
        session.execute(update(Token).where(Token.id == token.id).values(last_used=now()))


def revoke_token(session: Session, id_: int, *, owner: int | None = None, actor: int | None = None) -> None:
    """End a token; a second time changes nothing.

    Raises:
        NotFound: no such token, or it is not one of `owner`, if that is given.
    """
    found = session.get(Token, id_)
    if found is None or owner not in {None, found.owner}:
        raise NotFound("no such token")
    query = update(Token).where(Token.id == id_, Token.revoked.is_(None)).values(revoked=now()).returning(Token.id)
    if session.execute(query).first() is not None:
        log(session, "token.revoke", f"token:{id_}", actor=actor)


def add_session(session: Session, owner: int, cookie: str, csrf: str, expires: datetime) -> None:
    """A browser that has logged in; only the hash of its cookie is kept."""
    times = {"created": now(), "last_used": now(), "expires": expires}
    session.execute(insert(LoginSession).values(hash=secret_hash(cookie), owner=owner, csrf=csrf, **times))
    log(session, "session.begin", f"user:{owner}", actor=owner)


def find_session(session: Session, cookie: str, idle: timedelta | None = None) -> SessionRecord | None:
    """The session of a cookie, if it has not expired, was used within `idle`, and its user is not disabled."""
    query = select(LoginSession).join(User, User.id == LoginSession.owner).where(User.disabled.is_(None))
    if idle is not None:
        query = query.where(LoginSession.last_used > now() - idle)
    found = session.scalar(query.where(LoginSession.hash == secret_hash(cookie), LoginSession.expires > now()))
    if found is None:
        return None
    return SessionRecord(found.owner, found.csrf, found.created, found.expires, found.last_used)


def is_fresh(last_used: datetime | None) -> bool:
    """Whether a use was written down so lately that another need not be."""
    return last_used is not None and now() - last_used <= _FRESH


def touch_session(session: Session, cookie: str) -> None:
    """Write down that a session was used."""
    session.execute(update(LoginSession).where(LoginSession.hash == secret_hash(cookie)).values(last_used=now()))


def end_session(session: Session, cookie: str) -> None:
    """Log a browser out, and forget the sessions that have expired."""
    ours = delete(LoginSession).where(LoginSession.hash == secret_hash(cookie)).returning(LoginSession.owner)
    for owner in session.scalars(ours).all():
        log(session, "session.end", f"user:{owner}", actor=owner)
    session.execute(delete(LoginSession).where(LoginSession.expires < now()))


def _keep_an_admin(session: Session, id_: int) -> None:
    # All admins are locked, so that two who disable each other at the same time can't both succeed.
    others = select(User.id).where(User.role == "admin", User.disabled.is_(None)).with_for_update()
    if not set(session.scalars(others)) - {id_}:
        raise Conflict("it would leave no admin", hint="make another user an admin first")


def admins(session: Session) -> int:
    """How many admins can log in; 0: the service has to be set up."""
    query = select(func.count()).select_from(User).where(User.role == "admin", User.disabled.is_(None))
    return session.scalar(query) or 0


def _check_role(role: str) -> str:
    if role not in {"admin", "editor", "reader"}:
        raise UsageError("the role is admin, editor or reader", source="role")
    return role


def _check_hash(password: str) -> str:
    if not password.startswith("$argon2id$"):
        raise UsageError("a password is stored as an argon2id hash only", source="password")
    return password


def _user(row: User) -> UserRecord:
    return UserRecord(row.id, row.name, row.role, row.password, row.created, row.disabled)


def _token(row: Token) -> TokenRecord:
    scopes = frozenset(row.scopes.split())
    return TokenRecord(row.id, row.name, row.owner, scopes, row.created, row.expires, row.last_used, row.revoked)
