"""PDF reader: files that are locked, broken, scanned or too large, and what the file says of itself."""

from __future__ import annotations

import io
import zlib

import pytest
from palermo.corpora.documents.readers import pdf, pdf_guard
from palermo.corpora.errors import (
    BrokenDocument,
    EmptyDocument,
    LimitExceeded,
    NoTextLayer,
    PasswordProtected,
    UnsafeDocument,
)
from palermo.corpora.settings import Settings
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas


def made(pages: list[str | None], title: str = "") -> bytes:
    """A PDF with one line a page, or a picture where the line is None."""
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=True)
    if title:
        canvas.setTitle(title)
    for text in pages:
        if text is None:
            from PIL import Image

            canvas.drawInlineImage(Image.new("RGB", (20, 20), "gray"), 50, 50, 400, 600)
        else:
            canvas.drawString(72, 500, text)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def locked(user: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made(["The appeal is dismissed."]))))
    writer.encrypt(user, "owner", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_password_is_asked_for_by_name() -> None:
    with pytest.raises(PasswordProtected, match=r"^locked\.pdf: "):
        pdf.read(locked("secret"), "locked.pdf")


def test_an_empty_user_password_opens() -> None:
    assert pdf.read(locked(""), "open.pdf").text == "The appeal is dismissed."


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4 and nothing else", b"\x00" * 500, b"PK\x03\x04" * 50])
def test_garbage_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenDocument):
        pdf.read(data, "garbage.pdf")


def test_no_bytes_is_empty() -> None:
    with pytest.raises(EmptyDocument):
        pdf.read(b"", "empty.pdf")


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_cut_off_file_is_broken_or_read_with_a_warning(share: float) -> None:
    data = made([f"Paragraph of page {number}." for number in range(20)])
    try:
        document = pdf.read(data[: int(len(data) * share)], "cut.pdf")
    except (BrokenDocument, NoTextLayer):
        return
    assert "file_repaired" in {warning.code for warning in document.warnings}


def test_pictures_only_need_ocr() -> None:
    with pytest.raises(NoTextLayer, match="OCR"):
        pdf.read(made([None, None]), "scan.pdf")


def test_a_picture_among_pages_is_a_warning_with_its_page() -> None:
    document = pdf.read(made(["First page here.", None, "Third page here."]), "mixed.pdf")
    assert [(w.code, w.page) for w in document.warnings] == [("page_without_text", 2)]


def test_a_page_left_blank_is_no_warning() -> None:
    assert pdf.read(made(["First page here.", "", "Third page here."]), "blank.pdf").warnings == ()


@pytest.mark.parametrize(
    ("limits", "pages"), [({"pdf_pages": 2}, 3), ({"text_characters": 20}, 2), ({"document_bytes": 500}, 1)]
)
def test_limits_are_kept(monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], pages: int) -> None:
    monkeypatch.setattr(pdf, "settings", lambda: Settings(**limits))
    with pytest.raises(LimitExceeded):
        pdf.read(made(["Some words on the page."] * pages), "large.pdf")


def test_a_stream_that_unpacks_without_end_is_refused() -> None:
    bomb = (
        b"%PDF-1.4\n1 0 obj <</Filter /FlateDecode>> stream\r\n" + zlib.compress(b"\0" * 5_000_000, 9) + b"\nendstream"
    )
    with pytest.raises(UnsafeDocument):
        pdf_guard.check_streams(bomb, "bomb.pdf", 1_000_000)
    pdf_guard.check_streams(bomb, "fine.pdf", 6_000_000)


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("State v Morel", True),
        ("Microsoft Word - judgment final.doc", False),
        ("untitled", False),
        ("C:\\cases\\44.pdf", False),
        ("scan_20210304", False),
    ],
)
def test_titles_are_taken_unless_a_program_wrote_them(title: str, kept: bool) -> None:
    metadata = pdf.read(made(["The appeal is dismissed."], title), "titled.pdf").metadata
    assert ("title" in metadata) is kept


def test_a_page_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pdf.read_page

    def failing(page: object, number: int) -> object:
        if number == 2:
            raise ValueError("broken content")
        return real(page, number)

    monkeypatch.setattr(pdf, "read_page", failing)
    document = pdf.read(made(["First page.", "Second page.", "Third page."]), "part.pdf")
    assert document.text == "First page.\n\nThird page."
    assert [(w.code, w.page) for w in document.warnings] == [("page_failed", 2)]


def test_the_same_bytes_give_the_same_document() -> None:
    data = made(["One line.", "Another line."])
    assert pdf.read(data, "a.pdf") == pdf.read(data, "a.pdf")
