"""Tells scanned pages: little text over an image of much of the page; `readers.pdf_scans` calls it for each page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from palermo.corpora.documents.ocr import rules
from palermo.corpora.documents.readers.pdf_layout.shapes import Box, Page

GRID = 32
MOST_OBJECTS = 1000
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Scan:
    """A page to recognise: 1-based number, what is shown of it in user space, and how far text that a viewer shows
    upright is turned there (the `frame` of a `Word`); `sheet` says that images cover most of it, as a scanner's do."""

    number: int
    crop: Box
    frame: int
    sheet: bool = True


def scan(page: Any, read: Page) -> Scan | None:
    """The scan that an open pdfium page is, or None; `read` is the same page's own text."""
    crop = _shown(page)
    area = (crop[2] - crop[0]) * (crop[3] - crop[1])
    limits = rules()["pages"]
    text = _text_area(read)
    if area <= 0 or text >= limits["text"] * area:
        return None
    share = _image_share(page, crop)
    if share < limits["image" if text > 0 else "image_alone"]:
        return None
    return Scan(read.number, crop, page.get_rotation() // 90 % 4, sheet=share >= limits["image"])


def _shown(page: Any) -> Box:
    """What pdfium draws of a page: the crop box within the media box."""
    crop, media = page.get_cropbox(), page.get_mediabox()
    left, bottom = max(crop[0], media[0]), max(crop[1], media[1])
    right, top = min(crop[2], media[2]), min(crop[3], media[3])
    return (left, bottom, right, top) if left < right and bottom < top else media


def _text_area(read: Page) -> float:
    return sum(
        (word.x1 - word.x0) * word.size for part in (read.segments, read.side) for item in part for word in item.words
    )


def _image_share(page: Any, crop: Box) -> float:
    """Share of the page that images cover, overlaps and strips counted once: on a grid of cells."""
    columns, rows = (crop[2] - crop[0]) / GRID, (crop[3] - crop[1]) / GRID
    covered = [bytearray(GRID) for _ in range(GRID)]
    for left, bottom, right, top in _images(page):
        first, last = _cells(left - crop[0], right - crop[0], columns)
        for row in range(*_cells(bottom - crop[1], top - crop[1], rows)):
            covered[row][first:last] = b"\1" * (last - first)
    return sum(map(sum, covered)) / GRID**2


def _cells(low: float, high: float, size: float) -> tuple[int, int]:
    """The first cell whose middle lies between two places, and the one after the last."""
    first, last = (round(min(max(place / size, 0.0), GRID)) for place in (low, high))
    return first, max(first, last)


def _images(page: Any) -> Iterator[Box]:
    """The boxes of a page's images; of a form that holds images, the form's."""
    from pypdfium2 import raw

    edges = [ctypes.c_float() for _ in range(4)]
    for index in range(min(raw.FPDFPage_CountObjects(page.raw), MOST_OBJECTS)):
        thing = raw.FPDFPage_GetObject(page.raw, index)
        if _holds_image(thing) and raw.FPDFPageObj_GetBounds(thing, *edges):
            left, bottom, right, top = (edge.value for edge in edges)
            yield left, bottom, right, top


def _holds_image(thing: Any, depth: int = 0) -> bool:
    from pypdfium2 import raw

    kind = raw.FPDFPageObj_GetType(thing)
    if kind != raw.FPDF_PAGEOBJ_FORM or depth == DEEPEST:
        return bool(kind == raw.FPDF_PAGEOBJ_IMAGE)
    count = min(raw.FPDFFormObj_CountObjects(thing), MOST_OBJECTS // 10)
    return any(_holds_image(raw.FPDFFormObj_GetObject(thing, index), depth + 1) for index in range(count))
