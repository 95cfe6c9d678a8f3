"""Invented judgments and statutes in five formats and seven languages: for the first run, for tests, for the docs.

`scripts/run` tags them; `index.json` says under what an editor would file each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCUMENTS = HERE / "documents"

__all__ = ["DOCUMENTS", "gold", "gold_ids", "index", "paths"]


def paths() -> list[Path]:
    """The sample documents, sorted by name."""
    return sorted(path for path in DOCUMENTS.iterdir() if path.is_file())


def index() -> list[dict[str, Any]]:
    """One entry a sample: `file, kind, language, title, articles, maybe, standards` (see `README.md`)."""
    entries: list[dict[str, Any]] = json.loads((HERE / "index.json").read_text(encoding="utf-8"))["samples"]
    return entries


def gold() -> Path:
    """The gold set: 120 labelled passages in the corpus format, for `palermo evaluate`."""
    return HERE / "gold.jsonl"


def gold_ids() -> frozenset[str]:
    """Ids of the gold passages; training leaves them out."""
    return frozenset((HERE / "gold_ids.txt").read_text(encoding="utf-8").split())
