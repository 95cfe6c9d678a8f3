"""A batch of `palermo tag`: which documents still need work, how they are analysed, where each result goes."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from palermo.corpora.errors import DocumentError, PalermoError, UsageError
from palermo.service import analysis
from palermo.service.cli import batch, complain, outputs
from palermo.service.cli.inputs import Source, result_names
from palermo.service.exports import Format

if TYPE_CHECKING:
    from palermo.corpora.documents.document import Kind
    from palermo.corpora.documents.given import Manifest

RESUMABLE = ("json", "jsonl")


class TagJob:
    """One run of the command; `run` does it.

    Args:
        chosen: format of the results.
        sources: documents, in the order of the results.
        tagger: loaded while the first documents are read.
        output: a folder, a file, or None for standard output.
        kind, language: of all documents, or None.
        jobs: documents read at once; None: as many as there are reading processes.
        resume: whether to skip documents whose earlier result still holds.
        manifest: metadata of documents; what it says of kind and language wins over `kind` and `language`.

    Raises:
        UsageError: the options don't go together.
    """

    def __init__(  # noqa: PLR0913 - one argument an option
        self,
        chosen: Format,
        sources: list[Source],
        tagger: analysis.DeferredTagger,
        *,
        output: Path | None = None,
        kind: Kind | None = None,
        language: str | None = None,
        jobs: int | None = None,
        resume: bool = False,
        manifest: Manifest | None = None,
    ) -> None:
        from palermo.corpora.settings import settings

        if resume and (output is None or chosen.name not in RESUMABLE):
            raise UsageError("--resume needs --output, and json or jsonl")
        self._format, self._sources, self._tagger, self._output = chosen, sources, tagger, output
        self._kind, self._language, self._resume = kind, language, resume
        self._given = {source: manifest.of(source.relative) if manifest else {} for source in sources}
        self._limit = settings().document_bytes
        self._jobs = jobs or settings().parser_workers
        self._targets = self._places()
        self._failed = 0

    def run(self) -> int:
        """Analyse the sources and write the results.

        Returns:
            How many documents failed; each has been told on standard error.

        Raises:
            ModelError: the model can't be loaded.
        """
        # Documents are read while the model loads; what goes wrong there is told where the model is first needed.
        threading.Thread(target=self._load, daemon=True).start()
        sources, kept = self._rest() if self._resume else (self._sources, [])
        if self._output is not None and not self._format.collects:
            # Each result has a file of its own. Shortest first: one is there soon, however long the longest takes.
            sources = sorted(sources, key=lambda source: source.size)
        outcomes = self._told(batch.progress(batch.run(self._work, sources, self._jobs), len(sources)))
        if self._format.collects:
            self._write_collected(outcomes, kept)
        else:
            self._write_each(outcomes)
        return self._failed

    def _load(self) -> None:
        with contextlib.suppress(PalermoError, ImportError):
            self._tagger.load()

    def _work(self, source: Source) -> tuple[analysis.Analysis, bytes | None]:
        data = source.read(self._limit)
        given = self._given[source]
        kind, language = cast("Kind | None", given.get("kind", self._kind)), given.get("language", self._language)
        found = analysis.analyse(data, source.relative.name, kind, language, self._tagger, given=given)
        return found, None if self._format.collects else self._format.render(found, data)

    def _rest(self) -> tuple[list[Source], list[analysis.Analysis]]:
        """The sources without an earlier result that holds, and the earlier results that do (files of lines only)."""
        lines = outputs.earlier_lines(self._file()) if self._format.collects else []
        by_document = {(line["document"].get("name"), line["document"].get("sha256")): line for line in lines}
        rest, kept = [], []
        for source in self._sources:
            before = self._before(source, by_document)
            if before is None:
                rest.append(source)
            elif self._format.collects:
                kept.append(before)
        return rest, kept

    def _before(self, source: Source, by_document: dict[Any, analysis.Analysis]) -> analysis.Analysis | None:
        if source.path is None:
            return None
        try:
            sha256 = hashlib.sha256(source.read(self._limit)).hexdigest()
        except DocumentError:
            return None
        if self._format.collects:
            found = by_document.get((source.relative.name, sha256))
        else:
            found = outputs.earlier(self._targets[source])
        holds = found is not None and outputs.holds(found, sha256, self._tagger.info(), self._given[source])
        return found if holds else None

    def _write_collected(self, outcomes: Iterable[batch.Outcome], kept: list[analysis.Analysis]) -> None:
        records = (outcome.record() for outcome in outcomes)
        with self._collection(kept) as file:
            self._format.many().write(records, file)

    @contextlib.contextmanager
    def _collection(self, kept: list[analysis.Analysis]) -> Iterator[IO[bytes]]:
        if self._output is None:
            yield sys.stdout.buffer
        elif self._format.name in RESUMABLE:
            # Lines go straight into the file as they come, so that a batch that is stopped can be resumed.
            with outputs.whole_file(self._file()) as file:
                self._format.many().write(iter(kept), file)
            with open(self._file(), "ab") as file:
                yield file
        else:
            with outputs.whole_file(self._file()) as file:
                yield file

    def _write_each(self, outcomes: Iterable[batch.Outcome]) -> None:
        for outcome in outcomes:
            if outcome.rendered is None:
                continue
            if self._output is None:
                sys.stdout.buffer.write(outcome.rendered)
                sys.stdout.buffer.flush()
            else:
                with outputs.whole_file(self._targets[outcome.source]) as file:
                    file.write(outcome.rendered)

    def _told(self, outcomes: Iterable[batch.Outcome]) -> Iterator[batch.Outcome]:
        for outcome in outcomes:
            if outcome.error is not None:
                self._failed += 1
                complain(outcome.error, outcome.source.label)
            yield outcome

    def _places(self) -> dict[Source, Path]:
        if self._output is None or self._format.collects:
            return {}
        if self._output.name.endswith(self._format.suffix) and not self._output.is_dir():
            if len(self._sources) > 1:
                raise UsageError("several documents need a folder as --output", source=str(self._output))
            return {self._sources[0]: self._output}
        names = result_names(self._sources, self._format.suffix)
        return {source: self._output / name for source, name in names.items()}

    def _file(self) -> Path:
        assert self._output is not None
        return self._output / f"palermo{self._format.suffix}" if self._output.is_dir() else self._output
