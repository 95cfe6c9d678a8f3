"""Tables of work: batches and their jobs, exports kept for download, keys of requests that must not run twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from palermo.service.store.tables.base import BIG, Base, Key, PackedJson
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column


class Batch(Base):
    """Documents that were given together."""

    __tablename__ = "batches"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Key]
    name: Mapped[str]
    options: Mapped[Any] = mapped_column(PackedJson)
    owner: Mapped[int | None] = mapped_column(BIG, ForeignKey("users.id"))
    created: Mapped[datetime]
    cancelled: Mapped[datetime | None]


class Job(Base):
    """One document's way through the machine.

    Attributes:
        attempts: how often it was started.
        worker, lease: who works on it, and until when that is believed without hearing of them.
        error_code, error_detail, error_hint: of the last failure; the detail goes when the document is deleted.
        retryable: whether another try can succeed.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("batch", "document"),
        Index(None, "batch", "state"),
        Index(None, "state", "id"),
        Index(None, "state", "batch", "id"),
        Index(None, "document"),
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    batch: Mapped[int] = mapped_column(BIG, ForeignKey("batches.id"))
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"))
    state: Mapped[str]
    attempts: Mapped[int]
    worker: Mapped[str | None]
    lease: Mapped[datetime | None]
    retryable: Mapped[bool]
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    error_hint: Mapped[str | None]
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]


class Export(Base):
    """A file made of many documents, kept until it expires or one of its documents is deleted.

    `attempts`, `worker` and `lease` are as those of a job.
    """

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    format: Mapped[str]
    options: Mapped[Any] = mapped_column(PackedJson)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None]
    lease: Mapped[datetime | None]
    error_code: Mapped[str | None]
    bytes: Mapped[int] = mapped_column(BIG)
    owner: Mapped[int | None] = mapped_column(BIG, ForeignKey("users.id"))
    created: Mapped[datetime]
    finished: Mapped[datetime | None]


class ExportDocument(Base):
    """Which documents an export holds."""

    __tablename__ = "export_documents"
    __table_args__ = (Index(None, "document"),)

    export: Mapped[int] = mapped_column(BIG, ForeignKey("exports.id"), primary_key=True)
    document: Mapped[int] = mapped_column(BIG, ForeignKey("documents.key"), primary_key=True)


class ExportPart(Base):
    """A stretch of an export's bytes; parts are streamed in order."""

    __tablename__ = "export_parts"

    export: Mapped[int] = mapped_column(BIG, ForeignKey("exports.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class IdempotencyKey(Base):
    """A request that was answered, by the key that the client gave it.

    Attributes:
        owner: 0 in single-user mode; no foreign key, since NULL in a unique key would match nothing.
        fingerprint: hash of the request, so that a key used for another request is refused.
        status, location: what was answered; the answer's body is read again from there, so no text is kept here.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created"),)

    owner: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    location: Mapped[str | None]
    created: Mapped[datetime]
