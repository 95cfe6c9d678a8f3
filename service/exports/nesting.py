"""Spans that overlap as elements that nest: what crosses an element's end goes on in a new element behind it.

`akn_` writes its passages with it; nothing here knows XML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text.

    Attributes:
        start, end: half-open, in code points of the text.
        refers: what the span refers to.
        pieces: ids of the elements that it became; the writer of elements adds to it.
    """

    start: int
    end: int
    refers: str
    pieces: list[str] = field(default_factory=list, compare=False)


def clipped(marks: Iterable[Mark], start: int, end: int) -> list[Mark]:
    """The parts of the marks inside `[start, end)`, those that begin first and reach furthest first."""
    inside = (replace(mark, start=max(mark.start, start), end=min(mark.end, end)) for mark in marks)
    return sorted((mark for mark in inside if mark.start < mark.end), key=lambda mark: (mark.start, -mark.end))


def nest(
    parent: Node,
    span: tuple[int, int],
    marks: Iterable[Mark],
    write: Callable[[Node, int, int], None],
    open_: Callable[[Node, Mark], Node],
) -> None:
    """Write a stretch of text with its marks as nested elements.

    Args:
        parent: what the text goes into.
        span: the stretch, half-open.
        marks: in the offsets of `span`; parts outside it are left out.
        write: puts the text of `[start, end)` at the end of a node.
        open_: puts an element for a mark at the end of a node, and gives it.
    """
    position, end = span
    rest = clipped(marks, position, end)
    while rest:
        mark = rest[0]
        write(parent, position, mark.start)
        nest(open_(parent, mark), (mark.start, mark.end), rest[1:], write, open_)
        position = mark.end
        rest = clipped(rest[1:], position, end)
    write(parent, position, end)
