"""Files that ask for other files, read confined and without confinement, so that the readers themselves are held to it.

A file beside them and a port of this machine would tell.
"""

from collections.abc import Callable
from typing import Any

import pytest
from palermo.corpora.documents.reading import read_document
from palermo.corpora.errors import DocumentError

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SECRET = "never-to-be-read"
"""Words of the canary file."""
Build = Callable[[Any, str], bytes]


def doctype(kind: str) -> Callable[[str], str]:
    return {
        "entity": lambda url: f'<!DOCTYPE x [<!ENTITY a SYSTEM "{url}">]>',
        "public entity": lambda url: f'<!DOCTYPE x [<!ENTITY a PUBLIC "p" "{url}">]>',
        "parameter entity": lambda url: f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{url}">%p;]>',
        "document type": lambda url: f'<!DOCTYPE x SYSTEM "{url}">',
        "public document type": lambda url: f'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "{url}">',
        "unparsed entity": lambda url: f'<!DOCTYPE x [<!NOTATION n SYSTEM "{url}"><!ENTITY a SYSTEM "{url}" NDATA n>]>',
    }[kind]


def in_akn(kind: str) -> Build:
    return lambda make, url: make.akn("<p>Text &a;</p>", doctype(kind)(url))


def in_docx(kind: str) -> Build:
    def build(make: Any, url: str) -> bytes:
        members = make.docx_members("<w:p><w:r><w:t>Text &a;</w:t></w:r></w:p>")
        members["word/document.xml"] = doctype(kind)(url) + members["word/document.xml"]
        return bytes(make.zip(members))

    return build


def in_odt(kind: str) -> Build:
    return lambda make, url: make.odt(content=doctype(kind)(url) + make.odt_content("<text:p>Text &a;</text:p>"))


def in_page(kind: str) -> Build:
    return lambda make, url: (
        doctype(kind)(url) + "<html xmlns='http://www.w3.org/1999/xhtml'><p>Text &a;</p></html>"
    ).encode()


def related(kind: str, body: str = "", mode: str = ' TargetMode="External"') -> Build:
    def build(make: Any, url: str) -> bytes:
        relation = f'<Relationship Id="rX" Type="{RELATIONSHIPS}/{kind}" Target="{url}"{mode}/>'
        return bytes(make.docx("<w:p><w:r><w:t>Text.</w:t></w:r></w:p>" + body, relation))

    return build


def akn(body: str, prolog: str = "", attributes: str = "") -> Build:
    def build(make: Any, url: str) -> bytes:
        return bytes(make.akn(*(part.replace("URL", url) for part in (f"<p>Text.</p>{body}", prolog, attributes))))

    return build


def odt(body: str) -> Build:
    return lambda make, url: make.odt("<text:p>Text.</text:p>" + body.replace("URL", url))


def html(body: str, head: str = "") -> Build:
    return lambda make, url: f"<html><head>{head}</head><body><p>Text.</p>{body}</body></html>".replace(
        "URL", url
    ).encode()


def rtf(body: str) -> Build:
    return lambda make, url: (r"{\rtf1\ansi Text.\par " + body.replace("URL", url) + "}").encode()


def pdf(catalog: str = "", page: str = "", **objects: str) -> Build:
    def build(make: Any, url: str) -> bytes:
        more = {int(key[1:]): value.replace("URL", url).encode() for key, value in objects.items()}
        return bytes(make.page(catalog=catalog.replace("URL", url).encode(), page=page.encode(), more=more))

    return build


def external_stream(make: Any, url: str) -> bytes:
    return bytes(make.page(contents=f"<</Length 0/F<</Type/Filespec/FS/URL/F({url})>>>>stream\n\nendstream".encode()))


KINDS = ("entity", "public entity", "parameter entity", "document type", "public document type", "unparsed entity")
XI = 'xmlns:xi="http://www.w3.org/2001/XInclude"'

