"""A file that no reader may open, and a watch that tells when one does; the fuzzer and the hostile tests plant it."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

WORDS = "canary-7f3a91-never-to-be-read"
"""What the file says; no document may hold it."""
_IN_OPEN = 0x20


class Canary:
    """A planted file and an inotify watch on it (Linux): any process that so much as opens it is seen.

    Raises:
        OSError: the file can't be written, or the system has no inotify.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_text(WORDS, encoding="utf-8")
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._watch < 0 or libc.inotify_add_watch(self._watch, os.fsencode(path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "the file can't be watched", str(path))

    def opened(self) -> bool:
        """Whether it was opened since the last call."""
        try:
            return bool(os.read(self._watch, 65_536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """End the watch; the file stays."""
        os.close(self._watch)
