"""XML made to hurt, as Akoma Ntoso, inside DOCX and inside ODT: entities, nesting, floods, odd encodings."""

from collections.abc import Callable
from typing import Any

import pytest

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(10))
    + "]>"
)
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"x" * 100_000}">]>'
PARAMETER = "<!DOCTYPE x [<!ENTITY % a \"<!ENTITY b 'c'>\"> %a;]>"
RECURSIVE = '<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'
ATTRIBUTE = '<!DOCTYPE x [<!ATTLIST p a CDATA "default">]>'
REFUSED = "unsafe_document broken_document"


def in_docx(body: str, prolog: str = "") -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        members = make.docx_members(f"<w:p><w:r><w:t>{body}</w:t></w:r></w:p>")
        members["word/document.xml"] = prolog + members["word/document.xml"]
        return bytes(make.zip(members))

    return build


def in_odt(body: str, prolog: str = "") -> Callable[[Any], bytes]:
    return lambda make: make.odt(content=prolog + make.odt_content(f"<text:p>{body}</text:p>"))


def in_akn(body: str, prolog: str = "", attributes: str = "") -> Callable[[Any], bytes]:
    return lambda make: make.akn(f"<p>{body}</p>", prolog, attributes)


def everywhere(what: str, body: str, prolog: str, expected: str) -> dict[str, tuple[str, Callable[[Any], bytes], str]]:
    return {
        f"{what} in AKN": ("a.xml", in_akn(body, prolog), expected),
        f"{what} in DOCX": ("a.docx", in_docx(body, prolog), expected),
        f"{what} in ODT": ("a.odt", in_odt(body, prolog), expected),
    }


def nested(tag: str, depth: int) -> str:
    return f"<{tag}>" * depth + "x" + f"</{tag}>" * depth


def raw(text: str, encoding: str = "utf-8") -> Callable[[Any], bytes]:
    return lambda make: text.encode(encoding)


def encoded(encoding: str, declared: str) -> Callable[[Any], bytes]:
    return lambda make: (
        make.akn("<p>Été &amp; hiver</p>", f'<?xml version="1.0" encoding="{declared}"?>').decode().encode(encoding)
    )


