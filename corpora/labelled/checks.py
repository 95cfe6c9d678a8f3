"""Checking and describing labelled files, for `palermo corpus check` and `palermo corpus describe`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from palermo.corpora.labelled.passages import LabelledPassage, read_passages


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a passage: its id, a stable snake_case code, and a sentence without the passage's text."""

    id: str
    code: str
    message: str


def check(path: Path) -> list[Finding]:
    """Look for what the schema can't express; an empty list means that the file is sound.

    Findings: `unknown_label` (not a label of the taxonomy), `article_missing` (a finer label without its article),
    `label_and_maybe` (a label both given and doubted), `span_words` (the words differ from the text at the offsets),
    `span_without_article` (a mental element where article 6 is neither label nor maybe), `offsets` (document offsets
    that don't fit the text's length), `twin` (the same document, title, heading and text under two ids).

    Raises:
        DataError: the file can't be read or breaks the schema.
    """
    from palermo.corpora.convention import tree

    known = frozenset(tree().labels)
    passages = read_passages(path)
    findings = [finding for passage in passages for finding in _findings(passage, known)]
    return findings + _twins(passages)


def _findings(passage: LabelledPassage, known: frozenset[str]) -> Iterable[Finding]:
    from palermo.corpora.convention import article_of

    for label in (*passage.labels, *passage.maybe):
        if label not in known:
            yield Finding(passage.id, "unknown_label", f"{label} is not a label")
    for label in passage.labels:
        if label in known and article_of(label) not in passage.labels:
            yield Finding(passage.id, "article_missing", f"{label} needs {article_of(label)} beside it")
    for label in set(passage.labels) & set(passage.maybe):
        yield Finding(passage.id, "label_and_maybe", f"{label} is in labels and in maybe")
    for span in passage.mens_rea:
        if span.span is not None and passage.text[span.start : span.end] != span.span:
            where = f"{span.start} to {span.end}"
            yield Finding(passage.id, "span_words", f"the words of the {span.standard} span are not at {where}")
    if passage.mens_rea and not any(label == "UNTOC.6" for label in (*passage.labels, *passage.maybe)):
        yield Finding(passage.id, "span_without_article", "mental elements, but UNTOC.6 is neither label nor maybe")
    if passage.start is not None and passage.end is not None and passage.end - passage.start != len(passage.text):
        yield Finding(passage.id, "offsets", "end - start is not the length of the text")


def _twins(passages: Sequence[LabelledPassage]) -> list[Finding]:
    first: dict[tuple[object, ...], str] = {}
    found = []
    for passage in passages:
        key = (passage.doc_id, passage.title, passage.heading, passage.text)
        if key in first:
            found.append(Finding(passage.id, "twin", f"same passage as {first[key]}"))
        first.setdefault(key, passage.id)
    return found


def describe(passages: Sequence[LabelledPassage]) -> dict[str, Any]:
    """Counts of a labelled file as JSON-able data, most frequent first; lengths are words between white space.

    Keys: passages, documents, unlabelled, named, words {median, p90, longest}, kinds, languages, jurisdictions,
    groups, labels, maybe, standards, roles, spans.
    """
    spans = [span for passage in passages for span in passage.mens_rea]
    words = sorted(len(passage.text.split()) for passage in passages)
    return {
        "passages": len(passages),
        "documents": len({passage.doc_id for passage in passages}),
        "unlabelled": sum(not passage.labels for passage in passages),
        "named": sum(passage.named for passage in passages),
        "words": {
            "median": median(words) if words else 0,
            "p90": words[int(0.9 * (len(words) - 1))] if words else 0,
            "longest": words[-1] if words else 0,
        },
        "kinds": _counts(passage.kind for passage in passages),
        "languages": _counts(passage.language for passage in passages),
        "jurisdictions": _counts(passage.jurisdiction or "none" for passage in passages),
        "groups": _counts(passage.group for passage in passages),
        "labels": _counts(label for passage in passages for label in passage.labels),
        "maybe": _counts(label for passage in passages for label in passage.maybe),
        "standards": _counts(span.standard for span in spans),
        "roles": _counts(span.role or "none" for span in spans),
        "spans": len(spans),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    counted = Counter(values)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
