"""What `assigned` and `review` are worth, and the risk of tags by falling score, against numbers counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import LabelScore, Prediction
from palermo.evaluation.decisions import Decided, Decisions, Levels, TagPoint, curves, decisions, risk_points
from palermo.evaluation.output import COLUMNS, render, write_report
from palermo.evaluation.pairs import join
from palermo.evaluation.report import evaluate, summary_lines

Gold = list[LabelledPassage]
Made = list[Prediction]


def passage(id_: str, labels: str = "", maybe: str = "", doc: str = "d1") -> LabelledPassage:
    return LabelledPassage(id_, "judgment", "en", "text", doc, labels=tuple(labels.split()), maybe=tuple(maybe.split()))


def tags(id_: str, said: str) -> Prediction:
    """A prediction from "UNTOC.6 assigned, UNTOC.7 -"; a dash is a tag without a decision."""
    labels = [tag.split() for tag in said.split(",") if tag]
    return Prediction(
        id_, tuple(LabelScore(label, 0.5, False, None if made == "-" else made) for label, made in labels)
    )


def measured(gold: Gold, made: Made) -> Decisions | None:
    rows = {"all": np.arange(len(gold))}
    return decisions(join(gold, made), rows, rows, rows, rows)


def figures(gold: Gold, made: Made) -> Levels:
    found = measured(gold, made)
    assert found is not None
    return found.groups["all"]


def counted(x: Decided) -> list[float | None]:
    shares = (x.wrong, x.recall, x.recall_with_review, x.looked)
    return [x.right, x.assigned, x.review, *(None if share is None else round(share, 2) for share in shares)]


GOLD = [
    passage("a", "UNTOC.6 UNTOC.6.1.a.i", "UNTOC.12"),
    passage("b", "UNTOC.6"),
    passage("c", "UNTOC.12", doc="d2"),
    passage("d", doc="d2"),
]
MADE = [
    tags("a", "UNTOC.6 assigned,UNTOC.6.1.a.i review,UNTOC.12 assigned,UNTOC.7 assigned"),
    tags("b", "UNTOC.6 review,UNTOC.8 review"),
    tags("d", "UNTOC.6 none,UNTOC.6.1.a.ii assigned"),
]


def test_decisions_by_hand() -> None:
    found = figures(GOLD, MADE)
    # Right, assigned, in review; wrong among assigned, recall of it, recall with review, looks for a right one.
    assert counted(found.article) == [3, 2, 2, 50, 33.33, 66.67, 2]
    assert counted(found.fine) == [1, 1, 1, 100, 0, 100, 1]
    assert counted(found.both) == [4, 3, 3, 66.67, 25, 75, 1.5]


def test_decisions_by_label() -> None:
    found = measured(GOLD, MADE)
    assert found is not None
    assert counted(found.labels["UNTOC.6"]) == [2, 1, 1, 0, 50, 100, 1]
    assert counted(found.labels["UNTOC.12"]) == [1, 0, 0, None, 0, 0, None]
    assert counted(found.labels["UNTOC.8"]) == [0, 0, 1, None, None, None, None]
    assert found.labels["UNTOC.6"].wrong_interval is None
    assert "UNTOC.5" not in found.labels


def test_intervals_draw_documents() -> None:
    gold = [passage("a", "UNTOC.6"), passage("b", "UNTOC.5 UNTOC.6 UNTOC.7", doc="d2")]
    mixed = [tags("a", "UNTOC.5 assigned"), tags("b", "UNTOC.5 assigned,UNTOC.6 assigned,UNTOC.7 assigned")]
    interval = figures(gold, mixed).both.wrong_interval
    assert interval is not None
    # Of four draws of two documents one has the first twice, one the second twice.
    assert (interval.value, interval.low, interval.high) == (25, 0, 100)
    # Where the second is drawn twice nothing is assigned: such draws are left out, and in all others half is wrong.
    first_only = [tags("a", "UNTOC.5 assigned,UNTOC.6 assigned"), tags("b", "UNTOC.5 review")]
    assert str(figures(gold, first_only).both.wrong_interval) == "50.0 [50.0, 50.0]"


def test_an_interval_of_none_wrong_is_not_empty() -> None:
    found = figures(
        [passage("a", "UNTOC.5 UNTOC.6 UNTOC.7")], [tags("a", "UNTOC.5 assigned,UNTOC.6 assigned,UNTOC.7 assigned")]
    )
    # Wilson: z^2 / (n + z^2) with n = 3.
    assert str(found.both.wrong_interval) == "0.0 [0.0, 56.1]"
    assert str(found.both.recall_interval) == "100.0 [43.9, 100.0]"
    assert found.fine.wrong_interval is None


def test_without_any_decision_there_are_no_figures() -> None:
    assert measured(GOLD, [tags("a", "UNTOC.6 -,UNTOC.7 -")]) is None
    assert measured(GOLD, [Prediction("a")]) is None
    # UNTOC.6.1 is no label, so it can't be decided on.
    assert measured(GOLD, [tags("a", "UNTOC.6 -,UNTOC.6.1 assigned")]) is None


def test_tags_without_a_decision_count_as_none_and_are_told() -> None:
    found = measured(GOLD, [tags("a", "UNTOC.6 -,UNTOC.7 assigned")])
    assert found is not None
    assert found.undecided == 1
    assert counted(found.groups["all"].both) == [4, 1, 0, 100, 0, 0, None]


def test_nothing_assigned_and_nothing_right() -> None:
    nothing = figures(GOLD, [tags("a", "UNTOC.6 none,UNTOC.7 review")])
    assert counted(nothing.article) == [3, 0, 1, None, 0, 0, None]
    assert nothing.article.wrong_interval is None
    bare = figures([passage("a")], [tags("a", "UNTOC.7 none")])
    assert counted(bare.both) == [0, 0, 0, None, None, None, None]
    assert bare.both.recall_interval is None


def test_where_all_is_doubtful_nothing_counts() -> None:
    found = measured([passage("a", maybe="UNTOC.6 UNTOC.7")], [tags("a", "UNTOC.6 assigned,UNTOC.7 review")])
    assert found is not None
    assert counted(found.groups["all"].both) == [0, 0, 0, None, None, None, None]
    assert found.labels == {}


def test_articles_outside_the_labels_are_wrong() -> None:
    assert counted(figures([passage("a")], [tags("a", "UNTOC.30 assigned")]).article)[:4] == [0, 1, 0, 100]


def test_risk_points_by_hand() -> None:
    score, gold = np.array([0.5, 0.8, 0.9, 0.8]), np.array([False, True, True, False])
    points, reached = risk_points(score, gold, 4)
    assert points == [
        TagPoint(0.25, 0.25, 0, 0.9),
        TagPoint(0.75, 0.5, pytest.approx(1 / 3), 0.8),
        TagPoint(1, 0.5, 0.5, 0.5),
    ]
    assert reached == points[0]
    assert risk_points(score, ~gold, 2)[1] is None
    assert risk_points(score[:0], gold[:0], 0) == ([], None)


def test_the_last_score_of_little_risk_counts_though_a_higher_one_had_more() -> None:
    gold = np.ones(40, dtype=np.bool_)
    gold[[5, 39]] = False
    _, reached = risk_points(np.linspace(1, 0.1, 40), gold, 38)
    # Six tags with one wrong are beyond 5 %, forty with two are not.
    assert reached is not None
    assert (reached.coverage, reached.recall, reached.risk) == (1, 1, 0.05)


def test_long_curves_are_thinned_and_keep_the_point_they_are_read_at() -> None:
    rng = np.random.default_rng(3)
    score = rng.random(5000)
    points, reached = risk_points(score, rng.random(5000) < score, 2500)
    assert 50 <= len(points) <= 51
    assert points[-1].coverage == 1
    assert reached in points
    assert [x.score for x in points] == sorted((x.score for x in points), reverse=True)


def scored(id_: str, **scores: float) -> Prediction:
    return Prediction(id_, tuple(LabelScore(label.replace("_", "."), score, False) for label, score in scores.items()))


def test_labels_with_few_right_tags_are_read_from_a_pool() -> None:
    often = [passage(f"{i}", "UNTOC.6" + " UNTOC.6.1.a.i" * (i < 3)) for i in range(20)]
    gold = [*often, passage("x", "UNTOC.7 TIP.5", "UNTOC.8"), passage("y", "UNTOC.7 TIP.5")]
    made = [scored(x.id, UNTOC_6=0.9, UNTOC_6_1_a_i=0.4) for x in often]
    made += [scored("x", UNTOC_7=0.6, UNTOC_8=0.95, UNTOC_9=0.95)]
    found = curves(join(gold, made))
    assert found.of == {
        "UNTOC.6": "UNTOC.6",
        "UNTOC.6.1.a.i": "UNTOC.6 and below",
        "UNTOC.7": "UNTOC",
        "UNTOC.9": "UNTOC",
        "TIP.5": "all",
    }
    assert list(found.labels) == ["UNTOC.6", "UNTOC.6 and below", "UNTOC"]
    assert found.labels["UNTOC"].labels == ("UNTOC.7", "UNTOC.9")
    named = found.curve("TIP.5")
    assert named is not None
    assert (named[0], named[1].labels) == ("all", ("TIP.5",))
    assert found.curve("UNTOC.8") is None
    below = found.labels["UNTOC.6 and below"]
    assert (below.listed, below.right, below.reached) == (40, 23, TagPoint(0.5, pytest.approx(20 / 23), 0, 0.9))
    # The tag in `maybe` is not listed; UNTOC.9, wrong, has the highest score: 1 of 22 is wrong down to 0.6.
    assert (found.levels["all"].listed, found.levels["all"].right) == (42, 27)
    assert found.levels["all"].reached == TagPoint(22 / 42, pytest.approx(21 / 27), pytest.approx(1 / 22), 0.6)
    assert found.levels["finer"].reached is None


def test_curves_need_no_decisions_and_no_tags() -> None:
    assert curves(join(GOLD, [tags("a", "UNTOC.6 -")])).levels["all"].listed == 1
    empty = curves(join([passage("a", maybe="UNTOC.6")], [scored("a", UNTOC_6=0.9)]))
    assert empty.of == {}
    assert empty.levels["all"].points == []


def row(folder: Path, label: str) -> dict[str, str]:
    head, *lines = (line.split("\t") for line in (folder / "per_provision.tsv").read_text("utf-8").splitlines())
    assert head == COLUMNS.split()
    return next(dict(zip(head, line, strict=True)) for line in lines if line[0] == label)


def test_the_report_has_the_decisions_everywhere(tmp_path: Path) -> None:
    report = evaluate(GOLD, MADE)
    write_report(report, tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert metrics["decisions"]["groups"]["en-judgment"]["both"]["looked"] == 1.5
    assert metrics["curves"]["of"]["UNTOC.6"] == "all"
    found = row(tmp_path, "UNTOC.6")
    assert [found[x] for x in ("assigned", "assigned_wrong", "review", "recall_with_review")] == [
        "1",
        "0.0",
        "1",
        "100.0",
    ]
    assert (found["curve"], found["curve_recall"]) == ("all", "")
    printed = summary_lines(report)
    assert "assigned: 3 tags, 66.7 % [50.0, 100.0] wrong; recall 25.0; with review 75.0" in printed
    assert "review: 3 tags, 1.5 to look at for each right one" in printed
    assert '<th scope="rowgroup" rowspan="3">en-judgment</th>' in render(report)


def test_a_report_without_decisions_says_so(tmp_path: Path) -> None:
    report = evaluate(GOLD, [tags("a", "UNTOC.6 -")], predictions_name="bare.jsonl")
    write_report(report, tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["decisions"] is None
    assert {row(tmp_path, "UNTOC.6")[x] for x in ("assigned", "assigned_wrong", "review")} == {""}
    assert "no decisions in bare.jsonl: their figures are left out" in summary_lines(report)
    assert "No tag in bare.jsonl has a decision" in render(report)


def test_a_report_where_nothing_is_assigned() -> None:
    report = evaluate(GOLD, [tags("a", "UNTOC.6 none")])
    assert "assigned: 0 tags; recall 0.0; with review 0.0" in summary_lines(report)
    assert "review: 0 tags" in summary_lines(report)
    assert render(report)
    bare = evaluate([passage("a", maybe="UNTOC.6")], [tags("a", "UNTOC.6 assigned")])
    assert "assigned: 0 tags; recall -; with review -" in summary_lines(bare)
    assert render(bare)
