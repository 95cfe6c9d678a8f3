"""Cases of the European Court of Human Rights for `palermo benchmark ecthr`: facts in, articles found violated out.

Reads what Chalkidis et al. released in 2019 (ACL), a file a case or as JSON Lines, and the JSON Lines of the ECtHR
tasks of LexGLUE (Chalkidis et al. 2022): its own file, and those that Hugging Face makes of it. Names of fields are
read in upper and lower case.
"""

from __future__ import annotations

import json
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
TASKS = {"a": "violated_articles", "b": "allegedly_violated_articles"}
"""Task of LexGLUE -> the field of its own file that has the task's articles."""
IDS = ("id", "case_id", "itemid")
HINT = "a case needs `text`, a list of facts, and `labels`, a list of articles; split by `split`, or by file or folder"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its facts in order, never cut, the articles that the Court found violated (none is possible), and the
    year of the judgment or decision where it is given.
    """

    id: str
    facts: tuple[str, ...]
    labels: frozenset[str]
    year: int | None = None


def read_cases(folder: Path, task: str | None = None) -> dict[str, list[Case]]:
    """Cases by split, "train", "dev" and "test": of every .jsonl and .jsonl.gz file of the folder, one a line, and of
    every .json file of folders in it whose names tell a split, such as EN_train.

    Args:
        folder: with the data.
        task: "a" or "b", the field of TASKS to read articles from; None: the first of LABELS that is there.

    Raises:
        DataError: the folder has no such file, a case is malformed or lacks the task's field, a split can't be told or
            is missing, cases of a split are in two places, or a case is in two splits.
    """
    files = sorted(path for path in folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))
    found: dict[str, list[Case]] = {"train": [], "dev": [], "test": []}
    for path in files:
        for number, record in read_records(path):
            lowered = _lowered(record)
            found[_split(lowered, path, number)].append(_case(lowered, path, number, task))
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        split = _named(below.name)
        cases = [_case(_read(path), path, 0, task) for path in sorted(below.glob("*.json"))] if split else []
        if split and cases:
            if found[split]:
                raise DataError(f"{split} cases are elsewhere too", source=below.name, hint="leave one of the two")
            found[split] = cases
    missing = [name for name, cases in found.items() if not cases]
    if missing:
        raise DataError(f"no {missing[0]} cases", source=folder.name, hint=HINT)
    _apart(found, folder)
    return found


def _split(record: dict[str, Any], path: Path, number: int) -> str:
    stated = record.get("split", record.get("data_type"))
    split = SPLITS.get(stated) if isinstance(stated, str) else _named(path.name)
    if split is None:
        raise DataError(f"line {number} is of no known split", source=path.name, hint=HINT)
    return split


def _named(name: str) -> str | None:
    """The split that a word of a file's or folder's name tells."""
    words = name.replace("_", ".").replace("-", ".").split(".")
    return next((SPLITS[word] for word in words if word in SPLITS), None)


def _lowered(record: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in record.items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise DataError("not a JSON object", source=path.name, hint="a .json file has one case")
    return _lowered(record)


def _case(record: dict[str, Any], path: Path, number: int, task: str | None) -> Case:
    """`number` is the case's line, 0 where it has the file to itself."""
    where = f"line {number}" if number else "the file"
    if task is not None and TASKS[task] not in record:
        hint = "without --task, `labels` or `violated_articles` is read"
        raise DataError(f"{where} has no `{TASKS[task]}`", source=path.name, hint=hint)
    text = next((record[name] for name in TEXTS if name in record), None)
    fields = LABELS if task is None else (TASKS[task],)
    labels = next((record[name] for name in fields if name in record), None)
    facts = text.split("\n") if isinstance(text, str) else text
    sound = isinstance(facts, list) and all(isinstance(fact, str) for fact in facts)
    if not sound or not isinstance(labels, list) or not all(isinstance(label, str | int) for label in labels):
        raise DataError(f"{where} is not a case", source=path.name, hint=HINT)
    place = f"{path.name}:{number}" if number else f"{path.parent.name}/{path.name}"
    name = next((record[name] for name in IDS if name in record), place)
    return Case(str(name), tuple(facts or ()), frozenset(str(label) for label in labels), _year(record))


def _year(record: dict[str, Any]) -> int | None:
    year = str(record.get("year", record.get("date")))
    return int(year) if year.isdecimal() and len(year) == 4 else None


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
