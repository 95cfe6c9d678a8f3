"""Numbers of HTML list items as a browser shows them (`<ol start type reversed>`, `<li value>`), for `html.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_STYLES = {
    "lower-alpha": "a",
    "lower-latin": "a",
    "upper-alpha": "A",
    "upper-latin": "A",
    "lower-roman": "i",
    "upper-roman": "I",
    "decimal": "1",
}
_LARGEST = 100_000


@dataclass(slots=True)
class _List:
    ordered: bool
    style: str
    next: int
    step: int


class ListMarkers:
    """The lists that are open, with the number of the next item of each."""

    def __init__(self) -> None:
        self._open: list[_List] = []

    def enter(self, element: _Element, name: str) -> None:
        """A list begins; other elements change nothing."""
        if name in ("ol", "ul", "menu", "dir"):
            step = -1 if element.get("reversed") is not None else 1
            count = sum(1 for child in element if child.tag == "li") if step < 0 else 1
            self._open.append(_List(name == "ol", _style(element) or "1", _number(element.get("start"), count), step))

    def leave(self, name: str) -> None:
        """A list ends."""
        if name in ("ol", "ul", "menu", "dir") and self._open:
            self._open.pop()

    def marker(self, item: _Element) -> str | None:
        """What stands before an item ("3.", "c.", "iv."), or None where it is a bullet or nothing."""
        if not self._open or not self._open[-1].ordered:
            return None
        here = self._open[-1]
        value = _number(item.get("value"), here.next)
        here.next = value + here.step
        style = _style(item) or here.style
        return None if style == "none" else f"{_rendered(value, style)}."


def _style(element: _Element) -> str | None:
    css = element.get("style", "")[:2000].lower().replace(" ", "")
    for prefix in ("list-style-type:", "list-style:"):
        if prefix in css:
            wanted = css.split(prefix, 1)[1].split(";")[0]
            return _STYLES.get(wanted, "none" if wanted.startswith("none") else "1")
    kind = element.get("type", "")
    return kind if kind in ("1", "a", "A", "i", "I") else None


def _number(text: str | None, otherwise: int) -> int:
    digits = (text or "").strip()
    if digits.removeprefix("-").isdecimal() and len(digits) <= 6:
        return int(digits)
    return otherwise


def _rendered(value: int, style: str) -> str:
    if not 0 < value < _LARGEST or style == "1":
        return str(value)
    shown = _letters(value) if style in "aA" else _roman(value)
    return shown.upper() if style.isupper() else shown


def _letters(value: int) -> str:
    letters = ""
    while value:
        value, rest = divmod(value - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _roman(value: int) -> str:
    shown = ""
    for size, numeral in _ROMAN:
        while value >= size:
            shown += numeral
            value -= size
    return shown
