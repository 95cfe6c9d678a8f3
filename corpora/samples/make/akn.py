"""Renders a sample as Akoma Ntoso 3.0 (OASIS LegalDocML): `judgment` or `act`, with eIds by the naming convention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as Et

from palermo.corpora.samples.make.source import Item, Source, runs

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_ISO_639_2 = {"de": "deu", "en": "eng"}
_SECTION = re.compile(r"(\d+)\. (.+)")
_AGENT = "#palermo"


def render(source: Source) -> bytes:
    """UTF-8 XML, indented by one space a level around block elements."""
    root = Et.Element("akomaNtoso", {"xmlns": NAMESPACE})
    document = Et.SubElement(root, "act" if source.statute else "judgment", name=source.meta["kind"])
    _meta(document, source)
    if source.statute:
        _act(document, source)
    else:
        _judgment(document, source)
    _indent(root)
    body: bytes = Et.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _meta(document: Et.Element, source: Source) -> None:
    meta, doctype = source.meta, "act" if source.statute else "judgment"
    uri = f"/akn/xx/{doctype}/{meta['date']}/{source.name}"
    language = _ISO_639_2[meta["language"]]
    element = Et.SubElement(document, "meta")
    identification = Et.SubElement(element, "identification", source=_AGENT)
    for level, suffix in (
        ("FRBRWork", ""),
        ("FRBRExpression", f"/{language}@"),
        ("FRBRManifestation", f"/{language}@.xml"),
    ):
        frbr = Et.SubElement(identification, level)
        Et.SubElement(frbr, "FRBRthis", value=f"{uri}{suffix}/!main")
        Et.SubElement(frbr, "FRBRuri", value=f"{uri}{suffix}")
        if level == "FRBRWork" and "ecli" in meta:
            Et.SubElement(frbr, "FRBRalias", value=meta["ecli"], name="ECLI")
        Et.SubElement(frbr, "FRBRdate", date=meta["date"], name="judgment" if not source.statute else "enactment")
        Et.SubElement(frbr, "FRBRauthor", href="#author")
        if level == "FRBRWork":
            Et.SubElement(frbr, "FRBRcountry", value="xx")
            Et.SubElement(frbr, "FRBRnumber", value=meta["number"])
            Et.SubElement(frbr, "FRBRname", value=meta["title"])
        elif level == "FRBRExpression":
            Et.SubElement(frbr, "FRBRlanguage", language=language)
        else:
            Et.SubElement(frbr, "FRBRformat", value="application/akn+xml")
    references = Et.SubElement(element, "references", source=_AGENT)
    author = meta.get("court", f"Parliament of {meta['state']}")
    for eid, name in (("palermo", "Palermo samples"), ("author", author)):
        Et.SubElement(references, "TLCOrganization", eId=eid, href=f"/akn/ontology/organization/xx/{eid}", showAs=name)


def _judgment(document: Et.Element, source: Source) -> None:
    header = Et.SubElement(document, "header")
    body = Et.SubElement(Et.SubElement(document, "judgmentBody"), "motivation")
    parents = [body, body, body]
    counts = [0, 0]
    for item in source.items:
        if item.type in {"title", "cover"}:
            _text(Et.SubElement(header, "p"), item)
        elif item.type == "heading":
            counts[item.level - 1] += 1
            counts[item.level :] = [0] * (2 - item.level)
            eid = "__".join(f"dvs_{count}" for count in counts[: item.level])
            division = Et.SubElement(parents[item.level - 1], "division", eId=eid)
            _text(Et.SubElement(division, "heading"), item)
            parents[item.level :] = [division] * (3 - item.level)
        else:
            _paragraph(parents[2], "paragraph", f"para_{item.number}", f"{item.number}.", item)


def _act(document: Et.Element, source: Source) -> None:
    preface = Et.SubElement(document, "preface")
    body = Et.SubElement(document, "body")
    part = section = body
    for item in source.items:
        if item.type in {"title", "cover"}:
            paragraph = Et.SubElement(preface, "p")
            _text(Et.SubElement(paragraph, "docTitle") if item.type == "title" else paragraph, item)
        elif item.level == 1:
            label, _, heading = item.text.partition(": ")
            part = Et.SubElement(body, "part", eId=f"part_{label.split()[1]}")
            Et.SubElement(part, "num").text = label
            Et.SubElement(part, "heading").text = heading
        elif item.level == 2:
            section = _section(part, item)
        elif item.number:
            eid = f"{section.get('eId')}__subsec_{item.number}"
            _paragraph(section, "subsection", eid, f"({item.number})", item)
        else:
            _text(Et.SubElement(Et.SubElement(section, "content"), "p"), item)


def _section(part: Et.Element, item: Item) -> Et.Element:
    match = _SECTION.fullmatch(item.text)
    if not match:
        raise ValueError(f"a section heading needs a number: {item.text}")
    section = Et.SubElement(part, "section", eId=f"sec_{match[1]}")
    Et.SubElement(section, "num").text = f"{match[1]}."
    Et.SubElement(section, "heading").text = match[2]
    return section


def _paragraph(parent: Et.Element, tag: str, eid: str, number: str, item: Item) -> None:
    element = Et.SubElement(parent, tag, eId=eid)
    Et.SubElement(element, "num").text = number
    _text(Et.SubElement(Et.SubElement(element, "content"), "p"), item)


def _text(element: Et.Element, item: Item) -> None:
    last: Et.Element | None = None
    for words, italic in runs(item.text):
        if italic:
            last = Et.SubElement(element, "i")
            last.text = words
        elif last is None:
            element.text = (element.text or "") + words
        else:
            last.tail = words


_INLINE = {"p", "num", "heading", "docTitle", "i"}


def _indent(element: Et.Element, depth: int = 0) -> None:
    children = list(element)
    if element.tag in _INLINE or not children:
        return
    element.text = "\n" + " " * (depth + 1)
    for child, following in _pairs(children):
        _indent(child, depth + 1)
        child.tail = "\n" + " " * (depth + 1 if following else depth)


def _pairs(children: list[Et.Element]) -> Iterator[tuple[Et.Element, bool]]:
    for position, child in enumerate(children):
        yield child, position + 1 < len(children)
