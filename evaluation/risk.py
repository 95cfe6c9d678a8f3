"""From which score on a tag may go in unread, and from which one wants a look; `fitting` calls it.

Scores are calibrated, so one score should mean one risk whatever the label, and the cut is found on all labels of a
level together, articles or finer ones: cuts of single labels, each the luckiest of its few tags, let more wrong ones
through (`EXPERIMENTS.md`). A label that is surely riskier than that is the exception, and gets a stricter cut of its
own, or of its article or instrument where it is thin. All of it wants scores of passages that nothing was fitted on: on
others they look surer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from palermo.evaluation.pairs import Bools, Floats, Ints
from palermo.evaluation.wilson import wilson_interval

RISK = 0.05
"""Share of wrong tags that `assigned` may hold."""
REVIEW_RECALL = 0.9
"""Share of the right tags that `assigned` and `review` together should hold.

For the next five of a hundred an editor would look at 45 tags for each right one (dev).
"""
ENOUGH = 25
"""Right tags of a label, or of what it belongs to, on which a cut may be found."""
ONE_IN_TEN = 1.2816
"""Standard deviations that a share falls below with that probability: what "surely" means."""


def decision_thresholds(scores: Floats, gold: Bools, mask: Bools) -> tuple[float, float]:
    """Lowest score from which at most RISK of the tags are wrong, and the one that REVIEW_RECALL of the right reach."""
    free = ~mask
    values, truth = scores[free], gold[free]
    assign = _cut(values, truth)
    right = values[truth]
    review = float(np.quantile(right, 1 - REVIEW_RECALL, method="lower")) if right.size else 0.5
    return assign, min(review, assign)


def stricter(scores: Floats, gold: Bools, mask: Bools, labels: Sequence[str], cut: float) -> Floats:
    """Cuts [L]: `cut`, or a higher one for labels of which surely more than RISK are wrong from it on.

    Args:
        scores, gold, mask: [N, L]; masked pairs count neither way.
        labels: L ids.
        cut: score that holds for the others.
    """
    found = np.full(len(labels), cut)
    for column, label in enumerate(labels):
        for kin in _kin(label, labels):
            free = ~mask[:, kin]
            values, truth = scores[:, kin][free], gold[:, kin][free]
            if truth.sum() >= ENOUGH:
                if _surely_riskier(~truth[values >= cut]):
                    found[column] = max(cut, _cut(values, truth))
                break
    return found


def _cut(values: Floats, truth: Bools) -> float:
    """Lowest of the scores [N] from which at most RISK are wrong; 1 where there is none."""
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    wrong = np.cumsum(~truth[order]) / np.arange(1, len(order) + 1)
    last_of_equals = np.append(ranked[1:] < ranked[:-1], True)[: len(ranked)]
    safe = np.flatnonzero((wrong <= RISK) & last_of_equals)
    return float(ranked[safe[-1]]) if safe.size else 1.0


def _surely_riskier(wrong: Bools) -> bool:
    if not wrong.size:
        return False
    return wilson_interval(int(wrong.sum()), len(wrong), ONE_IN_TEN)[0] > RISK


def _kin(label: str, labels: Sequence[str]) -> Iterator[Ints]:
    """Columns of the label itself, of its article with the finer labels, and of its instrument."""
    yield np.array([column for column, other in enumerate(labels) if other == label])
    for depth in (2, 1):
        stem = label.split(".")[:depth]
        yield np.array([column for column, other in enumerate(labels) if other.split(".")[:depth] == stem])
