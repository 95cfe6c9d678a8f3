"""The RTF reader gives what a word processor shows, in any code page, and survives what is not RTF."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import rtf
from palermo.corpora.errors import BrokenDocument, DocumentError, EmptyDocument, UnsafeDocument

FONTS = (
    r"{\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f1\fnil\fcharset2{\*\panose 05}Symbol;}"
    r"{\f2\fswiss\fcharset204 Arial Cyr;}{\f3\fmodern\fcharset128 MS Mincho;}}"
)


def source(body: str, head: str = "") -> bytes:
    return ("{\\rtf1\\ansi\\ansicpg1252\\deff0" + FONTS + head + body + "}").encode("latin-1")


def read(body: str, head: str = "") -> Document:
    document = rtf.read(source(body, head), "a.rtf")
    assert check(document) == []
    return document


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.type, document.text[block.start : block.end]) for block in document.blocks]


def codes(document: Document) -> list[str]:
    return [warning.code for warning in document.warnings]


def test_paragraphs_and_places() -> None:
    document = read("\\pard One {\\b two}\r\n three.\\par\\par Four\\line five\\tab six")
    assert document.text == "One two three.\n\nFour\nfive\tsix"
    assert [(run.locator["part"], run.locator["paragraph"]) for run in document.runs] == [("body", 0), ("body", 2)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"\'e9\'80", "é€"),
        (r"{\f2 \'cf\'f0}", "Пр"),
        (r"{\f3 \'82\'a0\'83A}", "あア"),
        (r"{\f1 a\'b7}", "α•"),
        (r"\u233?\u8217 'x", "é’x"),
        (r"\uc2\u233??x\uc0\u233 y", "éxéy"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"\u-10179?x\u-8704?", "\ufffdx\ufffd"),
        (r"\u8220\ldblquote a\u8221\rdblquote", "“a”"),
        (r"\u233\'e9\u233\b x", "ééx"),
        (r"\lquote a\rquote\emdash\endash\bullet\~b\_c\-d", "‘a’—–•\u00a0b\u2011cd"),
        (r"a\{b\}\\", "a{b}\\"),
        (r"{\upr{old}{\*\ud{new \u233?}}} x", "new é x"),
        (r"a\u0?b", "a\ufffdb"),
    ],
)
def test_characters(written: str, shown: str) -> None:
    assert read(written).text == shown


def test_the_code_page_of_the_file_is_used_where_the_font_has_none() -> None:
    assert rtf.read(rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0" + b"\xcf}", "x").text == "ПрП"
    document = rtf.read(rb"{\rtf1\ansi\ansicpg9999 \'e9}", "x")
    assert (document.text, codes(document)) == ("é", ["unknown_codepage"])


def test_numbers_are_kept_as_the_file_spells_them() -> None:
    body = (
        r"\pard{\listtext\pard\plain (a)\tab}\ls1 First\par\pard{\pntext\f1\'b7\tab}Second\par {\listtext 1.1\tab}Third"
    )
    document = read(body)
    assert document.text == "(a)\tFirst\n\n•\tSecond\n\n1.1\tThird"
    assert [block.number for block in document.blocks] == ["a", None, "1.1"]


def test_what_is_not_body_text_is_left_out() -> None:
    body = (
        r"{\info{\author X}{\title Re A and B}}{\header head\par}{\footer\chpgn}{\*\generator G;}"
        r"{\pict\pngblip 89504e47}{\*\bkmkstart b}{\xe entry}Re {\field{\*\fldinst REF x}{\fldrslt A and B}}"
        r"{\object{\*\objdata 00}{\result R}}"
    )
    document = read(body)
    assert document.text == "Re A and BR"
    assert (document.metadata["title"].value, document.metadata["title"].start) == ("Re A and B", 0)


def test_binary_data_is_passed_over() -> None:
    assert rtf.read(b"{\\rtf1 a{\\pict\\bin6 }}\\}{{}b}", "x").text == "ab"


def test_hidden_and_deleted_text_and_comments_are_left_out_with_a_warning() -> None:
    body = r"A{\v no}B{\deleted gone}{\revised C}\v x\v0 D\plain{\*\atnid x}{\*\annotation note}E{\deleted\par}F\par G"
    document = read(body)
    assert document.text == "ABCDEF\n\nG"
    assert codes(document) == ["tracked_changes", "comments", "hidden_text"]


def test_notes_follow_the_body_and_are_numbered() -> None:
    body = (
        r"A{\super\chftn}{\footnote\pard\plain{\super\chftn}First.\par More.}B{\chftn}{\footnote\ftnalt{\chftn} End.}"
        r"{\chftn}{\footnote {\chftn} Second.}.\par C{\footnote * Own.}"
    )
    document = read(body, "\\aftnnrlc ")
    assert blocks(document) == [
        ("paragraph", "AB."),
        ("paragraph", "C"),
        *(("footnote", "1 First.\nMore."), ("footnote", "2 Second."), ("footnote", "* Own."), ("footnote", "i End.")),
    ]
    assert [block.number for block in document.blocks] == [None, None, "1", "2", None, "i"]
    assert {run.locator["part"] for run in document.runs} == {"body", "footnotes", "endnotes"}


def test_tables_row_by_row_with_tables_inside() -> None:
    body = (
        r"before\par\trowd\pard\intbl a\cell b\par c\cell\row\trowd\pard\intbl d\cell"
        r"\pard\intbl\itap2 i\nestcell j\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}"
        r"\pard\intbl e\cell\row"
        r"\pard after"
    )
    assert blocks(read(body)) == [
        *(("paragraph", "before"), ("table", "a\tb\nc"), ("table", "d\ti\tj\ne"), ("paragraph", "after")),
    ]


def test_a_table_without_the_word_that_announces_it() -> None:
    assert blocks(read(r"\trowd a\cell b\cell\row\pard after")) == [("table", "a\tb"), ("paragraph", "after")]


def test_headings_by_style_and_outline_level() -> None:
    styles = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s5 Title;}{\*\cs9 char;}}"
    body = r"\pard\s5 R v A\par\pard\s1 Facts\par\pard\s0\outlinelevel2 More\par\pard\plain text"
    document = read(body, styles)
    assert [(block.type, block.level) for block in document.blocks] == [
        *(("title", None), ("heading", 1), ("heading", 3), ("paragraph", None)),
    ]


def test_text_boxes_follow_their_paragraph() -> None:
    shape = r"{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt\pard Box\par}}{\shprslt{\*\do{\dptxbxtext Box}}}}"
    assert read(r"a" + shape + r"b\par c").text == "ab\n\nBox\n\nc"


def test_a_file_that_ends_early_is_read_with_a_warning() -> None:
    document = rtf.read(source("One\\par {Two")[:-1], "x")
    assert (document.text, codes(document)) == ("One\n\nTwo", ["truncated"])


def test_what_is_not_rtf_is_refused() -> None:
    for data, error in ((b"", EmptyDocument), (b"plain", BrokenDocument), (source(" "), EmptyDocument)):
        with pytest.raises(error, match="x: "):
            rtf.read(data, "x")
    with pytest.raises(UnsafeDocument):
        rtf.read(b"{\\rtf1 " + b"{" * 100_000, "x")


def test_text_after_the_end_is_not_read() -> None:
    assert rtf.read(b"\xef\xbb\xbf{\\rtf1 a}\0\0junk{b}", "x").text == "a"


@pytest.mark.parametrize(
    "unit",
    ["\\", "{\\*", "{}", "\\'", "\\u1?", "\\a1", "x{\\footnote ", "\\itap9999 x\\nestcell ", "\\uc99999999\\u1 "],
)
def test_repetition_costs_no_more_than_its_length(unit: str) -> None:
    with contextlib.suppress(DocumentError):
        rtf.read(source(unit * 20_000), "x")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="\\{}'*0123456789abcdefuvpr \n;-", max_size=80))
@example(r"\u")
@example(r"}}}{{\row\nestrow\nestcell\cell\par")
@example(r"{\footnote{\shptxt{\footnote}}}\ftnalt\chftn")
def test_any_words_are_read_or_refused(body: str) -> None:
    with contextlib.suppress(DocumentError):
        read(body)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12), min_size=1, max_size=5))
def test_every_character_survives_as_unicode(texts: list[str]) -> None:
    def escaped(text: str) -> str:
        units = memoryview(text.encode("utf-16-le")).cast("H").tolist()
        return "".join(f"\\u{unit - 65536 if unit > 32767 else unit}?" for unit in units)

    texts = [*texts, "same", "same", "same"]
    document = read("\\par ".join(escaped(text) for text in texts))
    for run in document.runs:
        shown = document.text[run.start : run.end]
        source_text = texts[run.locator["paragraph"]].replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
        assert shown in source_text
    assert document.text.endswith("same\n\nsame\n\nsame")
