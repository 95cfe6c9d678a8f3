"""`--format record`: one record a document in the shape that editors of a case-law database fill in.

`service/schemas/record.schema.json` describes it. Crime types follow from the provisions by `crime_types.toml`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

from palermo.service.exports.rows import engine, metadatum, noted, utf8

PASSAGES = 3
"""Passages that a provision adds to the key passages: its best ones."""

_IDENTITY = ("state", "court", "date", "title", "number", "neutral_citation", "ecli")


def render(analysis: dict[str, Any]) -> bytes:
    """One JSON object in UTF-8."""
    return utf8(json.dumps(record(analysis), ensure_ascii=False, indent=2) + "\n")


def record(analysis: dict[str, Any]) -> dict[str, Any]:
    """The record of one document; offsets are those of the analysis."""
    document = analysis["document"]
    return {
        "id": f"urn:palermo:document:{document['sha256']}",
        "file": document["name"],
        **{key: metadatum(analysis, key) for key in _IDENTITY},
        "kind": document["kind"],
        "language": document["language"],
        "crime_types": crime_types(analysis),
        "provisions": [_provision(entry) for entry in analysis["provisions"] if noted(entry)],
        "mens_rea": [_element(passage, span) for passage in analysis["passages"] for span in passage["mens_rea"]],
        "key_passages": list(_key_passages(analysis)),
        "warnings": [warning["code"] for warning in document["warnings"]],
        "engine": engine(analysis),
    }


def crime_types(analysis: dict[str, Any]) -> list[dict[str, Any]]:
    """Crime types with the predicted provisions that show each, in the order of the data file."""
    predicted = [entry["provision"] for entry in analysis["provisions"] if entry["predicted"]]
    found = []
    for name, articles in _crime_articles().items():
        shown = [one for one in predicted if one in articles or one.startswith(tuple(f"{top}." for top in articles))]
        if shown:
            found.append({"name": name, "provisions": shown})
    return found


@lru_cache(maxsize=1)
def _crime_articles() -> dict[str, list[str]]:
    data = tomllib.loads(files("palermo.service.exports").joinpath("crime_types.toml").read_text("utf-8"))
    return {entry["name"]: entry["articles"] for entry in data["crime_types"]}


def _provision(entry: dict[str, Any]) -> dict[str, Any]:
    from palermo.service.pages.view import label_of

    return {
        "provision": entry["provision"],
        "label": label_of(entry["provision"]),
        **{key: entry[key] for key in ("heading", "score", "predicted", "decision", "passages")},
    }


def _element(passage: dict[str, Any], span: dict[str, Any]) -> dict[str, Any]:
    return {
        "standard": span["standard"],
        "role": span["role"],
        "quote": span["text"],
        **{key: span[key] for key in ("start", "end", "score")},
        "passage": passage["index"],
        "number": passage["number"],
    }


def _key_passages(analysis: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The best passages of each predicted provision, in the order of the document, each once."""
    shown = (entry["passages"][:PASSAGES] for entry in analysis["provisions"] if entry["predicted"])
    wanted = {index for passages in shown for index in passages}
    for passage in analysis["passages"]:
        tags = [tag for tag in passage["tags"] if tag["predicted"]]
        if passage["index"] in wanted and tags:
            yield {
                "passage": passage["index"],
                **{key: passage[key] for key in ("number", "heading", "language", "start", "end", "text")},
                "provisions": [_quoted(passage, tag) for tag in tags],
            }


def _quoted(passage: dict[str, Any], tag: dict[str, Any]) -> dict[str, Any]:
    where = tag.get("evidence") or passage
    return {
        "provision": tag["provision"],
        "score": tag["score"],
        "decision": tag["decision"],
        "quote": where["text"],
        "start": where["start"],
        "end": where["end"],
    }
