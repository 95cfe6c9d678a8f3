"""What all tables share: the declarative base, names of constraints, and three column types; `tables` imports it."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a migration can name what it changes."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, aware on both databases; SQLite keeps no zone, so what it returns is marked as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment, marked as UTC where the database lost that."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PackedJson(TypeDecorator[Any]):
    """JSON that is only ever read whole: compact, UTF-8, zlib; an analysis shrinks to about a sixth."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """The packed bytes."""
        if value is None:
            return None
        return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 6)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """The JSON data."""
        return None if value is None else json.loads(zlib.decompress(value))


BIG = BigInteger().with_variant(Integer, "sqlite")
"""Keys: SQLite numbers rows by itself only in a column that is called INTEGER."""

DAY = Text().with_variant(String(collation="C"), "postgresql")
"""ISO 8601 dates, compared as text: whatever the language of the database, by code point."""

Key = Annotated[int, mapped_column(BIG, primary_key=True)]


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {str: Text(), datetime: Moment()}
