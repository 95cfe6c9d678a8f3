"""The database opens, takes its shape, keeps it, and takes one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from palermo.corpora.errors import StoreError, UsageError
from palermo.corpora.settings import Settings
from palermo.service.store import Store, open_store
from palermo.service.store.engine import _write_ahead
from palermo.service.store.events import events, log
from palermo.service.store.tables import Base
from palermo.service.store.work import create_batch, get_batch


def test_migrations_make_an_empty_database_ready_and_a_second_time_change_nothing(empty_url: str) -> None:
    store = open_store(empty_url)
    assert not store.ready()
    store.migrate()
    assert store.ready()
    store.migrate()
    assert store.ready()
    store.close()


def test_models_and_migrations_agree(store: Store) -> None:
    with store.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        store = open_store(empty_url)
        try:
            store.migrate()
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    store = open_store(empty_url)
    assert store.ready()
    store.close()


@pytest.mark.parametrize("released", [True, False])
def test_a_new_file_that_another_is_about_to_open_is_waited_for(tmp_path: Path, *, released: bool) -> None:
    other = sqlite3.connect(tmp_path / "new.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    class Releasing(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            try:
                return super().execute(*arguments)
            finally:
                if released and other.in_transaction:
                    other.rollback()

    own = sqlite3.connect(tmp_path / "new.sqlite", timeout=0, factory=Releasing)
    if released:
        _write_ahead(own, wait=60)
        assert own.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    else:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            _write_ahead(own, wait=0)
    own.close()
    other.close()


def test_a_database_of_a_newer_palermo_is_refused(store: Store) -> None:
    with store.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9999'")
    with pytest.raises(StoreError, match="newer Palermo"):
        store.migrate()
    assert not store.ready()


def test_two_concurrent_writers_lose_nothing(url: str) -> None:
    store = open_store(url)
    with store.write() as session:
        batch = create_batch(session, "0", []).id
    failures: list[Exception] = []

    def write() -> None:
        own = open_store(url)
        try:
            for _ in range(20):
                with own.write() as session:
                    # Read, then write what was read: the pattern that loses an update, or fails, without a lock.
                    get_batch(session, batch)
                    log(session, "test.write", f"batch:{batch}")
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        own.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with store.read() as session:
        written = events(session, object_=f"batch:{batch}", limit=500).items
    assert sum(event.action == "test.write" for event in written) == 40
    store.close()


def test_what_raises_inside_a_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.write() as session:
            create_batch(session, "lost", [])
            raise UsageError("no")

    with pytest.raises(UsageError):
        fail()
    with store.read() as session:
        assert events(session).items == []


def test_a_database_that_does_not_answer_is_one_error_without_its_address(tmp_path: Path) -> None:
    store = open_store(f"postgresql://someone:secret@/nothing?host={tmp_path}")
    with pytest.raises(StoreError) as caught:
        store.migrate()
    assert "secret" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.retryable


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://me:secret@x/y", "sqlite:///:memory:", "postgresql://me:secret@host:port/x"]
)
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url)
    assert url not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_settings_hide_the_password() -> None:
    shown = repr(Settings(database_url="postgresql://someone:secret@host/name"))
    assert "secret" not in shown
