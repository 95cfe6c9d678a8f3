"""JSON-LD and Web Annotation: expanded by PyLD into statements, every field a term of its vocabulary."""

from __future__ import annotations

import json
from typing import Any

import pytest
from palermo.service.exports import FORMATS, rows

jsonld = pytest.importorskip("pyld").jsonld

OA = "http://www.w3.org/ns/oa#"
AS = "http://www.w3.org/ns/activitystreams#"
OWN = "urn:palermo:vocabulary:"
SCHEMA = "https://schema.org/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"


def node(iri: str) -> dict[str, str]:
    return {"@id": iri, "@type": "@id"}


# The terms that we use of the context that the W3C publishes (Web Annotation Vocabulary, appendix A). No test loads it.
ANNOTATION = {
    "id": "@id",
    "type": "@type",
    **{
        name: f"{OA}{name}"
        for name in ("Annotation", "SpecificResource", "TextualBody", "TextQuoteSelector", "TextPositionSelector")
    },
    **{name: f"{OA}{name}" for name in ("classifying", "assessing", "tagging")},
    **{name: f"{OA}{name}" for name in ("exact", "prefix", "suffix", "start", "end")},
    "body": node(f"{OA}hasBody"),
    "target": node(f"{OA}hasTarget"),
    "source": node(f"{OA}hasSource"),
    "selector": node(f"{OA}hasSelector"),
    "motivation": {"@id": f"{OA}motivatedBy", "@type": "@vocab"},
    "purpose": {"@id": f"{OA}hasPurpose", "@type": "@vocab"},
    "value": f"{RDF}value",
    "format": f"{DC}format",
    "language": f"{DC}language",
    "name": "http://xmlns.com/foaf/0.1/name",
    "Text": "http://purl.org/dc/dcmitype/Text",
    "Software": f"{AS}Application",
    "AnnotationPage": f"{AS}OrderedCollectionPage",
    "generator": node(f"{AS}generator"),
    "items": {"@id": f"{AS}items", "@type": "@id", "@container": "@list"},
}


def loaded(address: str, options: dict[str, Any]) -> dict[str, Any]:
    assert address == "http://www.w3.org/ns/anno.jsonld"
    return {"document": {"@context": ANNOTATION}, "documentUrl": address, "contextUrl": None, "contentType": None}


OPTIONS = {"documentLoader": loaded}


def exported(name: str, analysis: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FORMATS[name].render(analysis, b""))
    return found


def only(of: dict[str, Any], iri: str) -> Any:
    """The one value that a node has of a property."""
    (found,) = of[iri]
    return found.get("@value", found)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("which", ["golden", "hostile"])
def test_annotations_are_statements_about_the_words_at_their_place(which: str, request: pytest.FixtureRequest) -> None:
    analysis = request.getfixturevalue(which)
    text = {}
    for passage in reversed(analysis["passages"]):
        text |= dict(enumerate(passage["text"], passage["start"]))
    page = exported("webannotation", analysis)
    (expanded,) = jsonld.expand(page, OPTIONS)
    # Nothing is lost on the way to statements and back: each key is a term of the context. Null states nothing.
    assert jsonld.compact(expanded, page["@context"], OPTIONS) == without_nulls(page)
    annotations = only(expanded, f"{AS}items")["@list"]
    assert len(annotations) > 1
    for annotation in annotations:
        assert annotation["@type"] == [f"{OA}Annotation"]
        quote, position = only(annotation, f"{OA}hasTarget")[f"{OA}hasSelector"]
        assert (quote["@type"], position["@type"]) == ([f"{OA}TextQuoteSelector"], [f"{OA}TextPositionSelector"])
        start, end = only(position, f"{OA}start"), only(position, f"{OA}end")
        assert only(quote, f"{OA}exact") == "".join(text[place] for place in range(start, end))
    made = only(expanded, f"{AS}generator")
    assert {key: only(made, f"{OWN}{key}") for key in rows.ENGINE_COLUMNS} == rows.engine(analysis)


@pytest.mark.parametrize("title", ["State v Marlow", "=1\u202e\x01\U0001f600", "half\ud800", "x" * 10_000], ids=ascii)
def test_a_document_and_its_provisions_are_nodes_of_known_vocabularies(golden: dict[str, Any], title: str) -> None:
    golden["document"]["metadata"] |= {"title": {"value": title}, "state": {"value": "GB"}}
    (document,) = jsonld.expand(exported("jsonld", golden))
    assert only(document, f"{SCHEMA}name") == rows.whole(title)
    assert all(key.startswith(("@", SCHEMA, OWN)) for key in document)
    concepts = [*document[f"{SCHEMA}about"], *document[f"{OWN}review"]]
    noted = [entry for entry in golden["provisions"] if rows.noted(entry)]
    assert [only(one, f"{SKOS}notation") for one in concepts] == [entry["provision"] for entry in noted]
    assert [only(one, f"{OWN}score") for one in concepts] == [entry["score"] for entry in noted]
    assert all(one["@type"] == [f"{SKOS}Concept"] for one in concepts)
    made = only(document, f"{OWN}engine")
    assert {key: only(made, f"{OWN}{key}") for key in rows.ENGINE_COLUMNS} == rows.engine(golden)
