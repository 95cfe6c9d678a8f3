"""Which words are a mental element: candidate spans of a passage and what speaks for each; `mental` calls it.

A span runs from a word that names the mental element over its object to the end of a clause ("having reasonable grounds
to believe that the funds are proceeds"). So spans are looked for between places where one may begin (the network says
so, a cue begins there) and places where one may end (the network says so, a cue or a clause ends there). A linear model
of a few features tells how likely each is to be what an annotator marks; `palermo.training.spans` fits it on passages
that the head of the network did not learn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.cues import CUE, FIRST
from palermo.models.logistic import sigmoid
from palermo.models.wording import lower

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LONGEST = 90  # tokens of a span; 1 % of those in the corpus are longer
CLIP = 6.0  # logits beyond it say no more: the head is surer on what it does not know than it should be
WARM = -2.0  # inside logit from which a token may be part of a span
EDGE = -3.0  # begin or end logit from which a span may begin or end at a token
CLAUSES = 3  # ends of clauses behind a core token that a span may end at,
REACH = 60  # at most so many tokens further
LEAD = 15  # tokens from a span's start within which its core must begin
NEAR = 8  # tokens around an edge among which another may be better
MANY = 3  # cues of a passage beyond it are no more
STOPS = ',.;:()[]“”"«»—–。，；：、'
SENTENCE_ENDS = ".;。；"
COMMAS = ",、，"
FEATURES = (
    "inside",
    "inside, highest",
    "inside, share",
    "inside, last four",
    "inside, highest of the passage",
    "inside before",
    "inside behind",
    "inside of the four behind",
    "other standards inside",
    "begin",
    "begin, if low",
    "better begin near",
    "end",
    "end, if low",
    "better end near",
    "begins with a cue",
    "holds a cue",
    "cues",
    "ends in a cue",
    "length",
    "length squared",
    "length x inside",
    "length x inside, share",
    "clause ends behind",
    "sentence ends behind",
    "comma behind",
    "clause ends before",
    "sentence ends before",
    "comma before",
    "clause ends on both sides",
    "clause ends behind x inside",
    "clause ends behind x begins with a cue",
    "cues of the passage before",
    "no cue of the passage before",
    "cues of the passage behind",
    "no cue of the passage behind",
    "said before",  # the same words, earlier in the passage: annotators quote a standard where it comes first
    *STANDARDS,  # which one it is: of some, more candidates are right than of others that look as good
)


@dataclass(frozen=True)
class Candidates:
    """Spans of one standard that may be meant.

    Attributes:
        first, last: [C] tokens, both inside.
        features: [C, F] in the order of FEATURES.
    """

    first: Ints
    last: Ints
    features: Floats


@dataclass(frozen=True)
class SpanRanker:
    """Weights by name of a feature, and an intercept; without any fitted, ones that read the network's logits alone."""

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"inside": 1.0, "begin": 0.3, "end": 0.3, "length": 0.5}
    )
    intercept: float = 0.0

    def __call__(self, candidates: Candidates) -> Floats:
        """[C] how likely each candidate is to match a span that an annotator marks (`evaluation.mental.overlaps`)."""
        weights = np.array([self.weights.get(name, 0.0) for name in FEATURES])
        return sigmoid(candidates.features @ weights + self.intercept)

    def to_json(self) -> dict[str, Any]:
        """As it stands in `calibration.json`."""
        return {"weights": {name: round(value, 5) for name, value in self.weights.items()}, "intercept": self.intercept}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> SpanRanker:
        """Of what `to_json` wrote; None: the one without anything fitted. Raises ValueError for an unknown feature."""
        if data is None:
            return cls()
        weights = {str(name): float(value) for name, value in data["weights"].items()}
        if unknown := sorted(set(weights) - set(FEATURES)):
            raise ValueError(f"unknown feature {unknown[0]!r}")
        return cls(weights, float(data["intercept"]))


