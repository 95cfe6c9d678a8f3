"""Runners of jobs over both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.jobs import Jobs
from palermo.service.store import Store


@pytest.fixture
def runner(store: Store, tagger: Any, pool: ParserPool) -> Iterator[Callable[..., Jobs]]:
    """Makes runners of jobs that are stopped at the end; `start` says whether they begin at once."""
    with ExitStack() as stack:

        def make(start: bool = True, tags: Any = None, **limits: Any) -> Jobs:
            jobs = Jobs(store, tags or tagger, pool=pool, limits=Settings(**limits))
            if start:
                jobs.start()
                stack.callback(jobs.stop)
            return jobs

        yield make
