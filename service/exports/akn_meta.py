"""The metadata of an Akoma Ntoso export: FRBR identification, classification, analysis, references; `akn_` calls it.

What Akoma Ntoso has no element for (scores, decisions, the model) is in Palermo's own namespace, as the schema allows
in `otherAnalysis` and `proprietary`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from palermo.service.exports.nesting import Mark
from palermo.service.exports.rows import engine, metadatum, noted, safe
from palermo.service.pages.view import label_of

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
OWN = "urn:palermo:vocabulary:"
SOURCE = "#palermo"
NO_DATE = "0001-01-01"
"""The schema asks for a whole date where a document shows none or a part; the date's name says how much is known."""

_DATES = {0: "unknown", 4: "year", 7: "month", 10: "document"}
"""Length of a date, as metadata give it -> its name."""
_TAG = ("provision", "score", "predicted", "decision")
_ELEMENT = ("standard", "role", "score")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What the analysis says of a passage.

    Attributes:
        name: `tag` or `mentalElement`.
        unit: eId of the passage.
        of: the tag or mental element of the analysis.
        mark: its words; None where it is of the whole passage.
    """

    name: str
    unit: str
    of: dict[str, Any]
    mark: Mark | None


def element(parent: Any, name: str, /, **attributes: str) -> Any:
    """A new last child in Akoma Ntoso's namespace."""
    from lxml import etree

    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", {key: safe(value) for key, value in attributes.items()})


def write(meta: Any, main: str, analysis: dict[str, Any], annotations: list[Annotation]) -> None:
    """Fill `meta`, in the order of the schema.

    Args:
        meta: the element, empty.
        main: name of the document's element.
        analysis: what the document and its provisions are.
        annotations: those of all passages, after their words were written.
    """
    _identification(meta, main, analysis)
    provisions = [entry for entry in analysis["provisions"] if noted(entry)]
    if provisions:
        _classification(meta, analysis, provisions)
    if annotations:
        other = element(element(meta, "analysis", source=SOURCE), "otherAnalysis", source=SOURCE)
        for annotation in annotations:
            _annotation(other, annotation)
    _references(meta, analysis, annotations)
    own = element(meta, "proprietary", source=SOURCE)
    _own(own, "engine", {**engine(analysis), "extractor": analysis["engine"]["extractor"]})
    document = analysis["document"]
    _own(own, "document", {key: document[key] for key in ("name", "sha256", "media_type", "characters")})


def _identification(meta: Any, main: str, analysis: dict[str, Any]) -> None:
    identification = element(meta, "identification", source=SOURCE)
    country = (metadatum(analysis, "state") or "un").lower()
    date = metadatum(analysis, "date")
    work = f"/akn/{_slug(country)}/{main}/{date or 'nd'}/{analysis['document']['sha256'][:16]}"
    language = _alpha3(analysis["document"]["language"])
    expression = f"{work}/{language}@"
    level = _level(identification, "FRBRWork", work, date, "#author")
    element(level, "FRBRcountry", value=country)
    for key, name in (("number", "FRBRnumber"), ("title", "FRBRname")):
        if value := metadatum(analysis, key):
            element(level, name, value=value)
    level = _level(identification, "FRBRExpression", expression, date, "#author")
    element(level, "FRBRlanguage", language=language)
    level = _level(identification, "FRBRManifestation", f"{expression}.akn", date, SOURCE)
    element(level, "FRBRformat", value="application/akn+xml")


def _level(identification: Any, name: str, uri: str, date: str | None, author: str) -> Any:
    level = element(identification, name)
    element(level, "FRBRthis", value=f"{uri}/!main" if not uri.endswith(".akn") else f"{uri[:-4]}/!main.akn")
    element(level, "FRBRuri", value=uri)
    element(
        level,
        "FRBRdate",
        date=f"{date}{NO_DATE[len(date) :]}" if date else NO_DATE,
        name=_DATES.get(len(date or ""), "document"),
    )
    element(level, "FRBRauthor", href=author)
    return level


def _classification(meta: Any, analysis: dict[str, Any], provisions: list[dict[str, Any]]) -> None:
    classification = element(meta, "classification", source=SOURCE)
    for entry in provisions:
        element(
            classification,
            "keyword",
            value=entry["provision"],
            showAs=_name(entry["provision"], entry["heading"]),
            refersTo=f"#{entry['provision']}",
            dictionary=f"urn:palermo:taxonomy:{analysis['engine']['taxonomy']}",
        )


def _annotation(other: Any, annotation: Annotation) -> None:
    mark, of = annotation.mark, annotation.of
    where = of if annotation.name == "mentalElement" else of.get("evidence") or {}
    values = {key: of[key] for key in (_TAG if annotation.name == "tag" else _ELEMENT)}
    values["unit"] = f"#{annotation.unit}"
    if mark is not None and mark.pieces:
        values["words"] = " ".join(f"#{piece}" for piece in mark.pieces)
    _own(other, annotation.name, {**values, "start": where.get("start"), "end": where.get("end")})


def _references(meta: Any, analysis: dict[str, Any], annotations: list[Annotation]) -> None:
    references = element(meta, "references", source=SOURCE)
    made = analysis["engine"]
    element(
        references,
        "TLCObject",
        eId="palermo",
        href="/akn/ontology/object/palermo",
        showAs=f"Palermo, engine {made['name']} {made['version']}",
    )
    court = metadatum(analysis, "court")
    href = f"/akn/ontology/organization/{_slug(court or '') or 'unknown'}"
    element(references, "TLCOrganization", eId="author", href=href, showAs=court or "unknown")
    headings = {entry["provision"]: entry["heading"] for entry in analysis["provisions"]}
    noted_ = [entry["provision"] for entry in analysis["provisions"] if noted(entry)]
    tagged = [one.of["provision"] for one in annotations if one.name == "tag"]
    for provision in dict.fromkeys([*noted_, *tagged]):
        href = f"urn:palermo:provision:{provision}"
        element(references, "TLCConcept", eId=provision, href=href, showAs=_name(provision, headings.get(provision)))
    for standard in dict.fromkeys(one.of["standard"] for one in annotations if one.name == "mentalElement"):
        href = f"{OWN}{standard}"
        element(references, "TLCConcept", eId=f"standard_{standard}", href=href, showAs=standard.replace("_", " "))


def _own(parent: Any, name: str, values: dict[str, Any]) -> None:
    """An element in Palermo's namespace; values that are None are left out."""
    from lxml import etree

    own = etree.SubElement(parent, f"{{{OWN}}}{name}")
    for key, value in values.items():
        if value is not None:
            own.set(key, str(value).lower() if isinstance(value, bool) else safe(str(value)))


def _name(provision: str, heading: str | None) -> str:
    return f"{label_of(provision)} – {heading}" if heading else label_of(provision)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def _alpha3(language: str | None) -> str:
    """ISO 639-3 code, as the naming convention asks, of an ISO 639-1 code; `und` where it is not known."""
    from lingua import IsoCode639_1, Language

    code = getattr(IsoCode639_1, (language or "").upper(), None)
    return Language.from_iso_code_639_1(code).iso_code_639_3.name.lower() if code is not None else "und"
