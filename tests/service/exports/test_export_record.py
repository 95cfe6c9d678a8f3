"""Records for a case-law database: by their schema, crime types from provisions, quotes from the text."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from palermo.corpora.convention.tree import tree
from palermo.service import schemas
from palermo.service.exports import FORMATS
from palermo.service.exports.record_ import _crime_articles, crime_types


def exported(analysis: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FORMATS["record"].render(analysis, b""))
    jsonschema.Draft202012Validator(schemas.load("record")).validate(found)
    return found


def test_the_golden_record(golden: dict[str, Any]) -> None:
    assert exported(golden) == json.loads(files(schemas).joinpath("examples/record.json").read_text("utf-8"))


@pytest.mark.parametrize("which", ["golden", "hostile"])
def test_quotes_are_the_words_at_their_place(which: str, request: pytest.FixtureRequest) -> None:
    analysis = request.getfixturevalue(which)
    text = {passage["index"]: (passage["start"], passage["text"]) for passage in analysis["passages"]}
    found = exported(analysis)
    quotes = [(span["passage"], span) for span in found["mens_rea"]]
    quotes += [(passage["passage"], one) for passage in found["key_passages"] for one in passage["provisions"]]
    assert quotes
    for index, quote in quotes:
        offset, words = text[index]
        assert quote["quote"] == words[quote["start"] - offset : quote["end"] - offset]


def test_crime_types_follow_from_predicted_provisions_and_finer_ones(golden: dict[str, Any]) -> None:
    shape = golden["provisions"][0]
    golden["provisions"] = [
        {**shape, "provision": provision, "predicted": predicted}
        for provision, predicted in [("SOM.6", True), ("UNTOC.5.1.a.ii", True), ("UNTOC.16", True), ("UNTOC.8", False)]
    ]
    assert crime_types(golden) == [
        {"name": "Participation in an organized criminal group", "provisions": ["UNTOC.5.1.a.ii"]},
        {"name": "Smuggling of migrants", "provisions": ["SOM.6"]},
    ]


def test_every_article_of_a_crime_type_is_in_the_treaty() -> None:
    articles = [article for entry in _crime_articles().values() for article in entry]
    assert all(tree().get(article).label for article in articles)
    assert len(articles) == len(set(articles))


def test_key_passages_are_the_best_of_each_provision(golden: dict[str, Any]) -> None:
    golden["provisions"][0]["passages"] = [0, 7, 8, 9, 1]
    golden["passages"][1]["tags"].append(golden["passages"][0]["tags"][0])
    assert [passage["passage"] for passage in exported(golden)["key_passages"]] == [0]
