"""Automatic numbering of a DOCX is printed as Word prints it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from palermo.corpora.documents.readers import docx
from palermo.corpora.documents.readers.numerals import printed

Make = Callable[..., bytes]


def level(ilvl: int, text: str, fmt: str = "decimal", start: int = 1, extra: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{ilvl}"><w:start w:val="{start}"/><w:numFmt w:val="{fmt}"/>{extra}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def abstract(number: int, *levels: str, extra: str = "") -> str:
    return f'<w:abstractNum w:abstractNumId="{number}">{extra}{"".join(levels)}</w:abstractNum>'


def num(number: int, of: int, overrides: str = "") -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


def item(text: str, number: int = 1, ilvl: int = 0) -> str:
    properties = f'<w:pPr><w:numPr><w:ilvl w:val="{ilvl}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>'
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def lines(data: bytes) -> list[str]:
    return docx.read(data, "a.docx").text.split("\n\n")


LEGAL = abstract(0, level(0, "%1."), level(1, "(%2)", "lowerLetter"), level(2, "(%3)", "lowerRoman"))


def test_levels_count_on_their_own_and_restart_under_a_new_parent(make_docx: Make) -> None:
    body = "".join([item("A"), item("B", ilvl=1), item("C", ilvl=1), item("D", ilvl=2), item("E"), item("F", ilvl=1)])
    assert lines(make_docx(body, numbering=LEGAL + num(1, 0))) == [
        *("1.\tA", "(a)\tB", "(b)\tC", "(i)\tD", "2.\tE", "(a)\tF"),
    ]


def test_numbers_are_given_bare_and_stand_inside_the_block(make_docx: Make) -> None:
    document = docx.read(make_docx(item("A") + item("B", ilvl=1), numbering=LEGAL + num(1, 0)), "a.docx")
    assert [block.number for block in document.blocks] == ["1", "a"]
    assert document.text[document.blocks[1].start : document.blocks[1].end] == "(a)\tB"


def test_words_before_a_number_are_printed_but_not_part_of_it(make_docx: Make) -> None:
    numbering = abstract(0, level(0, "Article %1 –"), level(1, "%1.%2")) + num(1, 0)
    document = docx.read(make_docx(item("A") + item("B", ilvl=1), numbering=numbering), "a.docx")
    assert document.text == "Article 1 –\tA\n\n1.1\tB"
    assert [block.number for block in document.blocks] == ["1", "1.1"]


def test_instances_of_one_list_go_on_counting_together(make_docx: Make) -> None:
    body = item("A", 1) + item("B", 2) + item("C", 1)
    assert lines(make_docx(body, numbering=LEGAL + num(1, 0) + num(2, 0))) == ["1.\tA", "2.\tB", "3.\tC"]


def test_an_instance_with_a_start_of_its_own_restarts_once(make_docx: Make) -> None:
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="65"/></w:lvlOverride>'
    body = item("A", 1) + item("B", 2) + item("C", 2) + item("D", 1)
    numbering = LEGAL + num(1, 0) + num(2, 0, override)
    assert lines(make_docx(body, numbering=numbering)) == ["1.\tA", "65.\tB", "66.\tC", "67.\tD"]


def test_an_override_can_replace_a_whole_level(make_docx: Make) -> None:
    override = f'<w:lvlOverride w:ilvl="0">{level(0, "§ %1", "upperRoman")}</w:lvlOverride>'
    assert lines(make_docx(item("A", 2), numbering=LEGAL + num(2, 0, override))) == ["§ I\tA"]


def test_a_level_may_never_restart_or_only_under_a_given_one(make_docx: Make) -> None:
    never = level(1, "%2.", extra='<w:lvlRestart w:val="0"/>')
    under_first = level(2, "%3)", extra='<w:lvlRestart w:val="1"/>')
    numbering = abstract(0, level(0, "%1."), never, under_first) + num(1, 0)
    body = "".join(item("x", ilvl=ilvl) for ilvl in (0, 1, 2, 1, 2, 0, 1, 2))
    assert [line.split("\t")[0] for line in lines(make_docx(body, numbering=numbering))] == [
        *("1.", "1.", "1)", "2.", "2)", "2.", "3.", "1)"),
    ]


def test_legal_style_prints_higher_levels_in_digits(make_docx: Make) -> None:
    numbering = abstract(0, level(0, "%1", "upperRoman"), level(1, "%1.%2", extra="<w:isLgl/>")) + num(1, 0)
    assert lines(make_docx(item("A") + item("B", ilvl=1), numbering=numbering)) == ["I\tA", "1.1\tB"]


def test_a_higher_level_not_yet_used_shows_its_start(make_docx: Make) -> None:
    numbering = abstract(0, level(0, "%1", start=4), level(1, "%1.%2")) + num(1, 0)
    assert lines(make_docx(item("A", ilvl=1), numbering=numbering)) == ["4.1\tA"]


@pytest.mark.parametrize(("suffix", "between"), [("tab", "\t"), ("space", " "), ("nothing", "")])
def test_what_follows_a_number_is_kept(make_docx: Make, suffix: str, between: str) -> None:
    numbering = abstract(0, level(0, "%1.", extra=f'<w:suff w:val="{suffix}"/>')) + num(1, 0)
    assert lines(make_docx(item("A"), numbering=numbering)) == [f"1.{between}A"]


def test_numbering_comes_from_styles_and_those_they_are_based_on(make_docx: Make) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="P1"><w:name w:val="Para 1"/><w:pPr><w:numPr><w:numId w:val="1"/>'
        '</w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="P2"><w:name w:val="Para 2"/>'
        '<w:basedOn w:val="P1"/><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="P3"><w:name w:val="Own"/><w:basedOn w:val="P1"/></w:style>'
    )
    linked = level(1, "(%2)", "lowerLetter", extra='<w:pStyle w:val="P2"/>')
    numbering = abstract(0, level(0, "%1.", extra='<w:pStyle w:val="P1"/>'), linked) + num(1, 0)
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{style}</w:t></w:r></w:p>'
        for style in ("P1", "P2", "P3")
    )
    assert lines(make_docx(body, styles=styles, numbering=numbering)) == ["1.\tP1", "(a)\tP2", "2.\tP3"]


def test_a_paragraph_can_take_itself_out_of_the_list_of_its_style(make_docx: Make) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="P1"><w:name w:val="P"/><w:pPr><w:numPr><w:numId w:val="1"/>'
        "</w:numPr></w:pPr></w:style>"
    )
    out = (
        '<w:p><w:pPr><w:pStyle w:val="P1"/><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr><w:r><w:t>A</w:t></w:r></w:p>'
    )
    inside = '<w:p><w:pPr><w:pStyle w:val="P1"/></w:pPr><w:r><w:t>B</w:t></w:r></w:p>'
    assert lines(make_docx(out + inside, styles=styles, numbering=LEGAL + num(1, 0))) == ["A", "1.\tB"]


def test_a_list_can_be_defined_by_a_numbering_style(make_docx: Make) -> None:
    styles = (
        '<w:style w:type="numbering" w:styleId="Legal"><w:name w:val="Legal"/><w:pPr><w:numPr><w:numId w:val="7"/>'
        "</w:numPr></w:pPr></w:style>"
    )
    numbering = (
        abstract(0, extra='<w:numStyleLink w:val="Legal"/>')
        + abstract(5, level(0, "[%1]"), extra='<w:styleLink w:val="Legal"/>')
        + num(1, 0)
        + num(7, 5)
    )
    assert lines(make_docx(item("A") + item("B"), styles=styles, numbering=numbering)) == ["[1]\tA", "[2]\tB"]


def test_bullets_are_shown_without_a_number(make_docx: Make) -> None:
    symbol = level(0, "\uf0b7", "bullet", extra='<w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr>')
    numbering = abstract(0, symbol, level(1, "o", "bullet")) + num(1, 0)
    document = docx.read(make_docx(item("A") + item("B", ilvl=1), numbering=numbering), "a.docx")
    assert document.text == "•\tA\n\no\tB"
    assert [block.number for block in document.blocks] == [None, None]


def test_deleted_and_hidden_paragraphs_use_up_no_number(make_docx: Make) -> None:
    pr = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    deleted = (
        f'<w:p><w:pPr>{pr}<w:rPr><w:del w:id="1"/></w:rPr></w:pPr>'
        '<w:del w:id="2"><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>'
    )
    hidden = (
        f"<w:p><w:pPr>{pr}<w:rPr><w:vanish/></w:rPr></w:pPr>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>"
    )
    assert lines(make_docx(item("A") + deleted + hidden + item("B"), numbering=LEGAL + num(1, 0))) == ["1.\tA", "2.\tB"]


def test_an_unknown_list_or_level_numbers_nothing(make_docx: Make) -> None:
    numbering = abstract(0, level(0, "%1.")) + num(1, 0) + num(2, 99)
    body = item("A", 3) + item("B", 2) + item("C", 1, ilvl=5)
    assert lines(make_docx(body, numbering=numbering)) == ["A", "B", "C"]


def test_a_huge_level_text_is_cut(make_docx: Make) -> None:
    numbering = abstract(0, level(0, "%1" + "x" * 100_000)) + num(1, 0)
    assert len(docx.read(make_docx(item("A") * 100, numbering=numbering), "a.docx").text) < 30_000


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (27, "lowerLetter", "aa"),
        (28, "upperLetter", "BB"),
        (1994, "lowerRoman", "mcmxciv"),
        (40_000, "upperRoman", "40000"),
        (0, "lowerRoman", "0"),
        (3, "decimalZero", "03"),
        (22, "ordinal", "22nd"),
        (112, "ordinal", "112th"),
        (21, "ordinalText", "Twenty-first"),
        (40, "cardinalText", "Forty"),
        (6, "chicago", "††"),
        (2, "arabicAlpha", "ب"),
        (12, "hindiArabic", "١٢"),
        (25, "chineseCounting", "二十五"),
        (105, "chineseCounting", "一百○五"),
        (101, "japaneseCounting", "百一"),
        (4, "ideographTraditional", "丁"),
        (5, "none", ""),
        (5, "no such format", "5"),
    ],
)
def test_numbers_are_printed_in_all_formats(value: int, number_format: str, shown: str) -> None:
    assert printed(value, number_format) == shown


def test_no_number_is_long_however_large_the_counter() -> None:
    assert all(len(printed(2**31, fmt)) <= 31 for fmt in ("lowerLetter", "upperRoman", "chicago", "decimal", "hex"))
