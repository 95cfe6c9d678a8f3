"""Scores and logits; everything that calibrates uses these two."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def logit(p: npt.NDArray[Any]) -> Floats:
    """The inverse of `sigmoid`, finite for 0 and 1."""
    bounded = np.clip(p, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(bounded / (1 - bounded)), dtype=np.float64)


def sigmoid(x: npt.NDArray[Any]) -> Floats:
    """Logistic function that doesn't overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), dtype=np.float64)
