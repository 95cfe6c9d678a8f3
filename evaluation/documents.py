"""Whole judgments: the results of `palermo tag` against the articles that an editor would file each judgment under.

Agrees with the reference scorer of whole judgments. Few judgments are labelled: read the figures with their intervals.
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
from palermo.evaluation import bootstrap
from palermo.evaluation.bootstrap import Interval
from palermo.evaluation.counts import PRF, Counts, prf
from palermo.evaluation.pairs import is_article


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A judgment with its filing: `doc` names its result file; `central` articles are what it is about; `maybe` counts
    neither way; `mens_rea` are standards.
    """

    doc: str
    text: str
    articles: frozenset[str]
    central: frozenset[str]
    maybe: frozenset[str]
    mens_rea: frozenset[str]


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """Micro figures over judgments in per cent.

    Attributes:
        documents: judgments with a result.
        problems: "NAME: what" for results that are missing or whose passages don't equal the text at their offsets.
        articles, mens_rea: figures; the intervals are of F1, over judgments.
        central_recall: share of central articles found, or None without any.
    """

    documents: int
    problems: list[str]
    articles: PRF
    articles_interval: Interval
    mens_rea: PRF
    mens_rea_interval: Interval
    central_recall: float | None

    def line(self) -> str:
        """One line for the terminal."""
        a, i = self.articles, self.articles_interval
        return (
            f"{self.documents} judgments, {len(self.problems)} problems, articles micro-F1 {i} "
            f"(P {a.precision:.1f}, R {a.recall:.1f}), mens rea {self.mens_rea.f1:.1f}"
        )


def read_documents(path: Path) -> list[LabelledDocument]:
    """Read whole-judgment gold: one object a line with doc, text, articles and optionally central, maybe, mens_rea.

    Raises:
        DataError: a line lacks a field or has it of the wrong type.
    """
    documents = []
    for number, record in read_records(path):
        lists = [record.get(name, []) for name in ("articles", "central", "maybe", "mens_rea")]
        texts = [record.get("doc"), record.get("text")]
        sound = all(isinstance(x, str) for x in texts) and "articles" in record
        if not sound or not all(isinstance(x, list) and all(isinstance(y, str) for y in x) for x in lists):
            hint = "a line needs doc, text, articles; optional lists of strings: central, maybe, mens_rea"
            raise DataError(f"line {number} is not a labelled judgment", source=path.name, hint=hint)
        documents.append(LabelledDocument(record["doc"], record["text"], *map(frozenset, lists)))
    return documents


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """`palermo tag` results by the file's name up to its first dot.

    Raises:
        DataError: a file is not a JSON object.
    """
    results = {}
    for path in sorted(folder.glob("*.json")):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError, RecursionError):
            result = None
        if not isinstance(result, dict):
            raise DataError("not a JSON result", source=path.name, hint="use palermo tag --format json")
        results[path.name.split(".")[0]] = result
    return results


def score_documents(gold: Sequence[LabelledDocument], results: Mapping[str, dict[str, Any]]) -> DocumentReport:
    """Compare predicted articles and standards; judgments without a result are a problem and count nothing.

    Raises:
        DataError: a result lacks a field of the `tag` format.
    """
    problems, tables, central = [], [], [0, 0]
    for document in gold:
        result = results.get(document.doc)
        if result is None:
            problems.append(f"{document.doc}: no result")
            continue
        try:
            found, standards = _found(result)
            problems += _offset_problems(document, result)
        except (KeyError, TypeError):
            raise DataError("not a tag result", source=document.doc, hint="use palermo tag --format json") from None
        tables.append(
            [_cells(document.articles, found, document.maybe), _cells(document.mens_rea, standards, frozenset())]
        )
        central[0] += len(document.central & found)
        central[1] += len(document.central)
    counts = np.array(tables, dtype=np.float64).reshape(-1, 2, 3)
    total = counts.sum(axis=0)
    return DocumentReport(
        documents=len(tables),
        problems=problems,
        articles=prf(total[0]),
        articles_interval=over_judgments(counts[:, :1]),
        mens_rea=prf(total[1]),
        mens_rea_interval=over_judgments(counts[:, 1:]),
        central_recall=100 * central[0] / central[1] if central[1] else None,
    )


def _found(result: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    found = [x["provision"] for x in result["provisions"] if x["predicted"]]
    standards = [m["standard"] for m in result.get("mens_rea", ())]
    if not all(isinstance(name, str) for name in (*found, *standards)):
        raise TypeError("a provision or a standard is no text")
    return frozenset(filter(is_article, found)), frozenset(standards)


def _offset_problems(document: LabelledDocument, result: dict[str, Any]) -> list[str]:
    text = document.text.replace("\r\n", "\n")
    for passage in result["passages"]:
        if text[passage["start"] : passage["end"]] != passage["text"]:
            return [f"{document.doc}: offsets of passage {passage.get('index')}"]
    return []


def _cells(gold: frozenset[str], found: frozenset[str], maybe: frozenset[str]) -> tuple[int, int, int]:
    return len(gold & found), len(found - gold - maybe), len(gold - found)


def over_judgments(counts: Counts) -> Interval:
    """Micro-F1 with its interval over judgments, from their counts [D, 1, 3]."""
    return bootstrap.interval(counts, np.arange(len(counts)), bootstrap.micro_f1)


def evaluate_documents(gold: Path, results: Path) -> DocumentReport:
    """Score a folder of `palermo tag` results against a file of labelled judgments.

    Raises:
        DataError: a file is malformed.
    """
    return score_documents(read_documents(gold), read_results(results))
