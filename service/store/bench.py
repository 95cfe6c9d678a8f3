"""Measures the review page's query: `python -m palermo.service.store.bench --rows 1000000 --database URL`.

Fills an empty database with made-up documents (`bench_fill`) and prints, for every combination of filters and every
sort, the time of a page with the passages' text and what the database did for it; then the times of the figures that
tree and dashboard show. A database that it has filled is measured again without filling.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, get_args

import click
from palermo.corpora.errors import UsageError
from palermo.service.store import Store, open_store
from palermo.service.store.bench_fill import fill
from palermo.service.store.counts import counts_by_provision, languages, states, states_by_provision, totals
from palermo.service.store.listing import Sort, TagFilter, excerpts, tags
from palermo.service.store.tables import Document, Tag
from palermo.service.store.watch import explain, watch
from sqlalchemy import func, select
from sqlalchemy.orm import Session

CHOICES: dict[str, tuple[dict[str, Any], ...]] = {
    "provision": ({}, {"provision": "UNTOC.6"}, {"provision": "UNTOC"}, {"provision": "FIREARMS"}),
    "decision": ({}, {"decision": "review"}, {"decision": "assigned"}),
    "stands": ({}, {"reviewed": False}, {"verdict": "changed"}),
    "state": ({}, {"state": "S1"}, {"state": "S77"}),
    "date": ({}, {"date_from": "2005", "date_to": "2015"}, {"date_from": "1999-03-01", "date_to": "1999-03-31"}),
    "language": ({}, {"language": "en"}, {"language": "fr"}),
}
"""What a filter may name: something frequent, something rare, and pairs that exclude each other."""
FIGURES: dict[str, Callable[[Session], Any]] = {
    "counts_by_provision": counts_by_provision,
    "states_by_provision": states_by_provision,
    "states": states,
    "languages": languages,
    "totals": totals,
}
SLOWEST = 12


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Predictions to fill the database with.")
@click.option("--database", required=True, help="URL of an empty database, or of one that this has filled.")
@click.option("--repeats", default=3, show_default=True, help="Pages of each kind, each further down the list.")
@click.option("--every", default=1, show_default=True, help="Measure each n-th combination only.")
def main(rows: int, database: str, repeats: int, every: int) -> None:
    """Fill a database and print the times of a review page's query as JSON, in milliseconds."""
    store = open_store(database)
    store.migrate()
    with store.read() as session:
        foreign = session.scalar(select(Document.key).where(~Document.name.startswith("bench-")).limit(1))
    if foreign is not None:
        raise UsageError("the database holds documents of somebody", source="--database", hint="name an empty one")
    fill(store, rows)
    with store.read() as session:
        there = session.scalar(select(func.count()).select_from(Tag))
    pages = {
        _name(chosen, sort): _page(store, TagFilter(**chosen), sort, repeats)
        for chosen, sort in itertools.islice(combinations(), 0, None, every)
    }
    found = {"database": store.dialect, "rows": there, **_summary(pages), "figures": _figures(store, repeats)}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    store.close()


def combinations() -> Iterator[tuple[dict[str, Any], Sort]]:
    """Every filter with every sort."""
    sorts: tuple[Sort, ...] = get_args(Sort)
    for parts in itertools.product(*CHOICES.values()):
        chosen = {name: value for part in parts for name, value in part.items()}
        for sort in sorts:
            yield chosen, sort


def _name(chosen: dict[str, Any], sort: Sort) -> str:
    return " ".join([sort, *(f"{name}={value}" for name, value in chosen.items())])


def _page(store: Store, chosen: TagFilter, sort: Sort, repeats: int) -> dict[str, Any]:
    """Pages of 50, one after the other down the list; from the top again at its end.

    Time on the clock and of this process's processor (with SQLite the database's as well), and SQLite's instructions.
    """
    times, worked, steps, after = [], [], [], None
    for _ in range(repeats):
        started, began = time.perf_counter(), time.process_time()
        with store.read() as session:
            page = tags(session, chosen, sort, after, 50)
            excerpts(session, page.items)
        times.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - began) * 1000)
        with store.read() as session, watch(session) as seen:
            tags(session, chosen, sort, after, 50)
        steps.append(seen.steps)
        after = page.after
    with store.read() as session:
        last = next((one for one in reversed(seen.statements) if "documents" not in one[0] and " tags" in one[0]), None)
        plan = [] if last is None else explain(session, *last)
    return {
        "first_ms": round(times[0], 1),
        "median_ms": round(statistics.median(times), 1),
        "processor_ms": round(statistics.median(worked), 1),
        "instructions": max(steps),
        "plan": plan[:8],
    }


def _summary(pages: dict[str, dict[str, Any]]) -> dict[str, Any]:
    medians = sorted(page["median_ms"] for page in pages.values())
    firsts = sorted(page["first_ms"] for page in pages.values())
    worst = sorted(pages, key=lambda name: -pages[name]["median_ms"])[:SLOWEST]
    return {
        "combinations": len(pages),
        "median_ms": _shares(medians),
        "first_ms": _shares(firsts),
        "processor_ms": _shares(sorted(page["processor_ms"] for page in pages.values())),
        "instructions": _shares(sorted(page["instructions"] for page in pages.values())),
        "over_50_ms": sum(one > 50 for one in medians),
        "slowest": {name: pages[name] for name in worst},
    }


def _shares(values: list[float]) -> dict[str, float]:
    return {name: values[int(part * (len(values) - 1))] for name, part in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


def _figures(store: Store, repeats: int) -> dict[str, dict[str, Any]]:
    found = {}
    for name, count in FIGURES.items():
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            with store.read() as session:
                count(session)
            times.append((time.perf_counter() - started) * 1000)
        with store.read() as session, watch(session) as seen:
            count(session)
        found[name] = {"median_ms": round(statistics.median(times), 1), "instructions": seen.steps}
    return found


if __name__ == "__main__":
    main()
