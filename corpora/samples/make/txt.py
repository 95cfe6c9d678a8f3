"""Renders a sample as plain text, wrapped at 78 columns as a court's registry would send it."""

from __future__ import annotations

import textwrap

from palermo.corpora.samples.make.source import Item, Source, plain

WIDTH = 78


def render(source: Source) -> bytes:
    """UTF-8 with LF line ends; blank lines between blocks."""
    return ("\n\n".join(_block(item) for item in source.items) + "\n").encode()


def _block(item: Item) -> str:
    text = plain(item.text)
    if item.type == "title":
        return text.center(WIDTH).rstrip()
    if item.number:
        return textwrap.fill(f"{item.number}.  {text}", WIDTH, break_on_hyphens=False)
    return textwrap.fill(text, WIDTH, break_on_hyphens=False)
