"""What reading in a confined, warm process costs over reading here: `python -m palermo.corpora.documents.isolation`.

For developers. Both ways take turns in one run, so that what else the machine does hits both. Processor time counts
this process and the reading one together; only one of the two works at a time, so that it is the wall-clock time of a
machine with nothing else to do, and the verdict goes by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from statistics import median

import click
from palermo.corpora.documents.reading import read_document, read_document_safely
from palermo.corpora.documents.sandbox import ParserPool

MOST_SECONDS = 0.030
"""Processor time that isolation may cost a small document, median over documents."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds for one document, each the median of all rounds.

    Attributes:
        name: the document's.
        characters: length of its text.
        here, confined: wall-clock time of either way.
        here_processor, confined_processor: processor time of either way.
    """

    name: str
    characters: int
    here: float
    confined: float
    here_processor: float
    confined_processor: float

    @property
    def extra(self) -> float:
        """Wall-clock seconds that confinement adds."""
        return self.confined - self.here

    @property
    def extra_processor(self) -> float:
        """Processor seconds that confinement adds."""
        return self.confined_processor - self.here_processor


def samples() -> dict[str, bytes]:
    """The shipped sample documents by name: small ones, of every format but RTF, ODT and tables."""
    folder = resources.files("palermo.corpora.samples").joinpath("documents")
    return {entry.name: entry.read_bytes() for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)}


def measure(documents: Mapping[str, bytes], rounds: int = 9) -> list[Cost]:
    """Read each document `rounds` times either way, in turns, after a first time that is not counted.

    Raises:
        DocumentError: one of them can't be read.
    """
    pool = ParserPool(workers=1)
    try:
        return [_cost(name, data, rounds, pool) for name, data in documents.items()]
    finally:
        pool.close()


def _cost(name: str, data: bytes, rounds: int, pool: ParserPool) -> Cost:
    def here() -> int:
        return len(read_document(data, name).text)

    def confined() -> int:
        return len(read_document_safely(data, name, pool=pool).text)

    characters = here()
    confined()
    turns = [(_timed(here, pool), _timed(confined, pool)) for _ in range(rounds)]
    return Cost(
        name,
        characters,
        here=median(one[0] for one, _ in turns),
        confined=median(other[0] for _, other in turns),
        here_processor=median(one[1] for one, _ in turns),
        confined_processor=median(other[1] for _, other in turns),
    )


def _timed(read: Callable[[], int], pool: ParserPool) -> tuple[float, float]:
    """Wall-clock and processor seconds of one reading."""
    wall, processor = time.perf_counter(), time.process_time() + _of_children(pool)
    read()
    return time.perf_counter() - wall, time.process_time() + _of_children(pool) - processor


def _of_children(pool: ParserPool) -> float:
    """Processor seconds of the reading processes so far (proc(5), schedstat: nanoseconds on a processor)."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pool.idle()) / 1e9


def table(costs: list[Cost]) -> str:
    """The costs as a Markdown table in milliseconds of processor time, with a row of medians."""
    rows = [
        "| document | characters | here | confined | more | ratio | more wall-clock time |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_row(one.name, f"{one.characters:,}", _figures(one)) for one in costs),
        _row("median", "", [median(column) for column in zip(*map(_figures, costs), strict=True)]),
    ]
    return "\n".join(rows)


def _figures(cost: Cost) -> list[float]:
    here, confined = cost.here_processor, cost.confined_processor
    return [here * 1000, confined * 1000, cost.extra_processor * 1000, confined / here, cost.extra * 1000]


def _row(name: str, characters: str, figures: list[float]) -> str:
    here, confined, more, ratio, wall = figures
    return f"| {name} | {characters} | {here:.1f} | {confined:.1f} | {more:.1f} | {ratio:.2f} | {wall:.1f} |"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rounds", default=9, show_default=True, type=click.IntRange(1), help="Readings of each, either way.")
def main(paths: tuple[Path, ...], rounds: int) -> None:
    """Read PATHS (default: the samples) here and confined, print the cost in ms; exit 1 above 30 ms (median)."""
    costs = measure({path.name: path.read_bytes() for path in paths} or samples(), rounds)
    click.echo(table(costs))
    raise SystemExit(0 if median(cost.extra_processor for cost in costs) <= MOST_SECONDS else 1)


if __name__ == "__main__":
    main()
