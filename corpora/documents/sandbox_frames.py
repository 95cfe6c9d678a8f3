"""What the reading process and its parent say to each other: length-prefixed JSON, checked field by field.

Used by `sandbox` (parent) and `sandbox_child`. Never pickle: the child reads hostile files and may be taken over, so
the parent takes plain values from it, of known types and bounded size, and nothing that could run.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from itertools import pairwise
from typing import Any, get_args

from palermo.corpora.documents.document import (
    Block,
    BlockType,
    Document,
    Kind,
    MetadataValue,
    Passage,
    Run,
    Warning,
)
from palermo.corpora.documents.pdf_pages import SIGNATURE, PageImage
from palermo.corpora.errors import DocumentError, PalermoError, ParserFailed

HEADER = struct.Struct(">QQ")
"""Two lengths in bytes: of the JSON, then of the raw bytes behind it (the source file; 0 in an answer)."""

_MESSAGE_CHARACTERS = 500
_JSON = (str, int, float, bool, type(None))


def pack(message: dict[str, Any], data: bytes = b"") -> bytes:
    """A frame: header and JSON; `data` counts in the header but is sent separately, so that it is not copied."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return HEADER.pack(len(body), len(data)) + body


def document_to_message(document: Document) -> dict[str, Any]:
    """A document as arrays; name and hash are left out because the parent knows them better."""
    return {
        "media_type": document.media_type,
        "extractor": document.extractor,
        "text": document.text,
        "blocks": [[b.start, b.end, b.type, b.number, b.level] for b in document.blocks],
        "runs": [[r.start, r.end, r.locator] for r in document.runs],
        "passages": [[p.index, p.start, p.end, p.number, p.heading, p.language] for p in document.passages],
        "metadata": {key: [m.value, m.start, m.end] for key, m in document.metadata.items()},
        "warnings": [[w.code, w.message, w.page] for w in document.warnings],
        "kind": document.kind,
        "language": document.language,
    }


def document_from_message(message: Any, name: str, sha256: str) -> Document:
    """The document of `document_to_message`.

    Raises:
        ParserFailed: a field is missing, of a wrong type, or an offset is out of the text.
    """
    try:
        return _document(message, name, sha256)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ParserFailed("the reading process gave a malformed answer", source=name) from error


def bytes_to_message(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def bytes_from_message(message: Any, name: str) -> bytes:
    """The bytes of `bytes_to_message`.

    Raises:
        ParserFailed: it is not base64.
    """
    try:
        return base64.b64decode(_string(message), validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise ParserFailed("the reading process gave a malformed answer", source=name) from error


def page_to_message(page: PageImage) -> dict[str, Any]:
    """A page's picture with its size, the way to it, and the number of pages."""
    return {
        "png": bytes_to_message(page.png),
        "width": page.width,
        "height": page.height,
        "matrix": list(page.matrix),
        "pages": page.pages,
    }


def page_from_message(message: Any, name: str) -> PageImage:
    """The page of `page_to_message`; the picture is looked at by its first bytes only.

    Raises:
        ParserFailed: a field is missing, of a wrong type, or no finite number.
    """
    try:
        png = bytes_from_message(message["png"], name)
        a, b, c, d, e, f = (_finite(value) for value in message["matrix"])
        width, height = _finite(message["width"]), _finite(message["height"])
        if not png.startswith(SIGNATURE) or width <= 0 or height <= 0:
            raise ValueError("not a picture of a page")
        return PageImage(png, width, height, (a, b, c, d, e, f), _whole(message["pages"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ParserFailed("the reading process gave a malformed answer", source=name) from error


def error_to_message(error: PalermoError) -> dict[str, Any]:
    """An error as `{"code", "message", "hint"}`; the parent knows the source."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


def error_from_message(message: Any, name: str) -> DocumentError:
    """The error of `error_to_message`; a code that no document error has becomes `ParserFailed`."""
    kinds = {kind.code: kind for kind in _family(DocumentError)}
    if not isinstance(message, dict):
        message = {}
    kind = kinds.get(str(message.get("code")), ParserFailed)
    hint = message.get("hint")
    return kind(
        _printable(message.get("message") or "the reading process failed"),
        source=name,
        hint=_printable(hint) if hint else None,
    )


def _printable(text: Any) -> str:
    return "".join(c if c.isprintable() else " " for c in str(text)[:_MESSAGE_CHARACTERS])


def _family(kind: type[DocumentError]) -> list[type[DocumentError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _family(child))]


def _document(message: dict[str, Any], name: str, sha256: str) -> Document:
    text = _string(message["text"])
    size = len(text)
    blocks = tuple(
        Block(*_span(start, end, size), _one_of(kind, get_args(BlockType)), _text(number), _number(level))
        for start, end, kind, number, level in message["blocks"]
    )
    runs = tuple(Run(*_span(start, end, size), _locator(locator)) for start, end, locator in message["runs"])
    passages = tuple(
        Passage(_whole(index), *_span(start, end, size), _text(number), _text(heading), _string(language))
        for index, start, end, number, heading, language in message["passages"]
    )
    for spans in (blocks, runs, passages):
        _in_order(spans)
    kind = message["kind"]
    return Document(
        name=name,
        sha256=sha256,
        media_type=_string(message["media_type"]),
        extractor=_string(message["extractor"]),
        text=text,
        blocks=blocks,
        runs=runs,
        passages=passages,
        metadata={
            _string(key): MetadataValue(_string(value), *((None, None) if start is None else _span(start, end, size)))
            for key, (value, start, end) in message["metadata"].items()
        },
        warnings=tuple(
            Warning(_string(code), _string(text_), _number(page)) for code, text_, page in message["warnings"]
        ),
        kind=None if kind is None else _one_of(kind, get_args(Kind)),
        language=_text(message["language"]),
    )


def _span(start: Any, end: Any, size: int) -> tuple[int, int]:
    if type(start) is not int or type(end) is not int or not 0 <= start <= end <= size:
        raise ValueError("offsets out of the text")
    return start, end


def _in_order(spans: tuple[Any, ...]) -> None:
    if any(after.start < before.end for before, after in pairwise(spans)):
        raise ValueError("spans overlap")


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    value.encode()  # a lone surrogate raises ValueError here, and not later in somebody's file or answer
    return value


def _text(value: Any) -> str | None:
    return None if value is None else _string(value)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _finite(value: Any) -> float:
    if type(value) not in {int, float} or not math.isfinite(value):
        raise TypeError("not a finite number")
    return float(value)


def _number(value: Any) -> int | None:
    return None if value is None else _whole(value)


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError("not one of the known values")
    return value


def _locator(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("a locator is not an object")
    for item in value.values():
        flat = item if isinstance(item, list) else [item]
        if not all(isinstance(part, _JSON) for part in flat):
            raise TypeError("a locator is nested")
    return value
