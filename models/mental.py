"""Token logits -> mental-element spans with standard, role, exact words and score; the tagger calls it.

The network gives each token, per standard, an inside, a begin and an end logit, and logits of the four roles. Standards
may overlap ("knows or has reason to believe"), so each is read on its own: the likeliest of its candidate spans
(`spans`), then the next that shares no word with it, while they are likely enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import ROLES, STANDARDS
from palermo.models.pooling import TokenScores
from palermo.models.spans import Candidates, Ints, SpanRanker, candidates, chosen

OUTPUTS = 3 * len(STANDARDS) + len(ROLES)  # logits of a token
SILENT = -20.0  # all of them, where the network finds that nothing speaks of laundering
EDGES = ",;:.()[]«»\"'“”„、。，；،؛"


@dataclass(frozen=True, slots=True)
class MentalElement:
    """One span: `[start, end)` in code points of the passage, score the probability that it is one, in [0, 1]."""

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


def decode(tokens: TokenScores, text: str, thresholds: dict[str, float], ranker: SpanRanker) -> list[MentalElement]:
    """Spans of a passage in text order.

    Args:
        tokens: of the passage; of its mental logits [T, 31] the first are inside x 9, begin x 9, end x 9, roles x 4.
            Tokens of context and special ones have end 0 and are passed over.
        text: the passage.
        thresholds: by standard, the least that a span must be worth.
        ranker: says what a span is worth.
    """
    places, logits, cues = of_text(tokens)
    roles = logits[:, 3 * len(STANDARDS) :].astype(np.float64)
    found = []
    for index, standard in enumerate(STANDARDS):
        spans = spans_of(text, places, logits, cues, index)
        worth = ranker(spans.candidates)
        for place in chosen(worth, spans.starts, spans.ends, thresholds[standard]):
            first, last = int(spans.candidates.first[place]), int(spans.candidates.last[place])
            role = ROLES[int(roles[first : last + 1].mean(axis=0).argmax())]
            start, end = int(spans.starts[place]), int(spans.ends[place])
            found.append(MentalElement(standard, role, start, end, float(worth[place])))
    return sorted(found, key=lambda element: (element.start, element.end, element.standard))


def of_text(tokens: TokenScores) -> tuple[Ints, npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Places, mental logits and cues of the tokens that are text, as `spans_of` takes them."""
    is_text = tokens.offsets[:, 1] > tokens.offsets[:, 0]
    return tokens.offsets[is_text], tokens.mental[is_text], tokens.cues[is_text]


@dataclass(frozen=True)
class Spans:
    """Candidates of one standard [C] with the words that they are: `[start, end)` in code points, whole words."""

    candidates: Candidates
    starts: Ints
    ends: Ints


def spans_of(text: str, places: Ints, logits: npt.NDArray[Any], cues: npt.NDArray[np.uint8], standard: int) -> Spans:
    """The candidates of one standard as words; those of a single character are none. Arguments as `candidates`."""
    found = candidates(text, places, logits, cues, standard)
    pairs = zip(places[found.first, 0].tolist(), places[found.last, 1].tolist(), strict=True)
    words = np.array([_trim(text, start, end) for start, end in pairs], dtype=np.int64).reshape(-1, 2)
    kept = words[:, 1] - words[:, 0] > 1
    left = Candidates(found.first[kept], found.last[kept], found.features[kept])
    return Spans(left, words[kept, 0], words[kept, 1])


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Whole words, without white space and punctuation at the ends."""
    while start > 0 and _joined(text[start - 1], text[start]):
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
