"""Reader of passages that are cut already: JSON, JSON lines, CSV and TSV; one block a record.

A JSON object or string with the text of a whole document is read like plain text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from palermo.corpora.documents.builder import TextBuilder, canonical
from palermo.corpora.documents.document import Document, Kind, MetadataValue, Warning
from palermo.corpora.documents.readers import check_length, finish, numbering
from palermo.corpora.documents.readers.decoding import decode
from palermo.corpora.documents.readers.formats import formats, language_code
from palermo.corpora.documents.readers.places import placed
from palermo.corpora.documents.readers.text import paragraphs
from palermo.corpora.errors import BrokenDocument, UnsafeDocument
from palermo.corpora.settings import settings

EXTRACTOR = "records/1"
MEDIA_TYPES = ("application/json", "application/x-ndjson", "text/csv", "text/tab-separated-values")

_DELIMITERS = ",;\t|"
_KINDS: tuple[Kind, ...] = ("judgment", "statute")
_NO_TEXT_HINT = 'give {"text": ...}, a list of such objects, or a table with a column "text"'

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Source:
    """What a file holds: records, what it says of them all, and whether one record is a whole document."""

    media_type: str
    records: Iterable[Record]
    about: Record
    whole: bool = False


def read(data: bytes, name: str) -> Document:
    """Records as text; columns for number, heading and title are honoured where there are any.

    A number stays out of the text unless the record's text begins with it; headings come before the first record that
    has them.

    Raises:
        BrokenDocument: not JSON or no table, or nothing in it that could be the text.
        EmptyDocument: records without text.
        LimitExceeded: longer than `text_characters`.
        UnsafeDocument: JSON nested too deep.
    """
    decoded = decode(data)
    text = canonical(decoded.text)
    source = _table(text, name) if _is_table(text, name) else _json(text, name)
    warnings = [decoded.warning] if decoded.warning else []
    builder = TextBuilder()
    if source.whole:
        _add_whole(builder, next(iter(source.records)), name)
        records: list[Record] = []
    else:
        records = list(source.records)
        skipped = _add_all(builder, records, name)
        if skipped:
            warnings.append(Warning("records_without_text", f"{skipped} of {len(records)} records have no text."))
    said = {key: value for key, value in source.about.items() if isinstance(value, str)}
    kind = _common("kind", said, records)
    return finish(
        data,
        name,
        source.media_type,
        EXTRACTOR,
        builder,
        metadata=_metadata(said, records, builder.text),
        warnings=warnings,
        kind=next((known for known in _KINDS if known == kind), None),
        language=language_code(_common("language", said, records)),
    )


def _is_table(text: str, name: str) -> bool:
    if not name.lower().endswith((".csv", ".tsv")):
        return False
    if text.lstrip()[:1] not in ("{", "["):
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _json(text: str, name: str) -> _Source:
    try:
        found = json.loads(text)
    except RecursionError:
        raise UnsafeDocument("JSON nested too deep", source=name) from None
    except ValueError as error:
        lines = text.strip().split("\n")
        if len(lines) > 1 and lines[0].rstrip().endswith(("}", "]", '"')):
            return _Source("application/x-ndjson", [_record(item) for item in _lines(text, name)], {})
        line = getattr(error, "lineno", 1)
        raise BrokenDocument(f"not JSON: an error at line {line}", source=name, hint="it may be cut off") from None
    return _of_json(found, name)


def _lines(text: str, name: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except RecursionError:
            raise UnsafeDocument("JSON nested too deep", source=name) from None
        except ValueError:
            raise BrokenDocument(f"not JSON: an error at line {number}", source=name) from None


def _of_json(found: Any, name: str) -> _Source:
    media_type = MEDIA_TYPES[0]
    if isinstance(found, str):
        return _Source(media_type, [{"text": found}], {}, whole=True)
    if isinstance(found, list):
        return _Source(media_type, [_record(item) for item in found], {})
    if isinstance(found, dict):
        if _text_of(found):
            return _Source(media_type, [found], _about(found), whole=True)
        for key in formats()["records"]["lists"]:
            if isinstance(found.get(key), list):
                return _Source(media_type, [_record(item) for item in found[key]], _about(found))
    raise BrokenDocument("nothing in it is marked as text", source=name, hint=_NO_TEXT_HINT)


def _about(found: Record) -> Record:
    """What an object says of the whole document, in itself or in its `document` and `metadata`."""
    about = dict(found)
    for key in ("document", "metadata"):
        inner = about.get(key)
        about.update(inner if isinstance(inner, dict) else {})
    return about


def _record(item: Any) -> Record:
    return item if isinstance(item, dict) else {"text": item}


def _table(text: str, name: str) -> _Source:
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = "\t" if name.lower().endswith(".tsv") else max(_DELIMITERS, key=lambda mark: _known(first, mark))
    csv.field_size_limit(min(settings().document_bytes, 2**31 - 1))
    try:
        rows = [row for row in csv.reader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter) if row]
    except csv.Error:
        raise BrokenDocument("the table can't be read", source=name, hint="save it as CSV in UTF-8") from None
    header = [column.strip().lower() for column in rows[0]] if rows else []
    media_type = MEDIA_TYPES[3] if delimiter == "\t" else MEDIA_TYPES[2]
    if any(column in formats()["records"]["text"] for column in header):
        return _Source(media_type, [dict(zip(header, row, strict=False)) for row in rows[1:]], {})
    if all(len(row) == 1 for row in rows):
        return _Source(media_type, [{"text": row[0]} for row in rows], {})
    raise BrokenDocument("no column is named as text", source=name, hint=_NO_TEXT_HINT)


def _known(line: str, delimiter: str) -> tuple[int, int]:
    """How many columns of a header have known names, then how many there are."""
    columns = [column.strip().strip('"').lower() for column in line[:10_000].split(delimiter)]
    return sum(column in formats()["records"]["text"] for column in columns), len(columns)


def _add_whole(builder: TextBuilder, record: Record, name: str) -> None:
    text = canonical(_text_of(record))
    check_length(len(text), name)
    locator = {"type": "record", "record": 0}
    builder.run(_field(record, "heading"), locator)
    builder.close("heading")
    for start, end in paragraphs(text):
        builder.run(text[start:end], locator)
        builder.close(number=numbering.leading(text[start : min(end, start + 64)]))


def _add_all(builder: TextBuilder, records: list[Record], name: str) -> int:
    """Add each record; returns how many have no text."""
    skipped = 0
    titles = {_field(record, "title") for record in records}
    shown = {"title": "", "heading": ""}
    for index, record in enumerate(records):
        text = canonical(_text_of(record)).strip()
        if not text:
            skipped += 1
            continue
        locator = {"type": "record", "record": index}
        for level, key in enumerate(("title", "heading"), 1):
            value = _field(record, key)
            if value and value != shown[key] and (key == "heading" or len(titles) > 1):
                builder.run(value, locator)
                builder.close("heading", level=level)
            shown[key] = value
        builder.run(text, locator)
        builder.close(number=_field(record, "number") or numbering.leading(text[:64]))
        check_length(builder.length, name)
    return skipped


def _text_of(record: Record) -> str:
    for key in formats()["records"]["text"]:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _field(record: Record, key: str) -> str:
    for column in formats()["records"][key]:
        value = record.get(column)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            # A number reaches the document without passing through its text.
            shown = canonical(" ".join(str(value).split()))
            return shown.strip("[]().") if key == "number" else shown
    return ""


def _common(key: str, said: dict[str, str], records: list[Record]) -> str:
    """What the file says, or all its records say alike."""
    if key in said:
        return said[key]
    values = {str(record.get(key) or "") for record in records}
    return values.pop() if len(values) == 1 else ""


def _metadata(said: dict[str, str], records: list[Record], text: str) -> dict[str, MetadataValue]:
    found: dict[str, MetadataValue] = {}
    for key in formats()["records"]["metadata"]:
        value = canonical(" ".join(_common(key, said, records).split()))
        if value:
            found[key] = placed(value, text)
    return found