def candidates(text: str, places: Ints, logits: Floats, cues: npt.NDArray[np.uint8], standard: int) -> Candidates:
    """The candidates of one standard.

    Args:
        text: the passage.
        places: [T, 2] its tokens in code points.
        logits: [T, 27 or more] inside, begin and end of the nine standards.
        cues: [T, 9], see `cues.cues_of`.
        standard: its index.
    """
    said = np.clip(logits[:, :27].astype(np.float64), -CLIP, CLIP).reshape(len(places), 3, 9)
    inside, begin, end = (said[:, place, standard] for place in range(3))
    cue, warm = cues[:, standard] >= CUE, inside > WARM
    core = cue | warm
    if not core.any():
        nothing = np.zeros(0, np.int64)
        return Candidates(nothing, nothing, np.zeros((0, len(FEATURES))))
    marks = _Marks.of(text, places)
    first, last = _pairs(
        core,
        np.flatnonzero(_begins(warm) | (cues[:, standard] == FIRST) | (begin > EDGE)),
        np.flatnonzero(_ends(warm) | _ends(cue) | (end > EDGE) | _clauses(core, marks.clause_behind)),
    )
    others = np.delete(said[:, 0], standard, axis=1).max(axis=1)
    columns = _logit_features(first, last, inside, begin, end, others)
    columns |= _word_features(first, last, cues[:, standard], marks)
    columns |= _passage_features(first, last, cues[:, standard])
    columns["said before"] = _said_before(text, places[first, 0], places[last, 1])
    length = columns["length"]
    columns["length x inside"] = length * columns["inside"]
    columns["length x inside, share"] = length * columns["inside, share"]
    columns["clause ends behind x inside"] = columns["clause ends behind"] * columns["inside"]
    columns["clause ends behind x begins with a cue"] = columns["clause ends behind"] * columns["begins with a cue"]
    columns |= {name: np.full(len(first), float(place == standard)) for place, name in enumerate(STANDARDS)}
    return Candidates(first, last, np.stack([columns[name] for name in FEATURES], axis=1))


def chosen(worth: Floats, starts: Ints, ends: Ints, least: float) -> list[int]:
    """The likeliest candidates that reach `least` and share no words, the likeliest first."""
    taken: list[int] = []
    for place in np.argsort(-worth, kind="stable").tolist():
        if worth[place] < least:
            break
        if all(ends[place] <= starts[other] or starts[place] >= ends[other] for other in taken):
            taken.append(place)
    return taken


@dataclass(frozen=True)
class _Marks:
    """[T] what punctuation stands before and behind each token."""

    clause_before: Bools
    sentence_before: Bools
    comma_before: Bools
    clause_behind: Bools
    sentence_behind: Bools
    comma_behind: Bools

    @classmethod
    def of(cls, text: str, places: Ints) -> _Marks:
        before = [text[max(0, start - 2) : start].rstrip()[-1:] for start in places[:, 0].tolist()]
        behind = [text[end : end + 2].lstrip()[:1] for end in places[:, 1].tolist()]

        def among(found: list[str], marks: str) -> Bools:
            return np.array([not mark or mark in marks for mark in found])  # the text's ends are ends of all kinds

        def only(found: list[str], marks: str) -> Bools:
            return np.array([mark != "" and mark in marks for mark in found])

        return cls(
            among(before, STOPS),
            among(before, SENTENCE_ENDS + ":"),
            only(before, COMMAS),
            among(behind, STOPS),
            among(behind, SENTENCE_ENDS),
            only(behind, COMMAS),
        )


def _begins(run: Bools) -> Bools:
    """[T] where a run begins."""
    found = run.copy()
    found[1:] &= ~run[:-1]
    return found


def _ends(run: Bools) -> Bools:
    """[T] where a run has its last token."""
    found = run.copy()
    found[:-1] &= ~run[1:]
    return found


def _clauses(core: Bools, clause_behind: Bools) -> Bools:
    """[T] the next few tokens from each core token on at which a clause ends."""
    found = np.zeros(len(core), np.bool_)
    stops = np.flatnonzero(clause_behind)
    at = np.searchsorted(stops, np.flatnonzero(core))
    for token, place in zip(np.flatnonzero(core).tolist(), at.tolist(), strict=True):
        near = stops[place : place + CLAUSES]
        found[near[near < token + REACH]] = True
    return found


