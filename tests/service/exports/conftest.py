"""What the tests of exports share: the golden analysis, one of hostile text, and a tagger that knows boxes."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest
from palermo.corpora.documents.document import Document
from palermo.models.analysis import anchors
from palermo.service import schemas

HOSTILE = (
    "=SUM(A1) \x01\x0b ]]> <b>&amp;\u2028 \U0001f600 \U0001d538 \ufffe\n\n"
    "\u202eשלום العربية عالم ]]>\t@x  he knew\u0085 all. \x1f"
)
"""Formulas, markup, characters that XML can't hold, astral and right-to-left ones, several lines."""


@pytest.fixture
def golden() -> dict[str, Any]:
    """The golden example of the schema."""
    found: dict[str, Any] = json.loads(files(schemas).joinpath("examples/analysis.json").read_text("utf-8"))
    return found


@pytest.fixture
def hostile(golden: dict[str, Any]) -> dict[str, Any]:
    """An analysis of hostile text, its spans crossing each other, the ends of lines and the number."""
    passage, other = golden["passages"][:2]
    text, offset = f"7) {HOSTILE}", 1_000
    passage |= {"text": text, "number": "7", "start": offset, "end": offset + len(text), "heading": HOSTILE[:40]}
    other["number"] = "7"

    def place(start: int, end: int) -> dict[str, Any]:
        return {"start": offset + start, "end": offset + end, "text": text[start:end]}

    def tag(provision: str, start: int, end: int) -> dict[str, Any]:
        evidence = {**place(start, end), "drop": 0.1}
        return {**copy.deepcopy(passage["tags"][0]), "provision": provision, "evidence": evidence}

    size = len(text)
    passage["tags"] = [
        *(
            tag("UNTOC.6", 0, 20),
            tag("UNTOC.6.1.a.i", 10, size - 5),
            tag("TIP.5", 15, 30),
            tag("SOM.6", size - 9, size),
        ),
        {**tag("UNTOC.8", 0, 1), "evidence": None},
    ]
    knew = text.index("knew")
    passage["mens_rea"] = [
        {"standard": "knowledge", "role": "applied", **place(knew, knew + 4), "score": 0.8},
        {"standard": "intent", "role": None, **place(knew - 1, size - 2), "score": 0.7},
        {"standard": "purpose", "role": "defence", **place(3, 4), "score": 0.6},
    ]
    golden["document"]["metadata"]["title"] = {"value": HOSTILE}
    golden["document"]["name"] = "=1+1\x02<b>.txt"
    return golden


class BoxTagger:
    """Another tagger's results, with the anchors of the words that they name."""

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger

    def info(self) -> dict[str, Any]:
        found: dict[str, Any] = self._tagger.info()
        return found

    def tag(self, document: Document) -> dict[str, Any]:
        result: dict[str, Any] = self._tagger.tag(document)
        for passage in result["passages"]:
            places = [tag["evidence"] for tag in passage["tags"]] + passage["mens_rea"] + [passage]
            for place in places:
                place["anchors"] = anchors(document, place["start"], place["end"])
        return result


@pytest.fixture
def tagger(tagger: Any) -> BoxTagger:
    """The tagger whose results are known, with anchors."""
    return BoxTagger(tagger)
