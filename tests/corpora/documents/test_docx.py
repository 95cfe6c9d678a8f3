"""The DOCX reader gives what Word shows, and says where each stretch of it comes from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import docx

Make = Callable[..., bytes]
SHARED = Path(__file__).parents[4] / "shared" / "originals" / "docx"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def p(*runs: str, properties: str = "") -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{''.join(runs)}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def code(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def read(data: bytes) -> Document:
    document = docx.read(data, "a.docx")
    assert check(document) == []
    return document


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.type, document.text[block.start : block.end]) for block in document.blocks]


def codes(document: Document) -> list[str]:
    return [warning.code for warning in document.warnings]


def test_paragraphs_become_blocks_and_runs_say_where_they_come_from(make_docx: Make) -> None:
    document = read(make_docx(p(r("One "), r("two.")) + p() + p(r("Three."))))
    assert document.text == "One two.\n\nThree."
    assert [(document.text[run.start : run.end], run.locator) for run in document.runs] == [
        ("One ", {"type": "paragraph", "part": "body", "paragraph": 0, "run": 0}),
        ("two.", {"type": "paragraph", "part": "body", "paragraph": 0, "run": 1}),
        ("Three.", {"type": "paragraph", "part": "body", "paragraph": 2, "run": 0}),
    ]


def test_locators_lead_back_to_the_elements(make_docx: Make) -> None:
    inside = "<w:p><w:r><w:t>Box</w:t></w:r></w:p>"
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{inside}</w:txbxContent></v:textbox></w:pict></w:r>"
    table = f"<w:tbl><w:tr><w:tc>{p(r('a'), r('b'))}</w:tc><w:tc>{p(r('c'))}</w:tc></w:tr></w:tbl>"
    deleted = '<w:del w:id="1"><w:r><w:delText>x</w:delText></w:r></w:del>'
    data = make_docx(p(deleted, r("A"), box, r("Z")) + table + p(f"<w:hyperlink>{r('L')}</w:hyperlink>", r("M")))
    document = read(data)
    root = etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml"))
    paragraphs = list(root.iter(f"{W}p"))
    for run in document.runs:
        element = list(paragraphs[run.locator["paragraph"]].iter(f"{W}r"))[run.locator["run"]]
        assert document.text[run.start : run.end] == "".join(t.text for t in element.findall(f"{W}t"))
    assert document.text == "AZ\n\nBox\n\nab\tc\n\nLM"
    assert [run.locator["part"] for run in document.runs if document.text[run.start] in "ac"] == ["table", "table"]


def test_tracked_insertions_stay_and_deletions_go(make_docx: Make) -> None:
    body = p(
        r("The "),
        f'<w:ins w:id="1">{r("new ")}</w:ins>',
        '<w:del w:id="2"><w:r><w:delText>old </w:delText></w:r></w:del>',
        f'<w:moveFrom w:id="3">{r("moved ")}</w:moveFrom>',
        r("rule"),
    ) + p(f'<w:moveTo w:id="4">{r("moved here")}</w:moveTo>')
    document = read(make_docx(body))
    assert document.text == "The new rule\n\nmoved here"
    assert codes(document) == ["tracked_changes"]
    assert "2 insertions" in document.warnings[0].message
    assert "2 deletions" in document.warnings[0].message


def test_a_paragraph_whose_end_is_deleted_runs_on_into_the_next(make_docx: Make) -> None:
    body = p(r("One "), properties='<w:rPr><w:del w:id="1"/></w:rPr>') + p(r("two")) + p(r("three"))
    assert read(make_docx(body)).text == "One two\n\nthree"


def test_text_before_a_deleted_last_paragraph_mark_is_not_lost(make_docx: Make) -> None:
    assert read(make_docx(p(r("One"), properties='<w:rPr><w:del w:id="1"/></w:rPr>'))).text == "One"


def test_deleted_table_rows_go(make_docx: Make) -> None:
    def row(a: str, properties: str = "") -> str:
        return f"<w:tr>{properties}<w:tc>{p(r(a))}</w:tc><w:tc>{p(r('x'))}</w:tc></w:tr>"

    body = f"<w:tbl>{row('a')}{row('b', '<w:trPr><w:del/></w:trPr>')}{row('c', '<w:trPr><w:ins/></w:trPr>')}</w:tbl>"
    assert read(make_docx(body)).text == "a\tx\n\nc\tx"


def test_comments_and_hidden_text_are_left_out_with_a_warning(make_docx: Make) -> None:
    styles = (
        '<w:style w:type="character" w:styleId="Off"><w:name w:val="off"/><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Gone"><w:name w:val="gone"/><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    body = (
        p(r("A"), r("hidden", "<w:vanish/>"), r("B", '<w:vanish w:val="0"/>'), r("no", '<w:rStyle w:val="Off"/>'))
        + p(r("none"), r("seen", '<w:vanish w:val="false"/>'), properties='<w:pStyle w:val="Gone"/>')
        + p('<w:commentRangeStart w:id="1"/>', r("C"), '<w:r><w:commentReference w:id="1"/></w:r>')
    )
    document = read(make_docx(body, styles=styles))
    assert document.text == "AB\n\nseen\n\nC"
    assert codes(document) == ["comments", "hidden_text"]


def test_fields_show_their_result_only(make_docx: Make) -> None:
    nested = field("begin") + code("IF ") + field("begin") + code("PAGE") + field("separate") + r("7") + field("end")
    nested += r("junk") + field("separate") + r("see") + field("end")
    simple = f'<w:fldSimple w:instr="REF x">{r("paragraph 5")}</w:fldSimple>'
    assert read(make_docx(p(r("Please "), nested, r(" "), simple))).text == "Please see paragraph 5"


def test_a_field_may_span_paragraphs_and_one_that_never_ends_hides_nothing(make_docx: Make) -> None:
    contents = p(field("begin"), code("TOC"), field("separate"), r("Part I")) + p(r("Part II"), field("end"))
    assert (
        read(make_docx(contents + p(field("begin"), code("PAGE")) + p(r("Text")))).text == "Part I\n\nPart II\n\nText"
    )


def test_special_characters(make_docx: Make) -> None:
    run = (
        "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/>"
        '<w:t>e</w:t><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0FC"/>'
        '<w:sym w:font="Arial" w:char="00A7"/>'
        '<w:br w:type="page"/></w:r>'
    )
    assert read(make_docx(p(run))).text == "a\tb\nc\u2011deα✓§"


def test_unpreserved_spaces_and_line_feeds_in_the_xml_are_not_text(make_docx: Make) -> None:
    assert read(make_docx(p("<w:r><w:t>  a\nb </w:t></w:r>", r("c ")))).text == "a bc"


def test_wrappers_are_looked_through(make_docx: Make) -> None:
    inner = f"<w:smartTag>{r('A')}</w:smartTag><w:hyperlink>{r('B')}</w:hyperlink>"
    inner += f"<w:sdt><w:sdtPr><w:alias w:val='no'/></w:sdtPr><w:sdtContent>{r('C')}</w:sdtContent></w:sdt>"
    inner += f"<w:bdo w:val='rtl'>{r('D')}</w:bdo>"
    block = f"<w:sdt><w:sdtContent>{p(inner)}</w:sdtContent></w:sdt><w:customXml>{p(r('E'))}</w:customXml>"
    assert read(make_docx(block)).text == "ABCD\n\nE"


def test_of_two_renderings_one_is_read_and_boxes_follow_their_paragraph(make_docx: Make) -> None:
    box = "<w:txbxContent>{}</w:txbxContent>"
    both = (
        f'<mc:Choice Requires="wps"><wps:txbx>{box.format(p(r("Box")))}</wps:txbx></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box.format(p(r('Box')))}</v:textbox></w:pict></mc:Fallback>"
    )
    both = f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>"
    assert read(make_docx(p(r("before "), both, r("after")) + p(r("next")))).text == "before after\n\nBox\n\nnext"


def test_formulas_and_ruby(make_docx: Make) -> None:
    formula = (
        "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
    )
    ruby = f"<w:r><w:ruby><w:rt>{r('かん')}</w:rt><w:rubyBase>{r('漢')}</w:rubyBase></w:ruby></w:r>"
    assert read(make_docx(p(r("x = "), formula) + p(ruby, r("字")))).text == "x = a/b\n\n漢字"


def test_headings_by_style_level_and_title(make_docx: Make) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="berschrift2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Para"><w:name w:val="ParaLevel1"/>'
        '<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    )
    texts = [
        ("T", "R v A"),
        ("berschrift2", "Facts"),
        ("Sub", "More"),
        ("Para", "Law"),
        ("Para", "He appeals."),
        ("X", "x"),
    ]
    body = "".join(p(r(text), properties=f'<w:pStyle w:val="{style}"/>') for style, text in texts)
    body += p(r("Body"), properties='<w:pStyle w:val="berschrift2"/><w:outlineLvl w:val="9"/>')
    document = read(make_docx(body, styles=styles))
    assert [(block.type, block.level) for block in document.blocks] == [
        *(("title", None), ("heading", 2), ("heading", 2), ("heading", 1)),
        *(("paragraph", None), ("paragraph", None), ("paragraph", None)),
    ]


def test_tables_are_read_row_by_row(make_docx: Make) -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc>{f'<w:tcPr>{properties}</w:tcPr>' if properties else ''}{text}</w:tc>"

    span, start = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>'
    inner = f"<w:tbl><w:tr>{cell(p(r('i')))}{cell(p(r('j')))}</w:tr></w:tbl>"
    rows = (
        f"<w:tr>{cell(p(r('a')), span)}{cell(p(r('b')) + p(r('c')))}</w:tr>"
        f"<w:tr>{cell(p(r('d')), start)}{cell(inner + p())}</w:tr>"
        f"<w:tr>{cell(p(r('ghost')), '<w:vMerge/>')}{cell(p(r('e')))}</w:tr>"
        f"<w:tr>{cell(p())}{cell(p())}</w:tr>"
    )
    assert blocks(read(make_docx(f"<w:tbl>{rows}</w:tbl>"))) == [
        *(("table", "a\tb\nc"), ("table", "d\ti\tj"), ("table", "e")),
    ]


def test_a_table_of_one_column_is_a_frame_around_paragraphs(make_docx: Make) -> None:
    body = f"<w:tbl><w:tr><w:tc>{p(r('a'))}{p(r('b'))}</w:tc></w:tr></w:tbl>"
    assert blocks(read(make_docx(body))) == [("paragraph", "a"), ("paragraph", "b")]


def note(number: int, *paragraphs: str) -> str:
    mark = "<w:r><w:footnoteRef/></w:r>"
    first, *rest = paragraphs
    others = "".join(p(r(text)) for text in rest)
    return f'<w:footnote w:id="{number}">{p(mark, r(first))}{others}</w:footnote>'


def mark(number: int, kind: str = "footnote", extra: str = "") -> str:
    return f'<w:r><w:{kind}Reference w:id="{number}"{extra}/></w:r>'


def test_notes_follow_the_body_in_the_order_of_their_marks(make_docx: Make) -> None:
    endnote = f'<w:endnote w:id="1">{p("<w:r><w:endnoteRef/></w:r>", r(" End."))}</w:endnote>'
    body = p(r("A"), mark(3), r("B"), mark(1, "endnote"), mark(2), r(".")) + p(r("C"), mark(3))
    notes = note(2, " Second.", "Its rest.") + note(3, "First.") + note(4, "Never marked.")
    document = read(make_docx(body, footnotes=notes, endnotes=endnote))
    assert blocks(document) == [
        *(("paragraph", "AB."), ("paragraph", "C")),
        *(("footnote", "1 First."), ("footnote", "2 Second.\nIts rest."), ("footnote", "i End.")),
    ]
    assert [block.number for block in document.blocks] == [None, None, "1", "2", "i"]
    assert {run.locator["part"] for run in document.runs} == {"body", "footnotes", "endnotes"}


def test_notes_are_numbered_by_the_settings_and_marks_of_ones_own_are_not_counted(make_docx: Make) -> None:
    settings_part = '<w:footnotePr><w:numFmt w:val="lowerLetter"/><w:numStart w:val="2"/></w:footnotePr>'
    body = p(r("A"), mark(1, extra=' w:customMarkFollows="1"'), r("*"), mark(2))
    notes = f'<w:footnote w:id="1">{p(r("* Own."))}</w:footnote>' + note(2, "Next.")
    document = read(make_docx(body, footnotes=notes, settings=settings_part))
    assert blocks(document)[1:] == [("footnote", "* Own."), ("footnote", "b Next.")]


def test_notes_may_start_anew_in_each_section(make_docx: Make) -> None:
    section = '<w:sectPr><w:footnotePr><w:numRestart w:val="eachSect"/></w:footnotePr></w:sectPr>'
    body = p(r("A"), mark(1), properties=section) + p(r("B"), mark(2))
    document = read(make_docx(body, footnotes=note(1, "x") + note(2, "y")))
    assert [block.number for block in document.blocks] == [None, None, "1", "1"]


def test_strict_documents_are_read(make_docx: Make) -> None:
    data = make_docx(p(r("Strict")))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            strict = content.replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            archive.writestr(name, strict)
    assert read(target.getvalue()).text == "Strict"


def test_the_main_part_may_have_any_name(make_docx: Make) -> None:
    assert read(make_docx(p(r("A")), main="other/main2.xml")).text == "A"


def test_macros_are_named(make_zip: Make, make_docx: Make) -> None:
    with zipfile.ZipFile(io.BytesIO(make_docx(p(r("A"))))) as archive:
        members: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    assert codes(read(make_zip({**members, "word/vbaProject.bin": b"x"}))) == ["macros"]


def core(title: str, language: str = "") -> str:
    return (
        '<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title><dc:language>{language}</dc:language>'
        "</c:coreProperties>"
    )


def test_a_declared_title_is_kept_with_its_place(make_docx: Make) -> None:
    document = read(make_docx(p(r("Re A and B")) + p(r("x")), core=core("A and B", "fr-CA")))
    title = document.metadata["title"]
    assert (title.value, title.start, title.end) == ("A and B", 3, 10)
    assert document.language == "fr"


@pytest.mark.parametrize("title", ["Microsoft Word - x", "draft.docx", "Document1", "12-34", "", "High Court Template"])
def test_a_title_that_says_nothing_is_dropped(make_docx: Make, title: str) -> None:
    document = read(make_docx(p(r("x")), core=core(title, "x-none")))
    assert document.metadata == {}
    assert document.language is None


TEXT = st.text(
    st.one_of(
        st.sampled_from("𝔄🧑‍⚖️é\u0301ا漢\u00a0\u200b\ufeff\u2028 \t"),
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=5))
def test_every_offset_holds_for_any_text(make_docx: Make, texts: list[list[str]]) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    texts = [*texts, ["same"], ["same"], ["same"]]
    document = read(make_docx("".join(p(*(r(escaped(text)) for text in runs)) for runs in texts)))
    for run in document.runs:
        source = texts[run.locator["paragraph"]][run.locator["run"]]
        assert document.text[run.start : run.end] in source
    assert document.text.endswith("same\n\nsame\n\nsame")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of original documents is not beside the checkout")
def test_numbered_judgments_count_without_a_gap() -> None:
    longest = {"gb-test-judgments-test1": 82, "gb-test-judgments-test19": 371, "gb-test-judgments-test22": 267}
    for name, last in longest.items():
        document = read((SHARED / f"{name}.docx").read_bytes())
        numbers = [block.number for block in document.blocks if block.number and block.type != "footnote"]
        wanted = iter(range(1, last + 1))
        expected = next(wanted)
        for number in numbers:
            if number == str(expected):
                expected = next(wanted, -1)
        assert expected == -1
