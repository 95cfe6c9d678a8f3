"""Highlights on the words of a PDF, as an incremental update behind its bytes; `sandbox_child` calls it, confined.

The source's own bytes stay as they are, so that its hash and signatures can still be checked.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from palermo.corpora.errors import BrokenDocument, PasswordProtected


@dataclass(frozen=True, slots=True)
class Highlight:
    """A highlight on one page.

    Attributes:
        page: 1-based.
        boxes: `(x0, y0, x1, y1)` of stretches of words, in PDF points, origin at the lower left.
        color: red, green and blue as six hexadecimal digits.
        note: what the viewer shows when the highlight is opened.
    """

    page: int
    boxes: tuple[tuple[float, float, float, float], ...]
    color: str
    note: str

    def to_json(self) -> dict[str, Any]:
        """The highlight as `from_json` takes it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Highlight:
        """The highlight of `to_json`."""
        boxes = tuple((float(x0), float(y0), float(x1), float(y1)) for x0, y0, x1, y1 in values["boxes"])
        return cls(values["page"], boxes, values["color"], values["note"])


def update(data: bytes, name: str, highlights: Iterable[Highlight], author: str, properties: dict[str, str]) -> bytes:
    """What to put behind the bytes of a PDF so that it shows the highlights (PDF 32000-1, 7.5.6 and 12.5.6.10).

    Args:
        data: the source bytes.
        name: the file's name, for messages.
        highlights: those on pages that the file does not have are left out.
        author: whom viewers name as the author of each.
        properties: entries of the document information dictionary to add.

    Raises:
        PasswordProtected: the file is encrypted, with or without a password to open it.
        BrokenDocument: its structure is too damaged to be added to.
    """
    from pypdf.errors import PyPdfError

    try:
        return _update(data, name, highlights, author, properties)
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, IndexError, NotImplementedError) as error:
        raise BrokenDocument("the PDF can be read but not added to", source=name) from error


def _update(data: bytes, name: str, highlights: Iterable[Highlight], author: str, properties: dict[str, str]) -> bytes:
    from pypdf import PdfReader, PdfWriter

    if PdfReader(io.BytesIO(data)).is_encrypted:
        raise PasswordProtected("the PDF is encrypted, and so can't be added to", source=name)
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    pages = len(writer.pages)
    for number, highlight in enumerate(highlights):
        if 1 <= highlight.page <= pages and highlight.boxes:
            writer.add_annotation(highlight.page - 1, _annotation(highlight, author, f"palermo-{number}"))
    writer.add_metadata({f"/{key}": value for key, value in properties.items()})
    written = io.BytesIO()
    writer.write(written)
    result = written.getvalue()
    if not result.startswith(data):
        raise ValueError("not an incremental update")
    return result[len(data) :]


def _annotation(highlight: Highlight, author: str, name: str) -> Any:
    from pypdf.annotations import Highlight as Annotation
    from pypdf.generic import ArrayObject, FloatObject, NameObject, TextStringObject

    corners = [value for box in highlight.boxes for value in _corners(box)]
    annotation = Annotation(
        rect=_around(highlight.boxes),
        quad_points=ArrayObject([FloatObject(value) for value in corners]),
        highlight_color=highlight.color,
        printing=True,
        title_bar=author,
    )
    annotation[NameObject("/Contents")] = TextStringObject(highlight.note)
    annotation[NameObject("/NM")] = TextStringObject(name)
    return annotation


def _corners(box: tuple[float, float, float, float]) -> tuple[float, ...]:
    """Upper left, upper right, lower left, lower right: the order that viewers expect, whatever the standard says."""
    x0, y0, x1, y1 = box
    return (x0, y1, x1, y1, x0, y0, x1, y0)


def _around(boxes: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
