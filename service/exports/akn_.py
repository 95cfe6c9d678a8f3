"""`--format akn`: Akoma Ntoso 3.0 (OASIS LegalDocML), each passage a numbered unit, its annotations in place.

The words of a passage are those of its unit's `num` and `p` elements, one `p` a line. `akn_meta` writes the metadata.
"""

from __future__ import annotations

from typing import Any

from palermo.service.exports import akn_meta
from palermo.service.exports.akn_meta import NAMESPACE, OWN, Annotation, element
from palermo.service.exports.nesting import Mark, nest
from palermo.service.exports.rows import metadatum, noted, safe

SHAPES = {"judgment": ("judgment", "header", "judgmentBody"), "statute": ("act", "preface", "body")}
"""Kind of document -> its element, and those of its first lines and of its text."""
OTHER = ("doc", "preface", "mainBody")
NUMBER_WITHIN = 12
"""Characters in front of a printed number, as in "Section 12"."""

_FRONT = {"title": "docTitle", "court": "docAuthority", "number": "docketNumber"}


def render(analysis: dict[str, Any]) -> bytes:
    """An XML file in UTF-8; characters that XML can't hold become U+FFFD, so that offsets stay."""
    from lxml import etree

    main, first, text = SHAPES.get(analysis["document"]["kind"], OTHER)
    namespaces: Any = {None: NAMESPACE, "palermo": OWN}
    root = etree.Element(f"{{{NAMESPACE}}}akomaNtoso", nsmap=namespaces)
    document = element(root, main, name=main)
    meta = element(document, "meta")
    front = _front(document, first, analysis)
    body = Body(analysis, element(document, text))
    # White space is laid out before the words come in: inside a paragraph it would be part of the text.
    etree.indent(root)
    _fill_front(front)
    annotations = body.fill()
    akn_meta.write(meta, main, analysis, annotations)
    etree.indent(meta, level=2)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _front(document: Any, name: str, analysis: dict[str, Any]) -> list[tuple[Any, str, str]]:
    shown = [(tag, value) for key, tag in _FRONT.items() if (value := metadatum(analysis, key))]
    if not shown and name != "header":
        return []
    front = element(document, name)
    return [(element(front, "p"), tag, value) for tag, value in shown]


def _fill_front(front: list[tuple[Any, str, str]]) -> None:
    for paragraph, tag, value in front:
        element(paragraph, tag).text = safe(value)


class Body:
    """The passages as units of an Akoma Ntoso body: laid out by the constructor, filled with their words by `fill`.

    Args:
        analysis: whose passages they are.
        body: element of the body, empty.
    """

    def __init__(self, analysis: dict[str, Any], body: Any) -> None:
        self._language = analysis["document"]["language"]
        self._statute = analysis["document"]["kind"] == "statute"
        self._ids: set[str] = set()
        self._units: list[tuple[dict[str, Any], Any]] = []
        self._groups = 0
        parent = element(body, "motivation") if body.tag.endswith("judgmentBody") else body
        heading, group = None, parent
        for passage in analysis["passages"]:
            if not self._statute and passage["heading"] != heading:
                heading = passage["heading"]
                group = self._group(parent, heading) if heading else parent
            self._units.append((passage, self._unit(group, passage)))
        if not self._units:
            element(element(element(parent, "section", eId="sec_nn_1"), "content"), "p")

    def fill(self) -> list[Annotation]:
        """Write the words of all passages, with the annotations that got a place, in the order of the document."""
        return [annotation for passage, unit in self._units for annotation in self._fill(passage, unit)]

    def _group(self, parent: Any, heading: str) -> Any:
        self._groups += 1
        group = element(parent, "level", eId=f"lvl_{self._groups}")
        element(group, "heading").text = safe(heading)
        return group

    def _unit(self, group: Any, passage: dict[str, Any]) -> Any:
        unit = element(group, "section" if self._statute else "paragraph", eId=self._id(group, passage))
        refers = [f"#{tag['provision']}" for tag in passage["tags"] if noted(tag)]
        if refers:
            unit.set("refersTo", " ".join(refers))
        if passage["language"] not in ("und", self._language):
            unit.set("{http://www.w3.org/XML/1998/namespace}lang", passage["language"])
        end = _number_end(passage)
        if end:
            element(unit, "num")
        heading = passage["heading"]
        if self._statute and heading and heading not in passage["text"]:
            element(unit, "heading").text = safe(heading)
        content = element(unit, "content")
        for _ in range(passage["text"].count("\n", end) + 1):
            element(content, "p")
        return unit

    def _id(self, group: Any, passage: dict[str, Any]) -> str:
        """An eId by the naming convention: by the number, `nn` and the position where that is none or not new."""
        above, short = group.get("eId"), "sec" if self._statute else "para"
        prefix = f"{above}__{short}" if above else short
        number = (passage["number"] or "").lower().replace(".", "-")
        plain = number.isascii() and number.replace("-", "").isalnum()
        chosen = f"{prefix}_{number}"
        if not plain or chosen in self._ids:
            chosen = f"{prefix}_nn_{passage['index'] + 1}"
        self._ids.add(chosen)
        return chosen

    def _fill(self, passage: dict[str, Any], unit: Any) -> list[Annotation]:
        annotations = _annotations(passage, unit.get("eId"))
        marks = [one.mark for one in annotations if one.mark is not None]
        text = safe(passage["text"])
        count = 0

        def write(node: Any, start: int, end: int) -> None:
            _append(node, text[start:end])

        def open_(node: Any, mark: Mark) -> Any:
            nonlocal count
            count += 1
            mark.pieces.append(f"{unit.get('eId')}__concept_{count}")
            return element(node, "concept", eId=mark.pieces[-1], refersTo=mark.refers)

        position = _number_end(passage)
        if position:
            nest(unit.find(f"{{{NAMESPACE}}}num"), (0, position), marks, write, open_)
        for paragraph, line in zip(
            unit.iterfind(f"{{{NAMESPACE}}}content/{{{NAMESPACE}}}p"), text[position:].split("\n"), strict=True
        ):
            nest(paragraph, (position, position + len(line)), marks, write, open_)
            position += len(line) + 1
        return annotations


def _annotations(passage: dict[str, Any], unit: str) -> list[Annotation]:
    """What the analysis says of a passage; each with the span to mark, in offsets of the passage."""
    offset = passage["start"]

    def mark(where: dict[str, Any] | None, refers: str) -> Mark | None:
        return Mark(where["start"] - offset, where["end"] - offset, refers) if where else None

    tags = [
        Annotation("tag", unit, tag, mark(tag.get("evidence"), f"#{tag['provision']}"))
        for tag in passage["tags"]
        if noted(tag)
    ]
    elements = [
        Annotation("mentalElement", unit, span, mark(span, f"#standard_{span['standard']}"))
        for span in passage["mens_rea"]
    ]
    return [*tags, *elements]


def _number_end(passage: dict[str, Any]) -> int:
    """Where the printed number ends that a passage begins with, its full stop or bracket included; 0: none."""
    number, text = passage["number"], passage["text"]
    at = text.find(number, 0, NUMBER_WITHIN + len(number)) if number else -1
    if at < 0 or "\n" in text[: at + len(number)]:
        return 0
    end = at + len(number)
    if text[end : end + 1].isalnum():
        return 0
    while text[end : end + 1] in (".", ")", "]", ":"):
        end += 1
    return int(end)


def _append(node: Any, text: str) -> None:
    """Text at the end of a node with children."""
    if not text:
        return
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text
