"""Self-training: provisions that nobody labelled, labelled by the model to go on from; `training.pipeline` calls it.

Labels are thin outside English: most languages have a few laws. Where the network and the linear expert, which err in
different ways, agree on a label, it is taken; where they don't, it counts neither way (`maybe`). Nothing of the dev
passages goes in: not their texts, nor other provisions of their laws, nor the calibration that was fitted on them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import ModelError
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.models.calibration import sigmoid
from palermo.models.pooling import logits
from palermo.models.tagger import Tagger

Progress = Callable[[dict[str, Any]], None]
Bools = npt.NDArray[np.bool_]

SURE, LIKELY, UNLIKELY, NO = 0.9, 0.5, 0.1, 0.02
"""Probabilities of the network: from `SURE` a label is taken without the expert, from `LIKELY` with it; below
`UNLIKELY` it is refused with the expert, below `NO` without."""
ENOUGH = "en"  # the language with labels enough
MOST = 200  # self-labelled passages of one label
EVERY = 512  # passages between notes of progress
SHORTEST, LONGEST = 80, 1500
"""Code points: shorter provisions are headings or "repealed", longer ones are not read to their end in training."""


def unlabelled_provisions(
    paths: Iterable[Path], train: Sequence[LabelledPassage], dev: Sequence[LabelledPassage]
) -> Iterator[LabelledPassage]:
    """Provisions that are not in `train`, of laws that are not in `dev`, out of files of documents (.jsonl, .jsonl.gz).

    Records without `law` (judgments) are passed over; so are English ones, repeated ones, and those too short or long.

    Args:
        paths: lines with `doc_id`, `law`, `text`, `language`, and maybe `heading` and `jurisdiction`.
        train, dev: labelled passages.
    """
    documents = {passage.doc_id for passage in (*train, *dev)}
    laws = {(passage.jurisdiction, _name(passage.title)) for passage in dev}
    seen = {_essence(passage.text) for passage in (*train, *dev)}
    for path in paths:
        for _, record in read_records(path):
            text, law = record.get("text") or "", record.get("law")
            if not law or record.get("language") in (None, ENOUGH) or not SHORTEST <= len(text) <= LONGEST:
                continue
            essence = _essence(text)
            if record["doc_id"] in documents or (record.get("jurisdiction"), _name(law)) in laws or essence in seen:
                continue
            seen.add(essence)
            yield LabelledPassage(
                id=f"{path.name.split('.')[0]}:{record['doc_id']}",
                kind="statute",
                language=record["language"],
                text=text,
                doc_id=record["doc_id"],
                title=law,
                heading=record.get("heading"),
                jurisdiction=record.get("jurisdiction"),
            )


def _name(law: str | None) -> str:
    """A law's name without what stands in brackets: two versions of it are one law."""
    return re.sub(r"[(（][^()（）]*[)）]", "", law or "").strip().lower()


def _essence(text: str) -> str:
    """The first letters of a text: the same for two copies that differ in spaces, case or punctuation."""
    return re.sub(r"\W+", "", text[:400].lower())[:120]


def self_labelled(
    passages: Sequence[LabelledPassage], teacher: Tagger, labels: Sequence[str], progress: Progress
) -> Iterator[LabelledPassage]:
    """The passages with what the teacher is sure of as `labels`, what it is not sure of as `maybe`.

    Args:
        passages: without labels.
        teacher: of the model folder to go on from; has a linear expert.
        labels: of the run.
        progress: called now and then.

    Raises:
        ModelError: the teacher has no linear expert.
    """
    order = [teacher.labels.index(label) for label in labels]
    bias = teacher.bias.astype(np.float32)
    records = ({"id": p.id, "text": p.text, "kind": p.kind, "title": p.title, "heading": p.heading,
                "language": p.language} for p in passages)  # fmt: skip
    for number, (passage, tokens) in enumerate(zip(passages, teacher.token_scores(records), strict=True), start=1):
        if not len(tokens.margins):
            raise ModelError("self-training needs a model with a linear expert")
        score = sigmoid(logits(tokens, bias).astype(np.float64))[order]
        taken, refused = decisions(score, tokens.margins[order] > 0)
        if number % EVERY == 0 or number == len(passages):
            progress({"phase": "self-training", "passages": number, "of": len(passages)})
        yield replace(
            passage,
            labels=tuple(label for label, yes in zip(labels, taken, strict=True) if yes),
            maybe=tuple(label for label, open_ in zip(labels, ~taken & ~refused, strict=True) if open_),
        )


def balanced(passages: Iterable[LabelledPassage], most: int = MOST) -> list[LabelledPassage]:
    """The passages but those all of whose labels `most` passages before have: one provision must not crowd the rest."""
    had: Counter[str] = Counter()
    chosen = []
    for passage in passages:
        if not passage.labels or any(had[label] < most for label in passage.labels):
            had.update(passage.labels)
            chosen.append(passage)
    return chosen


def decisions(score: npt.NDArray[np.float64], expert: Bools) -> tuple[Bools, Bools]:
    """Which labels are taken and which refused, from the network's probabilities [L] and the expert's opinions [L]."""
    taken = (score >= SURE) | (expert & (score >= LIKELY))
    refused = (score < NO) | (~expert & (score < UNLIKELY))
    return taken, refused


def kept(path: Path, make: Callable[[], Iterable[LabelledPassage]]) -> list[LabelledPassage]:
    """The self-labelled passages that `make` gives, or as an earlier run wrote them to `path`."""
    if not path.is_file():
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            for passage in make():
                line = {name: value for name, value in asdict(passage).items() if value not in (None, (), False)}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        part.replace(path)
    return read_passages(path)
