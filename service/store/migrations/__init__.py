"""Brings a database to the newest shape, from inside the installed package and without a file of settings.

`Store.migrate` calls `upgrade`. Nothing is compared and nothing fetched: the modules of `versions` run in order.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from palermo.corpora.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

_LOCK = 0x9A1E2340  # any number that other users of the same PostgreSQL server are unlikely to lock


def upgrade(connection: Connection) -> None:
    """Run the migrations that a database lacks, inside the connection's transaction; two processes take turns.

    Raises:
        StoreError: the database was made by a newer Palermo.
    """
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = _config(connection)
    _refuse_newer(config, connection)
    command.upgrade(config, "head")


def current(connection: Connection) -> str | None:
    """The migration that a database stands at, or None for an empty one."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest migration of this Palermo."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_config(None)).get_current_head())


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config

    config = Config()
    # Alembic reads the folder's name as a template, in which a percent sign would have a meaning.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(config: Config, connection: Connection) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = current(connection)
    if found is not None and found not in known:
        raise StoreError("the database was made by a newer Palermo", hint="install that version, or a newer one")
