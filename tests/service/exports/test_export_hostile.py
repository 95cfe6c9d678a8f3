"""Every export that is a text survives names and titles that were made to break it, and says them as they are."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree
from palermo.service import schemas
from palermo.service.exports import FORMATS
from palermo.service.exports.akn_meta import safe
from palermo.service.exports.rows import whole

TITLES = {
    "formula": "=cmd|'/C calc'!A0",
    "controls": "a\x01\x0b\x1f\x7f\x85b",
    "lone surrogates": "\udfffa\ud800",
    "turned": "judgment\u202etxt.exe\u2066",
    "astral": "\U0001d538\U0001f600\U0010ffff",
    "markup": "</title><script>alert(1)</script>]]>&amp;\"'",
    "separators": "a\tb\u2028c\u2029d\ufeffe",
    "10,000 characters": "T" * 10_000,
}


class Texts(HTMLParser):
    """What a browser shows of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


@pytest.fixture(params=TITLES.values(), ids=TITLES)
def named(request: pytest.FixtureRequest, golden: dict[str, Any]) -> dict[str, Any]:
    """The golden analysis under a hostile name and title."""
    golden["document"]["name"] = request.param
    golden["document"]["metadata"]["title"] = {**golden["document"]["metadata"]["title"], "value": request.param}
    return golden


def test_json_and_json_lines_hold_everything(named: dict[str, Any]) -> None:
    wanted = json.loads(whole(json.dumps(named, ensure_ascii=False)))
    assert json.loads(FORMATS["json"].render(named, b"")) == wanted
    file = io.BytesIO()
    FORMATS["jsonl"].many().write(iter([named, {"error": {"source": "caf\udce9"}}]), file)
    lines = [json.loads(line) for line in file.getvalue().split(b"\n")[:-1]]
    assert lines == [wanted, {"error": {"source": "caf\ufffd"}}]


def test_a_record_keeps_to_its_schema(named: dict[str, Any]) -> None:
    record = json.loads(FORMATS["record"].render(named, b""))
    jsonschema.Draft202012Validator(schemas.load("record")).validate(record)
    assert (record["title"], record["file"]) == (whole(named["document"]["name"]),) * 2


def test_a_page_shows_the_title_and_runs_nothing_of_it(named: dict[str, Any]) -> None:
    page = FORMATS["html"].render(named, b"").decode()
    reader = Texts()
    reader.feed(page)
    assert whole(named["document"]["name"]) in "".join(reader.found)
    assert "<script>alert" not in page


def test_akoma_ntoso_is_valid_and_names_the_document(named: dict[str, Any], schema: Any) -> None:
    root = etree.fromstring(FORMATS["akn"].render(named, b""))
    schema.assertValid(root)
    namespace = {"akn": root.nsmap[None]}
    # XML reads white space in an attribute as spaces, unless it is written by number.
    assert root.find(".//akn:FRBRname", namespace).get("value") == safe(named["document"]["name"])


@pytest.mark.parametrize(
    ("date", "written", "name"),
    [
        ("2019-02-03", "2019-02-03", "document"),
        ("2019-02", "2019-02-01", "month"),
        ("2019", "2019-01-01", "year"),
        (None, "0001-01-01", "unknown"),
    ],
)
def test_akoma_ntoso_says_how_much_of_a_date_is_known(
    golden: dict[str, Any], schema: Any, date: str | None, written: str, name: str
) -> None:
    if date is not None:
        golden["document"]["metadata"]["date"] = {"value": date}
    root = etree.fromstring(FORMATS["akn"].render(golden, b""))
    schema.assertValid(root)
    found = {(one.get("date"), one.get("name")) for one in root.iter("{*}FRBRdate")}
    assert found == {(written, name)}


def test_a_doc_bin_holds_names_of_any_kind(named: dict[str, Any]) -> None:
    spacy = pytest.importorskip("spacy")
    file = io.BytesIO()
    FORMATS["docbin"].many().write(iter([named]), file)
    docs = list(spacy.tokens.DocBin().from_bytes(file.getvalue()).get_docs(spacy.blank("xx").vocab))
    assert [doc.text for doc in docs] == [passage["text"] for passage in named["passages"]]
    assert {doc.user_data["document"]["title"] for doc in docs} == {whole(named["document"]["name"])}


@pytest.fixture(scope="module")
def schema() -> Any:
    """The official schema of Akoma Ntoso 3.0."""
    return etree.XMLSchema(etree.parse(str(Path(__file__).parent / "xsd" / "akomantoso30.xsd")))