CASES: dict[str, tuple[str, Callable[[Any], bytes], str]] = {
    **everywhere("billion laughs", "&k;", LAUGHS, REFUSED),
    **everywhere("quadratic blow-up", "&a;" * 10_000, QUADRATIC, REFUSED),
    **everywhere("parameter entity", "&b;", PARAMETER, REFUSED),
    **everywhere("entity of itself", "&a;", RECURSIVE, REFUSED),
    **everywhere("entity undeclared", "&nowhere;", "", "broken_document read"),
    **everywhere("declared default", "x", ATTRIBUTE, "read unsafe_document"),
    **everywhere("NUL by number", "&#0;", "", "broken_document"),
    **everywhere("surrogate by number", "&#xD800;", "", "broken_document"),
    **everywhere("number beyond Unicode", "&#x110000;", "", "broken_document"),
    **everywhere("number of a thousand digits", f"&#{'9' * 1000};", "", "broken_document"),
    **everywhere("right to left and controls", "a\u202e\u2066\x85\u2028b", "", "read"),
    **everywhere("a section never closed", "<![CDATA[x", "", "broken_document"),
    "nested 300 deep in AKN": ("a.xml", lambda m: m.akn(nested("section", 300)), "unsafe_document"),
    "nested 300,000 deep in AKN": ("a.xml", lambda m: m.akn("<b>" * 300_000), "unsafe_document"),
    "nested deep in DOCX": ("a.docx", lambda m: m.docx(nested("w:sdt", 100_000)), "unsafe_document"),
    "tables in tables in DOCX": (
        "a.docx",
        lambda m: m.docx(
            "<w:tbl><w:tr><w:tc>" * 60 + "<w:p><w:r><w:t>x</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * 60
        ),
        "read",
    ),
    "text boxes in text boxes in DOCX": (
        "a.docx",
        lambda m: m.docx(
            "<w:p><w:r><w:t>x</w:t><w:pict><w:txbxContent>" * 50 + "</w:txbxContent></w:pict></w:r></w:p>" * 50
        ),
        "read",
    ),
    "lists in lists in ODT": (
        "a.odt",
        lambda m: m.odt(
            "<text:list><text:list-item>" * 110 + "<text:p>x</text:p>" + "</text:list-item></text:list>" * 110
        ),
        "read",
    ),
    "frames in frames in ODT": (
        "a.odt",
        lambda m: m.odt(
            "<text:p>y<draw:frame><draw:text-box>" * 70
            + "<text:p>x</text:p>"
            + "</draw:text-box></draw:frame></text:p>" * 70
        ),
        "read",
    ),
    "notes in notes in ODT": (
        "a.odt",
        lambda m: m.odt(
            "<text:p>y<text:note><text:note-body>" * 70
            + "<text:p>x</text:p>"
            + "</text:note-body></text:note></text:p>" * 70
        ),
        "read",
    ),
    "notes in notes in AKN": (
        "a.xml",
        lambda m: m.akn("<p>y<authorialNote>" * 100 + "x" + "</authorialNote></p>" * 100),
        "read",
    ),
    "spaces by number in ODT": (
        "a.odt",
        lambda m: m.odt('<text:p>a<text:s text:c="2000000000"/>b</text:p>'),
        "read limit_exceeded",
    ),
    "columns repeated without end in ODT": (
        "a.odt",
        lambda m: m.odt(
            '<table:table><table:table-row table:number-rows-repeated="1000000000"><table:table-cell '
            'table:number-columns-repeated="1000000000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
        ),
        "read limit_exceeded",
    ),
    "outline levels without end in ODT": (
        "a.odt",
        lambda m: m.odt(f'<text:h text:outline-level="{"9" * 5000}">x</text:h>'),
        "read",
    ),
    "list numbers without end in DOCX": (
        "a.docx",
        lambda m: m.docx(
            f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{"9" * 5000}"/><w:numId w:val="-1"/></w:numPr></w:pPr>'
            "<w:r><w:t>x</w:t></w:r>"
            "</w:p>"
        ),
        "read",
    ),
    "styles based on each other in DOCX": (
        "a.docx",
        lambda m: m.docx(
            '<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>',
            '<Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
            'Target="styles.xml"/>',
            word__styles='<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            '<w:style w:styleId="A"><w:basedOn w:val="B"/></w:style>'
            '<w:style w:styleId="B"><w:basedOn w:val="A"/></w:style>'
            "</w:styles>",
        ),
        "read",
    ),
    "a symbol beyond Unicode in DOCX": (
        "a.docx",
        lambda m: m.docx(
            '<w:p><w:r><w:t>x</w:t><w:sym w:font="Symbol" w:char="FFFFFFFFFF"/><w:sym w:char="D800"/>'
            f'<w:sym w:char="-1"/><w:sym w:char="{"F" * 10_000}"/></w:r></w:p>'
        ),
        "read",
    ),
    "field never ended in DOCX": (
        "a.docx",
        lambda m: m.docx("<w:p><w:r><w:t>x</w:t>" + '<w:fldChar w:fldCharType="begin"/>' * 20_000 + "</w:r></w:p>"),
        "read",
    ),
    "40,000 empty elements in AKN": ("a.xml", lambda m: m.akn("<p/>" * 40_000 + "<p>x</p>"), "read"),
    "10,000 inline elements in one paragraph": (
        "a.xml",
        lambda m: m.akn("<p>" + "<b>x</b>y" * 10_000 + "</p>"),
        "read",
    ),
    "10,000 inline elements in one DOCX paragraph": (
        "a.docx",
        lambda m: m.docx("<w:p>" + "<w:r><w:t>x</w:t></w:r>" * 10_000 + "</w:p>"),
        "read unsafe_document",
    ),
    "50,000 attributes": ("a.xml", in_akn("x", attributes=" ".join(f'a{n}="1"' for n in range(50_000))), "read"),
    "the same attribute twice": ("a.xml", in_akn("x", attributes='a="1" a="2"'), "broken_document"),
    "an attribute of 5 MB": ("a.xml", in_akn("x", attributes=f'a="{"y" * 5_000_000}"'), "read"),
    "an identifier of 1 MB on every level": (
        "a.xml",
        lambda m: m.akn(f'<section eId="{"s" * 1_000_000}"><p>' + "<b>x</b>" * 300 + "</p></section>"),
        "read broken_document parser_failed limit_exceeded",
    ),
    "a name of 1 MB": ("a.xml", lambda m: m.akn(f"<{'n' * 1_000_000}>x</{'n' * 1_000_000}>"), "read broken_document"),
    "5,000 namespaces": ("a.xml", in_akn("x", attributes=" ".join(f'xmlns:n{n}="u{n}"' for n in range(5_000))), "read"),
    "a comment of 5 MB": ("a.xml", lambda m: m.akn(f"<p>x</p><!--{'c' * 5_000_000}-->"), "read"),
    "an instruction of 5 MB": ("a.xml", lambda m: m.akn(f"<p>x</p><?p {'c' * 5_000_000}?>"), "read broken_document"),
    "100,000 comments before the root": (
        "a.xml",
        raw("<!--x-->" * 100_000 + "<akomaNtoso><p>x</p></akomaNtoso>"),
        "read",
    ),
    "a document type of 1 MB": (
        "a.xml",
        lambda m: m.akn("<p>x</p>", f"<!DOCTYPE x [{'<!-- -->' * 120_000}]>"),
        "read unsafe_document",
    ),
    "a document type in lower case": ("a.xml", lambda m: m.akn("<p>x</p>", "<!doctype x>"), "broken_document"),
    "two roots": ("a.xml", lambda m: m.akn() * 2, "broken_document"),
    "no root": ("a.xml", raw('<?xml version="1.0"?>'), "broken_document empty_document"),
    "XML 1.1": ("a.xml", in_akn("x", '<?xml version="1.1"?>'), "read broken_document"),
    "version 9": ("a.xml", in_akn("x", '<?xml version="9.9"?>'), "read broken_document"),
    "UTF-7 declared": ("a.xml", encoded("utf-8", "UTF-7"), "read"),
    "UTF-7": ("a.xml", encoded("utf-7", "UTF-7"), "read broken_document"),
    "an encoding that is a codec of Python": ("a.xml", encoded("utf-8", "zlib_codec"), "read"),
    "an encoding that does not exist": ("a.xml", encoded("utf-8", "x" * 40), "read"),
    "UTF-16 declared over UTF-8": ("a.xml", encoded("utf-8", "UTF-16"), "read"),
    "UTF-8 declared over UTF-16": ("a.xml", encoded("utf-16", "UTF-8"), "read"),
    "UTF-32": ("a.xml", encoded("utf-32", "UTF-32"), "read"),
    "EBCDIC": ("a.xml", encoded("cp037", "cp037"), "read broken_document unsupported_format"),
    "entities in UTF-16": ("a.xml", lambda m: m.akn("<p>&k;</p>", LAUGHS).decode().encode("utf-16"), "unsafe_document"),
    "entities in UTF-16 without a mark": (
        "a.xml",
        lambda m: m.akn("<p>&k;</p>", LAUGHS).decode().encode("utf-16-le"),
        "unsafe_document",
    ),
    "entities in UTF-16 in DOCX": (
        "a.docx",
        lambda m: m.zip(
            {
                **m.docx_members(),
                "word/document.xml": (LAUGHS + str(m.docx_members("&k;")["word/document.xml"])).encode("utf-16"),
            }
        ),
        REFUSED,
    ),
    **{
        f"AKN cut at {share} %": (
            "a.xml",
            lambda m, s=share: m.akn("<p>Text.</p>" * 99)[: 14 * s],
            "broken_document unsupported_format read",
        )
        for share in (1, 20, 60, 90)
    },
}


@pytest.mark.parametrize(("name", "build", "expected"), CASES.values(), ids=CASES)
def test_xml_made_to_hurt_ends_in_text_or_a_reason(
    name: str, build: Callable[[Any], bytes], expected: str, make: Any, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(make), name) in expected.split()
