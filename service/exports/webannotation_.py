"""`--format webannotation`: W3C Web Annotation Data Model.

One annotation a tag that is predicted or for review, and one a mental element, each with its words (TextQuoteSelector)
and its place (TextPositionSelector, in code points of the canonical text).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from palermo.service.exports.rows import engine, noted, utf8

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
AROUND = 32
"""Characters of prefix and suffix in a quote."""


def render(analysis: dict[str, Any]) -> bytes:
    """An annotation page in JSON-LD, UTF-8."""
    page = {
        "@context": [CONTEXT, {"palermo": "urn:palermo:vocabulary:", "score": "palermo:score", "role": "palermo:role"}],
        "id": f"urn:palermo:analysis:{analysis['document']['sha256']}",
        "type": "AnnotationPage",
        "generator": {
            "type": "Software",
            "name": f"{analysis['engine']['name']} {analysis['engine']['version']}",
            **{f"palermo:{key}": value for key, value in engine(analysis).items()},
        },
        "items": list(_annotations(analysis)),
    }
    return utf8(json.dumps(page, ensure_ascii=False, indent=2) + "\n")


def _annotations(analysis: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for passage in analysis["passages"]:
        for tag in passage["tags"]:
            if noted(tag):
                yield _tag(analysis, passage, tag)
        for number, span in enumerate(passage["mens_rea"]):
            yield _mental_element(analysis, passage, span, number)


def _tag(analysis: dict[str, Any], passage: dict[str, Any], tag: dict[str, Any]) -> dict[str, Any]:
    where = tag.get("evidence") or {"start": passage["start"], "end": passage["end"]}
    return {
        "id": _id(analysis, passage, tag["provision"]),
        "type": "Annotation",
        "motivation": "classifying" if tag["decision"] == "assigned" else "assessing",
        "body": {
            "type": "SpecificResource",
            "source": f"urn:palermo:provision:{tag['provision']}",
            "purpose": "classifying",
            "score": tag["score"],
        },
        "target": _target(analysis, passage, where["start"], where["end"]),
    }


def _mental_element(
    analysis: dict[str, Any], passage: dict[str, Any], span: dict[str, Any], number: int
) -> dict[str, Any]:
    return {
        "id": _id(analysis, passage, f"element-{number}"),
        "type": "Annotation",
        "motivation": "tagging",
        "body": {
            "type": "TextualBody",
            "value": span["standard"],
            "purpose": "tagging",
            "language": "en",
            "role": span["role"],
            "score": span["score"],
        },
        "target": _target(analysis, passage, span["start"], span["end"]),
    }


def _target(analysis: dict[str, Any], passage: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    text, offset = passage["text"], passage["start"]
    left, right = start - offset, end - offset
    return {
        "source": {
            "id": f"urn:palermo:document:{analysis['document']['sha256']}",
            "type": "Text",
            "format": "text/plain",
            "language": passage["language"],
        },
        "selector": [
            {
                "type": "TextQuoteSelector",
                "exact": text[left:right],
                "prefix": text[max(0, left - AROUND) : left],
                "suffix": text[right : right + AROUND],
            },
            {"type": "TextPositionSelector", "start": start, "end": end},
        ],
    }


def _id(analysis: dict[str, Any], passage: dict[str, Any], what: str) -> str:
    return f"urn:palermo:annotation:{analysis['document']['sha256'][:16]}:{passage['index']}:{what}"
