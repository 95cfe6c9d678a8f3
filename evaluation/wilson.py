"""Wilson's score interval of a proportion; the dashboard shows with it how sure a precision from few reviews is.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212. Unlike
the usual interval it is never empty and never leaves [0, 1], also for 0 or all of a few.
"""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


def wilson_interval(right: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of right / total, from 0 to 1; (0, 1) where nothing was counted.

    Raises:
        ValueError: not 0 <= right <= total.
    """
    if not 0 <= right <= total:
        raise ValueError(f"{right} of {total}")
    if total == 0:
        return 0.0, 1.0
    share, square = right / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)
