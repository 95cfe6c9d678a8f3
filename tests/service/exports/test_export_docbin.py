"""spaCy DocBin export: read back by spaCy, the same text, spans with the same words."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from palermo.corpora.errors import MissingExtra
from palermo.service.exports import FORMATS

FAILURE = {"error": {"source": "broken.pdf", "code": "broken_document", "message": "-", "hint": None}}


def exported(*records: dict[str, Any]) -> list[Any]:
    spacy = pytest.importorskip("spacy")
    file = io.BytesIO()
    FORMATS["docbin"].many().write(iter(records), file)
    return list(spacy.tokens.DocBin().from_bytes(file.getvalue()).get_docs(spacy.blank("xx").vocab))


@pytest.mark.parametrize("which", ["golden", "hostile"])
@pytest.mark.parametrize("language", ["en", "ar", "zh", "ja", "und"])
def test_every_passage_comes_back_with_its_spans(which: str, language: str, request: pytest.FixtureRequest) -> None:
    analysis = request.getfixturevalue(which)
    for passage in analysis["passages"]:
        passage["language"] = language
    docs = exported(analysis, FAILURE)
    assert [doc.text for doc in docs] == [passage["text"] for passage in analysis["passages"]]
    for doc, passage in zip(docs, analysis["passages"], strict=True):
        tags = [tag for tag in passage["tags"] if tag["evidence"]]
        evidence = [(tag["provision"], tag["evidence"]["text"]) for tag in tags]
        elements = [(span["standard"], span["text"]) for span in passage["mens_rea"]]
        for name, wanted in (("evidence", evidence), ("mens_rea", elements)):
            spans = doc.spans[name]
            assert [(span.label_, doc.text[span.start_char : span.end_char]) for span in spans] == wanted
        assert [span.id_ for span in doc.spans["mens_rea"]] == [span["role"] or "" for span in passage["mens_rea"]]
        assert doc.spans["mens_rea"].attrs["roles"] == [span["role"] for span in passage["mens_rea"]]
        assert doc.spans["evidence"].attrs["scores"] == [tag["score"] for tag in tags]
        assert doc.cats == pytest.approx({tag["provision"]: tag["score"] for tag in passage["tags"]})
        assert doc.user_data["passage"]["start"] == passage["start"]
        assert doc.user_data["engine"]["model_sha256"] == analysis["engine"]["model_sha256"]


def test_tokens_are_those_of_the_language(golden: dict[str, Any]) -> None:
    assert [token.text for token in exported(golden)[1]][:6] == ["2", ".", "Extradition", "was", "refused", ","]


def test_without_spacy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    with pytest.raises(MissingExtra, match=r"palermo\[spacy\]"):
        FORMATS["docbin"].many().write(iter([]), io.BytesIO())
