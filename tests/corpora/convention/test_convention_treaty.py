"""The tree against the treaty texts, where the folder of labelled data lies beside the checkout."""

import gzip
import json
import re
from pathlib import Path

import pytest
from palermo.corpora.convention import tree

SHARED = Path(__file__).parents[3] / ".." / "shared"
TREATY = SHARED / "convention" / "provisions.jsonl.gz"
SCORER = SHARED / "corpus" / "score.py"
GUIDE = SHARED / "corpus" / "GUIDE.md"
WORDS_IN_A_ROW = 8

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not TREATY.exists(), reason="no ../shared/convention beside the checkout"),
]


@pytest.fixture(scope="module")
def treaty():
    with gzip.open(TREATY, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["language"] == "en"]


def sequences(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + WORDS_IN_A_ROW]) for i in range(len(words) - WORDS_IN_A_ROW + 1)}


def test_every_provision_of_the_treaties_is_in_the_tree_and_the_other_way_round(treaty):
    numbered = [provision.id for provision in tree().walk() if provision.level != "facet"]
    assert numbered == [row["id"] for row in treaty]
    facets = [provision.id for provision in tree().walk() if provision.level == "facet"]
    assert facets == ["UNTOC.20.cd", "UNTOC.20.es", "UNTOC.20.uc"]


def test_number_path_level_and_heading_are_those_of_the_treaties(treaty):
    for row in treaty:
        provision = tree().get(row["id"])
        assert (provision.instrument, provision.article) == (row["instrument"], row["article"])
        assert (list(provision.path), provision.level) == (row["path"], row["level"]), row["id"]
        assert provision.heading == row["heading"], row["id"]


def test_no_description_repeats_eight_words_of_the_treaties(treaty):
    written = set().union(*(sequences(row["text"]) | sequences(row["full_text"]) for row in treaty))
    copied = [provision.id for provision in tree().walk() if sequences(provision.description) & written]
    assert copied == []


@pytest.mark.skipif(not GUIDE.exists(), reason="no ../shared/corpus beside the checkout")
def test_labels_are_those_of_the_annotation_guide():
    named = re.compile(r"`((?:UNTOC|TIP|SOM|FIREARMS)(?:\.\w+)+)`")
    guide = GUIDE.read_text(encoding="utf-8")
    articles, finer = guide[guide.index("## Labels") :].split("## Finer labels", 1)
    assert set(named.findall(articles)) == set(tree().articles)
    assert set(named.findall(finer.split("## Mens rea", 1)[0])) == set(tree().finer)


@pytest.mark.skipif(not SCORER.exists(), reason="no ../shared/corpus beside the checkout")
def test_finer_labels_are_those_of_the_reference_scorer():
    found = re.search(r"^FINE=set\('([^']+)'", SCORER.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert set(found.group(1).split()) == set(tree().finer)
