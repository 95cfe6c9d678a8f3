"""Cuts a document into passages: paragraphs of judgments, sections of statutes.

`palermo.corpora.documents.read_document` calls `cut` on what a reader returns.
"""

from __future__ import annotations

from dataclasses import replace

from palermo.corpora.documents.document import Block, Document, Passage

__all__ = ["cut"]


def cut(document: Document) -> Document:
    """Fill `kind` and `language` where they are not given, `passages`, and the headings found in `blocks`.

    The text stays as it is. Passages are sorted, do not overlap, have no white space at their ends and are at most
    4,000 code points long; every character that is not white space is in a passage or in a block of type heading or
    title (headings that the cutter finds are added to the blocks; a table of contents counts as headings).
    """
    from palermo.corpora.documents.kind import kind_of
    from palermo.corpora.documents.language import document_language, passage_languages
    from palermo.corpora.documents.passages.judgment import cut_judgment
    from palermo.corpora.documents.passages.statute import cut_statute

    text = document.text
    language = document.language or document_language(text)
    kind = document.kind or kind_of(text, document.blocks, language)
    found = cut_statute(document, language) if kind == "statute" else cut_judgment(document, language)
    languages = passage_languages((text[piece.start : piece.end] for piece in found.pieces), language)
    passages = tuple(
        Passage(index, piece.start, piece.end, piece.number, piece.heading, own)
        for index, (piece, own) in enumerate(zip(found.pieces, languages, strict=True))
    )
    spans = [(heading.start, heading.end, heading.level) for heading in found.headings]
    return document.with_(
        kind=kind, language=language, passages=passages, blocks=_with_headings(document.blocks, spans)
    )


def _with_headings(blocks: tuple[Block, ...], headings: list[tuple[int, int, int | None]]) -> tuple[Block, ...]:
    """The headings as blocks, and of the other blocks what they leave; linear in both."""
    declared = {(block.start, block.end): block for block in blocks if block.type in {"title", "heading"}}
    result = [declared.get((start, end)) or Block(start, end, "heading", None, level) for start, end, level in headings]
    first = 0
    for block in blocks:
        while first < len(headings) and headings[first][1] <= block.start:
            first += 1
        start, position = block.start, first
        while position < len(headings) and headings[position][0] < block.end:
            result += _part(block, start, headings[position][0])
            start = max(start, headings[position][1])
            position += 1
        result += _part(block, start, block.end)
    return tuple(sorted(result, key=lambda block: block.start))


def _part(block: Block, start: int, end: int) -> list[Block]:
    if start >= end:
        return []
    return [replace(block, start=start, end=end, number=block.number if start == block.start else None)]
