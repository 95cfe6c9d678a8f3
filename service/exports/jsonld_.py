"""`--format jsonld`: the document as a schema.org node, the provisions it applies as SKOS concepts."""

from __future__ import annotations

import json
from typing import Any

from palermo.service.exports.rows import engine, metadatum, utf8

CONTEXT = {
    "@vocab": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "palermo": "urn:palermo:vocabulary:",
}
_FIELDS = {"court": "publisher", "date": "dateCreated", "number": "identifier", "state": "spatialCoverage"}


def render(analysis: dict[str, Any]) -> bytes:
    """One node with the document, in UTF-8; provisions that are predicted or for review, with scores and passages."""
    document = analysis["document"]
    node: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": f"urn:palermo:document:{document['sha256']}",
        "@type": "Legislation" if document["kind"] == "statute" else "DigitalDocument",
        "name": metadatum(analysis, "title") or document["name"],
        "inLanguage": document["language"],
        "encodingFormat": document["media_type"],
    }
    for key, name in _FIELDS.items():
        if (value := metadatum(analysis, key)) is not None:
            node[name] = value
    node["about"] = [_concept(entry) for entry in analysis["provisions"] if entry["predicted"]]
    node["palermo:review"] = [
        _concept(entry) for entry in analysis["provisions"] if entry["decision"] == "review" and not entry["predicted"]
    ]
    node["palermo:mentalElement"] = [entry["standard"] for entry in analysis["mens_rea"]]
    node["palermo:engine"] = {f"palermo:{key}": value for key, value in engine(analysis).items()}
    return utf8(json.dumps(node, ensure_ascii=False, indent=2) + "\n")


def _concept(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "@id": f"urn:palermo:provision:{entry['provision']}",
        "@type": "skos:Concept",
        "skos:notation": entry["provision"],
        "skos:prefLabel": entry["heading"],
        "palermo:score": entry["score"],
        "palermo:decision": entry["decision"],
        "palermo:passage": entry["passages"],
    }
