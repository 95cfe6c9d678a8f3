"""Promises of the HTML reader: what a browser shows, each stretch with the path of its text node."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from lxml import etree
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import html
from palermo.corpora.errors import EmptyDocument, UnsafeDocument


def read(body: str) -> Document:
    document = html.read(f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), "a.html")
    assert check(document) == []
    return document


def blocks(document: Document) -> list[tuple[str, str | None, str]]:
    return [(block.type, block.number, document.text[block.start : block.end]) for block in document.blocks]


def texts(body: str) -> list[str]:
    return [shown for _, _, shown in blocks(read(body))]


def test_white_space_collapses_as_in_a_browser() -> None:
    assert texts("<p>  The\n\tcourt <b> held </b>that</p><div>it\u00a0was</div>") == [
        "The court held that",
        "it\u00a0was",
    ]


def test_entities_line_breaks_and_preformatted_text() -> None:
    assert texts("<p>A &amp; B &lt;C&gt; &sect;&nbsp;1<br>next</p><pre>a  b\n  c</pre>") == [
        "A & B <C> §\u00a01\nnext",
        "a  b\n  c",
    ]


def test_two_line_breaks_end_a_paragraph() -> None:
    assert texts("<font>One.<br><br>Two.<br>Still two.</font>") == ["One.", "Two.\nStill two."]


def test_what_is_not_shown_is_left_out() -> None:
    hidden = (
        "<script>x()</script><style>p{}</style><nav>Home</nav><template>t</template><noscript>n</noscript>"
        "<p hidden>h</p><p style='display : none'>d</p><p class='sr-only'>s</p><header><a href='/'>Back</a></header>"
        "<!-- c --><select><option>o</option></select><textarea>t</textarea>"
    )
    assert texts(hidden + "<header>Court of <b>Appeal</b></header><p>Shown.</p>") == ["Court of Appeal", "Shown."]


def test_headings_have_levels_and_numbers() -> None:
    document = read("<h1>Act</h1><h3>12A Laundering</h3><p>Whoever</p><p><b>Short title</b></p>")
    assert [(block.type, block.level, block.number) for block in document.blocks] == [
        ("heading", 1, None),
        ("heading", 3, "12A"),
        ("paragraph", None, None),
        ("heading", None, None),
    ]


def test_a_bold_sentence_or_enumeration_is_no_heading() -> None:
    document = read("<p><b>(a) an offence;</b></p><p><b>Whoever conceals proceeds,</b></p>")
    assert {block.type for block in document.blocks} == {"paragraph"}


def test_ordered_lists_show_their_numbers() -> None:
    body = (
        "<ol start=3><li>c<li value=7>g<li><p>h</p><p>more</p></ol><ol type=a><li>x x</ol>"
        "<ol reversed type=I><li>two two<li>one one</ol><ol style='list-style-type: none'><li>bare</ol>"
        "<ul><li>dot</ul><ol><li>[45] The court</ol>"
    )
    assert texts(body) == [
        "3. c", "7. g", "8. h", "more", "a. x x", "II. two two", "I. one one", "bare", "dot", "[45] The court",
    ]  # fmt: skip


def test_a_number_set_apart_belongs_to_the_next_block() -> None:
    document = read(
        "<section><h2><span class=num>14</span></h2><p>The court</p></section><p><span class=num>2</span>It</p>"
    )
    assert blocks(document) == [("paragraph", "14", "14 The court"), ("paragraph", None, "2 It")]


def test_tables_are_read_row_by_row() -> None:
    body = "<table><tr><th>Count<th>Term<tr><td><p>1</p><p>and 2</p><td><td>six years</table>"
    assert blocks(read(body)) == [("table", None, "Count | Term"), ("table", None, "1\nand 2 | six years")]


def test_a_numbered_paragraph_set_as_a_table_is_a_paragraph() -> None:
    rows = ("<td>45.</td><td>The accused knew.</td>", "<td><p>46.</p></td><td><p>He did.</p></td>")
    body = "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
    assert blocks(read(body)) == [
        ("paragraph", "45", "45. The accused knew."),
        ("paragraph", "46", "46. He did."),
    ]


def test_a_table_that_lays_out_the_page_is_no_data() -> None:
    body = (
        "<table><tr><td><h2>Menu</h2></td><td><p>One.</p><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>"
    )
    assert [shown for _, _, shown in blocks(read(body))] == ["Menu", "One.", "a | b"]


def test_footnotes_are_footnotes() -> None:
    body = (
        "<p>Held.<a href='#fn1'>[1]</a></p><div class=footnotes><p>1 See above.</p></div>"
        "<p><a name='_ftn2' href='#_ftnref2'>[2]</a> Ibid.</p><p>After.</p><aside role='doc-footnote'>Three.</aside>"
    )
    assert [block.type for block in read(body).blocks] == ["paragraph", "footnote", "footnote", "paragraph", "footnote"]


def test_metadata_come_from_meta_elements_and_title_with_their_place() -> None:
    source = (
        "<html><head><title>R v A</title><meta name='DC.title' content='R  v Archer'>"
        "<meta name='court' content='Court'>"
        "<meta name='dc.identifier' content='ECLI:EU:X:2020:1'><meta name='dc.language' content='fre'></head>"
        "<body><p>In R v Archer and Archers, the Court held</p></body></html>"
    )
    document = html.read(source.encode(), "a.html")
    assert check(document) == []
    assert {key: value.value for key, value in document.metadata.items()} == {
        "title": "R v Archer",
        "court": "Court",
        "ecli": "ECLI:EU:X:2020:1",
    }
    assert document.metadata["title"].start == 3
    assert document.metadata["ecli"].start is None
    assert document.language == "fr"


def test_the_declared_encoding_is_read_and_named() -> None:
    source = "<html><head><meta charset='windows-1251'></head><body><p>Суд</p></body></html>"
    document = html.read(source.encode("cp1251"), "a.html")
    assert document.text == "Суд"
    assert "CP1251" in document.warnings[0].message


def test_broken_markup_is_repaired() -> None:
    assert texts("<p>One<div>Two<p><b>Three</i><table><td>Four") == ["One", "Two", "Three", "Four"]


@pytest.mark.parametrize("element", ["div", "b", "p><table><tr><td", "ul><li"])
def test_deep_nesting_is_refused(element: str) -> None:
    with pytest.raises(UnsafeDocument, match="nested"):
        html.read(f"<{element}>".encode() * 50_000 + b"x", "a.html")


@pytest.mark.parametrize("source", ["<html></html>", "<p> \u00a0</p>", "<script>x</script>", "<!-- x -->"])
def test_a_page_that_shows_nothing_is_empty(source: str) -> None:
    with pytest.raises(EmptyDocument):
        html.read(source.encode(), "a.html")


PIECES = st.sampled_from(
    ["<p>", "</p>", "<b>", "</b>", "<br>", "<li>", "<ol>", "</ol>", "<td>", "<tr>", "<table>", "</table>", "<pre>",
     "</pre>", "<!--x-->", "&nbsp;", "&#0;", "&#xD800;", "&#13;", "&lt;", "\r\n", "\0", "\ufeff", "\U0001d11e",
     "e\u0301", "word ", " 12. ", "<h2>", "</h2>", "<div class=footnote>", "</div>", "So ordered.", "<", "&"]
)  # fmt: skip


@examples(deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join))
def test_any_markup_keeps_all_promises_and_every_path_leads_to_its_text(body: str) -> None:
    data = f"<html><body>{body}".encode("utf-8", errors="replace")
    try:
        document = html.read(data, "a.html")
    except EmptyDocument:
        return
    assert check(document) == []
    parser = etree.HTMLParser(encoding="utf-8")
    cleaned = data.decode().lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    root = etree.fromstring(_without_controls(cleaned).encode(), parser)
    for run in document.runs:
        if "text()" in run.locator["path"]:
            (node,) = root.xpath(run.locator["path"])
            assert _words(node) == _words(document.text[run.start : run.end])


@pytest.mark.parametrize("odd", ['<a="b">', "<a:b>", "<é>", "<a'b\">"])
def test_an_element_whose_name_no_xpath_may_hold_is_told_by_its_place(odd: str) -> None:
    source = f"<html><body><p>one</p>{odd}<b>two</b>"
    document = html.read(source.encode(), "a.html")
    root = etree.fromstring(source.encode(), etree.HTMLParser(encoding="utf-8"))
    for run in document.runs:
        (node,) = root.xpath(run.locator["path"])
        assert _words(node) == _words(document.text[run.start : run.end])


def _without_controls(text: str) -> str:
    return "".join(
        " " if c in "\v\f" else "\ufffd" if (c < " " and c not in "\t\n\r") or c in "\ufffe\uffff" else c for c in text
    )


def _words(text: str) -> str:
    return "".join(text.split()).replace("\0", "\ufffd").lstrip("\ufeff")
