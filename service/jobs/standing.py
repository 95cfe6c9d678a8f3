"""An analysis as people have decided it: exports give it, unless they are asked for what the machine said alone.

What was rejected, or changed to something else, goes. What was accepted or added is predicted and assigned. Such a tag
has `review`, the number of the review behind it; one that only a person gave has score 1 and no source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from palermo.corpora.convention import tree
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.records import DocumentRecord, TagRecord
from sqlalchemy.orm import Session

GONE = ("rejected", "changed")
HELD = ("accepted", "added")
METADATA = ("title", "court", "state", "date", "number")


def as_it_stands(session: Session, analysis: dict[str, Any], document: DocumentRecord) -> dict[str, Any]:
    """The newest analysis of a document, with what people decided, and with the metadata that they gave."""
    decided = {(tag.index, tag.provision): tag for tag in _decided(session, document.id)}
    passages = [_passage(passage, decided) for passage in analysis["passages"]]
    provisions = _provisions(analysis["provisions"], passages) if decided else analysis["provisions"]
    about = described(analysis["document"], document)
    return {**analysis, "document": about, "provisions": provisions, "passages": passages}


def _decided(session: Session, document: str) -> Iterator[TagRecord]:
    after = None
    while True:
        page = tags(session, TagFilter(document=document, reviewed=True), "newest", after, 500)
        yield from page.items
        if (after := page.after) is None:
            return


def _passage(passage: dict[str, Any], decided: dict[tuple[int, str], TagRecord]) -> dict[str, Any]:
    index = passage["index"]
    said = [_tag(tag, decided.get((index, tag["provision"]))) for tag in passage["tags"]]
    known = {tag["provision"] for tag in passage["tags"]}
    added = [
        _tag(_new(provision), tag)
        for (at, provision), tag in decided.items()
        if at == index and provision not in known and tag.verdict in HELD
    ]
    return {**passage, "tags": [tag for tag in (*said, *added) if tag is not None]}


def _tag(tag: dict[str, Any], decided: TagRecord | None) -> dict[str, Any] | None:
    if decided is None:
        return tag
    if decided.verdict in GONE:
        return None
    return {**tag, "predicted": True, "decision": "assigned", "review": decided.review}


def _new(provision: str) -> dict[str, Any]:
    return {"provision": provision, "score": 1.0, "threshold": 0.0, "sources": [], "evidence": None}


def _provisions(before: list[dict[str, Any]], passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The document's provisions by the tags that stand; one that a person confirmed anywhere is assigned."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for passage in passages:
        for tag in passage["tags"]:
            shown.setdefault(tag["provision"], []).append({**tag, "passage": passage["index"]})
    known = {entry["provision"]: entry for entry in before}
    found = []
    for provision, where in shown.items():
        people = [tag["passage"] for tag in where if "review" in tag]
        if provision not in known and not people:
            continue
        entry = dict(known.get(provision) or _entry(provision, where))
        here = {tag["passage"] for tag in where}
        kept = [index for index in entry["passages"] if index in here]
        entry["passages"] = kept + [index for index in people if index not in kept]
        if people:
            entry |= {"predicted": True, "decision": "assigned"}
        if entry["passages"]:
            found.append(entry)
    return sorted(found, key=lambda entry: (-entry["score"], entry["provision"]))


def _entry(provision: str, where: list[dict[str, Any]]) -> dict[str, Any]:
    score = max(tag["score"] for tag in where)
    return {"provision": provision, "heading": tree().get(provision).heading, "score": score, "passages": []}


def described(about: dict[str, Any], document: DocumentRecord) -> dict[str, Any]:
    """The document's part of an analysis, with what people gave in the place of what the text shows."""
    metadata = dict(about["metadata"])
    for name in METADATA:
        value = getattr(document, name)
        if value is not None and (metadata.get(name) or {}).get("value") != value:
            metadata[name] = {"value": value, "start": None, "end": None}
    return {**about, "name": document.name, "metadata": metadata}
