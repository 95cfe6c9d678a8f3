"""What ranks spans learns from labelled passages what an annotator marks; with too few it keeps to the network."""

from __future__ import annotations

import numpy as np
import pytest
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, MentalSpan
from palermo.models.mental import OUTPUTS, decode
from palermo.models.pooling import TokenScores, token_scores
from palermo.models.spans import FEATURES, SpanRanker
from palermo.training.spans import fit_ranker

TEXT = "he knew that the car was stolen, and the court so found"
WHOLE = MentalSpan("knowledge", 3, 31, "applied")  # "knew that the car was stolen"


def passage(number: int) -> tuple[TokenScores, LabelledPassage]:
    """The network is sure of "knew" alone; the annotator marks the clause."""
    words, place = TEXT.split(" "), 0
    places = []
    for word in words:
        places.append((place, place + len(word.rstrip(","))))
        place += len(word) + 1
    rng = np.random.default_rng(number)
    logits = rng.normal(-5, 0.5, (len(words), OUTPUTS)).astype(np.float32)
    logits[1, STANDARDS.index("knowledge")] = 3.0
    one = LabelledPassage(f"p{number}", "judgment", "en", TEXT, f"d{number}", labels=("UNTOC.6",), mens_rea=(WHOLE,))
    return token_scores(np.zeros((len(words), 0), np.float32), logits, np.array(places, np.int64)), one


def quotes(number: int, ranker: SpanRanker) -> list[str]:
    tokens, one = passage(number)
    return [one.text[m.start : m.end] for m in decode(tokens, one.text, dict.fromkeys(STANDARDS, 0.4), ranker)]


def test_the_object_of_knowledge_is_learnt_to_belong_to_the_span() -> None:
    assert quotes(900, SpanRanker()) == ["knew"]
    ranker = fit_ranker(passage(number) for number in range(60))
    assert set(ranker.weights) == set(FEATURES)
    for number in range(900, 905):
        (quote,) = quotes(number, ranker)
        assert quote.startswith("knew that the car")


@pytest.mark.parametrize("count", [0, 1])
def test_too_little_to_learn_from_leaves_the_network_alone(count: int) -> None:
    assert fit_ranker(passage(number) for number in range(count)) == SpanRanker()


def test_of_standards_that_look_alike_the_one_that_is_more_often_right_ranks_higher() -> None:
    seen = [passage(number) for number in range(60)]
    for tokens, _ in seen:  # suspicion looks as likely as knowledge, and is never meant
        for part in range(3):
            columns = tokens.mental[:, 9 * part : 9 * (part + 1)]
            columns[:, STANDARDS.index("suspicion")] = columns[:, STANDARDS.index("knowledge")]
    ranker = fit_ranker(seen)
    assert ranker.weights["knowledge"] > 0 > ranker.weights["suspicion"]
    tokens, one = seen[0]
    found = decode(tokens, one.text, dict.fromkeys(STANDARDS, 0.4), ranker)
    assert [element.standard for element in found] == ["knowledge"]
