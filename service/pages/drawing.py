"""Pages of a PDF as pictures with the words of its tags boxed; the routes of documents call it.

Pictures are drawn in the confined reading process, never here, and the last few are kept in memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from palermo.models.analysis import anchors
from palermo.service.pages.reading import REFUSED, PassageView

if TYPE_CHECKING:
    from palermo.corpora.documents.document import Document
    from palermo.corpora.documents.pdf_pages import PageImage
    from palermo.corpora.documents.sandbox import ParserPool

_KEPT_BYTES = 30_000_000


@dataclass(frozen=True, slots=True)
class Box:
    """Words of a tag or a mental element on a page, in points from its upper left corner."""

    left: float
    top: float
    width: float
    height: float
    kind: str
    provision: str
    title: str


class Drawer:
    """Draws pages and keeps the last ones, so that a page and its picture are drawn once."""

    def __init__(self, pool: ParserPool, pixels: int) -> None:
        self._pool = pool
        self._pixels = pixels
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], PageImage] = OrderedDict()

    def kept(self, document: str, page: int) -> PageImage | None:
        """A page that was drawn not long ago."""
        with self._lock:
            return self._kept.get((document, page))

    def draw(self, document: str, data: bytes, name: str, page: int) -> PageImage:
        """A page of a document.

        Raises:
            DocumentError: there is no such page, or it can't be drawn.
        """
        drawn = self._pool.draw(data, name, page, self._pixels)
        with self._lock:
            self._kept[document, page] = drawn
            while len(self._kept) > 1 and sum(len(one.png) for one in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)
        return drawn


def pages_of(shown: Iterable[PassageView], warnings: Iterable[Mapping[str, Any]]) -> int:
    """The last page that a passage stands on or a warning is about; the PDF may have more."""
    numbers = [anchor["page"] for passage in shown for anchor in passage.anchors if anchor.get("type") == "pdf"]
    return max([*numbers, *(warning["page"] or 1 for warning in warnings)], default=1)


def first_page(passage: PassageView) -> int | None:
    """The page that a passage begins on; None where its words have no place in the source."""
    return next((anchor["page"] for anchor in passage.anchors if anchor.get("type") == "pdf"), None)


def on_page(shown: Iterable[PassageView], page: int) -> list[PassageView]:
    """The passages with tags that begin on a page."""
    return [one for one in shown if one.cards and first_page(one) == page]


def boxes(document: Document, shown: Iterable[PassageView], page: int, image: PageImage) -> list[Box]:
    """The words on a page that show a tag or state a mental element.

    Args:
        document: as it was read, with the places of its words.
        shown: its passages with their tags.
        page: from 1.
        image: the page as it was drawn.
    """
    found: list[Box] = []
    for passage in shown:
        at = passage.start
        for piece in passage.pieces:
            end = at + len(piece.text)
            for provision in piece.evidence:
                card = next((one for one in passage.cards if one.provision == provision), None)
                if card is not None and card.verdict not in REFUSED:
                    found += _boxes(document, at, end, page, image, ("evidence", provision, card.label))
            if piece.spans:
                found += _boxes(document, at, end, page, image, ("element", "", piece.spans[0]["standard"]))
            at = end
    return found


def _boxes(
    document: Document, start: int, end: int, page: int, image: PageImage, about: tuple[str, str, str]
) -> Iterable[Box]:
    for anchor in anchors(document, start, end):
        if anchor.get("type") == "pdf" and anchor["page"] == page:
            for x0, y0, x1, y1 in anchor["boxes"]:
                left, top, right, bottom = (round(value, 1) for value in image.place((x0, y0, x1, y1)))
                yield Box(left, top, round(right - left, 1), round(bottom - top, 1), *about)
