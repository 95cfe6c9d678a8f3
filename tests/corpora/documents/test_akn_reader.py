"""Promises of the XML reader: Akoma Ntoso of all versions, other XML by its shape, nothing expanded or fetched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import akn
from palermo.corpora.errors import BrokenDocument, EmptyDocument, UnsafeDocument

V3 = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
NAMESPACES = [V3, f"{V3}/CSD13", f"{V3}/WD17", "http://www.akomantoso.org/2.0", "http://www.akomantoso.org/1.0"]


def read(xml: str) -> Document:
    document = akn.read(xml.encode("utf-8", errors="replace"), "a.xml")
    assert check(document) == []
    return document


def akoma(main: str, namespace: str = V3) -> Document:
    return read(f'<?xml version="1.0"?><akomaNtoso xmlns="{namespace}">{main}</akomaNtoso>')


def blocks(document: Document) -> list[tuple[str, str | None, str]]:
    return [(block.type, block.number, document.text[block.start : block.end]) for block in document.blocks]


ACT = """<act><meta><identification><FRBRWork><FRBRdate date="2001-05-02" name="Generation"/>
<FRBRcountry value="uk"/><FRBRnumber value="7"/></FRBRWork>
<FRBRExpression><FRBRlanguage language="eng"/></FRBRExpression></identification></meta>
<preface><p><docTitle>Proceeds of Crime Act</docTitle></p></preface><body><part eId="part_2"><num>PART II</num>
<heading>LAUNDERING</heading><section eId="sec_3"><num>3.</num><heading>Concealing<authorialNote marker="1">
<p>Amended.</p></authorialNote></heading><subsection eId="sec_3__subsec_1"><num>(1)</num><content><p>Whoever
<i>knowingly</i> conceals</p></content></subsection></section><section eId="sec_12A"><num>12A.</num><subsection>
<num>(1)</num><content><p>A person</p></content></subsection></section></part></body></act>"""


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_an_act_keeps_numbers_headings_and_notes(namespace: str) -> None:
    document = akoma(ACT, namespace)
    assert blocks(document) == [
        ("title", None, "Proceeds of Crime Act"),
        ("heading", "II", "PART II LAUNDERING"),
        ("heading", "3", "3. Concealing[1]"),
        ("footnote", "1", "[1] Amended."),
        ("paragraph", None, "(1) Whoever knowingly conceals"),
        ("paragraph", "12A", "12A. (1) A person"),
    ]
    assert (document.kind, document.language, document.media_type) == ("statute", "en", "application/akn+xml")
    found = {key: value.value for key, value in document.metadata.items()}
    assert found == {
        "title": "Proceeds of Crime Act",
        "statute": "Proceeds of Crime Act",
        "date": "2001-05-02",
        "state": "GB",
        "number": "7",
    }
    assert document.metadata["title"].start == 0


def test_every_run_names_the_nearest_eid_and_a_path() -> None:
    document = akoma(ACT)
    start = document.text.index("knowingly")
    (run,) = document.runs_of(start, start + 3)
    assert run.locator["eid"] == "sec_3__subsec_1"
    assert run.locator["path"].startswith("/akomaNtoso/act[1]/body[1]/part[1]/section[1]/subsection[1]")
    assert document.text[run.start : run.end] == "knowingly"


def test_a_note_without_a_sentence_around_it_is_kept() -> None:
    document = akoma("<act><body><p><authorialNote><p>History: <ref>H.R. 1</ref></p></authorialNote></p></body></act>")
    assert blocks(document) == [("footnote", None, "History: H.R. 1")]


JUDGMENT = """<judgment name="judgment"><meta><identification><FRBRWork><FRBRdate date="2020-01-09" name="hearing"/>
<FRBRdate date="2020-02-01" name="judgment"/><FRBRcountry value="GB-UKM"/><FRBRnumber value="24"/>
<FRBRname value="R v Archer"/><FRBRalias value="ECLI:GB:X:2020:24" name="ecli"/></FRBRWork>
</identification><proprietary xmlns:uk="urn:x"><uk:court>EWCA</uk:court><uk:cite>[2020] EWCA Crim 24</uk:cite>
</proprietary></meta><header><p><courtType>COURT OF APPEAL</courtType></p></header><judgmentBody><decision>
<level><content><p><span style="font-weight:bold">The facts</span></p></content></level>
<paragraph eId="para_1"><num>[1]</num><content><p>Section 3 says:</p><embeddedStructure><section><num>3.</num>
<heading>Concealing</heading><content><p>Whoever</p></content></section></embeddedStructure></content></paragraph>
<paragraph eId="para_2"><num>[2]</num><content><p>Held.<br/>Dismissed.</p><table><tr><td><p>A</p></td><td><p>B</p>
</td></tr></table></content></paragraph></decision></judgmentBody></judgment>"""


def test_a_judgment_keeps_paragraph_numbers_and_quotes_do_not_number_it() -> None:
    document = akoma(JUDGMENT)
    assert blocks(document) == [
        ("paragraph", None, "COURT OF APPEAL"),
        ("heading", None, "The facts"),
        ("paragraph", "1", "[1] Section 3 says:"),
        ("paragraph", None, "3. Concealing"),
        ("paragraph", None, "Whoever"),
        ("paragraph", "2", "[2] Held.\nDismissed."),
        ("table", None, "A | B"),
    ]
    assert document.kind == "judgment"
    assert {key: value.value for key, value in document.metadata.items()} == {
        "title": "R v Archer",
        "court": "COURT OF APPEAL",
        "neutral_citation": "[2020] EWCA Crim 24",
        "state": "GB",
        "ecli": "ECLI:GB:X:2020:24",
        "date": "2020-02-01",
    }


def test_other_xml_is_read_by_its_shape() -> None:
    document = read(
        "<Legislation><Metadata><T>no</T></Metadata><Body><P1group><Title>Short title</Title><P1><Pnumber>14</Pnumber>"
        "<P1para><Text>This <Emphasis>Act</Emphasis> binds</Text></P1para></P1></P1group><Note2>One</Note2><X>Two</X>"
        "</Body></Legislation>"
    )
    assert blocks(document) == [
        ("heading", None, "Short title"),
        ("paragraph", "14", "14 This Act binds"),
        ("paragraph", None, "One"),
        ("paragraph", None, "Two"),
    ]
    assert (document.kind, document.metadata, document.media_type) == (None, {}, "application/xml")


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_declared_encodings_are_read(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    xml = f'<?xml version="1.0" encoding="{name}"?><a><p>Société</p></a>'
    assert akn.read(xml.encode(encoding), "a.xml").text == "Société"


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://localhost:9/x.dtd">%b;]><a/>',
        "<a>" * 300 + "x" + "</a>" * 300,
        "<a>" * 100_000,
    ],
)
def test_entities_and_deep_nesting_are_refused(xml: str) -> None:
    for data in (xml.encode(), xml.encode("utf-16")):
        with pytest.raises(UnsafeDocument, match=r"a\.xml"):
            akn.read(data, "a.xml")


def test_utf7_can_not_hide_an_entity() -> None:
    xml = '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
    with pytest.raises((BrokenDocument, UnsafeDocument)):
        akn.read(xml.encode(), "a.xml")


def test_an_external_dtd_is_not_fetched() -> None:
    assert read('<!DOCTYPE a SYSTEM "http://localhost:9/a.dtd"><a>text</a>').text == "text"


def test_an_entity_of_an_external_dtd_is_what_html_calls_so_or_shown_as_unknown() -> None:
    assert read('<!DOCTYPE a SYSTEM "a.dtd"><a><p>caf&eacute; &who; noir</p></a>').text == "café \ufffd noir"


def test_broken_xml_names_the_line() -> None:
    with pytest.raises(BrokenDocument, match="line 3"):
        akn.read(b"<a>\n<p>x\n</a>", "a.xml")


def test_xml_without_text_is_empty() -> None:
    with pytest.raises(EmptyDocument):
        akn.read(b"<a><meta>x</meta> <p/></a>", "a.xml")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="<>&"), max_size=12)
ODD = st.sampled_from(["\r\n", "\U0001d11e", "e\u0301", "&#13;", "<br/>", "So ordered. ", "<i>x</i>", "<!-- c -->"])
ELEMENTS = st.tuples(st.sampled_from(["p", "num", "heading", "td", "x", "authorialNote"]), st.one_of(WORDS, ODD))


@examples(deadline=None)
@given(st.lists(ELEMENTS, max_size=12))
def test_any_tree_keeps_all_promises(elements: list[tuple[str, str]]) -> None:
    body = "".join(f"<{name}>{text}</{name}>" for name, text in elements)
    try:
        document = akn.read(f"<a><section>{body}</section></a>".encode(), "a.xml")
    except EmptyDocument:
        return
    assert check(document) == []
