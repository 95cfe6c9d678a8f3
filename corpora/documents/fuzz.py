"""Feeds mutated documents to the readers and counts how they end: `python -m palermo.corpora.documents.fuzz`.

For developers, by hand and, time-boxed, in the tests. A mutant ends in a document that keeps the promises of
`conformance.check`, or in a clean error; anything else (a crash, a hang, a broken promise, a file opened that mutants
name and nobody may open) is a fault of a reader. Each mutant follows from the seed and its own number, so a fault can
be made again alone; with a log, a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click
from palermo.corpora.documents.canary import WORDS, Canary
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.fuzz_mutations import CANARY, mutant
from palermo.corpora.documents.fuzz_seeds import Seeds, seeds
from palermo.corpora.documents.reading import read_document_safely
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import DataError, DocumentError, ParserFailed
from palermo.corpora.settings import Settings

LIMITS = {
    "parser_seconds": 600,
    "parser_cpu_seconds": 10,
    "parser_memory_bytes": 1_500_000_000,
    "text_characters": 5_000_000,
    "pdf_stream_bytes": 20_000_000,
    "archive_bytes": 50_000_000,
}
"""Lower than for real documents: seeds are small, and a mutant that takes this much processor time takes for ever.
Wall-clock time is no measure on a machine that is busy with other things."""
_HANGS = ("processor time", "takes longer than")
_LIMITS = ("of memory", "what was read from it is larger")
FAULTS = ("crash", "hang", "broken_promise", "outside")


@dataclass(frozen=True, slots=True)
class End:
    """How one mutant ended: its number, its format, the end as in `Tally.ends`, and what was said of it."""

    number: int
    format: str
    end: str
    message: str


@dataclass(slots=True)
class Tally:
    """How the mutants of one format ended.

    Attributes:
        ends: `"document"`, the code of an error, `"limit"` (memory or size of the answer), or one of `FAULTS` -> count.
        faults: `(number of the mutant, what happened)`.
    """

    ends: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.ends.total()


def fuzz(
    count: int,
    seed: int = 0,
    *,
    seconds: float | None = None,
    formats: Sequence[str] = (),
    first: int = 0,
    keep: Path | None = None,
    log: Path | None = None,
) -> dict[str, Tally]:
    """Read mutants `first` to `first + count - 1` in confined processes.

    Args:
        count: number of mutants, spread evenly over the formats.
        seed: mutants follow from it and from their number.
        seconds: time after which no new mutant begins; None: no bound.
        formats: file extensions, see `fuzz_seeds.seeds`; empty: all.
        first: number of the first mutant, to go on or to make one again.
        keep: folder for mutants that end in a fault.
        log: file of JSON lines, one a mutant; those in it already are counted and not read again.

    Raises:
        DataError: `log` is of another seed.
    """
    sources = {name: found for name, found in seeds().items() if not formats or name in formats}
    tallies = {name: Tally() for name in sources}
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    pool = ParserPool(limits=Settings(**LIMITS))  # type: ignore[arg-type]
    book = _Log(log, seed)
    canary = Canary(CANARY)

    def one(number: int) -> End | None:
        name = tuple(sources)[number % len(sources)]
        known = book.known.get(number)
        if known is not None or time.monotonic() > end:
            return known
        data = make(name, sources, seed, number)
        verdict, message = _read(data, f"mutant.{name}", pool)
        if canary.opened():
            verdict, message = "outside", "the file that nobody may open was opened"
        if keep and verdict in FAULTS:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{verdict}-{seed}-{number}.{name}").write_bytes(data)
        return book.add(End(number, name, verdict, message))

    try:
        with ThreadPoolExecutor(pool.limits.parser_workers) as threads:
            _count(threads.map(one, range(first, first + count)), tallies)
    finally:
        pool.close()
        canary.close()
    return tallies


class _Log:
    """Ends of mutants in a file, a line each as it is known; a line that a stop cut short is left out."""

    def __init__(self, path: Path | None, seed: int) -> None:
        self._path, self._seed, self._lock = path, seed, threading.Lock()
        self.known = {end.number: end for end in self._lines()}

    def add(self, end: End) -> End:
        if self._path is not None:
            line = json.dumps({"seed": self._seed, **asdict(end)})
            with self._lock, self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        return end

    def _lines(self) -> Iterator[End]:
        if self._path is None or not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if record.pop("seed") != self._seed:
                raise DataError("the log is of another seed", source=self._path.name)
            yield End(**record)


def make(name: str, sources: Seeds, seed: int, number: int) -> bytes:
    """The bytes of one mutant of a format."""
    chance = Random(f"{seed}:{number}")  # noqa: S311 - repeatable on purpose, nothing secret
    return mutant(chance, name, sources[name])


def _read(data: bytes, name: str, pool: ParserPool) -> tuple[str, str]:
    try:
        document = read_document_safely(data, name, pool=pool)
    except ParserFailed as error:
        return _failure(error.message), error.message
    except DocumentError as error:
        return error.code, error.message
    # Metadata may be derived (a date, a State), and then its span shows what it was derived from.
    broken = check(document.with_(metadata={}))
    if WORDS in repr(document):
        return "outside", "the words of a file that nobody may open are in the document"
    return ("broken_promise", broken[0]) if broken else ("document", "")


def _failure(message: str) -> str:
    if any(words in message for words in _HANGS):
        return "hang"
    return "limit" if any(words in message for words in _LIMITS) else "crash"


def _count(ends: Iterable[End | None], tallies: dict[str, Tally]) -> None:
    for end in ends:
        if end is None:
            continue
        tallies[end.format].ends[end.end] += 1
        if end.end in FAULTS:
            tallies[end.format].faults.append((end.number, f"{end.end}: {end.message}"))


def table(tallies: dict[str, Tally]) -> str:
    """The tallies as a Markdown table, formats down, ends across, with a row of sums."""
    codes = sorted({code for tally in tallies.values() for code in tally.ends} - {"document", *FAULTS})
    columns = ("document", *codes, *FAULTS)
    total = sum((tally.ends for tally in tallies.values()), Counter[str]())
    rows = [("format", "mutants", *columns), ("---",) * (len(columns) + 2)]
    rows += [(name, *_cells(tally.ends, columns)) for name, tally in tallies.items()]
    rows.append(("all", *_cells(total, columns)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(ends: Counter[str], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in (ends.total(), *(ends[column] for column in columns)))


@click.command()
@click.option("--count", default=10_000, show_default=True, help="Mutants, over all formats.")
@click.option("--seed", default=0, show_default=True, help="Mutants follow from it and from their number.")
@click.option("--seconds", type=float, help="Stop after this time.")
@click.option("--first", default=0, show_default=True, help="Number of the first mutant.")
@click.option("--format", "formats", multiple=True, help="Only this format; may be given again.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for mutants that end in a fault.")
@click.option("--log", type=click.Path(path_type=Path), help="File of ends, a line each; a run that stopped goes on.")
def main(count: int, formats: tuple[str, ...], **options: Any) -> None:
    """Mutate the sample documents, read the mutants, print a table; exit 1 where a reader is at fault."""
    tallies = fuzz(count, formats=formats, **options)
    click.echo(table(tallies))
    faults = [(name, *fault) for name, tally in tallies.items() for fault in tally.faults]
    for name, number, what in faults:
        click.echo(f"{name} {number}: {what}", err=True)
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
