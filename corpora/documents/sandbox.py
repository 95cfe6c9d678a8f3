"""A pool of warm, confined child processes that read documents; `reading.read_document_safely` calls it.

A document that hangs, crashes or fills the memory of its child costs that child, and fails with a reason; it is never
tried again. What a child may do is in `sandbox_limits`, what it may say in `sandbox_frames`. The parent enforces wall
clock, processor time (per document) and the size of the answer, and kills a child as a group. A child that meets
scanned pages asks for their text; `ocr.Desk` gets it from processes of their own, and the clock stands still meanwhile.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import math
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from palermo.corpora.documents import sandbox_frames as frames
from palermo.corpora.documents.document import Document, Kind
from palermo.corpora.documents.ocr import Desk
from palermo.corpora.documents.pdf_marks import Highlight
from palermo.corpora.documents.pdf_pages import PageImage
from palermo.corpora.documents.readers import bare_name, check_size
from palermo.corpora.errors import ParserFailed
from palermo.corpora.settings import Settings, settings

PROGRAM = ("-m", "palermo.corpora.documents.sandbox_child")
_LIMITS = ("document_", "text_", "archive_", "pdf_", "xml_", "parser_", "ocr")
_CHUNK = 1 << 20
_REASONS = {
    signal.SIGXCPU: "reading it takes more than {limits.parser_cpu_seconds:,} s of processor time",
    signal.SIGABRT: "the reading library gave up on it, most likely for want of memory",
    signal.SIGKILL: "the system ended the reading process, most likely for want of memory",
}


class ParserPool:
    """Reads documents in child processes; safe to share between threads.

    Args:
        workers: children at work at once; unset: `parser_workers`.
        limits: settings whose limits hold; unset: the process's.
        program: arguments of the Python interpreter that make a child; tests give misbehaving ones.
    """

    def __init__(
        self, workers: int | None = None, limits: Settings | None = None, program: Sequence[str] = PROGRAM
    ) -> None:
        self.limits = limits or settings()
        self.layers: list[str] | None = None
        """Layers of confinement that the last child to answer has, see `sandbox_limits`; None before that."""
        self._program = tuple(program)
        self._slots = threading.BoundedSemaphore(workers or self.limits.parser_workers)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._closed = False

    def read(self, data: bytes, name: str, *, kind: Kind | None = None, language: str | None = None) -> Document:
        """Read one document; waits for a free child.

        Raises:
            DocumentError: what the reader found; `ParserFailed` where the child crashed or exceeded a limit.
        """
        name = bare_name(name)
        document = self._answer("document", {"name": name, "kind": kind, "language": language}, data)
        return frames.document_from_message(document, name, hashlib.sha256(data).hexdigest())

    def highlight(
        self, data: bytes, name: str, highlights: Iterable[Highlight], author: str, properties: dict[str, str]
    ) -> bytes:
        """A PDF's bytes with an update behind them that highlights words, see `pdf_marks.update`.

        Raises:
            DocumentError: nothing can be added to it; `ParserFailed` as with `read`.
        """
        name = bare_name(name)
        added = {"highlights": [one.to_json() for one in highlights], "author": author, "properties": properties}
        return data + frames.bytes_from_message(self._answer("update", {"name": name, **added}, data), name)

    def draw(self, data: bytes, name: str, page: int, pixels: int) -> PageImage:
        """A page of a PDF as a picture of at most `pixels` dots, see `pdf_pages.draw`.

        Raises:
            DocumentError: there is no such page, or it can't be drawn; `ParserFailed` as with `read`.
        """
        name = bare_name(name)
        return frames.page_from_message(
            self._answer("page", {"name": name, "draw": page, "pixels": pixels}, data), name
        )

    def _answer(self, part: str, request: dict[str, Any], data: bytes) -> Any:
        """The part of a child's answer that was asked for; waits for a free child."""
        name = request["name"]
        check_size(data, name, self.limits.document_bytes)
        with self._slots, contextlib.closing(Desk(data, self.limits, name)) as desk:
            child = self._take()
            try:
                answer = child.ask(request, data, name, desk)
            except BaseException:
                child.kill()
                raise
            self._give(child)
        self.layers = [str(layer) for layer in answer.get("layers", ())]
        if part not in answer:
            raise frames.error_from_message(answer.get("error"), name)
        return answer[part]

    def close(self) -> None:
        """End all idle children; those at work are ended when they are done."""
        with self._lock:
            self._closed = True
            children, self._idle = self._idle, []
        for child in children:
            child.kill()

    def idle(self) -> list[int]:
        """Process ids of the children that wait for a document."""
        with self._lock:
            return [child.pid for child in self._idle]

    def _take(self) -> _Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive():
                    return child
                child.kill()
        return _Child(self._program, self.limits)

    def _give(self, child: _Child) -> None:
        with self._lock:
            keep = not self._closed and not child.worn()
            if keep:
                self._idle.append(child)
        if not keep:
            child.kill()


