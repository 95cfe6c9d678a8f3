"""Cases of the European Court of Human Rights for `palermo benchmark ecthr`: facts in, articles found violated out.

Reads the JSON Lines of Chalkidis et al. 2019 (ACL) and of the ECtHR tasks of LexGLUE (Chalkidis et al. 2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records
from palermo.evaluation.pairs import Bools

SPLITS = {"train": "train", "training": "train", "dev": "dev", "validation": "dev", "valid": "dev", "test": "test"}
"""Words that name a split, in a record's `split` or `data_type` or in the name of its file -> the split."""
TEXTS = ("text", "facts")
LABELS = ("labels", "violated_articles")
HINT = "a line needs `text`, a list of facts, and `labels`, a list of articles; split by `split` or by file name"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its facts in order, never cut, the articles that the Court found violated (none is possible), and the
    year of the judgment or decision where it is given.
    """

    id: str
    facts: tuple[str, ...]
    labels: frozenset[str]
    year: int | None = None


def read_cases(folder: Path) -> dict[str, list[Case]]:
    """Cases of every .jsonl and .jsonl.gz file of the folder by split: "train", "dev" and "test".

    Raises:
        DataError: the folder has no such file, a line is malformed, a split can't be told or is missing, or a case is
            in two splits.
    """
    files = sorted(path for path in folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))
    found: dict[str, list[Case]] = {"train": [], "dev": [], "test": []}
    for path in files:
        for number, record in read_records(path):
            found[_split(record, path, number)].append(_case(record, path, number))
    missing = [name for name, cases in found.items() if not cases]
    if missing:
        raise DataError(f"no {missing[0]} cases", source=folder.name, hint=HINT)
    _apart(found, folder)
    return found


def _split(record: dict[str, Any], path: Path, number: int) -> str:
    stated = record.get("split", record.get("data_type"))
    words = [stated] if isinstance(stated, str) else path.name.replace("_", ".").replace("-", ".").split(".")
    split = next((SPLITS[word] for word in words if word in SPLITS), None)
    if split is None:
        raise DataError(f"line {number} is of no known split", source=path.name, hint=HINT)
    return split


def _case(record: dict[str, Any], path: Path, number: int) -> Case:
    text = next((record[name] for name in TEXTS if name in record), None)
    labels = next((record[name] for name in LABELS if name in record), None)
    facts = text.split("\n") if isinstance(text, str) else text
    sound = isinstance(facts, list) and all(isinstance(fact, str) for fact in facts)
    if not sound or not isinstance(labels, list) or not all(isinstance(label, str | int) for label in labels):
        raise DataError(f"line {number} is not a case", source=path.name, hint=HINT)
    name = record.get("id", record.get("case_id", f"{path.name}:{number}"))
    year = record.get("year")
    return Case(
        str(name),
        tuple(facts or ()),
        frozenset(str(label) for label in labels),
        year if isinstance(year, int) else None,
    )


def _apart(found: dict[str, list[Case]], folder: Path) -> None:
    where: dict[str, str] = {}
    for split, cases in found.items():
        for case in cases:
            if where.setdefault(case.id, split) != split:
                raise DataError("a case is in two splits", source=folder.name, hint="make the splits disjoint")


def labels_of(found: Mapping[str, Sequence[Case]]) -> tuple[str, ...]:
    """All articles of all splits, those of train first by falling number of cases; one in test alone can't be learnt,
    and counts as missed.
    """
    counts: dict[str, int] = {}
    for split, cases in found.items():
        for case in cases:
            for label in case.labels:
                counts[label] = counts.get(label, 0) + (split == "train")
    return tuple(sorted(counts, key=lambda label: (-counts[label], label)))


def truth(cases: Sequence[Case], labels: Sequence[str]) -> Bools:
    """[N, L] which articles were violated."""
    return np.array([[label in case.labels for label in labels] for case in cases], dtype=np.bool_)
