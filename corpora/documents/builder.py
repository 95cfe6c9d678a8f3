"""Builds canonical text block by block, keeping count of offsets; every structured reader uses it."""

from __future__ import annotations

from typing import Any

from palermo.corpora.documents.document import Block, BlockType, Run

SEPARATOR = "\n\n"


def canonical(text: str) -> str:
    """Source text as canonical text: leading BOMs dropped, CRLF, CR -> LF, NUL and lone surrogates -> U+FFFD.

    Nothing else changes, so the result of `canonical` is a fixed point of it.
    """
    return _clean(text.lstrip("\ufeff"))


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Lone surrogates can't be written as UTF-8; one becomes one, so no offset moves.
        text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


class TextBuilder:
    """Collects blocks and runs; `text`, `blocks` and `runs` are what a `Document` needs.

    Call `run` for each stretch of a block in order, then `close` with what the block is.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._block_start = 0
        self._pending = False
        self.blocks: list[Block] = []
        self.runs: list[Run] = []

    @property
    def length(self) -> int:
        """Code points so far."""
        return self._length

    @property
    def text(self) -> str:
        """The canonical text so far."""
        return "".join(self._parts)

    def run(self, text: str, locator: dict[str, Any] | None = None) -> None:
        """Add a stretch of the current block; with `locator`, remember where it comes from."""
        text = _clean(text) if self._length else canonical(text)
        if not text:
            return
        if not self._pending and self._length:
            self._append(SEPARATOR)
        if not self._pending:
            self._block_start = self._length
            self._pending = True
        start = self._length
        self._append(text)
        if locator is not None:
            self.runs.append(Run(start, self._length, locator))

    def close(self, type: BlockType = "paragraph", number: str | None = None, level: int | None = None) -> None:
        """End the current block; a block without text leaves nothing behind."""
        if self._pending:
            self.blocks.append(Block(self._block_start, self._length, type, number, level))
            self._pending = False

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
