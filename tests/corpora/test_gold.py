"""The written passages and the gold set held out of them."""

import collections
import json
from importlib.resources import files
from typing import Any

import pytest
from palermo.corpora.samples import select_gold


@pytest.fixture(scope="module")
def written() -> list[dict[str, Any]]:
    path = files("palermo.corpora.labelled") / "written.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def gold() -> list[dict[str, Any]]:
    return [json.loads(line) for line in select_gold.GOLD.read_text(encoding="utf-8").splitlines()]


def test_gold_is_what_the_selection_gives(written: list[dict[str, Any]], gold: list[dict[str, Any]]) -> None:
    assert select_gold.select(written) == gold


def test_gold_ids_name_every_gold_line(gold: list[dict[str, Any]]) -> None:
    assert select_gold.GOLD_IDS.read_text(encoding="utf-8").split() == [line["id"] for line in gold]


def test_ids_are_unique_and_spans_verbatim(written: list[dict[str, Any]]) -> None:
    assert len({line["id"] for line in written}) == len(written)
    for line in written:
        for span in line["mens_rea"]:
            assert line["text"][span["start"] : span["end"]] == span["span"]


def test_gold_is_balanced(written: list[dict[str, Any]], gold: list[dict[str, Any]]) -> None:
    kinds = collections.Counter(line["kind"] for line in gold)
    assert abs(kinds["judgment"] - kinds["statute"]) <= 12
    assert {line["language"] for line in gold} == {line["language"] for line in written}
    labels = {label for line in written for label in line["labels"]}
    assert {label for line in gold for label in line["labels"]} == labels
    assert sum(not line["labels"] for line in gold) == select_gold.UNLABELLED
    assert len({span["standard"] for line in gold for span in line["mens_rea"]}) == 9
