"""Self-training: passages that nobody labelled, labelled by the model to go on from; `training.pipeline` calls it.

Labels are thin outside English: most languages have a few laws. Where the network and the linear expert, which err in
different ways, agree on a label, it is taken; where they don't, it counts neither way (`maybe`). The calibration, which
was fitted on dev, is not used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import ModelError
from palermo.corpora.labelled.jsonl import write_records
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.models.logistic import sigmoid
from palermo.models.ngrams import group_of
from palermo.models.pooling import logits
from palermo.models.tagger import Tagger

Progress = Callable[[dict[str, Any]], None]
Bools = npt.NDArray[np.bool_]

SURE, LIKELY, UNLIKELY, NO = 0.9, 0.5, 0.1, 0.02
"""Probabilities of the network: from `SURE` a label is taken without the expert, from `LIKELY` with it; below
`UNLIKELY` it is refused with the expert, below `NO` without."""
MOST = 200  # self-labelled passages of one label in a language group
EVERY = 512  # passages between notes of progress


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
    """The passages but those all of whose labels `most` passages of their language group have had before.

    One provision must not crowd the rest.
    """
    had: Counter[tuple[str, str]] = Counter()
    chosen = []
    for passage in passages:
        group = group_of(passage.language)
        if not passage.labels or any(had[group, label] < most for label in passage.labels):
            had.update((group, label) for label in passage.labels)
            chosen.append(passage)
    return chosen


def with_doubts(passages: Iterable[LabelledPassage], opinions: Iterable[LabelledPassage]) -> list[LabelledPassage]:
    """The passages with their own labels; what the teacher takes or leaves open besides (`opinions`) is `maybe`."""
    return [
        replace(passage, maybe=tuple(label for label in (*said.labels, *said.maybe) if label not in passage.labels))
        for passage, said in zip(passages, opinions, strict=True)
    ]


def decisions(score: npt.NDArray[np.float64], expert: Bools) -> tuple[Bools, Bools]:
    """Which labels are taken and which refused, from the network's probabilities [L] and the expert's opinions [L]."""
    taken = (score >= SURE) | (expert & (score >= LIKELY))
    refused = (score < NO) | (~expert & (score < UNLIKELY))
    return taken, refused


def kept(path: Path, make: Callable[[], Iterable[LabelledPassage]]) -> list[LabelledPassage]:
    """The self-labelled passages that `make` gives, or as an earlier run wrote them to `path`."""
    if not path.is_file():
        write_records(path, (passage.to_json() for passage in make()))
    return read_passages(path)
