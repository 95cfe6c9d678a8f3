"""Opens the database and hands out sessions; whoever stores or lists anything starts with `open_store`.

SQLite: write-ahead log (readers never wait), foreign keys, a busy timeout, and a transaction that means to write takes
the write lock at its start (BEGIN IMMEDIATE): a transaction that reads first and writes later would otherwise fail
half way when another wrote between. `secure_delete` overwrites what is deleted, since a deleted document must leave no
text in the file. PostgreSQL: the defaults of the server; functions that must not race take row locks.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palermo.corpora.errors import MissingExtra, StoreError, UsageError

if TYPE_CHECKING:
    from palermo.corpora.settings import Settings
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.orm import Session

_WRITES = "palermo_writes"
_SQLITE = ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON")


class Store:
    """A database, with its connections.

    Attributes:
        dialect: `sqlite` or `postgresql`.
        file: of SQLite; None elsewhere.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})
        self.dialect = engine.dialect.name
        self.file = Path(str(engine.url.database)) if self.dialect == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads, in one transaction.

        Raises:
            StoreError: the database does not answer.
        """
        with _answered(), _session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: all is stored at its end, nothing if anything is raised.

        Raises:
            StoreError: the database does not answer, or its turn to write did not come in time.
        """
        from palermo.service.store.tallies import write_tallies

        with _answered(), _session(self._writer) as session, session.begin():
            yield session
            write_tallies(session)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in a writing transaction, for migrations and bulk loads.

        Raises:
            StoreError: as `write`.
        """
        with _answered(), self._writer.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the database to the shape that this Palermo needs; changes nothing where it has it.

        Raises:
            StoreError: it does not answer, or was made by a newer Palermo.
        """
        from palermo.service.store.migrations import upgrade

        with self.connection() as connection:
            upgrade(connection)

    def ready(self) -> bool:
        """Whether the database answers and has the shape that this Palermo needs."""
        from palermo.service.store.migrations import current, head

        try:
            with self.read() as session:
                return current(session.connection()) == head()
        except StoreError:
            return False

    def scrub(self) -> None:
        """Drop what was deleted from SQLite's log as well; PostgreSQL's vacuum reclaims it in its own time.

        Called after the deletion of a document is stored. Where a reader holds an old view, the next call does it.
        """
        if self.dialect == "sqlite":
            with _answered(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections; those that are in use close when they are given back."""
        self._engine.dispose()


def default_url() -> str:
    """The database that the settings name; its password is in it."""
    from palermo.corpora.settings import settings

    return database_url(settings())


def database_url(chosen: Settings) -> str:
    """The database that some settings name; its password is in it."""
    if chosen.database_url is not None:
        return chosen.database_url.get_secret_value()
    return f"sqlite:///{chosen.data_dir / 'palermo.sqlite'}"


def open_store(url: str | None = None) -> Store:
    """Open a database; it may be empty until `migrate`.

    Args:
        url: `sqlite:///FILE` (its folder is made) or `postgresql://USER:PASSWORD@HOST/NAME`; None: the settings'.

    Raises:
        UsageError: not such a URL.
        MissingExtra: PostgreSQL without the extra `postgres`.
        StoreError: the folder of the SQLite file can't be made.
    """
    parsed = _parse(url or default_url())
    return Store(_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed))


def _parse(url: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    wrong = UsageError(
        "not the URL of a database", source="PALERMO_DATABASE_URL", hint="sqlite:///FILE or postgresql://USER@HOST/NAME"
    )
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise wrong from None  # the message of the cause would show the password
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or parsed.database in {None, "", ":memory:"}:
        raise wrong
    return parsed.set(drivername="sqlite")


def _sqlite(url: URL) -> Engine:
    from palermo.corpora.settings import settings
    from sqlalchemy import create_engine, event

    try:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder of the database can't be made: {error.strerror}", source="PALERMO_DATA_DIR"
        ) from None
    wait = settings().database_wait_seconds
    engine = create_engine(url, pool_size=settings().database_pool, connect_args={"timeout": wait})
    engine.dialect.statement_compiler = _with_hints(engine.dialect.statement_compiler)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own
        _write_ahead(connection, wait)
        for pragma in _SQLITE:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection, wait: float) -> None:
    """Set the write-ahead log, which a file keeps. Processes that open a new file together take turns.

    Two that set it at once would wait for each other; SQLite refuses one there and then, whatever its timeout.
    """
    last = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.01)


def _with_hints(compiler: Any) -> Any:
    """A compiler that writes `INDEXED BY` (see `plans`): SQLAlchemy takes hints, but writes none for SQLite."""

    class WithHints(compiler):  # type: ignore[misc]
        def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
            return text

    return WithHints


def _postgresql(url: URL) -> Engine:
    from palermo.corpora.settings import settings
    from sqlalchemy import create_engine

    try:
        import psycopg  # noqa: F401 - only to say what is missing
    except ImportError:
        raise MissingExtra("PostgreSQL needs the extra `postgres`", hint="pip install 'palermo[postgres]'") from None
    wait = int(settings().database_wait_seconds * 1000)
    return create_engine(
        url,
        pool_size=settings().database_pool,
        pool_pre_ping=True,
        connect_args={"options": f"-c lock_timeout={wait} -c timezone=UTC", "connect_timeout": 10},
    )


@contextmanager
def _session(engine: Engine) -> Iterator[Session]:
    from sqlalchemy.orm import Session

    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def _answered() -> Iterator[None]:
    from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

    try:
        yield
    except (OperationalError, InterfaceError, TimeoutError) as error:
        # The driver's message may name the machine, the user or a file; the log has it as the cause.
        raise StoreError("the database does not answer") from error
