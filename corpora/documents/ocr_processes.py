"""Runs the processes that recognise pages, some side by side, each with its own time; `ocr` calls it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from typing import Any, Literal

from palermo.corpora.settings import Settings

PROGRAM = ("-m", "palermo.corpora.documents.ocr_child")
_CHUNK = 1 << 16

Outcome = bytes | Literal["time", "size", "failed", "document_time"]


def run(jobs: dict[int, dict[str, Any]], source: int | None, limits: Settings, deadline: float) -> dict[int, Outcome]:
    """What each job wrote, or why there is nothing: one failure costs its own job only.

    Args:
        jobs: what `ocr_child` is told, by any key.
        source: descriptor of the document, given to each as standard input.
        limits: `ocr_workers` at once, each with `ocr_seconds` and `ocr_result_bytes`.
        deadline: on the monotonic clock, for all together; jobs not done by then are `document_time`.
    """
    waiting, outcomes = deque(jobs.items()), dict[int, Outcome]()
    with selectors.DefaultSelector() as ready:
        try:
            while waiting or ready.get_map():
                while waiting and len(ready.get_map()) < limits.ocr_workers:
                    key, job = waiting.popleft()
                    if time.monotonic() >= deadline:
                        outcomes[key] = "document_time"
                    else:
                        process = _Process(key, job, source, limits, deadline)
                        ready.register(process.output, selectors.EVENT_READ, process)
                for process in _finished(ready):
                    ready.unregister(process.output)
                    outcomes[process.key] = process.outcome()
        finally:
            for entry in list(ready.get_map().values()):
                entry.data.kill()
    return outcomes


def _finished(ready: selectors.BaseSelector) -> list[_Process]:
    """Processes that ended, said too much or ran out of time, once there is one or something was read."""
    running = [entry.data for entry in ready.get_map().values()]
    if not running:
        return []
    first = min(process.deadline for process in running)
    ended = [entry.data for entry, _ in ready.select(max(0.0, first - time.monotonic())) if entry.data.receive()]
    now = time.monotonic()
    return ended + [process for process in running if process not in ended and process.late(now)]


class _Process:
    """One process at work, and what it has written."""

    def __init__(self, key: int, job: dict[str, Any], source: int | None, limits: Settings, deadline: float) -> None:
        self.key = key
        own = time.monotonic() + limits.ocr_seconds
        self.deadline = min(own, deadline)
        self._late: Outcome = "time" if own <= deadline else "document_time"
        self._limit = limits.ocr_result_bytes
        self._written = bytearray()
        self._failure: Outcome | None = None
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-I", "-B", *PROGRAM, json.dumps(job)],
            stdin=subprocess.DEVNULL if source is None else source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout

    def receive(self) -> bool:
        """Take what there is; True when there will be no more."""
        chunk = os.read(self.output.fileno(), _CHUNK)
        self._written += chunk
        if len(self._written) > self._limit:
            self._failure = "size"
        return not chunk or self._failure is not None

    def late(self, now: float) -> bool:
        """Whether its time is over."""
        if now >= self.deadline:
            self._failure = self._late
        return self._failure is not None

    def outcome(self) -> Outcome:
        """What it wrote, or why it failed; it is gone after that."""
        if self._failure is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1.0)
        self.kill()
        if self._failure is not None:
            return self._failure
        code = self._process.returncode
        return bytes(self._written) if code == 0 else "time" if code == -signal.SIGXCPU else "failed"

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.output.close()
