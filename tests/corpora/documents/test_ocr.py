"""Scanned pages are read by OCR, page by page, with anchors over the ink; what goes wrong costs its own pages."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from palermo.corpora.documents import ocr
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import pdf
from palermo.corpora.documents.readers.pdf_layout import ocr_words
from palermo.corpora.documents.readers.pdf_layout.scans import Scan
from palermo.corpora.documents.reading import read_document_safely
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import NoTextLayer, ParserFailed
from palermo.corpora.settings import Settings
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract-ocr is not installed")

NATIVE = "12. This page was written by a program and keeps its text."
SCANNED = (
    "13. The accused transferred the money to a company abroad,",
    "knowing that it was the proceeds of a serious crime. He did",
    "so in order to conceal where it came from.",
    "14. The appeal against sentence is dismissed.",
)
LEFT, FIRST, LEADING, SIZE = 80.0, 640.0, 18.0, 12.0


def drawn(lines: tuple[str, ...], rotate: int = 0) -> bytes:
    """A page with these lines, written natively."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=True)
    canvas.setFont("Times-Roman", SIZE)
    for index, line in enumerate(lines):
        canvas.drawString(LEFT, FIRST - index * LEADING, line)
    if rotate:
        canvas.setPageRotation(rotate)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def scanned(lines: tuple[str, ...], askew: float = 0.0, turned: int = 0) -> Callable[[Canvas], None]:
    """Draws a picture of the page that `drawn` makes, and nothing else; `turned` as a scanner does, by `/Rotate`."""
    picture = pdfium.PdfDocument(drawn(lines))[0].render(scale=200 / 72, grayscale=True).to_pil()
    if askew:
        picture = picture.rotate(askew, fillcolor="white", resample=3)
    if turned:
        picture = picture.rotate(turned, expand=True)

    def draw(canvas: Canvas) -> None:
        size = A4 if turned % 180 == 0 else A4[::-1]
        canvas.setPageSize(size)
        canvas.setPageRotation(turned)
        canvas.drawImage(ImageReader(picture), 0, 0, *size)

    return draw


def written(text: str) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.setPageSize(A4)
        canvas.setPageRotation(0)
        canvas.setFont("Times-Roman", SIZE)
        canvas.drawString(LEFT, FIRST, text)

    return draw


def blank(canvas: Canvas) -> None:
    """A sheet that went through the scanner with nothing on it."""
    scanned(())(canvas)


def made(*pages: Callable[[Canvas], None]) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=True)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def boxes(document: Document, word: str) -> tuple[int, list[float]]:
    run = next(run for run in document.runs if document.text[run.start : run.end] == word)
    return run.locator["page"], run.locator["box"]


