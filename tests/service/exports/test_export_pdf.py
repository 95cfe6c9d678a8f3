"""Annotated PDF: the source's own bytes, then highlights that lie on the words they are about."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.documents.pdf_marks import Highlight, update
from palermo.corpora.documents.sandbox_frames import bytes_from_message
from palermo.corpora.errors import BrokenDocument, ParserFailed, PasswordProtected, UsageError
from palermo.service.exports import FORMATS
from pdfminer.high_level import extract_pages
from pdfminer.layout import LTChar, LTTextContainer
from pypdf import PdfReader
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

LINES = (
    (
        "1. The accused moved the proceeds of the fraud",
        "through three companies. He knew that the money came from crime.",
    ),
    ("2. Extradition to the requesting State was refused", "by the lower court. He was reckless."),
)


def drawn(encrypt: Any = None, link: bool = False) -> bytes:
    """A PDF of two pages, each a numbered paragraph of two lines; on request encrypted, or with an annotation."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(600, 800), encrypt=encrypt, invariant=True)
    for lines in LINES:
        for number, line in enumerate(lines):
            canvas.drawString(72, 700 - 14 * number, line)
        if link:
            canvas.linkURL("https://example.org/", (10, 10, 50, 20))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def highlights(data: bytes) -> list[tuple[str, str, list[float]]]:
    """Note, the words under the quads, and the colour of each highlight; by pypdf and pdfminer."""
    pages = list(extract_pages(io.BytesIO(data)))
    found = []
    for page, layout in zip(PdfReader(io.BytesIO(data)).pages, pages, strict=True):
        for reference in page.get("/Annots", ()):
            annotation = reference.get_object()
            if annotation["/Subtype"] == "/Highlight":
                quads = [float(value) for value in annotation["/QuadPoints"]]
                under = [char for place in range(0, len(quads), 8) for char in _chars(layout, quads[place : place + 8])]
                colour = [float(value) for value in annotation["/C"]]
                found.append((str(annotation["/Contents"]), "".join(under), colour))
    return found


def _chars(layout: Any, quad: list[float]) -> list[str]:
    xs, ys = quad[0::2], quad[1::2]
    chars = [char for box in layout if isinstance(box, LTTextContainer) for line in box for char in line]
    return [
        char.get_text()
        for char in chars
        if isinstance(char, LTChar)
        and min(xs) <= (char.x0 + char.x1) / 2 <= max(xs)
        and min(ys) <= (char.y0 + char.y1) / 2 <= max(ys)
        and char.get_text().strip()
    ]


@pytest.mark.parametrize("link", [False, True])
def test_highlights_lie_on_the_words(palermo: Callable[..., int], tmp_path: Path, link: bool) -> None:
    source = drawn(link=link)
    (tmp_path / "marlow.pdf").write_bytes(source)
    assert palermo("tag", tmp_path / "marlow.pdf", "--format", "pdf", "--output", tmp_path / "out") == 0
    data = (tmp_path / "out" / "marlow.annotated.pdf").read_bytes()
    assert data.startswith(source)
    marked = highlights(data)
    assert [words for _, words, _ in marked] == [
        "Theaccusedmovedtheproceedsofthefraudthroughthreecompanies.",
        "knew",
        "ExtraditiontotherequestingStatewasrefusedbythelowercourt.",
        "reckless.",  # the reader's boxes are of words, with what is printed against them
    ]
    assert marked[0][0].startswith("UNTOC art. 6 – ")
    assert marked[0][0].endswith("\nscore 0.93, assigned")
    assert marked[1][0] == "mental element: knowledge, applied\nscore 0.80"
    assert len({tuple(colour) for _, _, colour in marked}) == 3
    reader = PdfReader(io.BytesIO(data))
    assert reader.metadata is not None
    assert reader.metadata["/PalermoModelSha256"] == "0" * 64
    assert {reader.metadata[f"/Palermo{key}"] for key in ("Engine", "Model", "Taxonomy")} == {"words", "1"}
    links = [
        note for page in reader.pages for note in page.get("/Annots", ()) if note.get_object()["/Subtype"] == "/Link"
    ]
    assert len(links) == (2 if link else 0)


def test_another_kind_of_file_fails_and_the_batch_goes_on(
    palermo: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("1. The proceeds were hidden.")
    (tmp_path / "in" / "b.pdf").write_bytes(drawn())
    assert palermo("tag", tmp_path / "in", "--format", "pdf", "--output", tmp_path / "out") == 1
    assert "--format pdf marks PDF files, and this is text/plain" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.annotated.pdf"]


def test_an_analysis_of_another_kind_of_file_is_refused(golden: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="text/plain"):
        FORMATS["pdf"].render(golden, b"State v Marlow")


def test_an_encrypted_file_is_refused() -> None:
    with pytest.raises(PasswordProtected):
        update(drawn(encrypt=StandardEncryption("", "owner")), "a.pdf", [], "Palermo", {})


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(BrokenDocument):
        update(b"%PDF-1.7\ngarbage", "a.pdf", [], "Palermo", {})


@pytest.mark.parametrize("answer", [None, 7, "not base64!", "abc"])
def test_a_malformed_answer_of_the_confined_process_is_refused(answer: Any) -> None:
    with pytest.raises(ParserFailed, match="malformed"):
        bytes_from_message(answer, "a.pdf")


def test_notes_hold_any_characters_and_pages_that_are_not_there_are_left_out() -> None:
    note = "عربي \U0001f600 =1+1 )>>\\"
    wanted = [
        Highlight(1, ((72.0, 690.0, 90.0, 710.0),), "ffe066", note),
        Highlight(9, ((0.0, 0.0, 1.0, 1.0),), "0", ""),
    ]
    data = drawn()
    assert [found[0] for found in highlights(data + update(data, "a.pdf", wanted, "Palermo", {}))] == [note]
