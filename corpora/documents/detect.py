"""The format of a file by its bytes; its name only breaks ties between text-like formats. `readers.read_bytes` asks.

Looks at signatures, members of archives and root elements. Nothing is unpacked beyond a member of a few kilobytes.
"""

from __future__ import annotations

import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable

from palermo.corpora.documents.document import Warning
from palermo.corpora.documents.readers import DOCX, ODT
from palermo.corpora.documents.readers.decoding import decode
from palermo.corpora.documents.readers.formats import formats, names
from palermo.corpora.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    PasswordProtected,
    UnsupportedFormat,
)

_HEAD = 65_536
_MEMBER = 1_000_000
"""Bytes of `[Content_Types].xml` or `mimetype` that are read."""
_WORD_MAIN = b"wordprocessingml.document.main+xml"
_WORD_OTHER = (
    b"wordprocessingml.template.main+xml",
    b"ms-word.document.macroEnabled.main+xml",
    b"ms-word.template.macroEnabledTemplate.main+xml",
)
_OOXML = (b"spreadsheetml", b"presentationml")
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, NotImplementedError, OSError, EOFError)
_CONTROLS = 0.02
"""Share of control characters from which a decodable file is not text."""
_FEW = 3
"""Control characters that any text may have, however short."""
_PROLOG = re.compile(
    r"\s+|<\?[^>]{0,4000}\?>|<!--(?:(?!-->).){0,20000}-->|<!DOCTYPE[^>\[]{0,2000}(?:\[[^\]]{0,20000}\]\s*)?>",
    re.DOTALL | re.IGNORECASE,
)
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})[\s/>]")
_HTML_DOCTYPE = re.compile(r"\s{0,2000}<!DOCTYPE\s{1,20}html", re.IGNORECASE)


def media_type(data: bytes, name: str) -> str:
    """The media type of a file, one of those that `readers.MODULES` knows.

    Raises:
        EmptyDocument: nothing but white space and zero bytes.
        UnsupportedFormat: images, programs, archives that are no document, the old binary DOC, other binary files.
        PasswordProtected: an encrypted Office file.
        BrokenDocument: an archive that can't be opened.
    """
    if not data[:_HEAD].strip(b"\0 \t\r\n\f\v\xef\xbb\xbf\xfe\xff") and not data.strip(b"\0 \t\r\n\f\v\xef\xbb\xbf"):
        raise EmptyDocument("there is nothing in it", source=name)
    if data.startswith(_signatures(formats()["detect"]["zip"])):
        return _archive(data, name)
    if data.startswith(bytes.fromhex(formats()["detect"]["ole"])):
        raise _ole(data, name)
    head = data[:1024].lstrip(b"\xef\xbb\xbf\0 \t\r\n")
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    _refuse_known(data, name)
    if b"%PDF-" in data[:1024] and b"\nendobj" in data[:_HEAD].replace(b"\r", b"\n"):
        return "application/pdf"
    return _text_like(data, name)


def extension_warning(media_type: str, name: str) -> Warning | None:
    """The warning `wrong_extension` where a name promises another format than the bytes are; else None."""
    extension = _extension(name)
    promised: list[str] | None = formats()["detect"]["extensions"].get(extension)
    if promised is None or media_type in promised:
        return None
    return Warning("wrong_extension", f"The name ends in .{extension}, but the file is {media_type}; read as that.")


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _signatures(codes: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(code) for code in codes)


