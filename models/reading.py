"""What is known of a passage by itself, and what becomes of it among the others of its judgment; the tagger calls it.

The rest of a judgment moves a passage's scores (`context`), and is known once all of it was read. What waits until then
is small: scores, spans, and the scores without each sentence; the network's words about each token are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from palermo.corpora.documents.sentences import sentences
from palermo.models.calibration import Calibration
from palermo.models.context import Others
from palermo.models.hints import ENGLISH, LEAST, Floats, hints_of
from palermo.models.mental import MentalElement, decode
from palermo.models.pooling import TokenScores, logits, logits_without
from palermo.models.results import LAUNDERING, PassageResult, Tag, passage_result

NOTHING = np.zeros((0, 0), np.float32)
NO_LABELS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Words:
    """A passage as it is read: its text, the heading that it stands under, its language (ISO 639-1)."""

    text: str
    heading: str | None
    language: str | None


@dataclass(frozen=True)
class Reading:
    """A passage by itself.

    Attributes:
        scores: [L] calibrated.
        elements: its mental elements, should it speak of laundering.
        sentences: (start, end) of each in code points; none where no evidence is wanted.
        without: [S, O] scores with each sentence left out, of the labels that may come to be shown.
        open: [O] which they are.
    """

    scores: Floats
    elements: Sequence[MentalElement]
    sentences: Sequence[tuple[int, int]]
    without: npt.NDArray[np.float32]
    open: npt.NDArray[np.int64]


def read_alone(words: Words, tokens: TokenScores, calibration: Calibration, *, evidence: bool) -> Reading:
    """What the network's tokens say of a passage; with `evidence`, what they say without each sentence too."""
    english = np.bool_(words.language == ENGLISH)
    bias = calibration.bias.astype(np.float32)
    scores = calibration.scores(logits(tokens, bias).astype(np.float64), tokens.margins)
    hints = hints_of(words.text, words.heading, words.language, calibration.labels, calibration.open_to_hints(scores))
    scores = calibration.hinted(scores, hints, english)
    elements: list[MentalElement] = []
    if scores[calibration.labels.index(LAUNDERING)] >= calibration.open_to_elements:
        elements = decode(tokens, words.text, calibration.standards, calibration.spans)
    cut = sentences(words.text, words.language or ENGLISH) if evidence else []
    if not cut:
        return Reading(scores, elements, (), NOTHING, NO_LABELS)
    # All labels, for an article's score may be that of its finer label. The hints stay: what counts is the sentence
    # that the network read the provision from.
    left = logits_without(tokens, bias, range(len(scores)), cut).astype(np.float64)
    left = calibration.hinted(calibration.scores(left, tokens.margins), hints, english)
    shown = np.flatnonzero(scores >= LEAST)
    return Reading(scores, elements, cut, left[:, shown].astype(np.float32), shown)


def result_of(reading: Reading, calibration: Calibration, beside: Others | None = None) -> PassageResult:
    """What is said of a passage: by itself, or with what stands beside it in its judgment."""
    scores = reading.scores
    without = np.zeros((len(reading.sentences), len(scores)))
    without[:, reading.open] = reading.without
    if beside is not None:
        scores, without = calibration.moved(scores, beside), calibration.moved(without, beside)
    result = passage_result(scores, calibration, lambda: list(reading.elements))
    return replace(result, tags=[_with_evidence(tag, reading.sentences, scores, without) for tag in result.tags])


def results_of(readings: Sequence[Reading], calibration: Calibration) -> list[PassageResult]:
    """What is said of each passage of a judgment, each moved by the others."""
    beside = calibration.beside(np.stack([reading.scores for reading in readings])) if readings else None
    return [
        result_of(reading, calibration, None if beside is None else beside[row]) for row, reading in enumerate(readings)
    ]


def _with_evidence(tag: Tag, cut: Sequence[tuple[int, int]], scores: Floats, without: Floats) -> Tag:
    """The tag, if it is shown, with the sentence that lowers its score most when left out."""
    if not (tag.shown and cut):
        return tag
    drops = scores[tag.label] - without[:, tag.label]
    best = int(drops.argmax())
    return replace(tag, evidence=(*cut[best], float(drops[best])))
