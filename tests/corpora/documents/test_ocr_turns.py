"""However many documents are read at once, one process recognises no more pages at a time than `ocr_workers`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from palermo.corpora.documents import ocr
from palermo.corpora.documents.ocr_processes import Outcome
from palermo.corpora.settings import Settings


def test_documents_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    met = threading.Barrier(2)
    together: list[bool] = []

    def run(jobs: dict[int, dict[str, Any]], *_: object) -> dict[int, Outcome]:
        try:
            met.wait(0.2)  # two documents at once would meet here
            together.append(True)
        except threading.BrokenBarrierError:
            together.append(False)
        return dict.fromkeys(jobs, b"words")

    monkeypatch.setattr(ocr, "run", run)
    monkeypatch.setattr(ocr.shutil, "which", lambda name: "/usr/bin/tesseract")
    monkeypatch.setattr(ocr, "_probed", lambda *_: ("9.9", frozenset({"eng"})))
    desks = [ocr.Desk(b"%PDF", Settings()) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        read = list(threads.map(lambda desk: desk.read([1]), desks))
    for desk in desks:
        desk.close()
    assert [one.tables for one in read] == [{1: "words"}, {1: "words"}]
    assert together == [False, False]
