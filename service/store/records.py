"""What the functions of the store give back: plain values that outlive the session; API, pages and exports read them.

Ids of documents and passages are their permanent ones. Moments are aware, in UTC. Offsets count code points.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list; `after` is the cursor of the next page, None on the last."""

    items: list[T]
    after: str | None


@dataclass(frozen=True, slots=True)
class Saved:
    """Whether a call stored something: `created` is False where it was there already. `id` is the row's."""

    id: int
    created: bool


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document; a deleted one has its id, `created` and `deleted` only, the rest is empty."""

    id: str
    name: str
    media_type: str
    kind: str | None
    language: str | None
    title: str | None
    court: str | None
    state: str | None
    date: str | None
    number: str | None
    bytes: int
    characters: int
    created: datetime
    deleted: datetime | None


@dataclass(frozen=True, slots=True)
class PassageRecord:
    """A passage, and the document and reading that it belongs to."""

    id: str
    document: str
    extractor: str
    index: int
    number: str | None
    language: str
    start: int
    end: int
    heading: str | None


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """An analysis without its result; `tagger` is the version of what is made of the model's scores."""

    id: int
    document: str
    extractor: str
    model_sha256: str
    taxonomy: str
    tagger: str
    created: datetime


@dataclass(frozen=True, slots=True)
class TagRecord:
    """A line of the queue: where a provision of a passage stands.

    `prediction`, `score`, `threshold` are None for a tag that only a person gave; `start` and `end` are the passage's,
    `evidence` the words that show it.
    """

    id: int
    document: str
    name: str
    title: str | None
    passage: str
    index: int
    number: str | None
    start: int
    end: int
    provision: str
    prediction: int | None
    score: float | None
    threshold: float | None
    predicted: bool
    decision: str
    verdict: str
    review: int | None
    state: str | None
    date: str | None
    language: str
    evidence: tuple[int, int] | None
    drop: float | None


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A review, as `tables.Review` explains; `undone` says whether it was taken back."""

    id: int
    document: str
    passage: str
    provision: str
    prediction: int | None
    action: str
    replacement: str | None
    undoes: int | None
    carried_from: int | None
    score: float | None
    threshold: float | None
    decision: str | None
    model_sha256: str | None
    extractor: str
    start: int
    end: int
    quote: str
    prefix: str
    suffix: str
    comment: str | None
    reviewer: int | None
    created: datetime
    adjudication: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class UnplacedRecord:
    """A review that a newer reading has no place for."""

    id: int
    review: int
    document: str
    provision: str
    action: str
    quote: str
    extractor: str
    reason: str
    created: datetime
    settled: datetime | None


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch, with how many of its jobs are in each state."""

    id: int
    name: str
    options: dict[str, Any]
    owner: int | None
    created: datetime
    cancelled: datetime | None
    queued: int
    running: int
    done: int
    failed: int
    stopped: int

    @property
    def total(self) -> int:
        """Jobs in all."""
        return self.queued + self.running + self.done + self.failed + self.stopped


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of a batch."""

    id: int
    batch: int
    document: str
    name: str
    state: str
    attempts: int
    retryable: bool
    error_code: str | None
    error_detail: str | None
    error_hint: str | None
    created: datetime
    started: datetime | None
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """An export: `state` is running (or still to begin), done or failed; `bytes` is its size, `documents` how many."""

    id: int
    format: str
    options: dict[str, Any]
    state: str
    error_code: str | None
    bytes: int
    documents: int
    owner: int | None
    created: datetime
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person, with the encoded argon2id hash of the password."""

    id: int
    name: str
    role: str
    password: str
    created: datetime
    disabled: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token, without its secret, which nothing keeps."""

    id: int
    name: str
    owner: int
    scopes: frozenset[str]
    created: datetime
    expires: datetime | None
    last_used: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A browser that is logged in."""

    owner: int
    csrf: str
    created: datetime
    expires: datetime
    last_used: datetime


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An entry of the log."""

    id: int
    created: datetime
    actor: int | None
    action: str
    object: str
    amount: int | None
