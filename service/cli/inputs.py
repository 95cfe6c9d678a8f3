"""What the arguments of a command name: files, folders, globs and `-` -> a list of sources, in a steady order."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from palermo.corpora.errors import DocumentError, EmptyDocument, LimitExceeded, UsageError

STANDARD_INPUT = "-"
DATA_SUFFIXES = frozenset({".json", ".jsonl", ".csv", ".tsv", ".xlsx"})
"""Left out when a folder is walked: results, indexes and manifests; given by name or glob they are read."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document to read.

    Attributes:
        label: as messages name it.
        relative: where its result goes under an output folder, with the source's own suffix.
        path: the file; None: `content` has it, or standard input.
        content: bytes given on the command line.
    """

    label: str
    relative: PurePosixPath
    path: Path | None = None
    content: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes, 0 where that is not known before it is read."""
        if self.content is not None:
            return len(self.content)
        try:
            return self.path.stat().st_size if self.path else 0
        except OSError:
            return 0

    def read(self, limit: int) -> bytes:
        """The bytes, at most `limit` of them.

        Raises:
            LimitExceeded: the file is larger.
            DocumentError: it can't be opened or read.
        """
        if self.content is not None:
            return self.content
        try:
            return self._read(limit)
        except OSError as error:
            raise DocumentError(f"can't be read: {error.strerror}", source=self.label) from error

    def _read(self, limit: int) -> bytes:
        if self.path is None:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            if not self.path.is_file():
                raise EmptyDocument("not a regular file", source=self.label)
            with open(self.path, "rb") as file:
                data = file.read(limit + 1)
        if len(data) > limit:
            raise LimitExceeded(
                f"more than {limit:,} bytes", source=self.label, hint="split it, or raise PALERMO_DOCUMENT_BYTES"
            )
        return data


def find(arguments: Sequence[str], name: str | None = None, exclude: Path | None = None) -> list[Source]:
    """The sources that the arguments name, each once.

    Folders are walked in alphabetical order, without hidden files and `DATA_SUFFIXES`. Results keep the sub-folders
    below a folder argument, or of a relative file argument.

    Args:
        arguments: files, folders, globs (where the shell left them), or `-`.
        name: what to call standard input.
        exclude: a folder not to walk into (the output's).

    Raises:
        UsageError: an argument names nothing.
    """
    found: dict[str, Source] = {}
    for argument in arguments:
        for source in _of(argument, name, exclude):
            found.setdefault(str(source.path.resolve()) if source.path else STANDARD_INPUT, source)
    return list(found.values())


def _of(argument: str, name: str | None, exclude: Path | None) -> Iterator[Source]:
    if argument == STANDARD_INPUT:
        label = name or "stdin"
        yield Source(label, PurePosixPath(PurePosixPath(label).name or "stdin"))
        return
    path = Path(argument)
    if path.is_dir():
        yield from (Source(str(file), _below(file, path), file) for file in _walk(path, exclude))
    elif os.path.lexists(path):
        yield Source(argument, _kept(path), path)
    else:
        yield from _matches(argument, exclude)


def _matches(pattern: str, exclude: Path | None) -> Iterator[Source]:
    paths = sorted(glob.glob(pattern, recursive=True))
    if not paths:
        raise UsageError("no such file or folder", source=pattern)
    for path in map(Path, paths):
        if path.is_file() and not _inside(path, exclude):
            yield Source(str(path), _kept(path), path)


def _walk(folder: Path, exclude: Path | None) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not _inside(Path(parent, f), exclude))
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() not in DATA_SUFFIXES:
                yield Path(parent, file)


def _inside(path: Path, folder: Path | None) -> bool:
    return folder is not None and path.resolve().is_relative_to(folder.resolve())


def _below(file: Path, folder: Path) -> PurePosixPath:
    return PurePosixPath(file.relative_to(folder).as_posix())


def _kept(file: Path) -> PurePosixPath:
    """A relative path without its dots; of an absolute one, the name."""
    if file.is_absolute():
        file = Path(file.name)
    parts = [part for part in file.parts if part not in ("..", ".", "/")]
    return PurePosixPath(*parts)


def result_names(sources: Iterable[Source], suffix: str) -> dict[Source, PurePosixPath]:
    """Where each result goes: `a/b.pdf` -> `a/b.json`; names that clash keep their suffix, then get a number."""
    sources = list(sources)
    uses = Counter(source.relative.with_suffix("") for source in sources)
    taken: set[str] = set()
    names = {}
    for source in sources:
        short = source.relative.with_suffix("")
        stem = str(source.relative if uses[short] > 1 else short)
        chosen, number = stem, 2
        while chosen in taken:
            chosen, number = f"{stem}-{number}", number + 1
        taken.add(chosen)
        names[source] = PurePosixPath(chosen + suffix)
    return names
