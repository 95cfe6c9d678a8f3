"""Documents and analyses for the tests of the store; `store` itself is a fixture of all tests of the service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from palermo.corpora.documents.document import Document, MetadataValue, Passage, Run
from palermo.service.store import Store
from palermo.service.store.analyses import save_analysis, save_text
from palermo.service.store.documents import add_document

Said = dict[int, list[tuple[str, float, str]]]
Give = Callable[..., str]
THRESHOLD = 0.5


def read_as(data: bytes, text: str, extractor: str = "text/1", **metadata: str) -> Document:
    """A document whose passages are the paragraphs of `text`."""
    passages, at = [], 0
    for index, part in enumerate(text.split("\n\n")):
        passages.append(Passage(index, at, at + len(part), str(index + 1), None, "en"))
        at += len(part) + 2
    shown = {name: MetadataValue(value) for name, value in metadata.items()}
    runs = (Run(0, len(text), {"type": "line", "line": 1}),)
    return Document(
        *("ruling.txt", hashlib.sha256(data).hexdigest(), "text/plain", extractor, text),
        runs=runs, passages=tuple(passages), metadata=shown, kind="judgment", language="en",
    )  # fmt: skip


def analysis_of(read: Document, said: Said, model: str = "a") -> dict[str, Any]:
    """An analysis in which each passage has the tags of `said`, shown by its first ten code points."""
    return {
        "document": {"sha256": read.sha256, "name": read.name},
        "engine": {"extractor": read.extractor, "model_sha256": model * 64, "taxonomy": "1"},
        "passages": [
            {
                "start": passage.start,
                "end": passage.end,
                "text": read.text[passage.start : passage.end],
                "tags": [
                    {
                        "provision": provision,
                        "score": score,
                        "threshold": THRESHOLD,
                        "predicted": score >= THRESHOLD,
                        "decision": decision,
                        "sources": ["model"],
                        "evidence": {"start": passage.start, "end": passage.start + 10, "drop": 0.3},
                    }
                    for provision, score, decision in said.get(passage.index, [])
                ],
                "mens_rea": [
                    {"standard": "knowledge", "role": "applied", "start": passage.start, "end": passage.start + 4,
                     "score": 0.8}
                ],
            }
            for passage in read.passages
        ],
    }  # fmt: skip


@pytest.fixture
def give(store: Store) -> Give:
    """Stores a text with what a model says of its paragraphs; gives the document's id."""

    def give(
        text: str, said: Said, *, data: bytes | None = None, extractor: str = "text/1", model: str = "a", **shown: str
    ) -> str:
        source = text.encode() if data is None else data
        read = read_as(source, text, extractor, **shown)
        with store.write() as session:
            add_document(session, source, "ruling.txt")
            save_text(session, read)
            save_analysis(session, analysis_of(read, said, model))
        return read.sha256

    return give
