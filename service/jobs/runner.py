"""`Jobs`: threads of this process that take work from the store; `palermo serve` and `palermo worker` start them.

Any number of processes may do so on PostgreSQL, and on a SQLite file of one machine.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from palermo.corpora.errors import PalermoError, StoreError
from palermo.service.jobs import exporting, progress, tagging
from palermo.service.jobs.presence import Presence
from palermo.service.store.basics import now
from palermo.service.store.exporting import forget_exports
from palermo.service.store.queue import claim_export, claim_job, give_back, has_export, has_work, renew
from palermo.service.store.work import forget_keys

if TYPE_CHECKING:
    from palermo.corpora.documents.sandbox import ParserPool
    from palermo.corpora.settings import Settings
    from palermo.service.analysis import Tags
    from palermo.service.meters import Meters
    from palermo.service.store.engine import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

POLL_SECONDS = 2.0
"""How soon work is found that another process has stored; this process's own is found at once."""
HOUSEKEEPING_SECONDS = 3600.0
KEY_HOURS = 24


class Jobs:
    """Takes jobs and exports from the store until it is stopped.

    Args:
        store: migrated.
        tagger: used by one thread at a time.
        pool: reading processes; None: the process's shared pool.
        limits: settings.
        meters: what counts the jobs that end here.
    """

    def __init__(
        self,
        store: Store,
        tagger: Tags,
        *,
        pool: ParserPool | None = None,
        limits: Settings,
        meters: Meters | None = None,
    ) -> None:
        self._store, self._tagger, self._pool, self._limits = store, tagger, pool, limits
        self._meters = meters
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._changed = threading.Condition()
        self._news = 0
        self._stopping = False
        self._jobs: set[int] = set()
        self._exports: set[int] = set()
        self._last_batch = 0
        self._threads: list[threading.Thread] = []
        self._presence: Presence | None = None

    def start(self) -> None:
        """Begin to work; what a killed process of this machine left on a SQLite file is taken up at once.

        Raises:
            StoreError: the database does not answer.
        """
        self._presence = Presence(self._store.file)
        if self._presence.alone:
            with self._store.write() as session:
                give_back(session)
        self._presence.settle()
        loops = [self._job_loop] * self._limits.job_workers + [self._export_loop, self._keep]
        self._threads = [threading.Thread(target=loop, name="palermo-jobs", daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether work is taken: all threads run, and no stop was asked for."""
        return not self._stopping and bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stopping

    def quit(self) -> None:
        """Take no more work, and wait for nothing; a handler of signals may call it."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def stop(self, seconds: float | None = None) -> bool:
        """End after what is at work, or after `seconds`; what is not done then is given back, and begun again later.

        Args:
            seconds: None: those of the settings.

        Returns:
            Whether all threads have ended; where not, the process must end without waiting for them.
        """
        self.quit()
        until = time.monotonic() + (self._limits.stop_seconds if seconds is None else seconds)
        with suppress(StoreError):
            self._renew()  # the thread that renews leases ends with the others
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        try:
            if self._jobs or self._exports:
                with self._store.write() as session:
                    give_back(session, self._name)
        except StoreError as error:
            log.warning("what was at work begins again when its lease has run out: %s", error)
        if self._presence is not None:
            self._presence.leave()
        return not any(thread.is_alive() for thread in self._threads)

    def submit(self, batch_id: int | None = None) -> None:
        """Tell the threads that a batch or an export has been stored; it would be found without, but later."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def wait_for(self, done: Callable[[], T], seconds: float) -> T:
        """The first answer of `done` that is true, asked when there is news; the last answer after `seconds`."""
        until = time.monotonic() + seconds
        while True:
            seen = self._news
            left = until - time.monotonic()
            if (found := done()) or left <= 0 or self._stopping:
                return found
            self._wait(min(POLL_SECONDS, left), seen)

    def progress(self, batch_id: int) -> progress.Progress:
        """How far a batch is.

        Raises:
            NotFound: no such batch.
        """
        with self._store.read() as session:
            return progress.progress(session, batch_id)

    def _job_loop(self) -> None:
        try:
            self._tagger.info()  # loads the model; without one, jobs wait for a process that has it
        except PalermoError as error:
            log.error("no job is done here: %s", error)
            return
        self._loop(self._one_job)

    def _export_loop(self) -> None:
        self._loop(self._one_export)

    def _loop(self, once: Callable[[], bool]) -> None:
        """Call `once` until the stop; where it finds nothing to do, wait for news."""
        while not self._stopping:
            seen = self._news
            try:
                busy = once()
            except StoreError as error:
                log.warning("work waits for the database: %s", error)
                busy = False
            except Exception as error:  # a thread must outlive whatever a claim meets
                log.exception("unforeseen %s in a worker", type(error).__name__, exc_info=False)
                busy = False
            if not busy:
                self._wait(POLL_SECONDS, seen)

    def _wait(self, seconds: float, seen: int | None = None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or seen not in {None, self._news}, seconds)

    def _one_job(self) -> bool:
        with self._store.read() as session:
            if not has_work(session):
                return False
        limits = self._limits
        with self._store.write() as session:
            job = claim_job(
                session, self._name, limits.job_lease_seconds, after=self._last_batch, attempts=limits.job_attempts
            )
        if job is None:
            return False
        self._last_batch = job.batch
        self._jobs.add(job.id)
        started = time.perf_counter()
        try:
            outcome = tagging.work(self._store, job, self._name, self._tagger, self._pool)
        finally:
            self._jobs.discard(job.id)
            self.submit()
        seconds = round(time.perf_counter() - started, 3)
        log.info("job ended", extra={"job": job.id, "batch": job.batch, "outcome": outcome, "seconds": seconds})
        if self._meters is not None:
            self._meters.ended.count(outcome)
        return True

    def _one_export(self) -> bool:
        with self._store.read() as session:
            if not has_export(session):
                return False
        limits = self._limits
        with self._store.write() as session:
            id_ = claim_export(session, self._name, limits.job_lease_seconds, attempts=limits.job_attempts)
        if id_ is None:
            return False
        self._exports.add(id_)
        try:
            exporting.make(self._store, id_)
        finally:
            self._exports.discard(id_)
            self.submit()
        return True

    def _keep(self) -> None:
        """Prolong leases three times in each, and forget once an hour what has expired."""
        cleaned = float("-inf")
        while not self._stopping:
            try:
                self._renew()
                if time.monotonic() - cleaned > HOUSEKEEPING_SECONDS:
                    self._forget()
                    cleaned = time.monotonic()
            except StoreError as error:
                log.warning("leases wait for the database: %s", error)
            self._wait(self._limits.job_lease_seconds / 3)

    def _renew(self) -> None:
        jobs, exports = list(self._jobs), list(self._exports)
        if jobs or exports:
            with self._store.write() as session:
                renew(session, self._name, self._limits.job_lease_seconds, jobs, exports)

    def _forget(self) -> None:
        with self._store.write() as session:
            forget_keys(session, now() - timedelta(hours=KEY_HOURS))
            forget_exports(session, now() - timedelta(days=self._limits.export_days))
