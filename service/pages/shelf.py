"""Results of documents that are read without being stored: kept in memory for a while, so that a page can be reopened.

The start page's "read one now" puts a result here and leads to its address; going back, forward and loading anew then
work as everywhere. Nothing is written to disk; a restart forgets all.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class Shelf:
    """Keeps results by an unguessable word; the oldest go when time or room runs out.

    Args:
        seconds: how long a result is kept.
        room: bytes of all results together, packed.
        clock: seconds; tests give their own.
    """

    def __init__(self, seconds: float, room: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._room = room
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, int | None, bytes]] = OrderedDict()

    def put(self, result: dict[str, Any], owner: int | None) -> str:
        """Keep a result for one person (None: whoever uses a service without accounts); the word that finds it."""
        packed = zlib.compress(json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        word = secrets.token_urlsafe(24)
        with self._lock:
            self._kept[word] = (self._clock() + self._seconds, owner, packed)
            self._tidy()
        return word

    def get(self, word: str, owner: int | None) -> dict[str, Any] | None:
        """The result of a word, or None where it is another's, forgotten or never was."""
        with self._lock:
            self._tidy()
            found = self._kept.get(word)
        if found is None or found[1] != owner:
            return None
        result: dict[str, Any] = json.loads(zlib.decompress(found[2]).decode("utf-8", "surrogatepass"))
        return result

    def _tidy(self) -> None:
        """Drop what is too old, and the oldest where there is no room; the newest stays whatever its size."""
        now, size = self._clock(), sum(len(packed) for _, _, packed in self._kept.values())
        while self._kept:
            word, (until, _, packed) = next(iter(self._kept.items()))
            if until > now and (size <= self._room or len(self._kept) == 1):
                return
            size -= len(packed)
            del self._kept[word]
