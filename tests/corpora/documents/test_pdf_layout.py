"""PDF reader: what a page's layout becomes. Each test draws its own pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import pdf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 595.0, 842.0
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
PROSE_TEXT = (
    "The accused opened seven accounts in the names of companies that never traded and moved the proceeds of the fraud "
    "through them within days of each payment so that nobody could say any longer where the money had come from"
)
PROSE = PROSE_TEXT.split()


def drawn(draw: Callable[[Canvas], None]) -> Document:
    """The document read from what `draw` puts on the pages."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(WIDTH, HEIGHT), invariant=True)
    draw(canvas)
    canvas.save()
    document = pdf.read(stream.getvalue(), "drawn.pdf")
    assert check(document) == []
    return document


def lines(canvas: Canvas, x: float, y: float, texts: list[str], size: float = 11, font: str = "Times-Roman") -> float:
    """Write lines downwards; the next free baseline."""
    canvas.setFont(font, size)
    for text in texts:
        canvas.drawString(x, y, text)
        y -= 1.25 * size
    return y


def wrapped(words: list[str], width: float, size: float = 11) -> list[str]:
    """Words in lines that fill `width` points of Times."""
    found: list[str] = []
    for word in words:
        longer = f"{found[-1]} {word}" if found else word
        if found and pdfmetrics.stringWidth(longer, "Times-Roman", size) <= width:
            found[-1] = longer
        else:
            found.append(word)
    return found


def block_texts(document: Document, kind: str = "paragraph") -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.type == kind]


def test_a_paragraph_is_one_block_with_a_run_for_each_word() -> None:
    document = drawn(lambda canvas: lines(canvas, 72, 700, wrapped(PROSE, 400)))
    assert block_texts(document) == [" ".join(PROSE)]
    assert [document.text[r.start : r.end] for r in document.runs] == PROSE


def test_boxes_enclose_the_words_as_drawn() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 12)
        canvas.drawString(100, 500, "sequestration")
        canvas.drawString(100, 480, "of assets")

    run = drawn(draw).runs[0]
    x0, y0, x1, y1 = run.locator["box"]
    width = pdfmetrics.stringWidth("sequestration", "Helvetica", 12)
    assert run.locator["page"] == 1
    assert abs(x0 - 100) < 1
    assert abs(x1 - 100 - width) < 1
    assert 496 < y0 < 500 < 508 < y1 < 513


def test_two_columns_read_one_after_the_other() -> None:
    left, right = [f"left{i}" for i in range(60)], [f"side{i}" for i in range(60)]
    rows = list(zip_longest(wrapped(left, 210), wrapped(right, 210), fillvalue=""))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 11)
        for index, (first, second) in enumerate(rows):
            canvas.drawString(72, 700 - 14 * index, first)
            canvas.drawString(320, 700 - 14 * index, second)

    assert drawn(draw).text.split() == left + right


def test_a_caption_of_short_cells_reads_row_by_row() -> None:
    rows = [("STATE,", "No. 44/2019"), ("Appellant,", "Filed 3 May"), ("v.", ""), ("A. MOREL,", "Division Two")]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 11)
        for index, (first, second) in enumerate(rows):
            canvas.drawString(72, 700 - 15 * index, first)
            canvas.drawString(330, 700 - 15 * index, second)

    assert drawn(draw).text.split() == " ".join(" ".join(row) for row in rows).split()


def test_running_heads_and_page_numbers_are_left_out_and_paragraphs_run_over_pages() -> None:
    words = PROSE * 20
    every = wrapped(words, 420)

    def draw(canvas: Canvas) -> None:
        for page in range(4):
            canvas.setFont("Times-Roman", 9)
            canvas.drawString(72, 800, f"High Court 2021 REPORTS {page + 301}")
            canvas.drawCentredString(WIDTH / 2, 40, f"- {page + 1} -")
            lines(canvas, 72, 750, every[page * 12 : page * 12 + 12])
            canvas.showPage()

    document = drawn(draw)
    expected = " ".join(every[:48])
    assert block_texts(document) == [expected]
    assert {run.locator["page"] for run in document.runs} == {1, 2, 3, 4}


def test_footnotes_follow_the_paragraph_that_runs_over_the_page() -> None:
    every = wrapped(PROSE * 6, 420)

    def draw(canvas: Canvas) -> None:
        y = lines(canvas, 72, 750, every[:8])
        canvas.setFont("Times-Roman", 7)
        canvas.drawString(72 + pdfmetrics.stringWidth(every[7], "Times-Roman", 11) + 0.5, y + 13.75 + 4, "3")
        canvas.line(72, 130, 200, 130)
        canvas.drawString(72, 122, "3")
        lines(canvas, 77, 118, ["Act 12 of 1998 as amended, and see the regulations", "made under it in 2004."], 8.5)
        canvas.showPage()
        lines(canvas, 72, 750, every[8:14])

    document = drawn(draw)
    assert [b.type for b in document.blocks] == ["paragraph", "footnote"]
    body, note = (document.text[b.start : b.end] for b in document.blocks)
    assert body.replace("³", "") == " ".join(every[:14])
    assert f"{every[7]}³ {every[8]}" in body
    assert note == "³ Act 12 of 1998 as amended, and see the regulations made under it in 2004."


def test_words_broken_at_a_line_end_are_joined_and_keep_both_boxes() -> None:
    text = [
        "The court found that the defendant had know-",
        "ledge of the predicate offence and was not negli-",
        "gent.",
    ]
    document = drawn(lambda canvas: lines(canvas, 72, 700, text))
    assert document.text == (
        "The court found that the defendant had knowledge of the predicate offence and was not negligent."
    )
    start = document.text.index("knowledge")
    runs = document.runs_of(start, start + len("knowledge"))
    assert [document.text[r.start : r.end] for r in runs] == ["know", "ledge"]
    assert runs[0].locator["box"][1] > runs[1].locator["box"][1]


