"""Makers of word processor files for the reader tests: real archives around the XML that a test gives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCX_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "m": f"{OFFICE}/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)
ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODT_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "office": f"{ODF}:office:1.0",
        "text": f"{ODF}:text:1.0",
        "table": f"{ODF}:table:1.0",
        "style": f"{ODF}:style:1.0",
        "draw": f"{ODF}:drawing:1.0",
        "meta": f"{ODF}:meta:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)


def zipped(members: dict[str, str | bytes]) -> bytes:
    """A ZIP archive of these members, deflated."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def _docx(body: str, *, main: str = "word/document.xml", **parts: str) -> bytes:
    """A DOCX with this body; parts `styles`, `numbering`, `footnotes`, `endnotes`, `settings` by their inner XML."""
    roots = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "endnotes": "endnotes"}
    roots["settings"] = "settings"
    relations = "".join(
        f'<Relationship Id="r{kind}" Type="{OFFICE}/relationships/{kind}" Target="{kind}.xml"/>'
        for kind in parts
        if kind in roots
    )
    folder, _, base = main.rpartition("/")
    members = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/relationships/officeDocument" Target="{main}"/></Relationships>',
        f"{folder}/_rels/{base}.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        main: f"<w:document {DOCX_NAMESPACES}><w:body>{body}</w:body></w:document>",
    }
    for kind, inner in parts.items():
        if kind in roots:
            members[f"{folder}/{kind}.xml"] = f"<w:{roots[kind]} {DOCX_NAMESPACES}>{inner}</w:{roots[kind]}>"
        else:
            members["docProps/core.xml"] = inner
    return zipped(members)


def _odt(body: str, *, automatic: str = "", styles: str = "", meta: str = "", **members: str) -> bytes:
    """An ODT with this body, these automatic styles, these common styles and this metadata."""
    kind = "application/vnd.oasis.opendocument.text"
    return zipped(
        {
            "mimetype": kind,
            "content.xml": f"<office:document-content {ODT_NAMESPACES}><office:automatic-styles>{automatic}"
            f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
            "styles.xml": f"<office:document-styles {ODT_NAMESPACES}><office:styles>{styles}</office:styles>"
            "</office:document-styles>",
            "meta.xml": f"<office:document-meta {ODT_NAMESPACES}><office:meta>{meta}</office:meta>"
            "</office:document-meta>",
            **members,
        }
    )


@pytest.fixture(scope="session")
def make_zip() -> Callable[..., bytes]:
    """`make_zip({name: content})`."""
    return zipped


@pytest.fixture(scope="session")
def make_docx() -> Callable[..., bytes]:
    """`make_docx(body, styles=..., numbering=..., footnotes=..., core=...)`, all inner XML."""
    return _docx


@pytest.fixture(scope="session")
def make_odt() -> Callable[..., bytes]:
    """`make_odt(body, automatic=..., styles=..., meta=...)`, all inner XML."""
    return _odt
