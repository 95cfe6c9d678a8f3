"""Reads a folder in the confined process and counts by format: `palermo benchmark reading` prints the table.

Nothing is tagged; `palermo benchmark documents` does that. `large` uses `Reader` for documents of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.reading import read_document_safely
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import DocumentError
from palermo.corpora.settings import settings

SKIPPED = frozenset({".json", ".jsonl"})
"""Indexes and results that lie beside documents."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one document was read.

    Attributes:
        document: what was read, or None.
        error: why not, or None.
        seconds: processor time of the reading process; of processes that recognise scanned pages, none.
        wall: wall-clock seconds.
        peak: highest resident memory that the reading process has had so far, in bytes; 0 where it was ended.
    """

    document: Document | None
    error: DocumentError | None
    seconds: float
    wall: float
    peak: int


class Reader:
    """One reading process, kept for as many documents as it lives, and measured."""

    def __init__(self) -> None:
        # It is not to be replaced while it is measured, and on a busy machine wall-clock time is no measure.
        without = {"parser_recycle_bytes": 2**62, "parser_recycle_documents": 2**62, "parser_seconds": 3600.0}
        limits = settings().model_copy(update=without)
        self._pool = ParserPool(workers=1, limits=limits)

    def read(self, data: bytes, name: str) -> Reading:
        """Read a document; an error is an outcome."""
        before, started = self._processor(), time.monotonic()
        document = error = None
        try:
            document = read_document_safely(data, name, pool=self._pool)
        except DocumentError as failed:
            error = failed
        wall = time.monotonic() - started
        # A process that was ended took what it had used with it.
        return Reading(document, error, max(0.0, self._processor() - before), wall, self._peak())

    def close(self) -> None:
        """End the process."""
        self._pool.close()

    def _processor(self) -> float:
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in self._pool.idle()) / 1e9

    def _peak(self) -> int:
        return max((_high_water(pid) for pid in self._pool.idle()), default=0)


def _high_water(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


@dataclass
class Row:
    """Sums of one format; `warnings` counts documents by the code of a warning, `errors` by that of their error."""

    files: int = 0
    read: int = 0
    characters: int = 0
    passages: int = 0
    seconds: float = 0.0
    warnings: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, reading: Reading) -> None:
        """Count a document."""
        self.files += 1
        self.seconds += reading.seconds
        if reading.error is not None:
            self.errors[reading.error.code] += 1
        if reading.document is not None:
            self.read += 1
            self.characters += len(reading.document.text)
            self.passages += len(reading.document.passages)
            self.warnings.update({warning.code for warning in reading.document.warnings})


def run(folder: Path) -> Iterator[tuple[Path, Reading]]:
    """Each document below a folder with how it was read, in alphabetical order."""
    reader = Reader()
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in SKIPPED:
                yield path, reader.read(path.read_bytes(), path.name)
    finally:
        reader.close()


def table(rows: dict[str, Row]) -> str:
    """The rows as a Markdown table, with a row of sums."""
    total = Row()
    for row in rows.values():
        for name in ("files", "read", "characters", "passages", "seconds", "warnings", "errors"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    head = (
        "| format | files | read | characters | passages | seconds | warnings | errors |\n|---|"
        + "---:|" * 5
        + "---|---|"
    )
    return "\n".join([head, *(_line(name, row) for name, row in sorted(rows.items())), _line("all", total)])


def _line(name: str, row: Row) -> str:
    counts = f"{row.files:,} | {row.read:,} | {row.characters:,} | {row.passages:,} | {row.seconds:.1f}"
    return f"| {name} | {counts} | {_codes(row.warnings)} | {_codes(row.errors)} |"


def _codes(counter: Counter[str]) -> str:
    return ", ".join(f"{code} {count}" for code, count in sorted(counter.items())) or "-"


@click.command("reading")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Read every document below FOLDER, confined, and print files, text, passages, seconds and warnings a format.

    Seconds are processor time of the reading process. A document that crashes its process ends the command with 1.
    """
    rows: dict[str, Row] = {}
    crashed = []
    for path, reading in run(folder):
        rows.setdefault(path.suffix.removeprefix(".").lower(), Row()).add(reading)
        if reading.error is not None:
            click.echo(str(reading.error), err=True)
            if reading.error.code == "parser_failed":
                crashed.append(path)
    click.echo(table(rows))
    raise SystemExit(1 if crashed else 0)
