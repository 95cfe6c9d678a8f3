"""The gate that an exported network must pass before it may ship; `training.pipeline` calls it.

The reference is the network as it was trained and runs in torch; the exported int8 file must decide as it does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from palermo.evaluation.counts import Counts, count, macro, micro
from palermo.evaluation.fitting import Outputs
from palermo.evaluation.pairs import Bools, is_article
from palermo.models.calibration import Calibration

FLIPS = 0.5  # per cent of passages
MICRO_LOSS = 0.3
MACRO_LOSS = 0.5


@dataclass(frozen=True)
class Verdict:
    """What the export costs on labelled passages.

    Attributes:
        flips: passages in which any label's prediction changes, per cent of all.
        label_flips: label predictions that change, per cent of passages.
        micro_loss, macro_loss: article-level F1 of the trained network less that of the exported one, points.
        passed: whether all are within bounds.
    """

    flips: float
    label_flips: float
    micro_loss: float
    macro_loss: float
    passed: bool

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {key: value if isinstance(value, bool) else round(value, 3) for key, value in asdict(self).items()}


def compare(trained: Outputs, exported: Outputs, calibration: Calibration) -> Verdict:
    """Predictions of both networks under one calibration, on the same passages."""
    before = calibration.predicted(trained.scores(calibration))
    after = calibration.predicted(exported.scores(calibration))
    micro_loss, macro_loss = (figure(trained, before) - figure(trained, after) for figure in (_micro, _macro))
    changed = before != after
    flips = 100 * float(changed.any(axis=1).mean())
    label_flips = 100 * float(changed.sum() / len(changed))
    passed = label_flips <= FLIPS and micro_loss <= MICRO_LOSS and macro_loss <= MACRO_LOSS
    return Verdict(flips, label_flips, micro_loss, macro_loss, passed)


def _article_counts(outputs: Outputs, predicted: Bools) -> Counts:
    articles = [index for index, label in enumerate(outputs.labels) if is_article(label)]
    counts = count(outputs.gold[:, articles], predicted[:, articles], outputs.mask[:, articles])
    return np.asarray(counts.sum(axis=0))


def _micro(outputs: Outputs, predicted: Bools) -> float:
    return micro(_article_counts(outputs, predicted)).f1


def _macro(outputs: Outputs, predicted: Bools) -> float:
    return macro(_article_counts(outputs, predicted))[0].f1
