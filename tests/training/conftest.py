"""Files of documents that nobody labelled."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

PROVISION = (
    "Celui qui, sciemment, acquiert ou utilise un bien provenant d'un crime est puni de cinq ans d'emprisonnement"
)


@pytest.fixture
def documents(tmp_path: Path) -> Any:
    """Writes records to `laws.jsonl.gz`; what one does not say is that of a French law."""
    usual = {"law": "Loi A", "language": "fr", "jurisdiction": "XX", "text": PROVISION}

    def write(*records: dict[str, Any]) -> Path:
        path = tmp_path / "laws.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps({**usual, **line}) + "\n" for line in records)
        return path

    return write
