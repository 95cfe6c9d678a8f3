"""When a new model may take the place of the old one: the rule, with made-up figures."""

from __future__ import annotations

import pytest
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import Prediction
from palermo.evaluation.regression import MACRO, Fall, Quality, falls, quality


def test_as_good_or_better_everywhere_replaces() -> None:
    before = Quality(70.0, {"UNTOC.6": 80.0, "UNTOC.16": 60.0})
    assert falls(before, before) == []
    assert falls(before, Quality(75.0, {"UNTOC.6": 90.0, "UNTOC.16": 60.0})) == []


@pytest.mark.parametrize(("after", "refused"), [(69.5, False), (69.4, True), (76.9 - 0.5, False), (0.0, True)])
def test_half_a_point_of_macro_f1_may_be_lost_and_no_more(after: float, refused: bool) -> None:
    before = 76.9 if after > 70 else 70.0
    found = falls(Quality(before, {}), Quality(after, {}))
    assert found == ([Fall(MACRO, before, after)] if refused else [])


def test_five_points_of_a_labels_recall_may_be_lost_and_each_that_lost_more_is_named() -> None:
    before = Quality(70.0, {"UNTOC.5": 80.0, "UNTOC.6": 80.0, "UNTOC.6.1.b.i": 90.1, "UNTOC.16": 50.0})
    after = Quality(74.0, {"UNTOC.5": 75.0, "UNTOC.6": 74.9, "UNTOC.6.1.b.i": 85.1, "UNTOC.16": 0.0})
    assert [one.figure for one in falls(before, after)] == ["UNTOC.6", "UNTOC.16"]
    assert [str(one) for one in falls(before, after)] == [
        "recall of UNTOC.6 80.0 to 74.9",
        "recall of UNTOC.16 50.0 to 0.0",
    ]


def test_macro_f1_comes_first_and_is_called_so() -> None:
    found = falls(Quality(70.0, {"UNTOC.6": 80.0}), Quality(60.0, {"UNTOC.6": 60.0}))
    assert [str(one) for one in found] == ["macro-F1 70.0 to 60.0", "recall of UNTOC.6 80.0 to 60.0"]


def passage(number: int, *labels: str, maybe: tuple[str, ...] = ()) -> LabelledPassage:
    return LabelledPassage(str(number), "judgment", "en", "words", f"d{number}", labels=labels, maybe=maybe)


def predicted(number: int, *labels: str) -> Prediction:
    entries = [{"provision": label, "score": 0.9, "predicted": True} for label in labels]
    return Prediction.from_json({"id": str(number), "labels": entries, "mens_rea": []})


def test_figures_are_of_labels_with_ten_passages_and_macro_of_articles_only() -> None:
    finer = "UNTOC.6.1.b.i"
    gold = [
        *(passage(number, "UNTOC.6", finer) for number in range(10)),
        *(passage(number, "UNTOC.16") for number in range(10, 19)),
        passage(19, maybe=("UNTOC.6",)),
    ]
    said = [
        *(predicted(number, "UNTOC.6", finer) for number in range(5)),
        *(predicted(number, "UNTOC.6") for number in range(5, 8)),
        predicted(19, "UNTOC.6"),
    ]
    found = quality(gold, said)
    # Article 6: 8 of 10 found, none wrong (the doubtful one counts neither way); article 16 has nine passages only.
    assert found.recalls == {"UNTOC.6": 80.0, finer: 50.0}
    assert found.macro_f1 == pytest.approx(100 * 16 / 18)


def test_passages_that_can_say_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="no article has 10"):
        quality([passage(number, "UNTOC.6") for number in range(9)], [])
