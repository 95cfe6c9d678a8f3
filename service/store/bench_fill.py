"""Made-up documents, predictions and tags for `bench`: no text of anybody, the same each time.

States, languages and provisions are as uneven as in real collections: a few have most rows, many have few, and a State
writes in one or two languages, so that some pairs of filters fit nothing. A tenth of the tags is reviewed.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from typing import Any

from palermo.corpora.convention import tree
from palermo.service.store import Store
from palermo.service.store.basics import now
from palermo.service.store.tables import Analysis, Document, Passage, Prediction, Tag, Text
from palermo.service.store.tallies import recount
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

TAGS_OF_A_DOCUMENT = 100
PASSAGES_OF_A_DOCUMENT = TAGS_OF_A_DOCUMENT // 2
DOCUMENTS_AT_ONCE = 250
LANGUAGES = ("en", "es", "fr", "ar", "ru", "zh", "it", "pt")
VERDICTS = ("accepted", "accepted", "accepted", "rejected", "changed")
WORDS = "passage {index:03d} of document {number:07d}; "
REPEATS = 20
_PASSAGE = len(WORDS.format(index=0, number=0)) * REPEATS  # about 700 code points, as in real judgments


def fill(store: Store, rows: int) -> None:
    """Add documents until the database has `rows` tags (rounded down to whole documents)."""
    with store.read() as session:
        first = session.scalar(select(func.max(Document.key))) or 0
    last = rows // TAGS_OF_A_DOCUMENT
    for start in range(first + 1, last + 1, DOCUMENTS_AT_ONCE):
        with store.write() as session:
            if store.dialect == "sqlite":
                session.connection().exec_driver_sql("PRAGMA cache_size = -400000")
            _documents(session, range(start, min(start + DOCUMENTS_AT_ONCE, last + 1)))
    with store.write() as session:
        recount(session)
    with store.connection() as connection:
        connection.exec_driver_sql("ANALYZE")


def _documents(session: Session, numbers: range) -> None:
    """Keys are given, not asked for: document, text and analysis have the same number."""
    made = {number: _document(number) for number in numbers}
    session.execute(insert(Document), [document for document, _ in made.values()])
    empty: dict[str, Any] = {"warnings": [], "shown": {}, "anchors": [], "blocks": [], "created": now()}
    texts = [{"key": n, "document": n, "extractor": "text/1", "text": text, **empty} for n, (_, text) in made.items()]
    session.execute(insert(Text), texts)
    said: dict[str, Any] = {"extractor": "text/1", "model_sha256": "0" * 64, "taxonomy": "1", "tagger": "1"}
    said |= {"result": {}, "created": now()}
    session.execute(insert(Analysis), [{"id": n, "document": n, "text": n, **said} for n in numbers])
    session.execute(insert(Passage), [one for n, (document, _) in made.items() for one in _passages(n, document)])
    predictions = [one for number in numbers for one in _predictions(number)]
    session.execute(insert(Prediction), predictions)
    session.execute(insert(Tag), [_tag(one, made[one["document"]][0]) for one in predictions])


def _document(number: int) -> tuple[dict[str, Any], str]:
    """A document and its text."""
    chance = random.Random(number)  # noqa: S311 - the same database each time
    state = int(chance.paretovariate(0.5)) % 190
    text = "".join(WORDS.format(index=index, number=number) * REPEATS for index in range(PASSAGES_OF_A_DOCUMENT))
    values = {
        "key": number,
        "id": hashlib.sha256(str(number).encode()).hexdigest(),
        "name": f"bench-{number}",
        "media_type": "text/plain",
        "bytes": len(text),
        "characters": len(text),
        "created": now(),
        "state": f"S{state}",
        "date": f"{1990 + int(35 * chance.random() ** 0.5)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        "language": "en" if chance.random() < 0.3 else LANGUAGES[state % len(LANGUAGES)],
    }
    return values, text


def _passages(number: int, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for index in range(PASSAGES_OF_A_DOCUMENT):
        place = {"index": index, "start": index * _PASSAGE, "end": (index + 1) * _PASSAGE - 2, "number": str(index)}
        yield {
            "key": _passage(number, index),
            "id": hashlib.sha256(f"{number} {index}".encode()).hexdigest()[:32],
            "document": number,
            "text": number,
            "language": document["language"],
            **place,
        }


def _passage(number: int, index: int) -> int:
    return (number - 1) * PASSAGES_OF_A_DOCUMENT + index + 1


def _predictions(number: int) -> Iterator[dict[str, Any]]:
    """Two different labels a passage; the first labels of the tree more often, as in real documents."""
    chance, labels = random.Random(-number), tree().labels  # noqa: S311 - the same database each time
    for index in range(PASSAGES_OF_A_DOCUMENT):
        first = min(int(chance.expovariate(0.06)), len(labels) - 1)
        for which, label in enumerate((first, (first + 1 + chance.randrange(len(labels) - 1)) % len(labels))):
            score = round(chance.betavariate(0.6, 0.9), 4)
            yield {
                "id": (_passage(number, index) - 1) * 2 + which + 1,
                "analysis": number,
                "document": number,
                "passage": _passage(number, index),
                "provision": labels[label],
                "score": score,
                "threshold": 0.5,
                "predicted": score >= 0.5,
                "decision": "assigned" if score > 0.7 else "review" if score > 0.3 else "none",
                "sources": "model",
            }


def _tag(one: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    same = {name: one[name] for name in ("document", "passage", "provision", "score", "predicted", "decision")}
    chance = random.Random(one["id"])  # noqa: S311 - the same database each time
    verdict = chance.choice(VERDICTS) if chance.random() < 0.1 else "open"
    return {
        **same,
        "prediction": one["id"],
        "uncertainty": round(abs(one["score"] - one["threshold"]), 6),
        "verdict": verdict,
        "reviewed": verdict != "open",
        "state": document["state"],
        "date": document["date"],
        "language": document["language"],
    }
