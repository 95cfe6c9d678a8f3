"""What people give becomes documents and a batch of jobs; the API, the pages and the command line call `take_in`.

One file or many, ZIP archives of them, and a manifest (CSV) with what people know of them. All that can be refused is
refused before anything is kept. Then each file is kept in a transaction of its own, by its content: whoever is cut off
and gives the same again changes nothing. The batch comes last and whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from palermo.corpora.documents.readers import bare_name, check_size
from palermo.corpora.documents.readers.archive import SafeArchive, open_archive
from palermo.corpora.errors import Busy, EmptyDocument, LimitExceeded, UsageError
from palermo.service.store.documents import GIVEN, add_document, set_given
from palermo.service.store.work import create_batch, queue_length

if TYPE_CHECKING:
    from palermo.corpora.documents.given import Manifest
    from palermo.corpora.settings import Settings
    from palermo.service.store.engine import Store
    from palermo.service.store.records import BatchRecord
    from sqlalchemy.orm import Session

MANIFEST = "manifest.csv"
"""Name of a manifest at the top of a ZIP archive."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""How ZIP archives begin; the second is one without members."""
_OFFICE = frozenset({"[Content_Types].xml", "mimetype", "word/document.xml"})
"""Members that make a ZIP archive a document: DOCX, ODT, and others of Office, which the readers then refuse."""
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True, slots=True)
class Given:
    """A file that somebody gave.

    Attributes:
        data: its bytes.
        name: file name; folders are dropped.
        media_type: as claimed; what it is shows when it is read.
        metadata: any of title, court, state, date, number, kind, language; it wins over what the text shows.
    """

    data: bytes
    name: str
    media_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)


class QueueFull(Busy):
    """As many jobs wait as may wait."""

    code = "queue_full"

    def __init__(self, message: str, *, source: str | None = None, hint: str | None = None, seconds: int = 60) -> None:
        super().__init__(message, source=source, hint=hint)
        self.seconds = seconds


def take_in(
    store: Store,
    uploads: Sequence[Given],
    *,
    name: str,
    options: Mapping[str, Any] | None = None,
    actor: int | None = None,
    manifest: bytes | None = None,
    limits: Settings | None = None,
) -> BatchRecord:
    """Keep files and make one batch of them, with one queued job a document.

    Args:
        store: where to.
        uploads: one file or more; a ZIP archive stands for the files in it.
        name: of the batch.
        options: kept with the batch; `kind` and `language` hold for each file that is not given its own.
        actor: who gives it.
        manifest: a CSV table as `palermo.corpora.documents.given` reads it; it wins over `options`.
        limits: settings; None: the process's.

    Raises:
        UsageError: nothing was given, or metadata that is none, or a row of the manifest without a file.
        DocumentError: a file is empty, larger than a document may be, or an archive that is not safe to open.
        Busy: as many jobs wait as may wait.
    """
    documents = keep(store, uploads, options=options, actor=actor, manifest=manifest, limits=limits)
    with store.write() as session:
        check_room(session, len(documents), limits)
        return create_batch(session, name, documents, options=options, owner=actor)


def keep(
    store: Store,
    uploads: Sequence[Given],
    *,
    options: Mapping[str, Any] | None = None,
    actor: int | None = None,
    manifest: bytes | None = None,
    limits: Settings | None = None,
) -> list[str]:
    """Keep files as documents, and give their ids in order; the same bytes twice are one document.

    Args and errors are those of `take_in`.
    """
    sources = _sources(uploads, manifest)
    with store.read() as session:
        check_room(session, len(sources), limits)
    always = {name: options[name] for name in ("kind", "language") if options and options.get(name)}
    return list(dict.fromkeys(_keep(store, one, {**always, **one.metadata}, actor) for one in sources))


def check_room(session: Session, jobs: int, limits: Settings | None = None) -> None:
    """Refuse more jobs than may wait.

    Raises:
        Busy: come back later.
        LimitExceeded: there never is room for so many.
    """
    from palermo.corpora.settings import settings

    chosen = limits or settings()
    if jobs > chosen.job_queue:
        raise LimitExceeded(f"more than {chosen.job_queue:,} documents", hint="give them in several batches")
    if queue_length(session) + jobs > chosen.job_queue:
        message = "as many documents wait to be tagged as may wait"
        raise QueueFull(message, hint="give them again later", seconds=chosen.job_retry_seconds)


