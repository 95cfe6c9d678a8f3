"""Renders a sample as DOCX (WordprocessingML), built by hand so that the same source gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from xml.sax.saxutils import escape

from palermo.corpora.samples.make.source import Item, Source, runs

# The oldest date that a ZIP file can hold; stored, not deflated, since compressors differ between machines.
_DATE = (1980, 1, 1, 0, 0, 0)
_STYLES = {"title": "Title", "cover": "Subtitle", "paragraph": "BodyText"}
_PARTS = ("[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "word/styles.xml", "word/numbering.xml")


def render(source: Source) -> bytes:
    """A DOCX file; with `numbering: automatic` paragraph numbers are a list's, not text."""
    parts = {name: _template(name) for name in _PARTS}
    parts["word/document.xml"] = _document(source)
    parts["docProps/core.xml"] = _core(source)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def _template(name: str) -> str:
    path = files("palermo.corpora.samples.make") / "docx_parts" / name.replace("/", "-").strip("-")
    return path.read_text(encoding="utf-8")


def _document(source: Source) -> str:
    right_to_left = source.meta["language"] == "ar"
    automatic = source.meta.get("numbering") == "automatic"
    body = "".join(_paragraph(item, automatic, right_to_left) for item in source.items)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f'{body}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>{"<w:bidi/>" if right_to_left else ""}</w:sectPr>'
        "</w:body></w:document>"
    )


def _paragraph(item: Item, automatic: bool, right_to_left: bool) -> str:
    style = f"Heading{item.level}" if item.type == "heading" else _STYLES[item.type]
    properties = f'<w:pStyle w:val="{style}"/>'
    number = ""
    if item.number and automatic:
        properties += '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    elif item.number:
        number = _run(f"{item.number}. ", False, right_to_left)
    if right_to_left:
        properties += "<w:bidi/>"
    words = "".join(_run(text, italic, right_to_left) for text, italic in runs(item.text))
    return f"<w:p><w:pPr>{properties}</w:pPr>{number}{words}</w:p>"


def _run(text: str, italic: bool, right_to_left: bool) -> str:
    properties = ("<w:i/>" if italic else "") + ("<w:rtl/>" if right_to_left else "")
    properties = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _core(source: Source) -> str:
    meta = source.meta
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(meta['title'])}</dc:title><dc:language>{meta['language']}</dc:language>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{meta["date"]}T00:00:00Z</dcterms:created>'
        "</cp:coreProperties>"
    )
