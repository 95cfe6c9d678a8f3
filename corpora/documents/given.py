"""What people say of documents in a table (CSV): it fills or overrides what the text shows; `palermo tag` calls it.

The table has a column `file` and any of `COLUMNS`, one row a document. It is input like any other: read as data only,
with every fault told by its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import PurePosixPath

from palermo.corpora.documents.conformance import METADATA_KEYS
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers.places import placed
from palermo.corpora.errors import UsageError

COLUMNS = (*sorted(METADATA_KEYS), "kind", "language")
"""Columns beside `file`; an empty cell says nothing."""
LONGEST = 1_000
"""Most characters of a cell."""
_DELIMITERS = (",", ";", "\t")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_STATE = re.compile(r"[A-Z]{2}|INT")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Manifest:
    """Rows by file: `a/b.pdf` as below a folder given, or `b.pdf` where the name alone will do."""

    def __init__(self, rows: Mapping[str, dict[str, str]]) -> None:
        self._rows = dict(rows)
        self._used: set[str] = set()

    def of(self, path: PurePosixPath) -> dict[str, str]:
        """What is said of a document: the row of its path, else of its name, else nothing."""
        for key in (path.as_posix(), path.name):
            if key in self._rows:
                self._used.add(key)
                return self._rows[key]
        return {}

    def unused(self) -> list[str]:
        """Files of rows that no document has asked for so far, in the order of the table."""
        return [file for file in self._rows if file not in self._used]


def read_manifest(data: bytes, name: str) -> Manifest:
    """The manifest in a CSV file: UTF-8, a header, commas, semicolons or tabs between columns.

    Args:
        data: the file's bytes.
        name: its name, for messages.

    Raises:
        UsageError: not such a table; an unknown column; a file twice; a value that its column can't have.
    """
    rows: dict[str, dict[str, str]] = {}
    for number, row in _rows(data, name):
        file = row.pop("file").replace("\\", "/").removeprefix("./")
        if not file:
            raise UsageError(f"line {number} names no file", source=name)
        if file in rows:
            raise UsageError(f"line {number} names a file for the second time: {_shown(file)}", source=name)
        rows[file] = {key: _checked(key, value, number, name) for key, value in row.items() if value}
    return Manifest(rows)


def with_given(document: Document, given: Mapping[str, str]) -> Document:
    """The document with what is said of it; a value has a span where the text shows it word for word."""
    said = {key: placed(value, document.text) for key, value in given.items() if key in METADATA_KEYS}
    return document.with_(metadata={**document.metadata, **said}) if said else document


def _rows(data: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("the manifest is not UTF-8", source=name, hint="save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    try:
        header = [column.strip().casefold() for column in next(reader, [])]
        _check_header(header, name)
        for row in reader:
            if len(row) > len(header):
                raise UsageError(f"line {reader.line_num} has more cells than the header", source=name)
            if any(cell.strip() for cell in row):
                cells = [" ".join(cell.split()) for cell in row] + [""] * (len(header) - len(row))
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num} of the manifest can't be read", source=name) from error


def _check_header(header: list[str], name: str) -> None:
    hint = f"the columns are file, {', '.join(COLUMNS)}"
    if "file" not in header:
        raise UsageError("the manifest has no column named file", source=name, hint=hint)
    for column in header:
        if column != "file" and column not in COLUMNS:
            raise UsageError(f"the manifest has a column that is not known: {_shown(column)}", source=name, hint=hint)
    if len(set(header)) < len(header):
        raise UsageError("the manifest has a column twice", source=name, hint=hint)


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value + "-01-01"[len(value) - 4 :] if len(value) < 10 else value)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, tuple[Callable[[str], object], str]] = {
    "date": (_is_date, "write it YYYY-MM-DD, YYYY-MM or YYYY"),
    "state": (_STATE.fullmatch, "write its ISO 3166-1 code of two letters, or INT for an international court"),
    "kind": (("judgment", "statute").__contains__, "judgment or statute"),
    "language": (_LANGUAGE.fullmatch, "write its ISO 639-1 code"),
}


def _checked(key: str, value: str, number: int, name: str) -> str:
    if len(value) > LONGEST or not value.isprintable():
        raise UsageError(
            f"line {number}: the {key} is longer than {LONGEST:,} characters or not printable", source=name
        )
    if key in _CHECKS and not _CHECKS[key][0](value):
        raise UsageError(f"line {number}: {_shown(value)} is no {key}", source=name, hint=_CHECKS[key][1])
    return value


def _shown(text: str) -> str:
    return repr("".join(c if c.isprintable() else "?" for c in text[:60]))
