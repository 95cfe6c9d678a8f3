"""The ODT reader gives what a word processor shows, and says where each stretch of it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import odt
from palermo.corpora.errors import BrokenDocument, EmptyDocument, NoTextLayer, PasswordProtected, UnsupportedFormat

Make = Callable[..., bytes]

LEVELS = (
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>'
    '<text:list-level-style-number text:level="3" style:num-format="i" style:num-suffix="." text:display-levels="3"/>'
)
LEGAL = f'<text:list-style style:name="L1">{LEVELS}</text:list-style>'


def p(text: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def item(*content: str, start: str = "") -> str:
    return f"<text:list-item{start}>{''.join(content)}</text:list-item>"


def lst(*items: str, extra: str = "") -> str:
    return f'<text:list text:style-name="L1"{extra}>{"".join(items)}</text:list>'


def read(data: bytes) -> Document:
    document = odt.read(data, "a.odt")
    assert check(document) == []
    return document


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.type, document.text[block.start : block.end]) for block in document.blocks]


def codes(document: Document) -> list[str]:
    return [warning.code for warning in document.warnings]


def test_paragraphs_spans_and_places(make_odt: Make) -> None:
    document = read(make_odt(p("One <text:span>two</text:span> three.") + p("") + p("Four.")))
    assert document.text == "One two three.\n\nFour."
    assert [
        (document.text[run.start : run.end], run.locator["paragraph"], run.locator["run"]) for run in document.runs
    ] == [
        *(("One ", 0, 0), ("two", 0, 1), (" three.", 0, 0), ("Four.", 2, 0)),
    ]


def test_white_space_collapses_and_spaces_tabs_and_breaks_are_text(make_odt: Make) -> None:
    text = "  a\n  b<text:s text:c='3'/>c <text:span> d</text:span><text:tab/>e<text:line-break/>f"
    assert read(make_odt(p(text))).text == "a b   c d\te\nf"


def test_a_huge_count_of_spaces_is_cut(make_odt: Make) -> None:
    assert len(read(make_odt(p("a<text:s text:c='999999999'/>b"))).text) < 2_000


def test_lists_are_numbered_by_level_and_restart(make_odt: Make) -> None:
    body = lst(
        item(p("A"), p("more of A"), lst(item(p("B")), item(p("C"), lst(item(p("D")))))),
        item(p("E"), lst(item(p("F")))),
    ) + lst(item(p("G")))
    document = read(make_odt(body, automatic=LEGAL))
    assert document.text.split("\n\n") == [
        *("1.\tA", "more of A", "(a)\tB", "(b)\tC", "1.b.i.\tD", "2.\tE", "(a)\tF", "1.\tG"),
    ]
    assert [block.number for block in document.blocks] == ["1", None, "a", "b", "1.b.i", "2", "a", "1"]


def test_lists_may_go_on_from_another_and_items_may_set_their_number(make_odt: Make) -> None:
    body = (
        lst(item(p("A")), extra=' xml:id="x"')
        + p("between")
        + lst(item(p("B")), extra=' text:continue-numbering="true"')
        + lst(item(p("C")), extra=' text:continue-list="x"')
        + lst(
            item(p("D"), start=' text:start-value="9"'),
            "<text:list-header><text:p>H</text:p></text:list-header>",
            item(p("E")),
        )
    )
    assert read(make_odt(body, automatic=LEGAL)).text.split("\n\n") == [
        *("1.\tA", "between", "2.\tB", "3.\tC", "9.\tD", "H", "10.\tE"),
    ]


def test_an_item_that_only_holds_a_list_is_not_counted(make_odt: Make) -> None:
    body = lst(item(p("A"))) + lst(item(lst(item(p("B")))), item(p("C")), extra=' text:continue-numbering="true"')
    assert read(make_odt(body, automatic=LEGAL)).text.split("\n\n") == ["1.\tA", "(a)\tB", "2.\tC"]


def test_patterns_bullets_and_styles_of_paragraphs(make_odt: Make) -> None:
    style = (
        '<text:list-style style:name="P"><text:list-level-style-number text:level="1" style:num-format="I" '
        'style:num-list-format="Art. %1% –"/></text:list-style><text:list-style style:name="B">'
        '<text:list-level-style-bullet text:level="1" text:bullet-char="\uf0b7"/></text:list-style>'
        '<style:style style:name="Own" style:family="paragraph" style:list-style-name="P"/>'
        '<style:style style:name="Kid" style:family="paragraph" style:parent-style-name="Own"/>'
    )
    body = f"<text:list>{item(p('A', 'Kid'))}</text:list><text:list text:style-name='B'>{item(p('B'))}</text:list>"
    document = read(make_odt(body, automatic=style))
    assert document.text == "Art. I –\tA\n\n•\tB"
    assert [block.number for block in document.blocks] == ["I", None]


def test_letters_go_on_as_the_style_says(make_odt: Make) -> None:
    def last(sync: str) -> str:
        level = f'<text:list-level-style-number text:level="1" style:num-format="a"{sync} text:start-value="28"/>'
        style = f'<text:list-style style:name="L1">{level}</text:list-style>'
        return read(make_odt(lst(item(p("x"))), automatic=style)).text

    assert last("") == "ab\tx"
    assert last(' style:num-letter-sync="true"') == "bb\tx"


def test_headings_are_numbered_by_the_outline_and_titles_known(make_odt: Make) -> None:
    outline = (
        '<text:outline-style style:name="O"><text:outline-level-style text:level="1" style:num-format="A" '
        'style:num-suffix="."/><text:outline-level-style text:level="2" style:num-format=""/></text:outline-style>'
        '<style:style style:name="T" style:family="paragraph" style:parent-style-name="Title"/>'
    )

    def h(level: int, text: str) -> str:
        return f'<text:h text:outline-level="{level}">{text}</text:h>'

    document = read(make_odt(p("R v A", "T") + h(1, "Facts") + h(2, "Early") + h(1, "Law"), styles=outline))
    assert blocks(document) == [
        *(("title", "R v A"), ("heading", "A.\tFacts"), ("heading", "Early"), ("heading", "B.\tLaw")),
    ]
    assert [(block.number, block.level) for block in document.blocks] == [(None, None), ("A", 1), (None, 2), ("B", 1)]


def test_tracked_deletions_comments_and_hidden_text_are_left_out_with_a_warning(make_odt: Make) -> None:
    tracked = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><text:p>gone</text:p></text:deletion>'
        '</text:changed-region><text:changed-region text:id="c2"><text:insertion/></text:changed-region>'
        "</text:tracked-changes>"
    )
    hidden = (
        '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="HP" style:family="paragraph"><style:text-properties text:display="none"/>'
        "</style:style>"
    )
    body = tracked + p(
        'A<text:change text:change-id="c1"/><text:change-start text:change-id="c2"/>B<text:change-end '
        'text:change-id="c2"/><office:annotation><text:p>note</text:p></office:annotation>'
        '<text:span text:style-name="H">no</text:span>C'
    )
    body += (
        p("no", "HP")
        + f'<text:section text:display="none">{p("no")}</text:section><text:section>{p("D")}</text:section>'
    )
    document = read(make_odt(body, automatic=hidden))
    assert document.text == "ABC\n\nD"
    assert codes(document) == ["tracked_changes", "comments", "hidden_text"]
    assert "1 insertions" in document.warnings[0].message


def test_tables_row_by_row(make_odt: Make) -> None:
    def cell(*content: str) -> str:
        return f"<table:table-cell>{''.join(content)}</table:table-cell>"

    head = f"<table:table-row>{cell(p('a'))}{cell(p('b'), p('c'))}</table:table-row>"
    covered = f"<table:covered-table-cell>{p('ghost')}</table:covered-table-cell>"
    rows = f"<table:table-header-rows>{head}</table:table-header-rows>"
    rows += f"<table:table-row>{cell(p('d'))}{covered}</table:table-row>"
    document = read(make_odt(f"<table:table>{rows}</table:table>" + p("e")))
    assert blocks(document) == [("table", "a\tb\nc"), ("table", "d"), ("paragraph", "e")]
    assert [run.locator["part"] for run in document.runs] == ["table"] * 4 + ["body"]


def test_notes_follow_the_body(make_odt: Make) -> None:
    def note(kind: str, mark: str, text: str) -> str:
        body = f"<text:note-citation>{mark}</text:note-citation><text:note-body>{p(text)}</text:note-body>"
        return f'<text:note text:note-class="{kind}">{body}</text:note>'

    document = read(make_odt(p(f"A{note('endnote', 'i', 'End.')}B{note('footnote', '1', 'Foot.')}.") + p("C")))
    assert blocks(document) == [
        *(("paragraph", "AB."), ("paragraph", "C"), ("footnote", "1 Foot."), ("footnote", "i End.")),
    ]
    assert [block.number for block in document.blocks] == [None, None, "1", "i"]


def test_text_boxes_follow_their_paragraph(make_odt: Make) -> None:
    box = f"<draw:frame><draw:text-box>{p('Box')}</draw:text-box></draw:frame>"
    shape = f"<draw:custom-shape>{p('Shape')}</draw:custom-shape>"
    assert read(make_odt(p(f"a{box}b{shape}") + p("c"))).text == "ab\n\nBox\n\nShape\n\nc"


def test_declared_title_and_language(make_odt: Make) -> None:
    document = read(make_odt(p("Re A and B"), meta="<dc:title>A and B</dc:title><dc:language>de-AT</dc:language>"))
    assert (document.metadata["title"].start, document.language) == (3, "de")


def test_what_is_not_a_readable_text_says_so(make_odt: Make, make_zip: Make) -> None:
    with pytest.raises(UnsupportedFormat):
        odt.read(make_zip({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}), "x")
    with pytest.raises(UnsupportedFormat):
        odt.read(make_zip({"content.xml": "<a/>"}), "x")
    with pytest.raises(BrokenDocument):
        odt.read(make_zip({"mimetype": "application/vnd.oasis.opendocument.text"}), "x")
    with pytest.raises(PasswordProtected):
        odt.read(make_odt(p("x"), **{"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "x")
    with pytest.raises(EmptyDocument):
        odt.read(make_odt(p(" ")), "x")
    with pytest.raises(NoTextLayer):
        odt.read(make_odt(p("<draw:frame><draw:image/></draw:frame>")), "x")


def test_deep_nesting_up_to_the_limit_is_read(make_odt: Make) -> None:
    depth = 110
    body = "<text:list><text:list-item>" * depth + p("Text") + "</text:list-item></text:list>" * depth
    assert read(make_odt(body)).text == "Text"


TEXT = st.text(
    st.one_of(
        st.sampled_from("𝔄🧑‍⚖️é\u0301ا漢\u00a0\u200b\ufeff\u2028 \t"),
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff<>&"),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=5))
def test_every_offset_holds_for_any_text(make_odt: Make, texts: list[list[str]]) -> None:
    texts = [*texts, ["same"], ["same"], ["same"]]
    spans = ("".join(f"<text:span>{text}</text:span>" for text in one) for one in texts)
    document = read(make_odt("".join(p(one) for one in spans)))
    for run in document.runs:
        source = texts[run.locator["paragraph"]][run.locator["run"] - 1]
        shown = document.text[run.start : run.end]
        assert shown.strip(" ") in " ".join(part for part in re.split("[ \t]+", source) if part)
    assert document.text.endswith("same\n\nsame\n\nsame")