def ink(word: str, line: int) -> list[float]:
    """Where `word` was drawn: from its first letter to its last, baseline to the top of the line."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    before = SCANNED[line].partition(word)[0]
    left = LEFT + stringWidth(before, "Times-Roman", SIZE)
    base = FIRST - line * LEADING
    return [left, base, left + stringWidth(word, "Times-Roman", SIZE), base + 0.7 * SIZE]


def codes(document: Document) -> list[tuple[str, int | None]]:
    return [(warning.code, warning.page) for warning in document.warnings]


@pytest.fixture(scope="module")
def mixed() -> Document:
    """A native page, a scan, a blank sheet and an empty page, read as uploads are."""
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract-ocr is not installed")
    pool = ParserPool(workers=1, limits=Settings(ocr_languages="eng"))
    try:
        data = made(written(NATIVE), scanned(SCANNED), blank, lambda canvas: None)
        return read_document_safely(data, "mixed.pdf", pool=pool)
    finally:
        pool.close()


def test_the_words_of_a_scan_are_in_the_text(mixed: Document) -> None:
    assert SCANNED[3] in mixed.text
    assert " ".join(SCANNED[:3]) in mixed.text
    assert [block.number for block in mixed.blocks] == ["12", "13", "14"]


def test_every_promise_of_a_reader_holds(mixed: Document) -> None:
    check(dataclasses.replace(mixed, passages=()))


@pytest.mark.parametrize(("word", "line"), [("accused", 0), ("knowing", 1), ("serious", 1), ("dismissed.", 3)])
def test_anchors_lie_over_the_ink(mixed: Document, word: str, line: int) -> None:
    page, box = boxes(mixed, word)
    expected = ink(word, line)
    assert page == 2
    assert box == pytest.approx([expected[0], expected[1] - 2.6, expected[2], expected[3] + 1], abs=2.5)


def test_native_text_is_untouched(mixed: Document) -> None:
    alone = pdf.read(drawn((NATIVE,)), "native.pdf")
    assert mixed.text.startswith(NATIVE)
    assert [run for run in mixed.runs if run.locator["page"] == 1] == list(alone.runs)
    assert alone.extractor == pdf.EXTRACTOR


def test_the_extractor_and_a_warning_say_that_ocr_took_part(mixed: Document) -> None:
    assert mixed.extractor.startswith(f"{pdf.EXTRACTOR}+tesseract/")
    assert mixed.extractor.endswith("(eng)")
    assert codes(mixed) == [("text_recognised", 2)]


@needs_tesseract
@pytest.mark.parametrize("degrees", [-1.5, 1.0])
def test_a_scan_that_lies_askew_is_read_line_by_line(degrees: float) -> None:
    document = pdf.read(made(scanned(SCANNED, askew=degrees)), "askew.pdf")
    assert " ".join(SCANNED[:3]) in document.text
    first, last = boxes(document, "13.")[1], boxes(document, "abroad,")[1]
    assert (last[1] - first[1]) * degrees > 2


@needs_tesseract
def test_a_page_turned_by_the_file_keeps_its_anchors_in_the_pages_own_space() -> None:
    document = pdf.read(made(scanned(SCANNED, turned=90)), "turned.pdf")
    left, base, right, top = ink("serious", 1)
    _, box = boxes(document, "serious")
    # The picture was turned a quarter to the left and is shown turned a quarter to the right.
    assert box == pytest.approx([A4[1] - top - 1, left, A4[1] - base + 2.6, right], abs=2.5)


def cut_out(lines: tuple[str, ...], also: str = "") -> Callable[[Canvas], None]:
    """A quarter of a page cut out of a scan, on a sheet of its own, and perhaps a line of text below it."""

    def draw(canvas: Canvas) -> None:
        picture = pdfium.PdfDocument(drawn(lines))[0].render(scale=200 / 72, grayscale=True).to_pil()
        width, height = A4
        top, bottom = height - FIRST - 30, height - FIRST + 180
        part = picture.crop((0, round(top * 200 / 72), picture.width, round(bottom * 200 / 72)))
        canvas.setPageSize(A4)
        canvas.drawImage(ImageReader(part), 0, 300, width, bottom - top)
        canvas.drawString(LEFT, 100, also)

    return draw


@needs_tesseract
def test_a_cut_out_is_read_where_the_page_has_no_text_of_its_own() -> None:
    pool = ParserPool(workers=1, limits=Settings(ocr_languages="eng"))
    try:
        alone = read_document_safely(made(cut_out(SCANNED)), "cut-out.pdf", pool=pool)
        beside = read_document_safely(made(cut_out(SCANNED, also=NATIVE)), "figure.pdf", pool=pool)
    finally:
        pool.close()
    assert "the proceeds of a serious crime" in alone.text
    assert codes(alone) == [("text_recognised", 1)]
    assert beside.text == NATIVE


@needs_tesseract
def test_a_stamp_on_a_scan_is_kept_and_not_read_twice() -> None:
    def page(canvas: Canvas) -> None:
        scanned(SCANNED)(canvas)
        canvas.setFont("Times-Roman", SIZE)
        canvas.drawString(LEFT, 700, "Received by the registry")

    document = pdf.read(made(page), "stamped.pdf")
    assert document.text.count("registry") == 1
    assert SCANNED[3] in document.text


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts a program called tesseract on an otherwise empty search path."""

    def put(body: str) -> None:
        program = tmp_path / "tesseract"
        answers = 'case "$1" in --version) echo tesseract 9.9;; --list-langs) echo eng;; *) {};; esac'
        program.write_text(f"#!/bin/sh\n{answers.format(body)}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    ocr._probed.cache_clear()
    yield put
    ocr._probed.cache_clear()


def read_with(data: bytes, **limits: object) -> Document:
    pool = ParserPool(workers=1, limits=Settings(**limits))
    try:
        return read_document_safely(data, "case.pdf", pool=pool)
    finally:
        pool.close()


def test_without_tesseract_the_pages_are_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    scan = scanned(SCANNED)
    document = read_with(made(written(NATIVE), scan, scan, written("13. So does this."), scan))
    assert document.text == f"{NATIVE}\n\n13. So does this."
    assert document.extractor == pdf.EXTRACTOR
    assert codes(document) == [("page_without_text", 2)]
    assert "Pages 2-3, 5 were" in document.warnings[0].message
    assert "tesseract-ocr" in document.warnings[0].message


@needs_tesseract
def test_ocr_can_be_turned_off() -> None:
    document = read_with(made(written(NATIVE), scanned(SCANNED)), ocr="off")
    assert (document.text, codes(document)) == (NATIVE, [("page_without_text", 2)])


def test_a_language_that_is_not_installed_is_named(stub: Callable[[str], None]) -> None:
    stub("exit 0")
    with pytest.raises(NoTextLayer, match="tesseract-ocr-xyz"):
        read_with(made(scanned(SCANNED)), ocr_languages="eng+xyz")


@pytest.mark.parametrize(
    ("body", "limits", "reason"),
    [
        ("exec /bin/sleep 600", {"ocr_seconds": 2}, "longer than 2 s a page"),
        ("while :; do :; done", {"ocr_seconds": 2}, "longer than 2 s a page"),
        ("exec /bin/sleep 600", {"ocr_seconds": 60, "ocr_document_seconds": 2}, "longer than 2 s"),
        ("exit 139", {}, "OCR failed"),
        ("exec /bin/cat /dev/zero", {}, "OCR failed|bytes a page"),
        ("while :; do echo 'one more row of a table that never ends'; done", {"ocr_result_bytes": 10_000}, "10,000"),
    ],
)
def test_a_page_that_fails_is_one_warning_within_its_limit(
    stub: Callable[[str], None], body: str, limits: dict[str, object], reason: str
) -> None:
    stub(body)
    started = time.monotonic()
    document = read_with(made(written(NATIVE), scanned(SCANNED), scanned(SCANNED)), **limits)
    assert time.monotonic() - started < 60, "the program would run ten minutes"
    assert document.text == NATIVE
    assert len(document.warnings) == 1
    assert document.warnings[0].code in {"ocr_failed", "ocr_limit"}
    assert "Pages 2-3 were not read" in document.warnings[0].message
    assert re.search(reason, document.warnings[0].message)


TABLE = (
    "1\\t1\\t0\\t0\\t0\\t0\\t0\\t0\\t2480\\t3508\\t-1\\t\\n"
    "5\\t1\\t1\\t1\\t1\\t1\\t300\\t1700\\t200\\t50\\t90\\tKept.\\n"
    "5\\t1\\t1\\t1\\t1\\t2\\t520\\t1700\\t200\\t50\\t12\\tDirt\\n"
)


def test_partial_results_are_kept_and_the_page_limit_holds(stub: Callable[[str], None]) -> None:
    stub(f"printf '{TABLE}'")
    document = read_with(made(*[scanned(SCANNED)] * 3), ocr_pages=2)
    assert document.text == "Kept.\n\nKept."
    assert codes(document) == [("text_recognised", 1), ("ocr_limit", 3)]


def test_the_program_has_no_secrets_and_no_files(
    stub: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not {"files", "calls"} <= set(layers()):
        pytest.skip("this kernel refuses a layer of confinement")
    (tmp_path / "secret").write_text("secret")
    monkeypatch.setenv("PALERMO_SECRET", "secret")
    clean = f'test -z "$PALERMO_SECRET" && test "$OMP_THREAD_LIMIT" = 1 && ! read line < {tmp_path}/secret'
    stub(f"if {clean}; then printf '{TABLE}'; else exit 1; fi")
    assert read_with(made(scanned(SCANNED))).text == "Kept."


def layers() -> list[str]:
    """What of confinement this kernel allows."""
    code = "from palermo.corpora.documents.sandbox_limits import confine; print(*confine(10**9))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("attempt", ["socket.socket()", "os.fork()", "open('/etc/passwd')", "open('FOLDER/new', 'w')"])
def test_confinement_holds_over_the_change_to_another_program(attempt: str, tmp_path: Path) -> None:
    if not {"files", "calls"} <= set(layers()):
        pytest.skip("this kernel refuses a layer of confinement")
    attempt = attempt.replace("FOLDER", str(tmp_path))
    inner = f"import os, socket\ntry:\n    {attempt}\nexcept PermissionError:\n    print('refused')"
    outer = (
        "import os, sys\n"
        "from palermo.corpora.documents.sandbox_limits import Program, confine\n"
        "program = os.path.realpath(sys.executable)\n"
        "confine(10**9, Program((program, sys.base_prefix, '/lib', '/lib64', '/usr/lib')))\n"
        f"os.execve(program, [program, '-I', '-c', {inner!r}], {{}})"
    )
    done = subprocess.run([sys.executable, "-c", outer], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n"


@pytest.mark.parametrize("asked", [[], [0], [1, 1], list(range(1, 99)), ["1"], {"1": 2}, None, 1])
def test_a_reading_process_that_was_taken_over_gets_nothing_by_asking(asked: object) -> None:
    with pytest.raises(ParserFailed, match=r"^case\.pdf"):
        ocr.Desk(b"%PDF-1.7", Settings(ocr="off"), "case.pdf").answer(asked)


def test_a_table_that_makes_no_sense_gives_no_words() -> None:
    rows = ["5\t1\t1\t1\t1\t1\t1\t1\t1\t1\t99\tno page", "1\tx", "", "\t" * 11, "5\t1", "1" * 40 + "\t1" * 11]
    scan = Scan(1, (0.0, 0.0, 595.0, 842.0), 0)
    assert ocr_words.words("\n".join(rows), scan) == []
    outside = "1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n5\t1\t1\t1\t1\t1\t900\t900\t9\t9\t99\tout"
    assert ocr_words.words(outside, scan) == []
