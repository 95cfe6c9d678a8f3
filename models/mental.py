"""Token logits -> mental-element spans with standard, role, exact words and score; the tagger calls it.

The network gives each token, per standard, an inside and a begin logit, and logits of the four roles. Standards may
overlap ("knows or has reason to believe"), so each is read on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import ROLES, STANDARDS
from palermo.models.calibration import sigmoid

WARM = 0.5  # share of the threshold from which a token belongs to a span that reaches it elsewhere
BRIDGE = 4  # colder tokens inside a span that do not split it
BEGIN = 0.8  # probability from which a new span of the same standard begins inside a range of LEAST tokens
LEAST = 4
EDGES = ",;:.()[]«»\"'“”„、。，；"


@dataclass(frozen=True, slots=True)
class MentalElement:
    """One span: `[start, end)` in code points of the passage, score the mean inside probability, in [0, 1]."""

    standard: str
    role: str
    start: int
    end: int
    score: float

    def to_json(self) -> dict[str, Any]:
        """As it stands in a prediction line."""
        return {
            "standard": self.standard,
            "role": self.role,
            "start": self.start,
            "end": self.end,
            "score": round(self.score, 4),
        }


def decode(
    mental: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.int64],
    text: str,
    thresholds: dict[str, float],
) -> list[MentalElement]:
    """Spans of a passage in text order.

    Args:
        mental: [T, 22] logits: inside x 9, begin x 9, roles x 4.
        offsets: [T, 2] code points; tokens of context and special ones have end 0 and are passed over.
        text: the passage.
        thresholds: by standard, on the inside probability.
    """
    is_text = offsets[:, 1] > offsets[:, 0]
    logits, places = mental[is_text].astype(np.float64), offsets[is_text]
    count = len(STANDARDS)
    inside = sigmoid(logits[:, :count])
    begin = sigmoid(logits[:, count : 2 * count])
    roles = logits[:, 2 * count :]
    found = []
    for index, standard in enumerate(STANDARDS):
        reached = 0  # spans of one standard do not overlap
        for first, last in _runs(inside[:, index], begin[:, index], thresholds[standard]):
            start, end = _trim(text, max(reached, int(places[first, 0])), int(places[last - 1, 1]), reached)
            if end - start > 1:
                reached = end
                role = ROLES[int(roles[first:last].mean(axis=0).argmax())]
                score = float(inside[first:last, index].mean())
                found.append(MentalElement(standard, role, start, end, score))
    return sorted(found, key=lambda element: (element.start, element.end, element.standard))


def _runs(
    inside: npt.NDArray[np.float64], begin: npt.NDArray[np.float64], threshold: float
) -> Iterator[tuple[int, int]]:
    """Token ranges, by hysteresis: warm tokens, gaps bridged, where one at least reaches the threshold.

    A new beginning splits a range that has gone on for a while.
    """
    warm = np.flatnonzero(inside >= WARM * threshold)
    if not warm.size:
        return
    first = previous = int(warm[0])
    ranges = []
    for token in (int(token) for token in warm[1:]):
        if token - previous - 1 > BRIDGE or (begin[token] >= BEGIN and token - first >= LEAST):
            ranges.append((first, previous + 1))
            first = token
        previous = token
    ranges.append((first, previous + 1))
    yield from ((start, end) for start, end in ranges if (inside[start:end] >= threshold).any())


def _trim(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    """Whole words from `floor` on, without white space and punctuation at the ends."""
    while start > floor and _joined(text[start - 1], text[start]):
        start -= 1
    while start < end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return start, end


def _is_edge(character: str) -> bool:
    return character in EDGES or character.isspace()


def _joined(left: str, right: str) -> bool:
    """Whether a word goes on between two characters; scripts without spaces have no such words."""
    return left.isalnum() and right.isalnum() and left < "\u2e80" and right < "\u2e80"
