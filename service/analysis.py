"""One function that analyses one document; the command line and the API call it and only wrap it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from palermo.corpora.documents.document import Document, Kind
    from palermo.corpora.documents.sandbox import ParserPool
    from palermo.corpora.settings import Settings
    from palermo.models.tagger import Tagger

Analysis = dict[str, Any]
"""The `tag` result, as `service/schemas/analysis.schema.json` describes it."""

_encoder = threading.Lock()


class Tags(Protocol):
    """What an analysis needs of `palermo.models.tagger.Tagger`."""

    def tag(self, document: Document) -> Analysis:
        """Tag a document that is cut into passages."""

    def info(self) -> dict[str, Any]:
        """Name, version and model of the engine."""


def analyse(
    data: bytes,
    name: str,
    kind: Kind | None,
    language: str | None,
    tagger: Tags,
    *,
    pool: ParserPool | None = None,
    given: Mapping[str, str] | None = None,
) -> Analysis:
    """Read a document in a confined process and tag it.

    Args:
        data: the source bytes.
        name: the file's name; folders in it are dropped.
        kind: `judgment` or `statute`; None: detected.
        language: ISO 639-1 code; None: detected passage by passage.
        tagger: used by one thread at a time, whatever the number of documents being read.
        pool: reading processes; None: the process's shared pool.
        given: metadata that win over what the document shows, under the names of `Document.metadata`.

    Raises:
        DocumentError: the document can't be read.
        ModelError: the model can't be loaded.
    """
    from palermo.corpora.documents.given import with_given
    from palermo.corpora.documents.reading import read_document_safely

    document = read_document_safely(data, name, kind=kind, language=language, pool=pool)
    return tagged(with_given(document, given or {}), tagger)


def tagged(document: Document, tagger: Tags) -> Analysis:
    """The analysis of a document that has been read; jobs, which store the reading too, call it after `reading`.

    Raises:
        ModelError: the model can't be loaded.
    """
    with _encoder:
        return tagger.tag(document)


def text_bytes(text: str) -> bytes:
    """Text that somebody typed or sent as JSON, as a source file; what can't be written as UTF-8 becomes U+FFFD."""
    from palermo.corpora.documents.builder import canonical

    return canonical(text).encode()


class DeferredTagger:
    """A tagger that is loaded when it is first needed, by whichever thread comes first.

    Reading starts meanwhile, so that the first result does not wait for both in turn.

    Attributes:
        observe: is told how many seconds each document took.
    """

    def __init__(self, load: Callable[[], Tags]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._tagger: Tags | None = None
        self.observe: Callable[[float], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the tagger has been loaded."""
        return self._tagger is not None

    def load(self) -> Tags:
        """The tagger itself.

        Raises:
            ModelError: the model can't be loaded.
        """
        with self._lock:
            if self._tagger is None:
                self._tagger = self._load()
            return self._tagger

    def tag(self, document: Document) -> Analysis:
        """Tag a document, loading the tagger first where needed."""
        tagger = self.load()
        started = time.perf_counter()
        result = tagger.tag(document)
        if self.observe is not None:
            self.observe(time.perf_counter() - started)
        return result

    def info(self) -> dict[str, Any]:
        """Name, version and model of the engine."""
        return self.load().info()


def load_tagger(model: Path | None = None, engine: str | None = None, limits: Settings | None = None) -> Tagger:
    """The tagger of a folder and engine.

    Args:
        model: None: the one in use, which is the one installed in the data folder where there is one.
        engine: None: the one that the settings say.
        limits: settings; None: the process's.

    Raises:
        ModelError: the model can't be loaded.
    """
    from palermo.corpora.settings import settings
    from palermo.models import installed
    from palermo.models.tagger import Tagger

    chosen = limits or settings()
    return Tagger.load(model or installed.current(installed.home(chosen)), engine or chosen.engine, chosen.threads)


def default_tagger(
    model: Path | None = None, engine: str | None = None, limits: Settings | None = None
) -> DeferredTagger:
    """The same, loaded when it is first needed."""
    return DeferredTagger(lambda: load_tagger(model, engine, limits))
