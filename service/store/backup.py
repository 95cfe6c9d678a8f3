"""Backups of a SQLite database as one file, and the way back; `palermo backup` and `palermo restore` call it.

A backup is a ZIP archive with two stored (not packed) members: `manifest.json`, and the database, which holds the
documents' bytes too. Stored members can't inflate, so that no archive is larger unpacked than it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from palermo.corpora.documents.readers.archive import check_directory
from palermo.corpora.errors import BrokenDocument, PalermoError, StoreError, UnsafeDocument, UsageError
from palermo.service.store.basics import now
from palermo.service.store.migrations import head

FORMAT = 1
DATABASE, MANIFEST = "palermo.sqlite", "manifest.json"
LARGEST_MANIFEST = 1 << 16
PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        format: of the archive.
        palermo: version that made it.
        schema: migration that the database stands at; None: an empty database.
        created: time, ISO 8601.
        size, sha256: of the database, in bytes and in hex.
    """

    format: int
    palermo: str
    schema: str | None
    created: str
    size: int
    sha256: str


def back_up(database: Path, target: Path) -> Manifest:
    """Write a consistent copy of a database that may be in use; nobody has to wait.

    Raises:
        UsageError: there is no such database, or the target exists.
        StoreError: the database can't be read, or the target can't be written.
    """
    if not database.is_file():
        raise UsageError("there is no database here", source=str(database), hint="name its folder with --data")
    if target.exists():
        raise UsageError("it exists already", source=str(target), hint="give another name, or move it away")
    with _told(str(target)), _temporary(target) as half, _temporary(target.with_name(f"{target.name}.sqlite")) as copy:
        schema = _copy(database, copy)
        with copy.open("rb") as file:
            about = Manifest(
                FORMAT, version("palermo"), schema, now().isoformat(), copy.stat().st_size, _digest(file, None)
            )
        with half.open("wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(MANIFEST, json.dumps(asdict(about), indent=1))
                archive.write(copy, DATABASE)
            _flushed(out)
        half.rename(target)
    return about


def restore(archive: Path, database: Path) -> Manifest:
    """Put the database of a backup into an empty folder; in its place only when all of it has been found right.

    Raises:
        UsageError: there is no such archive, or the folder is not empty.
        BrokenDocument, UnsafeDocument: the archive is damaged, or no backup.
        StoreError: a newer Palermo made it, or the folder can't be written.
    """
    if not archive.is_file():
        raise UsageError("there is no such file", source=str(archive))
    folder = database.parent
    with _told(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError("the folder is not empty", source=str(folder), hint="name a new one with --data")
        with archive.open("rb") as file, _temporary(database) as half:
            about = _unpack(file, half, str(archive))
            _check_database(half, str(archive))
            half.rename(database)
    return about


def _copy(database: Path, target: Path) -> str | None:
    """SQLite's own online copy, as one file without a log; the migration that it stands at."""
    address = f"file:{quote(str(database.resolve()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        return _schema(copy)


def _schema(connection: sqlite3.Connection) -> str | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _unpack(file: IO[bytes], target: Path, name: str) -> Manifest:
    """Write the database of a backup to a file, and compare it with what the manifest says."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = check_directory(archive, name)
            if sorted(info.filename for info in infos) != sorted((DATABASE, MANIFEST)):
                raise BrokenDocument("it is no backup: it has other members", source=name)
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                raise UnsafeDocument("it is no backup: its members are packed", source=name)
            about = _manifest(archive, name)
            with archive.open(DATABASE) as packed, target.open("wb") as out:
                found = _digest(packed, out)
                _flushed(out)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise BrokenDocument("the archive is damaged", source=name, hint="take another backup") from error
    if (target.stat().st_size, found) != (about.size, about.sha256):
        raise BrokenDocument(
            "the archive is damaged: the database is not the one of its manifest",
            source=name,
            hint="take another backup",
        )
    return about


def _manifest(archive: zipfile.ZipFile, name: str) -> Manifest:
    with archive.open(MANIFEST) as file:
        said = file.read(LARGEST_MANIFEST + 1)
    wrong = BrokenDocument("its manifest is not what it should be", source=name)
    try:
        values: Any = json.loads(said[:LARGEST_MANIFEST])
        about = Manifest(**values)
    except (ValueError, TypeError, RecursionError) as error:
        raise wrong from error
    if not (isinstance(about.size, int) and isinstance(about.sha256, str)):
        raise wrong
    if about.format != FORMAT:
        raise StoreError("the backup was made by another Palermo", source=name, hint=f"made by {about.palermo!s:.40}")
    return about


def _check_database(path: Path, name: str) -> None:
    """Refuse what is no database of this Palermo or an older one, and one whose pages do not fit together."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise BrokenDocument("the database in it is damaged", source=name)
            schema = _schema(connection)
    except sqlite3.Error as error:
        raise BrokenDocument("there is no database in it", source=name) from error
    if schema is not None and schema > head():
        raise StoreError("the database was made by a newer Palermo", source=name, hint="install that version")


def _digest(file: IO[bytes], copy: IO[bytes] | None) -> str:
    """The SHA-256 of a stream, which is written to `copy` on the way."""
    sha = hashlib.sha256()
    while part := file.read(PART):
        sha.update(part)
        if copy is not None:
            copy.write(part)
    return sha.hexdigest()


def _flushed(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _temporary(beside: Path) -> Iterator[Path]:
    """A new file that only its owner may read, in the same folder; gone at the end."""
    path = beside.with_name(f".{beside.name}.{os.getpid()}.part")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield path
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).unlink()


@contextmanager
def _told(source: str) -> Iterator[None]:
    try:
        yield
    except PalermoError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"it failed: {getattr(error, 'strerror', None) or error}", source=source) from error
