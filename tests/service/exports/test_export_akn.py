"""Akoma Ntoso export: valid by the OASIS schema, every word of a passage and every annotation in its place."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from palermo.corpora import samples
from palermo.service.exports import FORMATS
from palermo.service.exports.akn_meta import safe
from palermo.service.exports.nesting import Mark, nest

AKN = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"
OWN = "{urn:palermo:vocabulary:}"


@pytest.fixture(scope="module")
def schema() -> Any:
    """The official schema of Akoma Ntoso 3.0."""
    return etree.XMLSchema(etree.parse(str(Path(__file__).parent / "xsd" / "akomantoso30.xsd")))


def exported(analysis: dict[str, Any]) -> Any:
    return etree.fromstring(FORMATS["akn"].render(analysis, b""))


def words(unit: Any) -> str:
    """The text of a passage's unit: its number, then its lines."""
    number = unit.find(f"{AKN}num")
    lines = ["".join(line.itertext()) for line in unit.iterfind(f"{AKN}content/{AKN}p")]
    return ("".join(number.itertext()) if number is not None else "") + "\n".join(lines)


def units(root: Any) -> list[Any]:
    return list(root.iter(f"{AKN}paragraph", f"{AKN}section"))


def check_annotations(root: Any, analysis: dict[str, Any]) -> None:
    by_id = {found.get("eId"): found for found in root.iter() if found.get("eId")}
    tags = [tag for p in analysis["passages"] for tag in p["tags"] if tag["predicted"] or tag["decision"] != "none"]
    spans = [span for p in analysis["passages"] for span in p["mens_rea"]]
    written = [(one.get("provision"), one) for one in root.iter(f"{OWN}tag")]
    assert [provision for provision, _ in written] == [tag["provision"] for tag in tags]
    pairs = [(one, tag["evidence"], tag["provision"]) for (_, one), tag in zip(written, tags, strict=True)]
    elements = list(root.iter(f"{OWN}mentalElement"))
    pairs += [(one, span, f"standard_{span['standard']}") for one, span in zip(elements, spans, strict=True)]
    for one, place, refers in pairs:
        assert one.get("unit")[1:] in by_id
        assert refers in by_id
        if place is None:
            assert one.get("words") is None
            continue
        pieces = [by_id[piece[1:]] for piece in one.get("words").split()]
        assert {piece.get("refersTo") for piece in pieces} == {f"#{refers}"}
        assert "".join("".join(piece.itertext()) for piece in pieces) == safe(place["text"]).replace("\n", "")
        assert (int(one.get("start")), int(one.get("end"))) == (place["start"], place["end"])


@pytest.mark.parametrize(("kind", "main"), [("judgment", "judgment"), ("statute", "act"), (None, "doc")])
def test_every_kind_of_document_is_valid_and_whole(
    golden: dict[str, Any], schema: Any, kind: str | None, main: str
) -> None:
    golden["document"]["kind"] = kind
    golden["document"]["metadata"] |= {"state": {"value": "GB"}, "date": {"value": "2019-02-01"}}
    root = exported(golden)
    schema.assertValid(root)
    assert root[0].tag == f"{AKN}{main}"
    assert [words(unit) for unit in units(root)] == [passage["text"] for passage in golden["passages"]]
    check_annotations(root, golden)
    assert root.find(f".//{AKN}FRBRWork/{AKN}FRBRcountry").get("value") == "gb"
    assert root.find(f".//{AKN}FRBRWork/{AKN}FRBRdate").get("date") == "2019-02-01"
    assert root.find(f".//{AKN}FRBRlanguage").get("language") == "eng"


def test_it_says_what_made_it(golden: dict[str, Any]) -> None:
    made = exported(golden).find(f".//{AKN}proprietary/{OWN}engine").attrib
    assert made["model_sha256"] == golden["engine"]["model_sha256"]
    assert {made[key] for key in ("engine", "model", "taxonomy", "extractor")} == {"words", "1", "text/1"}


@pytest.mark.parametrize("kind", ["judgment", "statute", None])
def test_hostile_text_stays_whole_and_its_crossing_spans_are_split(
    hostile: dict[str, Any], schema: Any, kind: str | None
) -> None:
    hostile["document"]["kind"] = kind
    root = exported(hostile)
    schema.assertValid(root)
    assert [words(unit) for unit in units(root)] == [safe(passage["text"]) for passage in hostile["passages"]]
    check_annotations(root, hostile)
    assert len({unit.get("eId") for unit in units(root)}) == 2


@pytest.mark.parametrize("kind", ["judgment", "statute", None])
def test_a_document_without_passages_is_valid(golden: dict[str, Any], schema: Any, kind: str | None) -> None:
    golden["document"] |= {"kind": kind, "metadata": {}, "language": None}
    golden |= {"passages": [], "provisions": [], "mens_rea": []}
    schema.assertValid(exported(golden))


def test_passages_under_one_heading_stand_in_one_level(golden: dict[str, Any], schema: Any) -> None:
    for passage in golden["passages"]:
        passage["heading"] = "Reasons"
    golden["passages"][1]["number"] = None
    root = exported(golden)
    schema.assertValid(root)
    assert [level.findtext(f"{AKN}heading") for level in root.iter(f"{AKN}level")] == ["Reasons"]
    assert [unit.get("eId") for unit in units(root)] == ["lvl_1__para_1", "lvl_1__para_nn_2"]


def test_our_own_reader_reads_it(golden: dict[str, Any]) -> None:
    from palermo.corpora.documents.reading import read_document

    document = read_document(FORMATS["akn"].render(golden, b""), "marlow.akn.xml")
    found = [" ".join(document.text[p.start : p.end].split()) for p in document.passages]
    assert all(" ".join(passage["text"].split()) in found for passage in golden["passages"])
    assert document.kind == "judgment"
    assert document.metadata["title"].value == "State v Marlow"


@pytest.mark.parametrize(
    "name", ["laundering-act-en.xml", "laundering-ar.docx", "crime-group-zh.html", "firearms-act-pt.pdf"]
)
def test_samples_in_other_scripts_and_formats(name: str, tagger: Any, schema: Any) -> None:
    from palermo.corpora.documents.reading import read_document

    data = files(samples).joinpath(f"documents/{name}").read_bytes()
    analysis = tagger.tag(read_document(data, name))
    root = exported(analysis)
    schema.assertValid(root)
    assert [words(unit) for unit in units(root)] == [passage["text"] for passage in analysis["passages"]]
    assert [unit.find(f"{AKN}num") is not None for unit in units(root)] == [
        bool(passage["number"]) for passage in analysis["passages"]
    ]
    check_annotations(root, analysis)


TEXT = "abcdefghij" * 3


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8))
def test_any_spans_nest_without_losing_a_character(places: list[tuple[int, int]]) -> None:
    marks = [Mark(min(place), max(place), str(number)) for number, place in enumerate(places)]
    root = etree.Element("root")

    def write(node: Any, start: int, end: int) -> None:
        if len(node):
            node[-1].tail = (node[-1].tail or "") + TEXT[start:end]
        else:
            node.text = (node.text or "") + TEXT[start:end]

    nest(root, (0, len(TEXT)), marks, write, lambda node, mark: etree.SubElement(node, "span", of=mark.refers))
    assert "".join(root.itertext()) == TEXT
    for mark in marks:
        pieces = ["".join(piece.itertext()) for piece in root.iter("span") if piece.get("of") == mark.refers]
        assert "".join(pieces) == TEXT[mark.start : mark.end]
