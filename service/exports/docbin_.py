"""`--format docbin`: a spaCy DocBin, one Doc a passage, for training and for everything else that reads spaCy's format.

Of each Doc, `spans["evidence"]` has the evidence with its provision as label (`attrs["scores"]` beside it),
`spans["mens_rea"]` the mental elements with their standard as label and their role as id (`attrs["roles"]`,
`attrs["scores"]`), `cats` the provisions with their scores, and `user_data` the document, the passage's place in it and
the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from palermo.corpora.labelled.docbin import Marked, Text, to_bytes
from palermo.corpora.labelled.exports import SPANS_KEY
from palermo.service.exports.rows import engine, metadatum, noted, whole

EVIDENCE = "evidence"


def write(records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    """Write all passages of all records; documents that could not be read have none.

    Raises:
        MissingExtra: spaCy is not installed.
    """
    file.write(to_bytes(_text(record, passage) for record in records for passage in record.get("passages", ())))


def _text(analysis: dict[str, Any], passage: dict[str, Any]) -> Text:
    """A passage with its evidence and mental elements; offsets count from its start."""
    tags = [tag for tag in passage["tags"] if noted(tag) and tag.get("evidence")]
    elements = passage["mens_rea"]
    offset = passage["start"]

    def marked(where: dict[str, Any], label: str, id_: str = "") -> Marked:
        return Marked(where["start"] - offset, where["end"] - offset, label, id_)

    return Text(
        whole(passage["text"]),
        passage["language"],
        spans={
            EVIDENCE: [marked(tag["evidence"], tag["provision"]) for tag in tags],
            SPANS_KEY: [marked(span, span["standard"], span["role"] or "") for span in elements],
        },
        attrs={
            EVIDENCE: {"scores": [tag["score"] for tag in tags]},
            SPANS_KEY: {
                "roles": [span["role"] for span in elements],
                "scores": [span["score"] for span in elements],
            },
        },
        cats={tag["provision"]: tag["score"] for tag in passage["tags"]},
        user_data={
            "document": _document(analysis),
            "passage": {
                **{key: passage[key] for key in ("index", "number", "language", "start", "end")},
                "heading": passage["heading"] and whole(passage["heading"]),
            },
            "engine": engine(analysis),
        },
    )


def _document(analysis: dict[str, Any]) -> dict[str, Any]:
    described = {key: analysis["document"][key] for key in ("name", "sha256", "kind", "language")}
    described |= {key: metadatum(analysis, key) for key in ("title", "court", "state", "date", "number")}
    return {key: value and whole(value) for key, value in described.items()}
