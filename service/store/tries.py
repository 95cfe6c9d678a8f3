"""Counts tries of something that may be tried a few times only, such as a log-in; `access` calls it.

The database counts, and not the memory of a process: all processes share one limit, and a restart gives no new tries.
One row a key, one statement a try, so that tries at the same time are all counted. Rows go when their time is over.
"""

from __future__ import annotations

from datetime import timedelta

from palermo.service.store.basics import now
from palermo.service.store.people import secret_hash
from palermo.service.store.tables import Try
from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def count_try(session: Session, key: str, window: timedelta) -> tuple[int, float]:
    """Count a try.

    Args:
        session: of `Store.write`.
        key: what is counted; only its hash is kept, since people type passwords where a name belongs.
        window: how long a try counts from the first of a row of tries.

    Returns:
        The tries in the window with this one, and the seconds until they are forgotten.
    """
    moment, start = now(), now() - window
    session.execute(delete(Try).where(Try.started <= start))
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    query = dialect.insert(Try).values(key=secret_hash(key), count=1, started=moment)
    over = Try.started <= start
    query = query.on_conflict_do_update(
        index_elements=[Try.key],
        set_={"count": case((over, 1), else_=Try.count + 1), "started": case((over, moment), else_=Try.started)},
    )
    count, started = session.execute(query.returning(Try.count, Try.started)).one()
    return int(count), max(0.0, (started + window - moment).total_seconds())


def forget_tries(session: Session, key: str) -> None:
    """Count from none again."""
    session.execute(delete(Try).where(Try.key == secret_hash(key)))


def take_back_try(session: Session, key: str) -> None:
    """Uncount a try that turned out to be a good one."""
    session.execute(update(Try).where(Try.key == secret_hash(key), Try.count > 0).values(count=Try.count - 1))
