"""A process that works through a batch with a tagger that goes by words, and tells over a pipe what it tags.

    python child.py DATABASE_URL LOG_FD

It writes the first 16 digits of a document's id to LOG_FD before it tags it, and then reads a byte from standard input:
who holds the other ends decides when it goes on, and when it dies. It works until it is killed.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from palermo.corpora.documents.document import Document
from palermo.corpora.settings import Settings
from palermo.service.jobs import Jobs
from palermo.service.store import open_store

ENGINE = {"name": "words", "version": "1", "model": "words", "model_sha256": "0" * 64, "taxonomy": "1"}


class TellingTagger:
    """Finds "proceeds", and asks before it says so."""

    def __init__(self, told: int) -> None:
        self._told = told

    def info(self) -> dict[str, Any]:
        return dict(ENGINE)

    def tag(self, document: Document) -> dict[str, Any]:
        os.write(self._told, f"{document.sha256[:16]}\n".encode())
        os.read(0, 1)
        return self.tagged(document)

    def tagged(self, document: Document) -> dict[str, Any]:
        passages = [
            {
                **{name: getattr(one, name) for name in ("index", "number", "heading", "language", "start", "end")},
                "text": document.text[one.start : one.end],
                "tags": [self._tag(one.start)] if "proceeds" in document.text[one.start : one.end] else [],
                "mens_rea": [],
                "citations": [],
                "anchors": [],
            }
            for one in document.passages
        ]
        about = {"sha256": document.sha256, "name": document.name, "metadata": {}}
        engine = {**ENGINE, "extractor": document.extractor}
        return {"document": about, "engine": engine, "provisions": [], "mens_rea": [], "passages": passages}

    def _tag(self, start: int) -> dict[str, Any]:
        said = {"provision": "UNTOC.6", "score": 0.9, "threshold": 0.5, "predicted": True, "decision": "assigned"}
        return {**said, "sources": ["model"], "evidence": {"start": start, "end": start + 1, "drop": 0.1}}


if __name__ == "__main__":
    store = open_store(sys.argv[1])
    jobs = Jobs(store, TellingTagger(int(sys.argv[2])), limits=Settings(job_lease_seconds=1, job_workers=1))
    jobs.start()
    signal.pause()
