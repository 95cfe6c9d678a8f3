"""Where a command may write: what can't be made there, or would take the place of what is read, is refused first.

`palermo corpus` and the benchmarks that train call it before they begin; nothing is made here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from palermo.corpora.errors import UsageError


def check_folder(path: Path) -> None:
    """Refuse a folder that can't be made or written to.

    Raises:
        UsageError: a file is there or in the place of a folder above it, or the one that is there is not writable.
    """
    path = path.absolute()
    found = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not found.is_dir():
        raise UsageError("a file is there, not a folder", source=found.name, hint="name another folder")
    if not os.access(found, os.W_OK | os.X_OK):
        raise UsageError("may not be written to", source=found.name, hint="name another folder")


def check_file(path: Path) -> None:
    """Refuse a file that can't be written where it is named; one that is there may be replaced.

    Raises:
        UsageError: a folder is there, or its own folder can't be made or written to.
    """
    if path.is_dir():
        raise UsageError("a folder is there, not a file", source=path.name, hint="name a file")
    check_folder(path.parent)


def keep_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that are inputs too, whatever they are called on the command line.

    Raises:
        UsageError: naming the first.
    """
    read = {os.path.realpath(path) for path in inputs}
    for path in outputs:
        if os.path.realpath(path) in read:
            hint = "write to another folder, or under another name"
            raise UsageError("would take the place of what is read", source=path.name, hint=hint)
