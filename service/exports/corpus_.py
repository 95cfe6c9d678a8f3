"""`--format corpus`: the passages that people reviewed, as labelled passages that `palermo train` and `retrain` read.

The records are those of `palermo.service.jobs.labelling`. Reviews say nothing of mental elements, so the lines do not
either. The format has no third kind: a document of unknown kind is written as a judgment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from palermo.service.exports.jsonl_ import line
from palermo.service.exports.rows import metadatum


def write(records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    """Write a line a passage; documents that could not be read have none."""
    for record in records:
        for passage in record.get("passages", ()):
            if "labels" in passage:
                file.write(line(_labelled(record, passage)))


def _labelled(record: dict[str, Any], passage: dict[str, Any]) -> dict[str, Any]:
    about = record["document"]
    same = ("id", "language", "heading", "text", "labels", "maybe", "start", "end")
    return {
        **{name: passage[name] for name in same},
        "kind": about["kind"] or "judgment",
        "jurisdiction": metadatum(record, "state"),
        "doc_id": about["sha256"],
        "title": metadatum(record, "title"),
    }
