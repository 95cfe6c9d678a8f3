"""`palermo backup` and `palermo restore`: all comes back, nothing is overwritten, nothing damaged is put in place."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from palermo.service.intake import Given, take_in
from palermo.service.store import Store, open_store
from palermo.service.store.documents import documents, source
from palermo.service.store.tables import Job
from sqlalchemy import select, update

Palermo = Callable[..., int]
DATABASE = "palermo.sqlite"


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every document by its name."""
    store = open_store(f"sqlite:///{folder / DATABASE}")
    with store.read() as session:
        found = {one.name: source(session, one.id) for one in documents(session, limit=500).items}
    store.close()
    return found


def opened(folder: Path) -> Store:
    store = open_store(f"sqlite:///{folder / DATABASE}")
    store.migrate()
    return store


@pytest.fixture
def archive(palermo: Palermo, folder: Path, tmp_path: Path) -> Path:
    """A backup of two documents."""
    store = opened(folder)
    take_in(store, [Given(f"{n}. Some words.".encode(), f"{n}.txt") for n in range(2)], name="lot")
    store.close()
    made = tmp_path / "backup.zip"
    assert palermo("backup", made, "--data", folder) == 0
    return made


def test_a_backup_made_in_use_comes_back_whole(palermo: Palermo, folder: Path, tmp_path: Path) -> None:
    store = opened(folder)
    take_in(store, [Given(f"{n}. Some words.".encode(), f"{n}.txt") for n in range(5)], name="lot")
    target = tmp_path / "backup.zip"
    with store.write() as session:
        session.execute(update(Job).values(state="cancelled"))
        # In the middle of a change by somebody else: what was there before is what is kept.
        assert palermo("backup", target, "--data", folder) == 0
    before = contents(folder)
    store.close()
    assert len(before) == 5
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert palermo("restore", target, "--data", tmp_path / "new") == 0
    assert os.listdir(tmp_path / "new") == [DATABASE]
    assert contents(tmp_path / "new") == before
    again = opened(tmp_path / "new")
    assert again.ready()
    with again.read() as session:
        assert set(session.scalars(select(Job.state))) == {"queued"}
    again.close()
    assert sorted(os.listdir(tmp_path)) == ["backup.zip", "data", "new"]


def test_nothing_is_overwritten(
    palermo: Palermo, archive: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = archive.read_bytes()
    assert palermo("backup", archive, "--data", folder) == 2
    assert archive.read_bytes() == kept
    before = (folder / DATABASE).read_bytes()
    assert palermo("restore", archive, "--data", folder) == 2
    assert (folder / DATABASE).read_bytes() == before
    assert "not empty" in capsys.readouterr().err
    assert palermo("backup", archive.with_name("other.zip"), "--data", archive.parent / "nowhere") == 2
    assert not archive.with_name("other.zip").exists()


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as read:
        return {name: read.read(name) for name in read.namelist()}


def changed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def link(archive: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("manifest.json", archive["manifest.json"])
        info = zipfile.ZipInfo(DATABASE)
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    return file.getvalue()


def told(archive: dict[str, bytes], database: bytes, **more: Any) -> dict[str, bytes]:
    """The members with another database, and a manifest that fits it."""
    about = {**json.loads(archive["manifest.json"]), "size": len(database)}
    about |= {"sha256": hashlib.sha256(database).hexdigest(), **more}
    return {"manifest.json": json.dumps(about).encode(), DATABASE: database}


HOSTILE: dict[str, Callable[[bytes, dict[str, bytes]], bytes]] = {
    "a bit turned": lambda data, _: changed(data),
    "cut short": lambda data, _: data[: len(data) // 2],
    "no archive": lambda *_: b"SQLite format 3\0",
    "empty": lambda *_: b"",
    "another database than the manifest's": lambda _, m: packed({**m, DATABASE: changed(m[DATABASE])}),
    "a third member": lambda _, m: packed({**m, "more": b""}),
    "a member that leads out": lambda _, m: packed({**m, "../more": b""}),
    "no database": lambda _, m: packed({"manifest.json": m["manifest.json"]}),
    "no manifest": lambda _, m: packed({DATABASE: m[DATABASE]}),
    "a manifest that is none": lambda _, m: packed({**m, "manifest.json": b"[" * 100_000}),
    "a manifest of another shape": lambda _, m: packed({**m, "manifest.json": b'{"size": 1}'}),
    "packed members": lambda _, m: packed(m, zipfile.ZIP_DEFLATED),
    "a symbolic link": lambda _, m: link(m),
    "no database in it": lambda _, m: packed(told(m, b"not a database at all" * 100)),
    "another format": lambda _, m: packed(told(m, m[DATABASE], format=99)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_or_hostile_archive_is_refused_and_leaves_nothing(
    palermo: Palermo, archive: Path, tmp_path: Path, name: str
) -> None:
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(HOSTILE[name](archive.read_bytes(), members(archive)))
    before = sorted(os.listdir(tmp_path))
    assert palermo("restore", wrong, "--data", tmp_path / "new") == 1
    assert os.listdir(tmp_path / "new") == []
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "new"])


def test_a_database_of_a_newer_palermo_is_refused(palermo: Palermo, archive: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite"
    newer.write_bytes(members(archive)[DATABASE])
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v9999'")
        connection.commit()
    archive.write_bytes(packed(told(members(archive), newer.read_bytes())))
    assert palermo("restore", archive, "--data", tmp_path / "new") == 1
    assert os.listdir(tmp_path / "new") == []


def test_postgresql_is_left_to_its_own_tools(
    palermo: Palermo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from palermo.corpora.settings import settings

    monkeypatch.setenv("PALERMO_DATABASE_URL", "postgresql://palermo:hidden@db/palermo")
    settings.cache_clear()
    try:
        for command, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
            assert palermo(command, tmp_path / "b.zip") == 2
            said = capsys.readouterr().err
            assert tool in said
            assert "hidden" not in said
    finally:
        monkeypatch.undo()
        settings.cache_clear()
