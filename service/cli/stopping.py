"""How `palermo serve` and `palermo worker` end: with status 0 at SIGTERM, whatever they are at."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def end_at_sigterm() -> None:
    """Let SIGTERM end this process like `sys.exit(0)`: what was opened is closed, and nothing counts as a failure.

    Uvicorn puts its own handler in the place of this one while it serves, and raises the signal again at its end.
    """
    signal.signal(signal.SIGTERM, _exit)


def end(idle: bool) -> None:
    """Last of all: where threads are still in a model's code, leave without waiting for them.

    What they were at has been given back. The interpreter's own end would pull the ground from under them.
    """
    if not idle:
        logging.getLogger(__name__).warning("stopped with documents at work; they were given back")
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
