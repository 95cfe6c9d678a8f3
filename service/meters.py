"""Figures of a process for a monitoring system, in the text format of Prometheus (version 0.0.4).

Counters and histograms with few labels of few values: names of routes, states, outcomes. `api.metrics` shows them,
with what it asks the database for. No value of a user's ever becomes a label.
"""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[str, ...]

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
TAGGING_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Counter:
    """A number that only grows, one for each value of its labels; any thread may count."""

    def __init__(self, name: str, about: str, labels: Labels = ()) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = {} if labels else {(): 0.0}

    def count(self, *values: str, by: float = 1.0) -> None:
        """Add to the number of some label values, given in the order of the labels."""
        with self._lock:
            self._values[values] = self._values.get(values, 0.0) + by

    def lines(self) -> Iterator[str]:
        """Its part of the page."""
        with self._lock:
            values = sorted(self._values.items())
        yield from metric(self._name, "counter", self._about, (((self._labels, one), value) for one, value in values))


class Histogram:
    """How often something took how long, in seconds: counts of all that took no longer than each bound."""

    def __init__(self, name: str, about: str, bounds: tuple[float, ...], labels: Labels = ()) -> None:
        self._name, self._about, self._bounds, self._labels = name, about, bounds, labels
        self._lock = threading.Lock()
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        if not labels:
            self._row(())

    def observe(self, seconds: float, *values: str) -> None:
        """Note how long one took."""
        with self._lock:
            self._row(values)[bisect_left(self._bounds, seconds)] += 1
            self._sums[values] += seconds

    def lines(self) -> Iterator[str]:
        """Its part of the page."""
        with self._lock:
            rows = [(one, list(counts), self._sums[one]) for one, counts in sorted(self._counts.items())]
        yield f"# HELP {self._name} {self._about}"
        yield f"# TYPE {self._name} histogram"
        for values, counts, total in rows:
            below = 0
            for bound, count in zip((*map(_number, self._bounds), "+Inf"), counts, strict=True):
                below += count
                yield f"{self._name}_bucket{_labelled((*self._labels, 'le'), (*values, bound))} {below}"
            yield f"{self._name}_sum{_labelled(self._labels, values)} {_number(total)}"
            yield f"{self._name}_count{_labelled(self._labels, values)} {below}"

    def _row(self, values: Labels) -> list[int]:
        self._sums.setdefault(values, 0.0)
        return self._counts.setdefault(values, [0] * (len(self._bounds) + 1))


class Meters:
    """The figures of one process.

    Attributes:
        requests: answers by method, template of the route and status; `seconds`: how long they took.
        tagging: time of the tagger for one document, without reading it or waiting for a turn.
        ended: jobs that this process has ended, by outcome.
    """

    def __init__(self) -> None:
        self.requests = Counter("palermo_requests_total", "Requests that were answered.", ("method", "route", "status"))
        self.seconds = Histogram(
            "palermo_request_seconds", "Time to the end of an answer.", REQUEST_SECONDS, ("method", "route")
        )
        self.tagging = Histogram("palermo_tagging_seconds", "Time of the tagger for one document.", TAGGING_SECONDS)
        self.ended = Counter("palermo_jobs_ended_total", "Jobs that this process has ended.", ("outcome",))
        self._started = time.time()

    def lines(self) -> Iterator[str]:
        """All of them, with the process's memory, processor time and age."""
        for one in (self.requests, self.seconds, self.tagging, self.ended):
            yield from one.lines()
        times = os.times()
        for name, kind, about, value in (
            ("process_resident_memory_bytes", "gauge", "Resident memory, without the reading processes.", _resident()),
            ("process_cpu_seconds_total", "counter", "Processor time.", times.user + times.system),
            ("process_start_time_seconds", "gauge", "When it started, in seconds since 1970.", self._started),
        ):
            yield from metric(name, kind, about, [(((), ()), value)])


def metric(name: str, kind: str, about: str, rows: Iterable[tuple[tuple[Labels, Labels], float]]) -> Iterator[str]:
    """One metric: rows are ((names of labels, their values), value)."""
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for (labels, values), value in rows:
        yield f"{name}{_labelled(labels, values)} {_number(value)}"


def _labelled(labels: Labels, values: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(labels, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _resident() -> int:
    """Resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