class _Child:
    """One reading process and the two pipes to it."""

    def __init__(self, program: tuple[str, ...], limits: Settings) -> None:
        self._limits = limits
        self._documents = 0
        # -I: no variables, no user packages, no current folder; a session of its own makes it a process group.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-I", "-B", *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_environment(limits),
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def worn(self) -> bool:
        """Whether it has read enough, or grown enough, to be replaced."""
        return (
            self._documents >= self._limits.parser_recycle_documents
            or self._resident() > self._limits.parser_recycle_bytes
        )

    def ask(self, request: dict[str, Any], data: bytes, name: str, desk: Desk) -> dict[str, Any]:
        """Send a request, wait for the answer; questions about scanned pages before it go to `desk`.

        Raises:
            ParserFailed: none came in time, it is too large or malformed, or the child ended.
        """
        self._documents += 1
        deadline = time.monotonic() + self._limits.parser_seconds
        self._allow_processor_time()
        answer = self._answer([frames.pack(request, data), data], deadline, name)
        while "ocr" in answer:
            started = time.monotonic()
            recognised = desk.answer(answer["ocr"])
            deadline += time.monotonic() - started
            answer = self._answer([frames.pack(recognised)], deadline, name)
        return answer

    def _answer(self, parts: list[bytes], deadline: float, name: str) -> dict[str, Any]:
        body = self._exchange(parts, deadline, name)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ParserFailed("the reading process gave a malformed answer", source=name) from error
        if not isinstance(answer, dict):
            raise ParserFailed("the reading process gave a malformed answer", source=name)
        return answer

    def kill(self) -> None:
        """End the child and whatever it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _exchange(self, parts: list[bytes], deadline: float, name: str) -> bytearray:
        outgoing = [memoryview(part) for part in parts if part]
        incoming, expected = bytearray(), frames.HEADER.size
        sized = False
        with selectors.DefaultSelector() as ready:
            ready.register(self._in, selectors.EVENT_WRITE)
            ready.register(self._out, selectors.EVENT_READ)
            while len(incoming) < expected:
                events = ready.select(max(0.0, deadline - time.monotonic()))
                if not events:
                    raise ParserFailed(
                        f"reading it takes longer than {self._limits.parser_seconds:g} s",
                        source=name,
                        hint="raise PALERMO_PARSER_SECONDS if it is only long",
                    )
                for key, _ in events:
                    if key.fd == self._in and not self._send(outgoing):
                        ready.unregister(self._in)
                    elif key.fd == self._out:
                        self._receive(incoming, expected, name)
                if not sized and len(incoming) == expected:
                    expected, sized = self._answer_size(incoming, name), True
                    incoming.clear()
        return incoming

    def _send(self, outgoing: list[memoryview]) -> bool:
        """Send what the pipe takes; False when nothing is left, or the child no longer listens."""
        try:
            sent = os.write(self._in, outgoing[0][:_CHUNK])
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False  # the end of its answers tells why
        outgoing[0] = outgoing[0][sent:]
        if not outgoing[0]:
            outgoing.pop(0)
        return bool(outgoing)

    def _receive(self, incoming: bytearray, expected: int, name: str) -> None:
        chunk = os.read(self._out, min(_CHUNK, expected - len(incoming)))
        if not chunk:
            raise ParserFailed(self._reason(), source=name)
        incoming += chunk

    def _answer_size(self, header: bytearray, name: str) -> int:
        size, rest = frames.HEADER.unpack(header)
        if rest or not 0 < size <= self._limits.parser_result_bytes:
            raise ParserFailed(
                f"what was read from it is larger than {self._limits.parser_result_bytes:,} bytes",
                source=name,
            )
        return int(size)

    def _reason(self) -> str:
        """Why the child closed its output."""
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return "the reading process stopped answering"
        if code >= 0:
            return f"the reading process ended with status {code}"
        template = _REASONS.get(signal.Signals(-code), "the reading process crashed ({signal})")
        return template.format(limits=self._limits, signal=signal.Signals(-code).name)

    def _allow_processor_time(self) -> None:
        """Count the limit from what the child has used so far, so that it holds for each document."""
        with contextlib.suppress(OSError, ValueError):
            pid = self._process.pid
            hard = resource.prlimit(pid, resource.RLIMIT_CPU)[1]
            soft = math.ceil(self._used()) + self._limits.parser_cpu_seconds
            resource.prlimit(pid, resource.RLIMIT_CPU, (soft, hard))

    def _used(self) -> float:
        """Processor seconds so far, user and system (proc(5), fields 14 and 15 of stat)."""
        with open(f"/proc/{self._process.pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _resident(self) -> int:
        try:
            with open(f"/proc/{self._process.pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        except OSError:
            return 0


def _environment(limits: Settings) -> dict[str, str]:
    """All that a child sees: the limits on reading, a UTF-8 locale, one thread a library."""
    names = [name for name in type(limits).model_fields if name.startswith(_LIMITS)]
    return {
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "RAYON_NUM_THREADS": "1",
        **{f"PALERMO_{name.upper()}": str(value) for name in names if (value := getattr(limits, name)) is not None},
    }


_shared: dict[int, ParserPool] = {}
_shared_lock = threading.Lock()


def shared_pool() -> ParserPool:
    """The process's pool, made on first use and ended with the process; a forked process gets its own."""
    with _shared_lock:
        if os.getpid() not in _shared:
            _shared.clear()
            _shared[os.getpid()] = pool = ParserPool()
            atexit.register(pool.close)
        return _shared[os.getpid()]
