"""`--format xlsx`: a workbook with sheets for documents, tags, mental elements and errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from palermo.service.exports import rows

CELL_CHARACTERS = 32_767
"""Longest text of a cell (ECMA-376)."""

_ERRORS = ("file", "code", "message", "hint")


def write(records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    """Write the workbook; rows go to disk as they come, so that memory does not grow with the batch."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    columns = {
        "documents": rows.DOCUMENT_COLUMNS,
        "tags": rows.TAG_COLUMNS[:-1],
        "mental elements": rows.SPAN_COLUMNS,
        "errors": _ERRORS,
    }
    sheets = {name: book.create_sheet(name) for name in columns}
    for name, sheet in sheets.items():
        sheet.freeze_panes = "A2"
        sheet.append(list(columns[name]))
    for record in records:
        for name, row in _rows(record):
            sheets[name].append([_cell(sheets[name], row.get(column)) for column in columns[name]])
    book.save(file)


def _rows(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "error" in record:
        error = record["error"]
        yield "errors", {"file": error["source"], **{key: error[key] for key in ("code", "message", "hint")}}
        return
    yield "documents", rows.document(record)
    for row in rows.tags(record):
        if "provision" in row:
            yield "tags", row
    for row in rows.spans(record):
        yield "mental elements", row


def _cell(sheet: Any, value: Any) -> Any:
    """A cell whose text is text: the type is set, so nothing in a document becomes a formula."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:CELL_CHARACTERS])
    cell.data_type = "s"
    return cell
