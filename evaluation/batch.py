"""Tags a folder as a user would and checks every result: `palermo benchmark documents` prints the table.

`palermo tag` runs as a process of its own, so that start-up, memory and exit status are what a user meets. Then each
document is read again and every offset of its result is compared with the text.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click
from palermo.corpora.labelled.jsonl import read_records
from palermo.models.manifest import digest

START = "from palermo.service.cli import main; main()"
POLL = 0.05  # seconds between looks for the first result and at the memory


@dataclass
class FormatRow:
    """Counts of one format: documents tagged, code points, passages, predicted provisions, warnings."""

    files: int = 0
    characters: int = 0
    passages: int = 0
    provisions: int = 0
    warnings: int = 0


@dataclass
class BatchReport:
    """What a batch gave.

    Attributes:
        rows: by format.
        failures: lines that the command wrote on standard error, one a document that failed.
        unclear: failures that are not of the form `palermo: FILE: message`.
        wrong: offsets that do not quote the text, as "file: what".
        files: documents given.
        seconds: wall-clock time of the command; first: until the first result lay on disk.
        peak: highest resident memory of the command and its children together, in bytes.
        status: exit status of the command.
    """

    rows: dict[str, FormatRow] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    files: int = 0
    seconds: float = 0.0
    first: float = 0.0
    peak: int = 0
    status: int = 0

    @property
    def good(self) -> bool:
        """Every document has a result with right offsets, or a clear error."""
        tagged = sum(row.files for row in self.rows.values())
        return not self.wrong and not self.unclear and tagged + len(self.failures) == self.files


def run(folder: Path, results: Path, options: Sequence[str] = ()) -> BatchReport:
    """Tag every document below `folder` into `results`, and check what came out."""
    report = BatchReport(files=sum(1 for path in folder.rglob("*") if path.is_file() and path.suffix != ".jsonl"))
    _tag(folder, results, options, report)
    # By content: names are no key, two documents of a folder may differ in nothing but the ending.
    sources = {digest(path): path for path in folder.rglob("*") if path.is_file()}
    for path in sorted(results.rglob("*.json")):
        result = json.loads(path.read_text("utf-8"))
        _check(result, sources.get(result["document"]["sha256"]), str(path.relative_to(results)), report)
    return report


def _tag(folder: Path, results: Path, options: Sequence[str], report: BatchReport) -> None:
    command = [sys.executable, "-c", START, "tag", str(folder), "--output", str(results), "--format", "json", *options]
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)  # noqa: S603 - our own command
        watch = threading.Thread(target=_watch, args=(process, results, started, report), daemon=True)
        watch.start()
        report.status = process.wait()
        report.seconds = time.monotonic() - started
        watch.join()
        errors.seek(0)
        report.failures = [line.rstrip("\n") for line in errors if line.strip()]
    report.unclear = [line for line in report.failures if not line.startswith("palermo: ") or line.count(": ") < 2]


def _watch(process: subprocess.Popen[bytes], results: Path, started: float, report: BatchReport) -> None:
    while process.poll() is None:
        if not report.first and next(results.rglob("*.json"), None) is not None:
            report.first = time.monotonic() - started
        report.peak = max(report.peak, resident(process.pid))
        try:
            process.wait(POLL)
        except subprocess.TimeoutExpired:
            continue


def resident(pid: int) -> int:
    """Resident memory of a process and its descendants, in bytes; 0 where /proc does not tell.

    A child that has not become its own program yet lies in its parent's memory, which would else count twice.
    """
    total = 0
    waiting = [(pid, b"")]
    while waiting:
        current, parent = waiting.pop()
        try:
            pages = int(Path(f"/proc/{current}/statm").read_text().split()[1])
            program = Path(f"/proc/{current}/cmdline").read_bytes()
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting.extend((int(child), program) for child in (task / "children").read_text().split())
        except (OSError, IndexError, ValueError):
            continue
        if program != parent:
            total += pages * os.sysconf("SC_PAGE_SIZE")
    return total


def _check(result: dict[str, Any], source: Path | None, name: str, report: BatchReport) -> None:
    from palermo.corpora.documents.reading import read_document_safely

    if source is None:
        report.wrong.append(f"{name}: a result without a document")
        return
    about = result["document"]
    row = report.rows.setdefault(source.suffix.removeprefix(".").lower(), FormatRow())
    row.files += 1
    row.characters += about["characters"]
    row.passages += len(result["passages"])
    row.provisions += sum(provision["predicted"] for provision in result["provisions"])
    row.warnings += len(about["warnings"])
    text = read_document_safely(source.read_bytes(), source.name, kind=about["kind"]).text
    report.wrong.extend(f"{name}: {what}" for what in _misquotes(result, text))


def _misquotes(result: dict[str, Any], text: str) -> Iterator[str]:
    before = 0
    for passage in result["passages"]:
        if passage["start"] < before:
            yield f"passage {passage['index']} overlaps the one before"
        before = passage["end"]
        spans = [passage, *passage["mens_rea"], *(tag["evidence"] for tag in passage["tags"] if tag["evidence"])]
        for span in spans:
            if text[span["start"] : span["end"]] != span["text"]:
                yield f"passage {passage['index']}: {span['start']} to {span['end']} quotes other words"


def lines(report: BatchReport) -> list[str]:
    """The table for a terminal."""
    head = f"{'format':8}{'files':>7}{'characters':>13}{'passages':>10}{'provisions':>12}{'warnings':>10}"
    tagged = sum(row.files for row in report.rows.values())
    rows = [
        f"{name:8}{row.files:7}{row.characters:13,}{row.passages:10,}{row.provisions:12}{row.warnings:10}"
        for name, row in sorted(report.rows.items())
    ]
    return [
        head,
        *rows,
        *(f"failed   {line}" for line in report.failures),
        *(f"UNCLEAR  {line}" for line in report.unclear),
        *(f"WRONG    {line}" for line in report.wrong[:20]),
        f"{report.files} documents: {tagged} tagged, {len(report.failures)} with a clear error; "
        f"{len(report.wrong)} wrong offsets; exit status {report.status}; {report.seconds:.1f} s, "
        f"first result after {report.first:.1f} s; peak memory {report.peak / 2**20:.0f} MiB",
    ]


def write_texts(path: Path, count: int, folder: Path) -> None:
    """The first `count` texts of a JSON Lines file as .txt files of `folder`, named by their `doc_id`."""
    for _, record in islice(read_records(path), count):
        (folder / f"{record['doc_id']}.txt").write_text(record["text"], encoding="utf-8")


@click.command("documents")
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option("--count", default=100, show_default=True, help="Texts taken of a JSON Lines file.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), help="Keep the results here.")
def main(data: Path, count: int, results: Path | None) -> None:
    """Tag DATA (a folder, or JSON Lines with `doc_id` and `text`), check every offset, print a table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = data
        if data.is_file():
            folder = Path(scratch, "texts")
            folder.mkdir()
            write_texts(data, count, folder)
        out = results or Path(scratch, "results")
        out.mkdir(parents=True, exist_ok=True)
        report = run(folder, out)
    for line in lines(report):
        click.echo(line)
    sys.exit(0 if report.good else 1)
