"""A page of a PDF as a picture, for people who check words on it; `sandbox_child` draws, confined.

The picture comes with the way from the PDF's points to its own, so that the boxes of anchors can be laid on it.
"""

from __future__ import annotations

import ctypes
import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from palermo.corpora.errors import BrokenDocument

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STEP = 1000.0
_FINE = 100
"""Device units a point, since pdfium maps places to whole numbers."""

Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture.

    Attributes:
        png: the picture.
        width, height: of the page as it is shown, in points; the picture has the same shape.
        matrix: `(a, b, c, d, e, f)`: the point `(x, y)` of the PDF is shown at `(a x + c y + e, b x + d y + f)`, in
            points from the upper left corner, whatever the page's rotation and crop box.
        pages: how many the PDF has.
    """

    png: bytes
    width: float
    height: float
    matrix: Matrix
    pages: int

    def place(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """A box of an anchor as `(left, top, right, bottom)` on the page that is shown."""
        a, b, c, d, e, f = self.matrix
        xs = [a * x + c * y + e for x in (box[0], box[2]) for y in (box[1], box[3])]
        ys = [b * x + d * y + f for x in (box[0], box[2]) for y in (box[1], box[3])]
        return min(xs), min(ys), max(xs), max(ys)


def draw(data: bytes, name: str, number: int, pixels: int) -> PageImage:
    """Draw a page.

    Args:
        data: the PDF.
        name: its name, for messages.
        number: of the page, from 1.
        pixels: of the picture, at most.

    Raises:
        BrokenDocument: there is no such page, the file can't be opened or the page not drawn.
    """
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
        if not 1 <= number <= len(pdf):
            raise BrokenDocument(f"the document has no page {number}", source=name)
        page = pdf[number - 1]
        width, height = page.get_size()
        scale = min(3.0, math.sqrt(pixels / max(width * height, 1.0)))
        bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False, draw_annots=False)
        return PageImage(_png(bitmap), width, height, _matrix(page, width, height), len(pdf))
    except (pdfium.PdfiumError, ValueError, OverflowError, ctypes.ArgumentError) as error:
        raise BrokenDocument("the page can't be drawn", source=name) from error


def _matrix(page: Any, width: float, height: float) -> Matrix:
    from pypdfium2 import raw

    size = max(1, round(width * _FINE)), max(1, round(height * _FINE))

    def shown(x: float, y: float) -> tuple[float, float]:
        left, top = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, x, y, left, top)
        return left.value / _FINE, top.value / _FINE

    (e, f), (ax, bx), (cy, dy) = shown(0, 0), shown(_STEP, 0), shown(0, _STEP)
    return (ax - e) / _STEP, (bx - f) / _STEP, (cy - e) / _STEP, (dy - f) / _STEP, e, f


def _png(bitmap: Any) -> bytes:
    """PNG of 8-bit red, green and blue (ISO/IEC 15948), or of grey where the bitmap has one channel."""
    channels = bitmap.n_channels
    if channels not in (1, 3):
        raise ValueError("an unforeseen kind of bitmap")
    dots, stride, row = bytes(bitmap.buffer), bitmap.stride, bitmap.width * channels
    lines = b"".join(b"\0" + dots[at : at + row] for at in range(0, bitmap.height * stride, stride))
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
