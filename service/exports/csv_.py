"""`--format csv`: one row a tag that is predicted or for review, with its document, passage and evidence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO, Any

from palermo.service.exports import rows


def write(records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    """Write the rows of each record as it comes: UTF-8 with a byte order mark (Excel needs it), CRLF (RFC 4180)."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    try:
        table = csv.DictWriter(text, rows.TAG_COLUMNS, restval="")
        table.writeheader()
        for record in records:
            for row in rows.tags(record):
                table.writerow({key: rows.defused(value) for key, value in row.items()})
    finally:
        text.detach()
