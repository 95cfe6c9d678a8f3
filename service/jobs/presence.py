"""Which processes work on a SQLite file: `jobs.runner` asks whether it is alone, and so whether others' work is dead.

The kernel gives a lock of a file back when its holder ends, however it ends; so after a crash the next process knows at
once that nobody is at work, and need not wait for leases to run out. PostgreSQL's workers may be on other machines:
there the leases alone tell.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


class Presence:
    """Holds a lock beside the database while this process works on it.

    Attributes:
        alone: whether nobody else did at the start; True until `settle`.
    """

    def __init__(self, database: Path | None) -> None:
        self._file: IO[bytes] | None = None
        self.alone = False
        if database is None:
            return
        self._file = database.with_name(f"{database.name}.workers").open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.alone = True
        except BlockingIOError:
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def settle(self) -> None:
        """Let others in, once what the dead had begun has been given back."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
