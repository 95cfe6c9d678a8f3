"""Passages that nobody labelled, for self-training: provisions of laws and paragraphs of judgments.

Nothing of the dev passages goes in: not their texts, nor their documents, nor other provisions of their laws.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from palermo.corpora.documents.reading import read_document
from palermo.corpora.errors import DocumentError
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.models.ngrams import LinearExpert, group_of
from palermo.models.windows import context_of

NEAR = -0.5  # margin of the linear expert from which a passage may speak of a label
DRAWN = 100  # passages near a label
OTHERS = 800  # passages near none
NONE = -1
SHORTEST, LONGEST = 80, 1500
"""Code points: shorter ones are headings or "repealed", longer ones are not read to their end in training."""


def unlabelled_passages(
    paths: Iterable[Path], train: Sequence[LabelledPassage], dev: Sequence[LabelledPassage]
) -> Iterator[LabelledPassage]:
    """Passages that are not in `train`, of documents and laws that are not in `dev`, out of files of documents.

    A record with `law` (a name or null) is a provision of it; one without is a judgment, and is cut into paragraphs.
    Repeated passages are passed over; so are those too short or long, and provisions whose language is not told.

    Args:
        paths: .jsonl or .jsonl.gz; lines with `doc_id`, `text`, and maybe `law`, `language`, `heading`, `jurisdiction`.
        train, dev: labelled passages.
    """
    documents = {passage.doc_id for passage in dev}
    provisions = {passage.doc_id for passage in train if passage.kind == "statute"}
    laws = {(passage.jurisdiction, _name(passage.title)) for passage in dev if passage.kind == "statute"}
    seen = {_essence(passage.text) for passage in (*train, *dev)}
    for path in paths:
        for _, record in read_records(path):
            if not record.get("text") or record["doc_id"] in documents:
                continue
            if "law" in record:
                of_dev = (record.get("jurisdiction"), _name(record["law"])) in laws
                found = [] if of_dev or record["doc_id"] in provisions else _provision(path, record)
            else:
                found = _paragraphs(path, record)
            for passage in found:
                essence = _essence(passage.text)
                if SHORTEST <= len(passage.text) <= LONGEST and essence not in seen:
                    seen.add(essence)
                    yield passage


def _provision(path: Path, record: dict[str, Any]) -> list[LabelledPassage]:
    if not record.get("language"):
        return []
    return [
        LabelledPassage(
            id=f"{path.name.split('.')[0]}:{record['doc_id']}",
            kind="statute",
            language=record["language"],
            text=record["text"],
            doc_id=record["doc_id"],
            title=record["law"] or None,
            heading=record.get("heading"),
            jurisdiction=record.get("jurisdiction"),
        )
    ]


def _paragraphs(path: Path, record: dict[str, Any]) -> list[LabelledPassage]:
    """The passages of a judgment as tagging would cut it; none where it can't be read."""
    try:
        document = read_document(
            record["text"].encode("utf-8", "replace"), "judgment.txt", kind="judgment", language=record.get("language")
        )
    except DocumentError:
        return []
    return [
        LabelledPassage(
            id=f"{path.name.split('.')[0]}:{record['doc_id']}:{number}",
            kind="judgment",
            language=passage.language or document.language or "en",
            text=document.text[passage.start : passage.end],
            doc_id=record["doc_id"],
            heading=passage.heading,
            jurisdiction=record.get("jurisdiction"),
        )
        for number, passage in enumerate(document.passages)
    ]


def _name(law: str | None) -> str:
    """A law's name without what stands in brackets: two versions of it are one law."""
    return re.sub(r"[(（][^()（）]*[)）]", "", law or "").strip().lower()


def _essence(text: str) -> str:
    """The first letters of a text, to know a copy by."""
    return squeezed(text[:400])[:120]


def squeezed(text: str) -> str:
    """Letters and digits alone: the same for two copies that differ in spaces, case or punctuation."""
    return re.sub(r"\W+", "", text.lower())


def drawn(passages: Iterable[LabelledPassage], expert: LinearExpert, seed: int) -> list[LabelledPassage]:
    """Passages that the linear expert finds near a label, and a few others, of each language group.

    A random paragraph of a judgment has nothing to do with the Convention, and the network is slow: the expert reads
    all of them first. In random order, up to `DRAWN` passages near each label are taken and `OTHERS` near none.
    """
    order = list(passages)
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    taken: Counter[tuple[str, int]] = Counter()
    chosen = []
    for passage in order:
        group = group_of(passage.language)
        context = context_of(passage.kind, passage.title, passage.heading)
        near = np.flatnonzero(expert.margins(passage.text, context, passage.language) > NEAR).tolist()
        keys, most = ([(group, label) for label in near], DRAWN) if near else ([(group, NONE)], OTHERS)
        if any(taken[key] < most for key in keys):
            taken.update(keys)
            chosen.append(passage)
    return chosen
