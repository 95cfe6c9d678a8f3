"""Calibrations with chosen values, for labels of two levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.calibration import Calibration

LABELS = ("UNTOC.5", "UNTOC.6", "UNTOC.6.1.a.i", "UNTOC.6.1.b.i", "TIP.5")
DOCUMENT = {
    "best": 1.0, "mass": 0.5, "size": -0.5, "offset": 0.0, "threshold": 0.5, "assign": 0.8, "review": 0.3,
}  # fmt: skip


@pytest.fixture(scope="session")
def make_calibration() -> Callable[..., Calibration]:
    def make(labels: tuple[str, ...] = LABELS, **changes: Any) -> Calibration:
        count = len(labels)
        values: dict[str, Any] = {
            "labels": labels,
            "bias": np.zeros(count),
            "slope": np.ones(count),
            "offset": np.zeros(count),
            "threshold": np.full(count, 0.5),
            "assign": np.full(count, 0.8),
            "review": np.full(count, 0.3),
            "standards": dict.fromkeys(STANDARDS, 0.5),
            "gate": 0.2,
            "document": {},
            "risk": {"assigned_wrong": 0.05},
        }
        return Calibration(**{**values, **changes})

    return make