def test_a_hyphen_that_the_document_writes_elsewhere_is_kept() -> None:
    text = [
        "A non-custodial sentence was asked for by the defence, but the court found that a non-",
        "custodial one would not do.",
    ]
    assert "a non-custodial one" in drawn(lambda canvas: lines(canvas, 72, 700, text)).text


@pytest.mark.parametrize(
    ("opening", "number"),
    [
        ("[45]", "45"),
        ("45.", "45"),
        ("(a)", "a"),
        ("12A.", "12A"),
        ("3.1", "3.1"),
        ("Article 7", "7"),
        ("[1987]", None),
    ],
)
def test_printed_numbers_are_kept_and_told(opening: str, number: str | None) -> None:
    document = drawn(lambda canvas: lines(canvas, 72, 700, wrapped([opening, *PROSE], 400)))
    assert document.blocks[0].number == number
    assert document.text.startswith(opening)


def test_numbered_paragraphs_are_blocks_of_their_own() -> None:
    def draw(canvas: Canvas) -> None:
        y = 750.0
        for number in (1, 2, 3):
            y = lines(canvas, 72, y, wrapped([f"{number}.", *PROSE, f"end{number}."], 400)) - 8

    assert [block.number for block in drawn(draw).blocks] == ["1", "2", "3"]


def test_headings_have_levels_by_size_and_weight() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Bold", 18)
        canvas.drawCentredString(WIDTH / 2, 760, "Judgment")
        lines(canvas, 72, 720, ["Background"], 11, "Times-Bold")
        lines(canvas, 72, 695, wrapped(PROSE, 400))

    blocks = drawn(draw).blocks
    assert [(b.type, b.level) for b in blocks] == [("heading", 1), ("heading", 2), ("paragraph", None)]


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_turned_pages_read_as_they_are_shown(rotate: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(rotate)
        canvas.saveState()
        canvas.translate(WIDTH / 2, WIDTH / 2)
        canvas.rotate(rotate)
        lines(canvas, -200, 60, wrapped(PROSE, 350))
        canvas.restoreState()

    document = drawn(draw)
    assert document.text == " ".join(PROSE)
    boxes = [run.locator["box"] for run in document.runs]
    assert all(0 <= x0 < x1 <= WIDTH and 0 <= y0 < y1 <= WIDTH for x0, y0, x1, y1 in boxes)


def test_a_paragraph_that_comes_three_times_has_three_anchors() -> None:
    def draw(canvas: Canvas) -> None:
        y = 750.0
        for _ in range(3):
            y = lines(canvas, 72, y, wrapped([*PROSE[:20], "court."], 400)) - 12

    document = drawn(draw)
    assert len(document.blocks) == 3
    starts = [block.start for block in document.blocks]
    tops = [document.runs_of(start, start + 3)[0].locator["box"][3] for start in starts]
    assert tops[0] > tops[1] > tops[2]


def test_line_numbers_of_pleading_paper_are_left_out() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 11)
        for index, text in enumerate(wrapped(PROSE * 8, 400)[:20]):
            canvas.drawRightString(60, 740 - 24 * index, str(index + 1))
            canvas.drawString(72, 740 - 24 * index, text)

    assert drawn(draw).text == " ".join(wrapped(PROSE * 8, 400)[:20])


@pytest.mark.skipif(not FONT.is_file(), reason="no font with Arabic on this machine")
def test_arabic_is_in_logical_order_with_letters_for_presentation_forms() -> None:
    pdfmetrics.registerFont(TTFont("Sans", str(FONT)))
    # "The penalty (12) is applied": glyphs from left to right, as a producer without shaping writes them, with a
    # ligature of lam and alef as one presentation form.
    words = ["\u0627\u0644\u0639\u0642\u0648\u0628\u0629", "(12)", "\u0627\u0644\u0623\u0648\u0644\u0649"]
    visual = " ".join(word if word[0] == "(" else word[::-1] for word in reversed(words))
    visual = visual.replace("\u0623\u0644", "\ufef7")

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Sans", 14)
        canvas.drawString(300, 700, visual)

    assert drawn(draw).text == " ".join(words)


@pytest.mark.skipif(not FONT.is_file(), reason="no font with ligatures on this machine")
def test_ligature_code_points_become_letters_in_one_run() -> None:
    pdfmetrics.registerFont(TTFont("Sans", str(FONT)))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Sans", 12)
        canvas.drawString(72, 700, "the \ufb01nal \ufb02oor")

    document = drawn(draw)
    assert document.text == "the final floor"
    assert len(document.runs) == 3


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.text("abcdefghij XYZ.-(1)§é", min_size=1, max_size=60),
            st.integers(20, 400),
            st.integers(30, 800),
            st.sampled_from([6, 9, 12, 30]),
            st.sampled_from([0, 0, 0, 90, 45, 180]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_stands_where_offsets_and_boxes_hold(strings: list[tuple[str, int, int, int, int]]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 12)
        canvas.drawString(72, 400, "anchor words stand here in every case")
        for text, x, y, size, angle in strings:
            canvas.saveState()
            canvas.setFont("Times-Roman", size)
            canvas.translate(x, y)
            canvas.rotate(angle)
            canvas.drawString(0, 0, text)
            canvas.restoreState()

    document = drawn(draw)
    for run in document.runs:
        word = document.text[run.start : run.end]
        x0, y0, x1, y1 = run.locator["box"]
        assert word.strip() == word
        assert x0 <= x1
        assert y0 < y1
