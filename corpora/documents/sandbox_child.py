"""The reading process: `python -I -m palermo.corpora.documents.sandbox_child`, started by `sandbox.ParserPool`.

Confines itself, then answers one frame for each frame on standard input until that closes. It runs on hostile input:
everything it says is checked by the parent, and nothing of the parent's environment or files is in it.
Between a request and its answer it may ask for the text of scanned pages: `{"ocr": [1, 2]}`, answered by one frame.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from palermo.corpora.documents import sandbox_frames as frames
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.ocr import Ask, Recognised, ask_through
from palermo.corpora.documents.pdf_pages import draw
from palermo.corpora.documents.sandbox_limits import confine
from palermo.corpora.errors import DocumentError, ParserFailed
from palermo.corpora.settings import settings

GRACE_SECONDS = 4.0
"""A child whose parent is gone ends itself this long after the wall-clock limit."""

Read = Callable[..., Document]


def serve(read: Read) -> None:
    """Answer requests with `read(data, name, kind=, language=)` until standard input closes."""
    requests, answers = _streams()
    layers = confine(settings().parser_memory_bytes)
    ask_through(_asker(requests, answers))
    while (received := _received(requests)) is not None:
        request, data = received
        signal.setitimer(signal.ITIMER_REAL, settings().parser_seconds + GRACE_SECONDS)
        answer = _answer(read, data, request)
        del received, data
        _send(answers, {"layers": layers, **answer})
        signal.setitimer(signal.ITIMER_REAL, 0)


def _received(requests: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame's message and data; None where there will be none."""
    header = requests.read(frames.HEADER.size)
    if not header:
        return None
    message_size, data_size = frames.HEADER.unpack(header)
    message: dict[str, Any] = json.loads(requests.read(message_size))
    return message, requests.read(data_size)


def _send(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(frames.pack(message))
    answers.flush()


def _asker(requests: BinaryIO, answers: BinaryIO) -> Ask:
    def ask(pages: list[int]) -> Recognised:
        # The parent keeps the time of its own work.
        left = signal.setitimer(signal.ITIMER_REAL, 0)[0]
        _send(answers, {"ocr": pages})
        received = _received(requests)
        if received is None:
            raise SystemExit("the parent is gone")
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
        return Recognised.from_message(received[0])

    return ask


def _answer(read: Read, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _work(read, data, request)
    except DocumentError as error:
        return {"error": frames.error_to_message(error)}
    except MemoryError:
        limit = settings().parser_memory_bytes
        return {"error": frames.error_to_message(ParserFailed(f"reading it needs more than {limit:,} bytes of memory"))}
    except RecursionError:
        return {"error": frames.error_to_message(ParserFailed("it is nested too deep to read"))}
    except Exception as error:  # noqa: BLE001 - the border of the child process
        # The type names a fault of the reader; the message might quote the document.
        return {"error": frames.error_to_message(ParserFailed(f"the reader failed with {type(error).__name__}"))}


def _work(read: Read, data: bytes, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    if "highlights" in request:
        return {"update": _update(data, request)}
    if "draw" in request:
        return {"page": frames.page_to_message(draw(data, name, request["draw"], request["pixels"]))}
    document = read(data, name, kind=request["kind"], language=request["language"])
    return {"document": frames.document_to_message(document)}


def _update(data: bytes, request: dict[str, Any]) -> str:
    from palermo.corpora.documents.pdf_marks import Highlight, update

    highlights = [Highlight.from_json(values) for values in request["highlights"]]
    added = update(data, request["name"], highlights, request["author"], request["properties"])
    return frames.bytes_to_message(added)


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output as frames; from here on a stray `print` of a library goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb"), answers


def main() -> None:
    """Serve `read_document`."""
    from palermo.corpora.documents.reading import read_document

    serve(read_document)


if __name__ == "__main__":
    main()
