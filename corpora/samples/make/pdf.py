"""Renders a sample as PDF with reportlab (extra `[dev]`): one or two columns, a running head, page numbers.

Uncompressed and in reportlab's invariant mode, so that the same source gives the same bytes.
"""

from __future__ import annotations

import io
from html import escape
from typing import Any

from palermo.corpora.samples.make.source import Item, Source, runs

_MARGIN = 64
_GUTTER = 18


def render(source: Source) -> bytes:
    """A PDF of A4 pages with the standard Times fonts (Latin-1 text only)."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, PageTemplate

    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        invariant=1,
        pageCompression=0,
        title=source.meta["title"],
        author=source.meta.get("court", source.meta["state"]),
        lang=source.meta["language"],
    )
    columns = int(source.meta.get("columns", "1"))
    document.addPageTemplates(PageTemplate(frames=_frames(A4, columns), onPage=_running_head(source)))
    styles = _styles(columns)
    document.build([_flowable(item, styles) for item in source.items])
    return buffer.getvalue()


def _frames(page: tuple[float, float], columns: int) -> list[Any]:
    from reportlab.platypus import Frame

    width = (page[0] - 2 * _MARGIN - _GUTTER * (columns - 1)) / columns
    height = page[1] - 2 * _MARGIN
    return [Frame(_MARGIN + n * (width + _GUTTER), _MARGIN, width, height, 0, 0, 0, 0) for n in range(columns)]


def _running_head(source: Source) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        width, height = document.pagesize
        canvas.setFont("Times-Italic", 9)
        if document.page > 1:
            canvas.drawString(_MARGIN, height - _MARGIN + 18, source.meta["title"])
        canvas.drawCentredString(width / 2, _MARGIN - 30, str(document.page))

    return draw


def _styles(columns: int) -> dict[str, Any]:
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
    from reportlab.lib.styles import ParagraphStyle

    size = 11 if columns == 1 else 9.5
    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=size, leading=size * 1.3, spaceAfter=7)
    return {
        "paragraph": ParagraphStyle("paragraph", body, alignment=TA_JUSTIFY),
        "cover": ParagraphStyle("cover", body, alignment=TA_CENTER),
        "title": ParagraphStyle(
            "title", body, fontName="Times-Bold", fontSize=size + 4, leading=size + 8, alignment=TA_CENTER
        ),
        "heading1": ParagraphStyle(
            "heading1", body, fontName="Times-Bold", fontSize=size + 2, spaceBefore=10, keepWithNext=1
        ),
        "heading2": ParagraphStyle("heading2", body, fontName="Times-Bold", spaceBefore=6, keepWithNext=1),
    }


def _flowable(item: Item, styles: dict[str, Any]) -> Any:
    from reportlab.platypus import Paragraph

    style = styles[f"heading{item.level}" if item.type == "heading" else item.type]
    words = "".join(f"<i>{escape(text)}</i>" if italic else escape(text) for text, italic in runs(item.text))
    return Paragraph(f"{item.number}. {words}" if item.number else words, style)