def _archive(data: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = set(archive.namelist())
            types = _member(archive, "[Content_Types].xml", members)
            mimetype = _member(archive, "mimetype", members).strip()
    except _DAMAGED:
        raise BrokenDocument("the archive is truncated or damaged", source=name, hint="get the file again") from None
    if any(kind in types for kind in (_WORD_MAIN, *_WORD_OTHER)) or "word/document.xml" in members:
        return DOCX
    if mimetype.startswith(b"application/vnd.oasis.opendocument.text"):
        return ODT
    if any(kind in types for kind in _OOXML) or mimetype.startswith(b"application/vnd.oasis.opendocument"):
        raise UnsupportedFormat(
            "a spreadsheet or presentation, not a text document", source=name, hint="save its text as DOCX, PDF or CSV"
        )
    raise UnsupportedFormat(
        "an archive, not a document", source=name, hint="unpack it and give the files in it one by one"
    )


def _member(archive: zipfile.ZipFile, member: str, members: set[str]) -> bytes:
    """The start of a member; nothing where it is absent or encrypted (zipfile raises a bare RuntimeError)."""
    if member not in members:
        return b""
    try:
        with archive.open(member) as stream:
            return stream.read(_MEMBER)
    except NotImplementedError:
        raise
    except RuntimeError:
        return b""


def _ole(data: bytes, name: str) -> DocumentError:
    """The error for an OLE2 compound file: its directory names its streams in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return PasswordProtected(
            "encrypted with a password", source=name, hint="open it in Word and save it without a password"
        )
    if "WordDocument".encode("utf-16-le") in data:
        return UnsupportedFormat("the binary DOC format of Word 97 to 2003", source=name, hint="save it as DOCX")
    return UnsupportedFormat("an old Office file or another binary file", source=name, hint="save it as DOCX or PDF")


def _refuse_known(data: bytes, name: str) -> None:
    for code, what in formats()["detect"]["images"].items():
        if data.startswith(bytes.fromhex(code)) and not _plausible_text(data):
            raise UnsupportedFormat(
                f"a {what}, not text", source=name, hint="recognise its text (OCR) and give the PDF"
            )
    for code, what in formats()["detect"]["binaries"].items():
        if data.startswith(bytes.fromhex(code)) and not _plausible_text(data):
            raise UnsupportedFormat(f"a {what}, not a document", source=name)


def _plausible_text(data: bytes) -> bool:
    """Whether a file whose first bytes happen to be a signature ("BM", "ID3") is text all the same."""
    try:
        head = _whole_characters(data)
    except UnicodeDecodeError:
        return False
    return not _too_many_controls(head) and not head.startswith("%!PS")


def _whole_characters(data: bytes) -> str:
    """The head as UTF-8; a character cut at the end of the head is left out."""
    head = data[:_HEAD]
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(data) > _HEAD and error.start >= _HEAD - 4:
            return head[: error.start].decode("utf-8")
        raise


def _too_many_controls(text: str) -> bool:
    allowed = formats()["detect"]["text_controls"]
    controls = sum(1 for c in text if (c < " " or "\x7f" <= c < "\xa0") and c not in allowed)
    return controls > max(_FEW, _CONTROLS * len(text))


def _text_like(data: bytes, name: str) -> str:
    try:
        head = _whole_characters(data)
        # NUL in UTF-8 is a flaw of many exports, not a sign of a binary file, unless there are many.
        binary = _too_many_controls(head)
    except UnicodeDecodeError:
        head = decode(data[: _HEAD - _HEAD % 4]).text
        binary = _too_many_controls(head) or head.count("\ufffd") > _CONTROLS * len(head)
    if "\0" in head:
        head = decode(data[: _HEAD - _HEAD % 4]).text
        binary = _too_many_controls(head)
    if binary:
        raise UnsupportedFormat(
            "a binary file of unknown format", source=name, hint="give PDF, DOCX, ODT, RTF, HTML, XML or text"
        )
    return _by_content(data, head.lstrip("\ufeff"), _extension(name))


def _by_content(data: bytes, head: str, extension: str) -> str:
    start = head.lstrip()
    if start.startswith("<"):
        markup = _markup(head, extension)
        if markup:
            return markup
    if extension in ("html", "htm", "xhtml"):
        return "text/html"
    if start.startswith(("{", "[")) or extension in ("json", "jsonl", "ndjson"):
        records = _json(data, start, extension)
        if records:
            return records
    if extension == "csv":
        return "text/csv"
    if extension == "tsv":
        return "text/tab-separated-values"
    return "text/plain"


def _markup(head: str, extension: str) -> str | None:
    """The media type by the root element; None where text only happens to begin with "<"."""
    position = 0
    while (prolog := _PROLOG.match(head, position)) is not None and prolog.end() > position:
        if _HTML_DOCTYPE.match(prolog.group()):
            return "text/html"
        position = prolog.end()
    root = _ROOT.match(head, position)
    declared = head.lstrip().startswith("<?xml")
    local = root.group(1).lower() if root else ""
    if local == "akomantoso":
        return "application/akn+xml"
    if local in names("detect", "html_roots") and (local == "html" or not declared) and extension not in ("xml", "akn"):
        return "text/html"
    if local == "html":
        return "text/html"
    if declared or extension in ("xml", "akn") or (root and "xmlns" in head[position : position + 2000]):
        akn = (
            "legaldocml" in head[position : position + 2000].lower() or "akomantoso" in head[position : position + 2000]
        )
        return "application/akn+xml" if akn else "application/xml"
    return None


def _json(data: bytes, start: str, extension: str) -> str | None:
    """JSON or JSON lines; a name that promises them is believed, so that the reader can say what is wrong."""
    promised = extension in ("json", "jsonl", "ndjson")
    if not promised and start[0] == "[" and not re.match(r'\[\s{0,1000}["\[{\]]', start):
        return None
    first, _, rest = start.partition("\n")
    if rest.strip() and _parses(first.strip()) and rest.lstrip()[:1] in ("{", "["):
        return "application/x-ndjson"
    if promised:
        return "application/json" if extension == "json" or start[:1] == "[" else "application/x-ndjson"
    return "application/json" if _parses(decode(data).text.lstrip("\ufeff")) else None


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except RecursionError:
        # Nested too deep for the parser: JSON, and the reader refuses it.
        return True
    except ValueError:
        return False
    return True
