"""Fields of a DOCX (page references, contents): their results are text, their codes are not; for `docx_story`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.docx_package import attribute, short

if TYPE_CHECKING:
    from lxml.etree import _Element

DELETED = frozenset({"w:del", "w:moveFrom"})
NUMBERING = ("AUTONUM", "LISTNUM")
"""Fields that print a number which the file does not hold."""


class Fields:
    """Where the walk of a story stands among its complex fields (`w:fldChar`), nested ones included.

    A field that never ends is no field: otherwise the rest of the document would be taken for its code.
    """

    def __init__(self, root: _Element) -> None:
        self._ended = _ended(root)
        self._open: list[bool] = []

    @property
    def muted(self) -> bool:
        """Whether what is met now belongs to the code of a field."""
        return any(self._open)

    def meet(self, element: _Element) -> None:
        """A `w:fldChar`: begin a code, go over to its result, or end."""
        kind = attribute(element, "fldCharType")
        if kind == "begin" and element in self._ended:
            self._open.append(True)
        elif kind == "separate" and self._open:
            self._open[-1] = False
        elif kind == "end" and self._open:
            self._open.pop()

    @staticmethod
    def controls(run: _Element) -> bool:
        """Whether a run begins, parts or ends a field; it must be walked even where it is hidden."""
        return any(short(element) == "w:fldChar" for element in run)

    @staticmethod
    def numbers(instruction: _Element) -> bool:
        """Whether the code is one of those whose number the file does not hold."""
        return (instruction.text or "").strip().upper().startswith(NUMBERING)


def _ended(root: _Element) -> set[_Element]:
    """The `begin` marks that have an `end`."""
    begun: list[_Element] = []
    ended = set()
    for element in root.iter("{*}fldChar"):
        if any(short(ancestor) in DELETED for ancestor in element.iterancestors()):
            continue
        kind = attribute(element, "fldCharType")
        if kind == "begin":
            begun.append(element)
        elif kind == "end" and begun:
            ended.add(begun.pop())
    return ended
