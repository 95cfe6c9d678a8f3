"""Reads a sample's source: a few lines of metadata and simple markup; called by the renderers of this folder.

---
kind: judgment            metadata, one field a line
---
# title                   ~ line of the cover
## heading                ### heading one level down; in a statute the section's number and heading
1. numbered paragraph     a) lettered paragraph
any other line is an unnumbered paragraph; *words between asterisks* are in italics
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ItemType = Literal["title", "cover", "heading", "paragraph"]
_NUMBERED = re.compile(r"(\d{1,3})\. (.+)")
_ITALIC = re.compile(r"\*([^*]+)\*")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the source; `level` is 1 or 2 for headings, `number` is set for numbered paragraphs."""

    type: ItemType
    text: str
    level: int = 0
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A sample before rendering."""

    name: str
    meta: dict[str, str]
    items: tuple[Item, ...]

    @property
    def statute(self) -> bool:
        """Whether the sample is a statute (otherwise a judgment)."""
        return self.meta["kind"] == "statute"


def read(path: Path) -> Source:
    """The source in `path`.

    Raises:
        ValueError: the metadata block is missing.
    """
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    meta = dict(line.split(": ", 1) for line in head.splitlines())
    return Source(path.stem, meta, tuple(_item(line) for line in body.splitlines() if line.strip()))


def _item(line: str) -> Item:
    mark, _, rest = line.partition(" ")
    if mark == "#":
        return Item("title", rest)
    if mark == "~":
        return Item("cover", rest)
    if mark in {"##", "###"}:
        return Item("heading", rest, level=len(mark) - 1)
    numbered = _NUMBERED.fullmatch(line)
    if numbered:
        return Item("paragraph", numbered[2], number=numbered[1])
    return Item("paragraph", line)


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The text as `(words, italic)` pairs."""
    for position, words in enumerate(_ITALIC.split(text)):
        if words:
            yield words, position % 2 == 1


def plain(text: str) -> str:
    """The text without its markup."""
    return _ITALIC.sub(r"\1", text)
