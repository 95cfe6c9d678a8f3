"""Pages of a PDF as pictures: drawn by a confined process, with boxes on the very words."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.pdf_pages import draw
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import BrokenDocument

Fill = Callable[..., str]
WORDS = "1. The accused moved the proceeds of the fraud."
LEFT, BASE, SIZE = 72, 500, 14


def pdf(rotate: int = 0, crop: tuple[float, float, float, float] | None = None) -> bytes:
    """A page with one line of text at a known place, inside the page whichever way reportlab turns it."""
    canvas = pytest.importorskip("reportlab.pdfgen.canvas")
    file = io.BytesIO()
    made = canvas.Canvas(file, pagesize=(595, 842), invariant=1)
    made.setFont("Helvetica", SIZE)
    made.drawString(LEFT, BASE, WORDS)
    made.setPageRotation(rotate)
    if crop:
        made.setCropBox(crop)
    made.showPage()
    made.save()
    return file.getvalue()


def dots(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and the red, green and blue of each dot."""
    at, width, height, packed = 8, 0, 0, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", content[:8])
        if kind == b"IDAT":
            packed += content
        at += 12 + size
    lines = zlib.decompress(packed)
    row = width * 3 + 1
    return width, height, b"".join(lines[start + 1 : start + row] for start in range(0, len(lines), row))


def ink(png: bytes) -> tuple[float, float, float, float]:
    """The box around all dark dots, as shares of width and height."""
    width, height, colours = dots(png)
    dark = [at for at in range(0, len(colours), 3) if colours[at] < 128]
    xs, ys = [at // 3 % width for at in dark], [at // 3 // width for at in dark]
    return min(xs) / width, min(ys) / height, (max(xs) + 1) / width, (max(ys) + 1) / height


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40, 300, 500, 800)])
def test_the_box_of_the_words_lies_on_their_ink(
    pool: ParserPool, rotate: int, crop: tuple[float, float, float, float] | None
) -> None:
    data = pdf(rotate, crop)
    read: Document = pool.read(data, "one.pdf", language="en")
    image = pool.draw(data, "one.pdf", 1, 400_000)
    assert image.pages == 1
    width, height, _ = dots(image.png)
    assert width * height <= 400_000 * 1.02
    assert math.isclose(width / height, image.width / image.height, rel_tol=0.01)
    left, top, right, bottom = ink(image.png)
    boxes = [image.place(tuple(run.locator["box"])) for run in read.runs]
    around = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    shown = [left * image.width, top * image.height, right * image.width, bottom * image.height]
    # The words' boxes hold their ink, and are no more than a letter's height larger.
    assert all(-1.5 <= inner - outer <= SIZE for inner, outer in zip(shown[:2], around[:2], strict=True))
    assert all(-1.5 <= outer - inner <= SIZE for inner, outer in zip(shown[2:], around[2:], strict=True))


@pytest.mark.parametrize("page", [0, 2, -1])
def test_a_page_that_is_not_there_is_refused(pool: ParserPool, page: int) -> None:
    with pytest.raises(BrokenDocument, match="no page"):
        pool.draw(pdf(), "one.pdf", page, 100_000)


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(BrokenDocument):
        draw(b"%PDF-1.7\ngarbage", "one.pdf", 1, 100_000)


def test_a_page_is_shown_with_its_tag_beside_the_boxed_words(browser: Any, service: str, fill: Fill) -> None:
    document = fill(pdf(), "one.pdf", language="en")
    browser.open(f"{service}/documents/{document}?view=pages")
    browser.wait("document.querySelector('.page img')?.complete && document.querySelector('.page-boxes .evidence')")
    assert browser.evaluate("document.querySelector('.page img').naturalWidth") > 500
    box = browser.evaluate(
        "(() => { const sheet = document.querySelector('.page-sheet').getBoundingClientRect();"
        " const box = document.querySelector('.page-boxes .evidence').getBoundingClientRect();"
        " return [(box.left - sheet.left) / sheet.width, (box.top - sheet.top) / sheet.height,"
        " (box.right - sheet.left) / sheet.width, (box.bottom - sheet.top) / sheet.height]; })()"
    )
    left, top, right, bottom = box[0] * 595, box[1] * 842, box[2] * 595, box[3] * 842
    assert LEFT - 2 <= left <= LEFT + 20  # "1." may stand outside the evidence
    assert top <= 842 - BASE <= bottom  # the line's base is in the box
    assert bottom - top < 2 * SIZE
    assert right > 300
    browser.wait("document.body.dataset.ready")
    browser.evaluate("document.querySelector('.page button[value=accept]').click()")
    browser.wait("document.querySelector('.page .tag.accepted')")
    assert browser.complaints() == []
