"""`--format jsonl`: one line a document, written as it is done; a failed document is a line with `error`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from palermo.service.exports.rows import utf8


def write(records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    """Write each record and flush it, so that a stopped batch keeps what it has."""
    for record in records:
        file.write(line(record))
        file.flush()


def line(record: dict[str, Any]) -> bytes:
    """A record as one line of JSON in UTF-8."""
    return utf8(json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")
