"""An analysis as labelled passages: what people decided as labels, for the export `corpus`, from which a model learns.

Only passages that somebody reviewed are in it. What people accepted or added is a label, and so is its article; what
they rejected, or changed to something else, is none. What the machine noted and nobody decided, and what reviewers
disagree on, is in `maybe`: it counts neither for nor against.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from palermo.corpora.convention import article_of, tree
from palermo.service.jobs.standing import GONE, HELD, described
from palermo.service.store.agreement import disputed
from palermo.service.store.analyses import passages
from palermo.service.store.browse import document_tags
from palermo.service.store.records import DocumentRecord, TagRecord
from sqlalchemy.orm import Session


def as_labelled(session: Session, analysis: dict[str, Any], document: DocumentRecord) -> dict[str, Any]:
    """The newest analysis of a document, cut to the passages that people reviewed; each has `id`, `labels`, `maybe`."""
    ids = [one.id for one in passages(session, document.id, analysis["engine"]["extractor"])]
    unsettled = disputed(session, document.id)
    tags: dict[int, list[TagRecord]] = {}
    for tag in document_tags(session, document.id):
        tags.setdefault(tag.index, []).append(tag)
    reviewed = {index for index, here in tags.items() if any(tag.verdict != "open" for tag in here)}
    kept = []
    for passage in analysis["passages"]:
        index = passage["index"]
        if index in reviewed:
            labels, maybe = labels_of(tags[index], unsettled)
            kept.append({**passage, "id": ids[index], "labels": labels, "maybe": maybe})
    about = {**described(analysis["document"], document), "kind": document.kind, "language": document.language}
    return {**analysis, "document": about, "passages": kept}


def labels_of(tags: Iterable[TagRecord], unsettled: set[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """`labels` and `maybe` of a passage, in the order of the Convention.

    Args:
        tags: all of the passage.
        unsettled: passage and provision of the tags that reviewers disagree on.
    """
    held: set[str] = set()
    doubted: set[str] = set()
    refused: set[str] = set()
    for tag in tags:
        label = tree().label_for(tag.provision)
        if label is None:
            continue
        if (tag.passage, tag.provision) in unsettled:
            doubted.add(label)
        elif tag.verdict in HELD:
            held.add(label)
        elif tag.verdict in GONE:
            refused |= {label} & {tag.provision}
        elif tag.predicted or tag.decision != "none":
            doubted.add(label)
    # A finer label needs its article, even where the article itself was changed to the finer one.
    held |= {article_of(label) for label in held}
    # Who refuses an article refuses what is below it.
    doubted = {label for label in doubted if article_of(label) in held or article_of(label) not in refused}
    doubted |= {article_of(label) for label in doubted}
    order = tree().sort_key
    return sorted(held, key=order), sorted(doubted - held, key=order)
