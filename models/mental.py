"""Token logits -> mental-element spans with standard, role, exact words and score; the tagger calls it.

The network gives each token, per standard, an inside, a begin and an end logit, and logits of the four roles. Standards
may overlap ("knows or has reason to believe"), so each is read on its own: of all ways to lay spans on the passage, the
one that the logits speak for most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import ROLES, STANDARDS
from palermo.models.calibration import logit, sigmoid
from palermo.models.cues import Lift
from palermo.models.pooling import TokenScores

OUTPUTS = 3 * len(STANDARDS) + len(ROLES)  # logits of a token
LONGEST = 90  # tokens of a span; 1 % of those in the corpus are longer
EDGE = 2.0  # how much a begin or end logit counts beside an inside logit
EDGE_AT = -2.0  # the logit from which a begin or end speaks for a span
AROUND = 10  # tokens before the first warm one, and after the last, that a span may begin or end at
Floats = npt.NDArray[np.float64]
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


def decode(tokens: TokenScores, text: str, thresholds: dict[str, float], lift: Lift) -> list[MentalElement]:
    """Spans of a passage in text order.

    Args:
        tokens: of the passage; of its mental logits [T, 31] the first are inside x 9, begin x 9, end x 9, roles x 4.
            Tokens of context and special ones have end 0 and are passed over.
        text: the passage.
        thresholds: by standard, on the inside probability.
        lift: what cues add to the logits.
    """
    is_text = tokens.offsets[:, 1] > tokens.offsets[:, 0]
    logits, places, cues = tokens.mental[is_text].astype(np.float64), tokens.offsets[is_text], tokens.cues[is_text]
    count = len(STANDARDS)
    inside, begin, end_ = (logits[:, place * count : (place + 1) * count] for place in range(3))
    inside, begin = inside + lift.inside(cues), begin + lift.begin(cues)
    roles = logits[:, 3 * count :]
    found = []
    for index, standard in enumerate(STANDARDS):
        reached = 0  # spans of one standard do not overlap
        for first, last in _runs(inside[:, index], begin[:, index], end_[:, index], thresholds[standard]):
            start, end = _trim(text, max(reached, int(places[first, 0])), int(places[last - 1, 1]), reached)
            if end - start > 1:
                reached = end
                role = ROLES[int(roles[first:last].mean(axis=0).argmax())]
                score = float(sigmoid(inside[first:last, index]).mean())
                found.append(MentalElement(standard, role, start, end, score))
    return sorted(found, key=lambda element: (element.start, element.end, element.standard))


def _runs(inside: Floats, begin: Floats, end: Floats, threshold: float) -> list[tuple[int, int]]:
    """Token ranges [first, last) of one standard, from its logits [T]: the set of spans with the highest sum.

    A span is worth its inside logits, counted from the threshold's, its first begin and its last end logit; what is in
    no span is worth nothing. Found by dynamic programming over where a span ends (a semi-Markov model's best path).
    """
    level = float(logit(np.array(threshold)))
    warm = np.flatnonzero(inside >= level)
    if not warm.size:
        return []
    low, high = max(0, int(warm[0]) - AROUND), min(len(inside), int(warm[-1]) + AROUND + 1)
    summed = np.concatenate([[0.0], np.cumsum(inside - level)])
    opening = EDGE * (begin - EDGE_AT) - summed[:-1]
    closing = EDGE * (end - EDGE_AT) + summed[1:]
    best = np.zeros(len(inside) + 1)
    since: dict[int, int] = {}  # by end, where the span that ends there begins
    for stop in range(low + 1, high + 1):
        first = max(low, stop - LONGEST)
        worth = best[first:stop] + opening[first:stop]
        start = int(worth.argmax())
        value = float(worth[start] + closing[stop - 1])
        best[stop] = best[stop - 1]
        if value > best[stop]:
            best[stop], since[stop] = value, first + start
    ranges = []
    stop = high
    while stop > low:
        start = since.get(stop, stop - 1)
        if stop in since:
            ranges.append((start, stop))
        stop = start
    return ranges[::-1]


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
