"""The tagger: everything that is said of a passage or a document comes from here; all ways in call it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
from palermo.corpora.documents.document import Document, Passage
from palermo.corpora.documents.language import document_language
from palermo.corpora.errors import ModelError
from palermo.models import calibration as calibrations
from palermo.models import manifest as manifests
from palermo.models import ngrams
from palermo.models.analysis import analysis_of
from palermo.models.calibration import Calibration
from palermo.models.context import KIND
from palermo.models.encoder import Encoder
from palermo.models.engine import load_engine
from palermo.models.pooling import TokenScores
from palermo.models.reading import Reading, Words, read_alone, result_of, results_of
from palermo.models.results import LAUNDERING, PassageResult
from palermo.models.spans import SpanRanker
from palermo.models.waiting import Waiting
from palermo.models.windows import context_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

T = TypeVar("T")
VERSION = "6"  # of what is made of the scores; a new one has documents tagged again
LABELS = "labels.json"
TOKENIZER = "tokenizer.json"
CHUNK = 64  # passages in memory at once, whatever the length of the document


class Tagger:
    """Encoder, heads and calibration of one model folder. Not for use by two threads at once."""

    def __init__(self, encoder: Encoder, calibration: Calibration, engine: dict[str, Any]) -> None:
        self._encoder = encoder
        self._calibration = calibration
        self._engine = engine
        self.labels = calibration.labels

    @classmethod
    def load(cls, folder: Path | None = None, engine: str = "auto", threads: int = 0) -> Tagger:
        """Load a model folder (None: the shipped one) after its files were checked against the manifest.

        Raises:
            ModelError: a file is missing, changed or malformed.
            MissingExtra: the engine's library is not installed.
        """
        from palermo.corpora.settings import settings

        folder = folder or manifests.SHIPPED
        manifest = manifests.verify(folder, (LABELS, TOKENIZER, calibrations.NAME))
        labels = _labels(folder / LABELS)
        tokenizer = _tokenizer(folder / TOKENIZER)
        calibration = calibrations.read(folder, labels)
        expert = ngrams.read(folder, len(labels)) if ngrams.NAME in manifest["files"] else None
        if expert is None and calibration.mixture is not None:
            raise ModelError(f"{ngrams.NAME} is missing", source=folder.name, hint=manifests.REMEDY)
        loaded = load_engine(folder / manifest["network"], engine, threads)
        about = {
            "name": loaded.name,
            "version": loaded.version,
            "tagger": VERSION,
            "model": manifest["name"],
            "model_sha256": manifests.identity(manifest),
            "taxonomy": manifest["taxonomy"],
        }
        return cls(Encoder(tokenizer, loaded, settings().batch_tokens, expert), calibration, about)

    def info(self) -> dict[str, Any]:
        """Name and version of the engine, name and SHA-256 of the model, version of the taxonomy."""
        return dict(self._engine)

    def tag(self, document: Document) -> dict[str, Any]:
        """The analysis of a document that is cut into passages; `service/schemas/analysis.schema.json` describes it."""
        results = self._results(document, evidence=True)
        return analysis_of(document, results, self._calibration, self._engine)

    def passage_scores(self, document: Document) -> npt.NDArray[np.float64]:
        """Calibrated scores [P, L] of the document's passages; for fitting the document level."""
        return np.stack([result.scores for result in self._results(document, evidence=False)])

    def _results(self, document: Document, *, evidence: bool) -> list[PassageResult]:
        readings = self._readings(document, evidence=evidence)
        if document.kind == KIND:
            return results_of(list(readings), self._calibration)
        return [result_of(reading, self._calibration) for reading in readings]

    def _readings(self, document: Document, *, evidence: bool) -> Iterator[Reading]:
        for passage, tokens in self._read_document(document):
            words = Words(document.text[passage.start : passage.end], passage.heading, passage.language)
            yield read_alone(words, tokens, self._calibration, evidence=evidence)

    def _read_document(self, document: Document) -> Iterator[tuple[Passage, TokenScores]]:
        title = document.metadata["title"].value if "title" in document.metadata else None
        for group in _chunks(document.passages, CHUNK):
            texts = [document.text[passage.start : passage.end] for passage in group]
            contexts = [context_of(document.kind, title, passage.heading) for passage in group]
            languages = [passage.language for passage in group]
            yield from zip(group, self._encoder.read(texts, contexts, languages), strict=True)

    def predict(self, passages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """One prediction line for each passage in the corpus format, in order.

        Passages of one judgment (`doc_id`) are read together, wherever they stand: the first of them, and what comes
        after it, waits for the last line.
        """
        waiting = Waiting(self._calibration)
        for group in _chunks(passages, CHUNK):
            for passage, tokens in zip(group, self._read(group), strict=True):
                words = Words(passage["text"], passage.get("heading"), _language_of(passage))
                waiting.add(passage, read_alone(words, tokens, self._calibration, evidence=False))
            yield from waiting.ready()
        yield from waiting.rest()

    @property
    def calibration(self) -> Calibration:
        """What turns the network's outputs into scores and decisions."""
        return self._calibration

    @property
    def bias(self) -> npt.NDArray[np.float64]:
        """[L] the network's own bias, added while pooling."""
        return self._calibration.bias

    @property
    def ranker(self) -> SpanRanker:
        """What ranks the spans of mental elements."""
        return self._calibration.spans

    def token_scores(self, passages: Iterable[dict[str, Any]]) -> Iterator[TokenScores]:
        """What the network says of each passage before any calibration; for fitting one."""
        for group in _chunks(passages, CHUNK):
            yield from self._read(group)

    def _read(self, group: Sequence[dict[str, Any]]) -> list[TokenScores]:
        contexts = [context_of(passage.get("kind"), passage.get("title"), passage.get("heading")) for passage in group]
        texts = [passage["text"] for passage in group]
        languages = [_language_of(passage) for passage in group]
        return self._encoder.read(texts, contexts, languages)


def _language_of(passage: dict[str, Any]) -> str:
    return str(passage.get("language") or document_language(passage["text"]))


def _tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing finer
        raise ModelError("not a tokenizer", source=path.name, hint=manifests.REMEDY) from error


def _labels(path: Path) -> tuple[str, ...]:
    try:
        labels = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError("not JSON", source=path.name, hint=manifests.REMEDY) from error
    if not isinstance(labels, list) or LAUNDERING not in labels:
        raise ModelError(f"not a list of labels with {LAUNDERING}", source=path.name, hint=manifests.REMEDY)
    return tuple(labels)


def _chunks(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
