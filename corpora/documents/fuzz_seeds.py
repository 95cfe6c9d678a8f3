"""Small start documents for the fuzzer, one list a format, made of the shipped samples; `fuzz` and its tests use them.

Small, because a mutation should hit something that matters. Formats that the samples lack (ODT, RTF, JSON, CSV) are
made of the text of one.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from importlib import resources
from typing import Any

Seeds = dict[str, list[bytes]]

_PARAGRAPHS = 6
_STREAM = re.compile(rb"<<([^<>]{0,400})>>\s{0,4}stream\r?\n")
_ODT = "application/vnd.oasis.opendocument.text"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def seeds() -> Seeds:
    """File extension -> files of that format."""
    found: Seeds = {name: [] for name in ("txt", "html", "xml", "docx", "pdf")}
    folder = resources.files("palermo.corpora.samples").joinpath("documents")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        extension = entry.name.rpartition(".")[2]
        if extension in found:
            found[extension].append(entry.read_bytes())
    paragraphs = [part.strip() for part in found["txt"][0].decode().split("\n\n") if part.strip()][: 2 * _PARAGRAPHS]
    return {
        "txt": ["\n\n".join(paragraphs).encode()],
        "html": [_thinned(page, html=True) for page in found["html"]],
        "xml": [_thinned(act, html=False) for act in found["xml"]],
        "docx": [_thin_package(package) for package in found["docx"]],
        "odt": [_odt(paragraphs)],
        "rtf": [_rtf(paragraphs)],
        "pdf": [one for file in found["pdf"] for one in (_first_page(file), _inflated(_first_page(file)))],
        "json": [json.dumps({"title": paragraphs[0], "passages": _records(paragraphs)}).encode()],
        "jsonl": ["\n".join(map(json.dumps, _records(paragraphs))).encode()],
        "csv": [_table(paragraphs)],
    }


def _records(paragraphs: list[str]) -> list[dict[str, str]]:
    return [{"number": str(number), "text": text, "language": "en"} for number, text in enumerate(paragraphs, 1)]


def _table(paragraphs: list[str]) -> bytes:
    target = io.StringIO()
    writer = csv.DictWriter(target, ("number", "text", "language"))
    writer.writeheader()
    writer.writerows(_records(paragraphs))
    return target.getvalue().encode()


def _thinned(data: bytes, *, html: bool) -> bytes:
    """A page or XML file with most of its paragraphs taken out; our own files, so parsed plainly."""
    from lxml import etree

    root = etree.fromstring(data, etree.HTMLParser() if html else etree.XMLParser(resolve_entities=False))
    for element in list(root.iter("{*}p"))[_PARAGRAPHS:]:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    made: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=not html)
    return made


def _thin_package(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["word/document.xml"] = _thinned(members["word/document.xml"], html=False)
    return zipped(members.items())


def zipped(members: Any) -> bytes:
    """An archive of `(name, content)` pairs; names may repeat."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, zipfile.ZIP_DEFLATED)
            archive.NameToInfo.clear()  # or it warns of names that repeat
    return target.getvalue()


def _odt(paragraphs: list[str]) -> bytes:
    from xml.sax.saxutils import escape

    heading, *rest = map(escape, paragraphs)
    items = "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for text in rest[:3])
    body = "".join(f'<text:p text:style-name="P1">{text}<text:s text:c="2"/><text:tab/></text:p>' for text in rest[3:])
    cells = "".join(f"<table:table-cell><text:p>{text[:40]}</text:p></table:table-cell>" for text in rest[:2])
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>Note.</text:p></text:note-body></text:note>"
    )
    names = {"office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing", "meta": "meta"}
    spaces = " ".join(f'xmlns:{prefix}="{_ODF}:{name}:1.0"' for prefix, name in names.items())
    content = (
        f'<office:document-content {spaces}><office:automatic-styles><style:style style:name="P1" '
        'style:family="paragraph"/></office:automatic-styles><office:body><office:text>'
        f'<text:h text:outline-level="1">{heading}</text:h>'
        f"<text:list>{items}</text:list>{body}<text:p>{rest[0]}{note}</text:p><table:table><table:table-row>{cells}"
        "</table:table-row></table:table></office:text></office:body></office:document-content>"
    )
    return zipped([("mimetype", _ODT), ("content.xml", content), ("styles.xml", f"<office:document-styles {spaces}/>")])


def _rtf(paragraphs: list[str]) -> bytes:
    def escaped(text: str) -> str:
        text = re.sub(r"([\\{}])", r"\\\1", text.replace("\n", " "))
        return "".join(c if c < "\x80" else f"\\u{ord(c) - 65536 * (ord(c) > 32767)}?" for c in text)

    heading, *rest = map(escaped, paragraphs)
    body = "".join(rf"{{\listtext\tab {number}.}}\ls1\ilvl0 {text}\par" + "\n" for number, text in enumerate(rest, 1))
    return (
        r"{\rtf1\ansi\ansicpg1252\uc1{\fonttbl{\f0\fcharset0 Times;}}{\stylesheet{\s1 heading 1;}}{\info{\title Case}}"
        rf"\pard\s1\outlinelevel0\b {heading}\b0\par \pard {body}\trowd\cellx1\cellx2\intbl {rest[0][:20]}\cell "
        rf"caf\'e9\cell\row {{\field{{\*\fldinst PAGE}}{{\fldrslt 1}}}}{{\footnote\pard Note.}}\par}}"
    ).encode()


def _first_page(data: bytes) -> bytes:
    import pypdfium2 as pdfium

    source, target = pdfium.PdfDocument(data), pdfium.PdfDocument.new()
    target.import_pages(source, [0])
    out = io.BytesIO()
    target.save(out)
    return out.getvalue()


def _inflated(data: bytes) -> bytes:
    """A PDF with its deflated streams laid open, so that mutations reach what is in them; offsets are left wrong."""
    out, position = bytearray(), 0
    for match in _STREAM.finditer(data):
        if b"FlateDecode" not in match[1]:
            continue
        try:
            content = zlib.decompressobj().decompress(data[match.end() :])
        except zlib.error:
            continue
        end = data.index(b"endstream", match.end())
        head = re.sub(rb"/Filter\s?\[?\s?/FlateDecode\s?\]?|/Length \d+(?: \d+ R)?", b"", match[1])
        out += data[position : match.start()] + b"<<%s/Length %d>>stream\n%s\n" % (head, len(content), content)
        position = end
    return bytes(out + data[position:])
