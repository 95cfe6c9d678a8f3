"""Whole processes of the command line, and what they write."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

SERVED = Path(__file__).with_name("served.py")
PATIENT = {"parser_seconds": "3600"}
"""On a machine that is very busy, a reading process may wait long for its turn."""
RUNNING = re.compile(r"Uvicorn running on (http://[^ ]+)")


class Process:
    """A process of the command line that tags by words.

    Attributes:
        lines: what it has written, as far as it was read.
    """

    def __init__(self, *arguments: str, asks: bool, **settings: str) -> None:
        said, told = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, str(SERVED), str(told) if asks else "-", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=(told,), bufsize=0,
            env={**os.environ, **{f"PALERMO_{name.upper()}": value for name, value in (PATIENT | settings).items()}},
        )  # fmt: skip
        os.close(told)
        self._said = os.fdopen(said, "rb", buffering=0)
        assert self._process.stdout is not None
        self._out = self._process.stdout
        self.lines: list[str] = []

    def until(self, pattern: str) -> re.Match[str]:
        """Read what it writes up to a line with a pattern."""
        while line := self._out.readline().decode():
            self.lines.append(line.rstrip("\n"))
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended without {pattern}: {self.lines}")

    @property
    def address(self) -> str:
        """Where the service is reached."""
        return self.until(RUNNING.pattern)[1]

    def tags_next(self) -> str:
        """The first digits of the document that it is about to tag; it waits for `go_on`."""
        return self._said.readline().decode().strip()

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b".")

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def status(self) -> int:
        """How it ends; all that it writes until then is read."""
        for line in self._out:
            self.lines.append(line.decode().rstrip("\n"))
        return self._process.wait()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._out, self._said):
            if stream is not None:
                stream.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts processes that are gone at the end of the test."""
    with ExitStack() as stack:

        def make(*arguments: str, asks: bool = False, **settings: str) -> Process:
            process = Process(*arguments, asks=asks, **settings)
            stack.callback(process.close)
            return process

        yield make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder."""
    made = tmp_path / "data"
    made.mkdir()
    return made
