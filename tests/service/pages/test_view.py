"""What a page shows of an analysis: the passage whole, its marks where they belong, provisions as lawyers cite them."""

from __future__ import annotations

import html
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.service import schemas
from palermo.service.exports import html_
from palermo.service.pages import i18n, render, view

marks = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: tuple(sorted(pair))), max_size=6)


@given(st.text(max_size=40), st.integers(0, 1000), marks, marks)
def test_pieces_join_to_the_passage_and_carry_every_mark(
    text: str, offset: int, evidence: list[tuple[int, int]], elements: list[tuple[int, int]]
) -> None:
    evidence = [(min(a, len(text)), min(b, len(text))) for a, b in evidence]
    spans = [{"start": offset + min(a, len(text)), "end": offset + min(b, len(text))} for a, b in elements]
    found = view.pieces(
        text, offset, [(offset + a, offset + b, f"UNTOC.{i}") for i, (a, b) in enumerate(evidence)], spans
    )
    assert "".join(piece.text for piece in found) == text
    for index, (a, b) in enumerate(evidence):
        assert "".join(piece.text for piece in found if f"UNTOC.{index}" in piece.evidence) == text[a:b]
    for span in spans:
        if span["start"] < span["end"]:
            assert sum(any(one is span for one in piece.ending) for piece in found) == 1


@pytest.mark.parametrize(
    ("provision", "label"),
    [
        ("UNTOC.6", "UNTOC art. 6"),
        ("UNTOC.6.1.b.i", "UNTOC art. 6(1)(b)(i)"),
        ("UNTOC.20.cd", "UNTOC art. 20 – controlled delivery"),
        ("TIP.5", "TIP art. 5"),
        ("TIP", "TIP"),
    ],
)
def test_provisions_are_named_as_lawyers_cite_them(provision: str, label: str) -> None:
    assert view.label_of(provision) == label


def test_every_standard_role_and_decision_has_a_name() -> None:
    definitions = schemas.load("analysis")["$defs"]
    for language in i18n.LANGUAGES:
        words = i18n.words_of(language)
        assert set(words.texts("standards")) == set(definitions["standard"]["properties"]["standard"]["enum"])
        assert set(words.texts("roles")) == set(definitions["element"]["properties"]["role"]["enum"]) - {None}
        assert set(words.texts("decisions")) == set(definitions["tag"]["properties"]["decision"]["enum"])


def test_the_export_escapes_what_a_document_holds(result: dict[str, Any]) -> None:
    page = html_.render(result).decode()
    assert "&lt;b&gt;else&lt;/b&gt;" in page
    assert "<b>" not in page


def test_provisions_come_predicted_first_and_those_for_review_apart(result: dict[str, Any]) -> None:
    shown = view.view(result)
    assert [one.provision for one in shown["provisions"]] == ["UNTOC.6"]
    assert [one.provision for one in shown["review"]] == ["UNTOC.16"]
    assert shown["provisions"][0].threshold == 0.6


def test_a_policy_names_the_inline_style_and_script_by_hash(result: dict[str, Any]) -> None:
    page = render.analysis_alone(result)
    assert html.unescape(page).count("'sha256-") == 2
    assert "unsafe" not in page


def test_a_document_with_nothing_found_says_so(result: dict[str, Any]) -> None:
    bare = {
        **result,
        "provisions": [],
        "mens_rea": [],
        "passages": [{**p, "tags": [], "mens_rea": []} for p in result["passages"]],
    }
    jsonschema.Draft202012Validator(schemas.load("analysis")).validate(bare)
    assert "reached its threshold" in render.analysis_alone(bare)