def _pairs(core: Bools, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Starts and ends that make a span with a core token in it, near its start."""
    first, last = (grid.ravel() for grid in np.meshgrid(starts, ends, indexing="ij"))
    before = np.concatenate([[0], np.cumsum(core)])
    has_core = before[np.minimum(last + 1, first + LEAD)] > before[first]
    fits = (last >= first) & (last - first < LONGEST) & has_core
    return first[fits], last[fits]


def _logit_features(
    first: Ints, last: Ints, inside: Floats, begin: Floats, end: Floats, others: Floats
) -> dict[str, Floats]:
    length = (last + 1 - first).astype(np.float64)

    def mean(values: Floats, start: Ints, stop: Ints) -> Floats:
        summed = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray((summed[stop] - summed[start]) / np.maximum(1, stop - start), dtype=np.float64)

    padded = np.concatenate([[-CLIP], inside, [-CLIP]])
    count = len(inside)
    behind = np.minimum(last + 5, count)
    highest = np.array([inside[i : j + 1].max() for i, j in zip(first, last, strict=True)])
    log_length = np.log(length)
    return {
        "inside": mean(inside, first, last + 1),
        "inside, highest": highest,
        "inside, share": mean((inside > 0).astype(np.float64), first, last + 1),
        "inside, last four": mean(inside, np.maximum(first, last - 3), last + 1),
        "inside, highest of the passage": np.full(len(first), inside.max()),
        "inside before": padded[first],
        "inside behind": padded[last + 2],
        "inside of the four behind": np.where(behind > last + 1, mean(inside, last + 1, behind), -CLIP),
        "other standards inside": mean(others, first, last + 1),
        "begin": begin[first],
        "begin, if low": np.minimum(begin[first], 0.0),
        "better begin near": _highest_near(begin)[first] - begin[first],
        "end": end[last],
        "end, if low": np.minimum(end[last], 0.0),
        "better end near": _highest_near(end)[last] - end[last],
        "length": log_length,
        "length squared": log_length**2,
    }


def _highest_near(values: Floats) -> Floats:
    """[T] the highest within NEAR tokens to each side."""
    padded = np.pad(values, NEAR, constant_values=-np.inf)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR + 1).max(axis=1), dtype=np.float64)


def _word_features(first: Ints, last: Ints, cues: npt.NDArray[np.uint8], marks: _Marks) -> dict[str, Floats]:
    tokens = np.concatenate([[0], np.cumsum(cues >= CUE)])
    firsts = np.concatenate([[0], np.cumsum(cues == FIRST)])
    found = {
        "begins with a cue": cues[first] == FIRST,
        "holds a cue": tokens[last + 1] > tokens[first],
        "cues": np.minimum(2, firsts[last + 1] - firsts[first]),
        "ends in a cue": cues[last] >= CUE,
        "clause ends behind": marks.clause_behind[last],
        "sentence ends behind": marks.sentence_behind[last],
        "comma behind": marks.comma_behind[last],
        "clause ends before": marks.clause_before[first],
        "sentence ends before": marks.sentence_before[first],
        "comma before": marks.comma_before[first],
        "clause ends on both sides": marks.clause_behind[last] & marks.clause_before[first],
    }
    return {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}


def _passage_features(first: Ints, last: Ints, cues: npt.NDArray[np.uint8]) -> dict[str, Floats]:
    """How many cues of the standard stand before and behind each candidate: most passages name a standard once."""
    begun = np.concatenate([[0], np.cumsum(cues == FIRST)])
    sides = {"before": begun[first], "behind": begun[-1] - begun[last + 1]}
    found = {f"cues of the passage {side}": np.minimum(MANY, count) for side, count in sides.items()}
    found |= {f"no cue of the passage {side}": count == 0 for side, count in sides.items()}
    return {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}


def _said_before(text: str, starts: Ints, ends: Ints) -> Floats:
    """[C] whether the words of a candidate stand earlier in the text too, whatever their case."""
    text = lower(text)
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        words = text[start:end].lstrip()  # a token may begin with the white space before it
        found.append(float(text.find(words.rstrip()) < end - len(words)))
    return np.array(found)
