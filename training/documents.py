"""Whole judgments through a model folder, to fit the document level; `training.pipeline` calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records
from palermo.evaluation.fitting_documents import fit_documents
from palermo.models.tagger import Tagger


def whole_documents(folder: Path, path: Path, progress: Callable[[dict[str, Any]], None]) -> dict[str, float]:
    """Parameters of the document level, fitted on the labelled judgments of `path` (JSON Lines, plain or gzip)."""
    from palermo.corpora.documents.reading import read_document

    tagger = Tagger.load(folder, "onnxruntime")
    records = [_checked(record, path, line) for line, record in read_records(path)]
    scores = []
    for number, record in enumerate(records, start=1):
        document = read_document(record["text"].encode(), f"{record['doc']}.txt", kind="judgment")
        scores.append(tagger.passage_scores(document))
        progress({"phase": "documents", "done": number, "of": len(records)})
    gold, mask = (np.zeros((len(records), len(tagger.labels)), dtype=np.bool_) for _ in range(2))
    for row, record in enumerate(records):
        sure, doubtful = {*record["articles"], *record["fine"]}, set(record["maybe"])
        gold[row] = [label in sure for label in tagger.labels]
        mask[row] = [label in doubtful and label not in sure for label in tagger.labels]
    return fit_documents(scores, gold, mask)


def _checked(record: dict[str, Any], path: Path, line: int) -> dict[str, Any]:
    kinds = {"doc": str, "text": str, "articles": list, "fine": list, "maybe": list}
    wrong = [name for name, kind in kinds.items() if not isinstance(record.get(name), kind)]
    if wrong:
        raise DataError(f"line {line}: field {wrong[0]!r} is missing or of another type", source=path.name)
    return record