def fingerprint(what: str, uploads: Iterable[Given], *others: Any) -> str:
    """A hash of all that a request gives, for its idempotency key."""
    files = [[_digest(one.data), one.name, dict(one.metadata)] for one in uploads]
    return _digest(json.dumps([what, files, others], sort_keys=True, default=_digest).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to keep: `path` as the manifest may name it, `load` its bytes."""

    path: str
    media_type: str
    load: Callable[[], bytes]
    metadata: Mapping[str, str]


def _sources(uploads: Sequence[Given], manifest: bytes | None) -> list[_Source]:
    """All files, archives opened, with what the manifests say of them."""
    found: list[_Source] = []
    tables: list[Manifest] = [] if manifest is None else [_manifest(manifest, MANIFEST)]
    for one in uploads:
        archive = _archive(one)
        if archive is None:
            found.append(_file(one))
            continue
        found += _members(archive, one)
        if MANIFEST in archive.names:
            tables.append(_manifest(archive.read(MANIFEST), f"{bare_name(one.name)}/{MANIFEST}"))
    if not found:
        raise UsageError("no document was given", hint="give at least one file")
    described = [_described(one, tables) for one in found]
    _check_used(tables)
    return described


def _file(one: Given) -> _Source:
    name = bare_name(one.name)
    if not one.data:
        raise EmptyDocument("the file is empty", source=name)
    check_size(one.data, name)
    _check_names(one.metadata)
    return _Source(one.name, one.media_type, lambda: one.data, one.metadata)


def _archive(one: Given) -> SafeArchive | None:
    """The archive of documents that a file is, or None where it is a document."""
    if not one.data.startswith(_ZIP):
        return None
    archive = open_archive(one.data, bare_name(one.name))
    return None if archive.names & _OFFICE else archive


def _members(archive: SafeArchive, one: Given) -> Iterable[_Source]:
    """The documents of an archive. One that is an archive again is kept, and its job says that it is not a document."""
    from palermo.corpora.settings import settings

    for member in sorted(archive.names):
        if member.endswith("/") or member == MANIFEST or any(part in member for part in _CLUTTER):
            continue
        if archive.size(member) > settings().document_bytes:
            raise LimitExceeded(f"larger than {settings().document_bytes:,} bytes", source=bare_name(member))
        load = partial(archive.read, member, packed=True)
        yield _Source(member, "application/octet-stream", load, one.metadata)


def _manifest(data: bytes, name: str) -> Manifest:
    from palermo.corpora.documents.given import read_manifest

    return read_manifest(data, name)


def _described(one: _Source, tables: list[Manifest]) -> _Source:
    said: dict[str, str] = {}
    for table in tables:
        said |= table.of(PurePosixPath(one.path))
    _check_names(said)
    return _Source(one.path, one.media_type, one.load, {**one.metadata, **said}) if said else one


def _check_used(tables: list[Manifest]) -> None:
    unused = [file for table in tables for file in table.unused()]
    if unused:
        shown = bare_name(unused[0])[:60]
        raise UsageError(f"the manifest names {len(unused)} files that were not given, the first is {shown!r}")


def _check_names(metadata: Mapping[str, str]) -> None:
    unknown = sorted(set(metadata) - set(GIVEN))
    if unknown:
        raise UsageError(f"no metadata of the name {unknown[0][:60]!r}", hint=f"one of {', '.join(GIVEN)}")


def _keep(store: Store, one: _Source, metadata: Mapping[str, str], actor: int | None) -> str:
    data = one.load()
    with store.write() as session:
        kept, created = add_document(
            session, data, bare_name(one.path), media_type=one.media_type, given=metadata, actor=actor
        )
        if metadata and not created:
            set_given(session, kept.id, metadata, actor=actor)
        return kept.id
