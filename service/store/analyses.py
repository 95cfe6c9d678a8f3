"""Readings and analyses: save what a reader and a model made of a document, and give it back; jobs and API call it.

Saving is idempotent by unique keys: a step that is repeated after a crash finds its rows there and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from palermo.corpora.documents.document import Block, MetadataValue, Run, Warning
from palermo.corpora.documents.document import Document as ReadDocument
from palermo.corpora.documents.document import Passage as ReadPassage
from palermo.corpora.errors import NotFound, UsageError
from palermo.corpora.settings import settings
from palermo.service.store.basics import find_document, insert_once, now
from palermo.service.store.documents import METADATA
from palermo.service.store.reanchor import reanchor
from palermo.service.store.records import AnalysisRecord, PassageRecord, Saved
from palermo.service.store.tables import Analysis, Document, Element, Passage, Prediction, Text
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

_LONGEST_DATE = 40
_TOO_LONG = "The {name} that the file declares is longer than {longest} characters and was left out."


def passage_id(sha256: str, extractor: str, start: int, end: int) -> str:
    """The permanent id of a passage: 32 hex digits of a hash of where it stands in which reading of which bytes."""
    return hashlib.sha256(f"{sha256}\n{extractor}\n{start}\n{end}".encode()).hexdigest()[:32]


def save_text(session: Session, read: ReadDocument) -> Saved:
    """Keep a document as a reader read it, with its passages; the same extractor a second time changes nothing.

    The document's kind, language and metadata become what the reading shows, except where they were given. What
    `listed` leaves out is left out here too.

    Raises:
        NotFound: its bytes were never given, or the document has been deleted.
    """
    read = listed(read)
    row = find_document(session, read.sha256, lock=True)
    metadata = {name: asdict(value) for name, value in read.metadata.items()}
    created = insert_once(
        session,
        Text,
        {
            "document": row.key,
            "extractor": read.extractor,
            "text": read.text,
            "warnings": [warning.to_json() for warning in read.warnings],
            "shown": metadata,
            "anchors": [[run.start, run.end, run.locator] for run in read.runs],
            "blocks": [[block.start, block.end, block.type, block.number, block.level] for block in read.blocks],
            "created": now(),
        },
    )
    key = _text(session, row.key, read.extractor).key
    if created:
        _save_passages(session, row, key, read)
        session.execute(update(Document).where(Document.key == row.key).values(**_described(row, read)))
        session.refresh(row)
    return Saved(key, created)


def listed(read: ReadDocument) -> ReadDocument:
    """A reading as lists can hold it: a State or date that no index could take is left out, with a warning for each."""
    longest = {"state": settings().state_characters, "date": _LONGEST_DATE}
    absurd = [name for name, value in read.metadata.items() if len(value.value) > longest.get(name, len(value.value))]
    if not absurd:
        return read
    said = (Warning("metadata_too_long", _TOO_LONG.format(name=name, longest=longest[name])) for name in absurd)
    kept = {name: value for name, value in read.metadata.items() if name not in absurd}
    return read.with_(metadata=kept, warnings=(*read.warnings, *said))


def load_text(session: Session, id_: str, extractor: str | None = None) -> ReadDocument:
    """A document as it was read, ready to be tagged again without reading it again; None: the newest reading.

    Raises:
        NotFound: no such document, or it has not been read so.
    """
    row = find_document(session, id_)
    text = _text(session, row.key, extractor)
    kind: Any = row.kind
    return ReadDocument(
        name=row.name,
        sha256=row.id,
        media_type=row.media_type,
        extractor=text.extractor,
        text=text.text,
        blocks=tuple(Block(*block) for block in text.blocks),
        runs=tuple(Run(*run) for run in text.anchors),
        passages=tuple(
            ReadPassage(one.index, one.start, one.end, one.number, one.heading, one.language)
            for one in session.scalars(select(Passage).where(Passage.text == text.key).order_by(Passage.index))
        ),
        metadata={name: MetadataValue(**value) for name, value in text.shown.items()},
        warnings=tuple(Warning(**warning) for warning in text.warnings),
        kind=kind,
        language=row.language,
    )


def passages(session: Session, id_: str, extractor: str | None = None) -> list[PassageRecord]:
    """The passages of a reading in order; None: the newest reading.

    Raises:
        NotFound: no such document, or it has not been read so.
    """
    row = find_document(session, id_)
    text = _text(session, row.key, extractor)
    found = session.scalars(select(Passage).where(Passage.text == text.key).order_by(Passage.index))
    return [_passage_record(one, row.id, text.extractor) for one in found]


def get_passage(session: Session, id_: str) -> PassageRecord:
    """A passage by its permanent id.

    Raises:
        NotFound: no such passage.
    """
    query = select(Passage, Document.id, Text.extractor).where(Passage.id == id_)
    query = query.join(Document, Document.key == Passage.document).join(Text, Text.key == Passage.text)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("no such passage, or its document has been deleted")
    return _passage_record(*found)


def save_analysis(session: Session, result: dict[str, Any]) -> Saved:
    """Keep what a model said of a document: whole, as predictions, and as the newest lines of the queue.

    Reviews of an older reading are moved to this one (`reanchor`).

    Args:
        session: of `Store.write`.
        result: as `palermo tag` gives it; the reading that it is of has been saved by `save_text`.

    Returns:
        The analysis' id; `created` is False, and nothing is changed, where the same extractor, model, taxonomy
        and version of the tagger have analysed the document before.

    Raises:
        NotFound: no such document or reading of it, or it has been deleted.
        UsageError: the passages are not those of the reading.
    """
    engine = result["engine"]
    row = find_document(session, result["document"]["sha256"], lock=True)
    text = _text_key(session, row.key, engine["extractor"])
    unique = {"document": row.key, "extractor": engine["extractor"], **_made_by(engine)}
    created = insert_once(session, Analysis, {**unique, "text": text, "result": result, "created": now()})
    id_ = session.execute(select(Analysis.id).filter_by(**unique)).scalar_one()
    if created:
        keys = _passage_keys(session, text, result)
        _insert(session, Prediction, _predictions(result, id_, row.key, keys))
        _insert(session, Element, _elements(result, id_, row.key, keys))
        reanchor(session, row.id)
    return Saved(id_, created)


def analyses(session: Session, id_: str) -> list[AnalysisRecord]:
    """The analyses of a document, newest first.

    Raises:
        NotFound: no such document.
    """
    row = find_document(session, id_)
    names = ("id", "extractor", "model_sha256", "taxonomy", "tagger", "created")
    columns = [getattr(Analysis, name) for name in names]
    query = select(*columns).where(Analysis.document == row.key).order_by(Analysis.id.desc())
    return [AnalysisRecord(document=row.id, **found._asdict()) for found in session.execute(query)]


def get_analysis(session: Session, id_: str, analysis: int | None = None) -> dict[str, Any]:
    """An analysis as `palermo tag` gives it; None: the newest of the document.

    Raises:
        NotFound: no such document, or no such analysis of it.
    """
    query = select(Analysis.result).where(Analysis.document == find_document(session, id_).key)
    if analysis is not None:
        query = query.where(Analysis.id == analysis)
    found = session.execute(query.order_by(Analysis.id.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound("the document has no such analysis")
    return dict(found)


def has_analysis(session: Session, id_: str, extractor: str, engine: Mapping[str, Any]) -> bool:
    """Whether a document, read so, has been analysed by an engine as it describes itself; a job asks before it begins.

    Raises:
        NotFound: no such document.
    """
    made = {"document": find_document(session, id_).key, "extractor": extractor, **_made_by(engine)}
    return session.execute(select(Analysis.id).filter_by(**made)).first() is not None


def _made_by(engine: Mapping[str, Any]) -> dict[str, Any]:
    """What of an engine makes an analysis what it is; one without a version of its tagger has an empty one."""
    same = {name: engine[name] for name in ("model_sha256", "taxonomy")}
    return {**same, "tagger": engine.get("tagger", "")}


def _text(session: Session, document: int, extractor: str | None) -> Text:
    query = select(Text).where(Text.document == document).order_by(Text.key.desc()).limit(1)
    found = session.scalar(query if extractor is None else query.where(Text.extractor == extractor))
    if found is None:
        raise NotFound("the document has not been read so")
    return found


def _text_key(session: Session, document: int, extractor: str) -> int:
    found = session.scalar(select(Text.key).where(Text.document == document, Text.extractor == extractor))
    if found is None:
        raise NotFound("the document has not been read so")
    return found


def _save_passages(session: Session, row: Document, text: int, read: ReadDocument) -> None:
    _insert(
        session,
        Passage,
        [
            {
                "id": passage_id(row.id, read.extractor, one.start, one.end),
                "document": row.key,
                "text": text,
                **{name: getattr(one, name) for name in ("index", "number", "language", "start", "end", "heading")},
            }
            for one in read.passages
        ],
    )


def _described(row: Document, read: ReadDocument) -> dict[str, Any]:
    shown: dict[str, Any] = {name: read.metadata[name].value for name in METADATA if name in read.metadata}
    shown |= {"kind": read.kind, "language": read.language}
    return {**shown, **(row.given or {}), "media_type": read.media_type, "characters": len(read.text)}


def _passage_keys(session: Session, text: int, result: dict[str, Any]) -> list[int]:
    """Keys of the passages of an analysis, in its order."""
    query = select(Passage.key, Passage.start, Passage.end).where(Passage.text == text).order_by(Passage.index)
    stored = session.execute(query).all()
    if [(one["start"], one["end"]) for one in result["passages"]] != [(start, end) for _, start, end in stored]:
        raise UsageError("the analysis is of other passages than those that were read")
    return [key for key, _, _ in stored]


def _predictions(result: dict[str, Any], analysis: int, document: int, keys: list[int]) -> Iterable[dict[str, Any]]:
    for key, passage in zip(keys, result["passages"], strict=True):
        for tag in passage["tags"]:
            evidence = tag["evidence"] or {}
            yield {
                "analysis": analysis,
                "document": document,
                "passage": key,
                **{name: tag[name] for name in ("provision", "score", "threshold", "predicted", "decision")},
                "sources": " ".join(tag["sources"]),
                "evidence_start": evidence.get("start"),
                "evidence_end": evidence.get("end"),
                "evidence_drop": evidence.get("drop"),
            }


def _elements(result: dict[str, Any], analysis: int, document: int, keys: list[int]) -> Iterable[dict[str, Any]]:
    for key, passage in zip(keys, result["passages"], strict=True):
        for span in passage["mens_rea"]:
            said = {name: span[name] for name in ("standard", "role", "start", "end", "score")}
            yield {"analysis": analysis, "document": document, "passage": key, **said}


def _insert(session: Session, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        session.execute(insert(table), values)


def _passage_record(one: Passage, document: str, extractor: str) -> PassageRecord:
    fields = ("index", "number", "language", "start", "end", "heading")
    return PassageRecord(one.id, document, extractor, **{name: getattr(one, name) for name in fields})
