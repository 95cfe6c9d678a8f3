"""Tables of people: users, their tokens and sessions, and the log of what was done."""

from __future__ import annotations

from datetime import datetime

from palermo.service.store.tables.base import BIG, Base, Key
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column


class User(Base):
    """A person; never deleted, since reviews and events name them, but disabled.

    `folded` is the name without its capitals, so that no two names differ in them only.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'editor', 'reader')", name="role"),
        Index(None, "folded", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    folded: Mapped[str] = mapped_column(server_default="")
    role: Mapped[str]
    password: Mapped[str]  # an argon2id hash in its encoded form
    created: Mapped[datetime]
    disabled: Mapped[datetime | None]


class Token(Base):
    """A key for programs: its SHA-256 only. Scopes are words separated by spaces."""

    __tablename__ = "tokens"
    __table_args__ = (Index(None, "owner"),)

    id: Mapped[Key]
    hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    owner: Mapped[int] = mapped_column(BIG, ForeignKey("users.id"))
    scopes: Mapped[str]
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    last_used: Mapped[datetime | None]
    revoked: Mapped[datetime | None]


class LoginSession(Base):
    """A browser that is logged in: the SHA-256 of its cookie, and the word that its forms must repeat."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "owner"), Index(None, "expires"))

    hash: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(BIG, ForeignKey("users.id"))
    csrf: Mapped[str]
    created: Mapped[datetime]
    expires: Mapped[datetime]
    last_used: Mapped[datetime]


class Try(Base):
    """How often something was tried since `started`, such as a log-in with a name; `key` is a SHA-256."""

    __tablename__ = "tries"
    __table_args__ = (Index(None, "started"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    started: Mapped[datetime]


class Event(Base):
    """Who did what to which object, when; append-only by trigger, and never with text of a document.

    Attributes:
        actor: None for the machine, and for everybody in single-user mode.
        action: dotted words, such as `document.delete`.
        object: kind and id, such as `document:9f…`.
        amount: how many, for an action on many.
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "object", "id"), Index(None, "actor", "id"), {"sqlite_autoincrement": True})

    id: Mapped[Key]
    created: Mapped[datetime]
    actor: Mapped[int | None] = mapped_column(BIG, ForeignKey("users.id"))
    action: Mapped[str]
    object: Mapped[str]
    amount: Mapped[int | None]