CASES: dict[str, tuple[str, Build]] = {
    **{f"{kind} in AKN": ("a.xml", in_akn(kind)) for kind in KINDS},
    **{f"{kind} in DOCX": ("a.docx", in_docx(kind)) for kind in KINDS},
    **{f"{kind} in ODT": ("a.odt", in_odt(kind)) for kind in KINDS},
    **{f"{kind} in XHTML": ("a.html", in_page(kind)) for kind in KINDS},
    "inclusion in AKN": ("a.xml", akn(f'<xi:include {XI} href="URL" parse="text"/>')),
    "inclusion with a fallback in AKN": ("a.xml", akn(f'<xi:include {XI} href="URL"><xi:fallback/></xi:include>')),
    "style sheet of AKN": ("a.xml", akn("", '<?xml-stylesheet type="text/xsl" href="URL"?>')),
    "schema of AKN": (
        "a.xml",
        akn("", "", 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x URL"'),
    ),
    "components of AKN": ("a.xml", akn('<componentRef src="URL"/><documentRef href="URL"/><img src="URL"/>')),
    "base of AKN": ("a.xml", akn("", "", 'xml:base="URL"')),
    "template of DOCX": ("a.docx", related("attachedTemplate")),
    "picture of DOCX": ("a.docx", related("image", '<w:p><w:r><w:pict r:id="rX"/></w:r></w:p>')),
    "frame of DOCX": ("a.docx", related("frame", "<w:p><w:r><w:t>x</w:t></w:r></w:p>")),
    "imported part of DOCX": ("a.docx", related("aFChunk", '<w:altChunk r:id="rX"/>')),
    "sub-document of DOCX": ("a.docx", related("subDocument", '<w:subDoc r:id="rX"/>')),
    "object of DOCX": ("a.docx", related("oleObject", '<w:p><w:r><w:object r:id="rX"/></w:r></w:p>')),
    "styles of DOCX elsewhere": ("a.docx", related("styles")),
    "styles of DOCX elsewhere, called internal": ("a.docx", related("styles", mode="")),
    "notes of DOCX elsewhere, called internal": ("a.docx", related("footnotes", mode="")),
    "field of DOCX": (
        "a.docx",
        lambda m, url: m.docx(
            f"<w:p><w:r><w:t>Text.</w:t></w:r><w:fldSimple w:instr=' INCLUDETEXT \"{url}\" '/></w:p>"
        ),
    ),
    "exchange of data in DOCX": (
        "a.docx",
        lambda m, url: m.docx(
            f"<w:p><w:r><w:t>Text.</w:t></w:r><w:fldSimple w:instr=' DDEAUTO c:\\\\x \"{url}\" '/></w:p>"
        ),
    ),
    "section of ODT": (
        "a.odt",
        odt('<text:section text:name="s"><text:section-source xlink:href="URL"/></text:section>'),
    ),
    "picture of ODT": (
        "a.odt",
        odt('<text:p><draw:frame><draw:image xlink:href="URL" xlink:actuate="onLoad"/></draw:frame></text:p>'),
    ),
    "object of ODT": ("a.odt", odt('<text:p><draw:frame><draw:object xlink:href="URL"/></draw:frame></text:p>')),
    "exchange of data in ODT": ("a.odt", odt('<text:p><text:dde-connection text:connection-name="URL"/></text:p>')),
    "frames of a page": ("a.html", html('<iframe src="URL"></iframe><object data="URL"></object><embed src="URL">')),
    "pictures and sounds of a page": (
        "a.html",
        html('<img src="URL"><video src="URL"></video><svg><image href="URL"/></svg>'),
    ),
    "style sheet and script of a page": (
        "a.html",
        html('<script src="URL"></script>', '<link rel=stylesheet href="URL"><base href="URL">'),
    ),
    "refresh of a page": (
        "a.html",
        html("", '<meta http-equiv=refresh content="0;url=URL"><meta property="og:title" content="URL">'),
    ),
    "frame set": (
        "a.html",
        lambda m, url: f'<html><frameset><frame src="{url}"></frameset><noframes><p>Text.'.encode(),
    ),
    "included text of RTF": ("a.rtf", rtf(r'{\field{\*\fldinst INCLUDETEXT "URL"}{\fldrslt x}}')),
    "included picture of RTF": ("a.rtf", rtf(r'{\field{\*\fldinst INCLUDEPICTURE "URL" \\d}{\fldrslt x}}')),
    "template of RTF": ("a.rtf", rtf(r"{\*\template URL}")),
    "linked object of RTF": ("a.rtf", rtf(r"{\object\objautlink\objupdate{\*\objclass URL}{\result x}}")),
    "files of RTF": ("a.rtf", rtf(r"{\filetbl{\file\fid1 URL}}\subdocument1")),
    "actions of PDF": ("a.pdf", pdf("/OpenAction<</S/URI/URI(URL)>>/AA<</WC<</S/Launch/F(URL)>>>>")),
    "script of PDF": (
        "a.pdf",
        pdf("/OpenAction 6 0 R", o6="<</S/JavaScript/JS(app.launchURL\\('URL'\\);this.submitForm\\('URL'\\))>>"),
    ),
    "other file of PDF": ("a.pdf", pdf("/OpenAction<</S/GoToR/F(URL)/D[0/Fit]>>")),
    "form of PDF": (
        "a.pdf",
        pdf("/AcroForm<</XFA(URL)/Fields[6 0 R]>>", o6="<</FT/Btn/A<</S/SubmitForm/F<</FS/URL/F(URL)>>>>>>"),
    ),
    "stream of PDF": ("a.pdf", external_stream),
    "page of another PDF": (
        "a.pdf",
        pdf(
            "",
            "/XObject<</X 6 0 R>>",
            o6="<</Type/XObject/Subtype/Form/Ref<</F(URL)/Page 0>>/BBox[0 0 9 9]/Length 0>>stream\n\nendstream",
        ),
    ),
    "formula of a table": ("a.csv", lambda m, url: f'text\n"=WEBSERVICE(""{url}"")"\n=cmd|x\n'.encode()),
    "reference of JSON": (
        "a.json",
        lambda m, url: f'{{"text": "x", "$ref": "{url}", "title": {{"$ref": "{url}"}}}}'.encode(),
    ),
}


@pytest.fixture(params=["file_url", "path", "http_url"])
def url(request: pytest.FixtureRequest, make: Any) -> str:
    return str(getattr(make, request.param))


@pytest.mark.parametrize(("name", "build"), CASES.values(), ids=CASES)
def test_nothing_outside_is_read_even_without_confinement(
    name: str, build: Build, url: str, make: Any, canary: Any
) -> None:
    try:
        text = repr(read_document(build(make, url), name))
    except DocumentError as error:
        text = str(error)
    assert not canary.touched()
    assert SECRET not in text


@pytest.mark.parametrize(("name", "build"), CASES.values(), ids=CASES)
def test_nothing_outside_is_read_in_confinement(
    name: str, build: Build, make: Any, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(make, make.file_url), name) in (
        "read",
        "unsafe_document",
        "broken_document",
        "no_text_layer",
        "empty_document",
    )


def test_the_canary_sees_who_opens_and_who_calls(canary: Any) -> None:
    import urllib.error
    import urllib.request

    canary.path.read_text()
    assert canary.touched() == ["the canary file was opened"]
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(canary.http_url, timeout=0.2)
    assert canary.touched() == ["the server was called"]
    assert not canary.touched()
