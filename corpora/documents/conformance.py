"""The promises that every reader keeps, as one function; the tests of each reader call it on what they read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from palermo.corpora.documents.builder import canonical
from palermo.corpora.documents.document import Block, Document, Passage, Run

COVERED = 0.95
"""Least share of the characters that are not white space which must be anchored by runs."""

METADATA_KEYS = frozenset(
    {"title", "court", "state", "date", "number", "neutral_citation", "ecli", "statute", "section"}
)


def check(document: Document) -> list[str]:
    """Every broken promise of `document`, one sentence each; empty when it keeps all of them.

    The promises: canonical text is a fixed point of `canonical`, can be written as UTF-8 and is not blank;
    blocks, runs and passages are sorted, in range, not empty and do not overlap; blocks and runs each cover 95 %
    of the characters that are not white space; metadata have known keys, and a span, where there is one, quotes
    the value.
    """
    return [
        *_text(document),
        *_spans("block", document.blocks, document.text),
        *_spans("run", document.runs, document.text),
        *_spans("passage", document.passages, document.text),
        *_coverage("block", document.blocks, document.text),
        *_coverage("run", document.runs, document.text),
        *_metadata(document),
    ]


def _text(document: Document) -> Iterator[str]:
    if canonical(document.text) != document.text:
        yield "the text is not canonical"
    if not document.text.strip():
        yield "the text is blank"
    if len(document.sha256) != 64:
        yield "sha256 is not a hex digest"
    if "/" in document.name or not document.name:
        yield "the name is empty or has a folder in it"


def _spans(what: str, spans: Sequence[Block | Run | Passage], text: str) -> Iterator[str]:
    before = 0
    for index, span in enumerate(spans):
        if not 0 <= span.start < span.end <= len(text):
            yield f"{what} {index} is empty or out of range: [{span.start}, {span.end}) of {len(text)}"
        if span.start < before:
            yield f"{what} {index} begins at {span.start}, before the end {before} of the one before it"
        before = max(before, span.end)


def _coverage(what: str, spans: Sequence[Block | Run], text: str) -> Iterator[str]:
    total = _visible(text)
    covered = sum(_visible(text[span.start : span.end]) for span in spans)
    if covered < COVERED * total:
        yield f"{what}s cover {covered} of {total} characters"


def _visible(text: str) -> int:
    # Borders of table cells are put in by the readers and come from nowhere.
    return len("".join(text.replace("|", " ").split()))


def _metadata(document: Document) -> Iterator[str]:
    for key, value in document.metadata.items():
        if key not in METADATA_KEYS:
            yield f"unknown metadata key {key}"
        if not value.value.strip():
            yield f"metadata {key} is blank"
        if (value.start is None) != (value.end is None):
            yield f"metadata {key} has half a span"
        if value.start is not None and document.text[value.start : value.end] != value.value:
            yield f"metadata {key} is not what its span quotes"
