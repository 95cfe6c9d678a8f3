"""Runs many documents through one function, several at a time, and gives the outcomes in order; `tag` calls it."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import click
from palermo.corpora.errors import ModelError, PalermoError
from palermo.service.cli.inputs import Source

log = logging.getLogger(__name__)


Work = Callable[[Source], tuple[dict[str, Any], bytes | None]]
"""Gives a source's analysis, and the file made of it where each document gets its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a source: an analysis (and a file of it, in formats of one document), or the error it met."""

    source: Source
    analysis: dict[str, Any] | None = None
    rendered: bytes | None = None
    error: PalermoError | None = None

    def record(self) -> dict[str, Any]:
        """The analysis, or `{"error": ...}`."""
        if self.analysis is not None:
            return self.analysis
        assert self.error is not None
        return {"error": {**self.error.to_json(), "source": self.source.label}}


def run(work: Work, sources: Sequence[Source], jobs: int) -> Iterator[Outcome]:
    """The outcomes of `work`, in the order of the sources; at most twice as many as `jobs` wait to be taken.

    Raises:
        ModelError: without a model no document can be analysed, so the batch ends at once.
    """
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="palermo") as threads:
        waiting: deque[Future[Outcome]] = deque()
        rest = iter(sources)
        try:
            for source in rest:
                waiting.append(threads.submit(_attempt, work, source))
                if len(waiting) >= 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


def _attempt(work: Work, source: Source) -> Outcome:
    try:
        return Outcome(source, *work(source))
    except ModelError:
        raise
    except PalermoError as error:
        return Outcome(source, error=error)
    except Exception as error:
        log.debug("unforeseen error with %s", source.label, exc_info=True)
        return Outcome(source, error=PalermoError(f"unforeseen error {type(error).__name__}", hint="please report it"))


def progress(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """The same outcomes, with a bar on standard error where that is a terminal."""
    if not sys.stderr.isatty() or total < 2:
        yield from outcomes
        return
    with click.progressbar(outcomes, length=total, label="Documents", file=sys.stderr, show_pos=True) as bar:
        yield from bar
