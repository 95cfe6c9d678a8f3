"""How many requests are worked on and how many may wait; more are told to come back (429)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from palermo.corpora.errors import Busy

__all__ = ["Busy", "Gate"]


class Gate:
    """Lets `running` requests through at once, `waiting` more wait for their turn."""

    def __init__(self, running: int, waiting: int) -> None:
        self._turns = asyncio.Semaphore(running)
        self._room = running + waiting
        self._inside = 0

    def check(self) -> None:
        """Refuse early, before a body is read.

        Raises:
            Busy: no more may wait.
        """
        if self._inside >= self._room:
            raise Busy("the service has as many documents as it can keep waiting", hint="try again in a few seconds")

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it.

        Raises:
            Busy: no more may wait.
        """
        self.check()
        self._inside += 1
        try:
            async with self._turns:
                yield
        finally:
            self._inside -= 1
