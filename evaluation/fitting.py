"""Fits what turns a network's outputs into scores and decisions; `evaluate --crossfit` and training call it.

Everything is fitted on labelled passages that the network did not learn from. `crossfit_lines` gives honest figures on
those same passages: what a passage gets was fitted on other documents only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage
from palermo.evaluation.calibration import fit_platt
from palermo.evaluation.hinting import fit_hints, hints_in
from palermo.evaluation.mental import overlaps
from palermo.evaluation.pairs import Bools, Floats, Ints
from palermo.evaluation.thresholds import Thresholds, best_scheme, fit_global, fit_per_label, splits
from palermo.models.calibration import Calibration, Mixture
from palermo.models.hints import ENGLISH
from palermo.models.logistic import logit
from palermo.models.mental import MentalElement, decode
from palermo.models.pooling import TokenScores, logits
from palermo.models.results import LAUNDERING, passage_result, prediction_line
from palermo.models.spans import SpanRanker

if TYPE_CHECKING:
    from palermo.models.tagger import Tagger

RISK = 0.05
"""Share of wrong tags that `assigned` may hold."""
REVIEW_RECALL = 0.9
"""Share of the right tags that `assigned` and `review` together should hold.

For the next five of a hundred an editor would look at 45 tags for each right one (dev).
"""
PULL = 20.0  # positives that the pooled threshold weighs against a label's own
SPAN_THRESHOLD = 0.25
"""What a span must be worth. F1 is best where a probability reaches half of that best F1 (Lipton et al. 2014), which is
about 0.5 on passages that the head did not learn from; chosen on dev, with its 205 spans, it swings from 0.15 to 0.35.
"""
SHARES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
LIKELY = 0.02  # score from which a pair counts for sharpening
GATES = (0.05, 0.1, 0.2, 0.3, 0.45)


@dataclass(frozen=True)
class Outputs:
    """What the network says of N passages, and what stands in them.

    Attributes:
        labels: L ids.
        logits: [N, L].
        tokens: for each passage its mental logits and offsets.
        passages: N, with their gold.
        margins: [N, L] of the linear expert; [N, 0] where the model has none.
        hints: [N, L] wording that speaks for a label, see `palermo.models.hints`.
    """

    labels: tuple[str, ...]
    logits: Floats
    tokens: list[TokenScores]
    passages: list[LabelledPassage]
    margins: Floats
    hints: Floats

    def __getitem__(self, rows: Ints) -> Outputs:
        """The outputs of some passages."""
        return Outputs(
            self.labels,
            self.logits[rows],
            [self.tokens[row] for row in rows],
            [self.passages[row] for row in rows],
            self.margins[rows],
            self.hints[rows],
        )

    @property
    def english(self) -> Bools:
        """[N] which passages are in English."""
        return np.array([passage.language == ENGLISH for passage in self.passages])

    def scores(self, calibration: Calibration) -> Floats:
        """[N, L] as the tagger gives them under a calibration."""
        plain = calibration.scores(self.logits, self.margins)
        return calibration.hinted(plain, self.hints, self.english[:, None])

    @property
    def gold(self) -> Bools:
        """[N, L] labels."""
        return np.array([[label in passage.labels for label in self.labels] for passage in self.passages])

    @property
    def mask(self) -> Bools:
        """[N, L] labels that count neither way."""
        return np.array(
            [
                [label in passage.maybe and label not in passage.labels for label in self.labels]
                for passage in self.passages
            ]
        )


def outputs_of(
    labels: Sequence[str],
    bias: Floats,
    tokens: Iterable[TokenScores],
    passages: Sequence[LabelledPassage],
    hints: Floats | None = None,
) -> Outputs:
    """Pool token scores into logits; of the tokens only what mental elements need is kept in memory.

    Hints are looked for unless they are given: another network's outputs on the same passages hold the same.
    """
    found, kept, margins = [], [], []
    nothing = np.zeros((0, 0), np.float32)
    no_margins = np.zeros(0, np.float32)
    for scores in tokens:
        found.append(logits(scores, bias.astype(np.float32)))
        kept.append(TokenScores(nothing, nothing, scores.mental, scores.offsets, no_margins, scores.cues))
        margins.append(scores.margins)
    beside = np.array(margins, dtype=np.float64)
    if hints is None:
        hints = hints_in(passages, labels)
    return Outputs(tuple(labels), np.array(found, dtype=np.float64), kept, list(passages), beside, hints)


def outputs_with(tagger: Tagger, gold: Path, passages: Sequence[LabelledPassage]) -> Outputs:
    """The outputs of a tagger on a file and the passages that were read from it."""
    tokens = tagger.token_scores(record for _, record in read_records(gold, "passage"))
    return outputs_of(tagger.labels, tagger.bias, tokens, passages)


def fit(outputs: Outputs, bias: Floats, ranker: SpanRanker) -> Calibration:
    """Calibration, thresholds, decisions and mental-element thresholds from labelled outputs.

    Args:
        outputs: of passages that the network did not learn from.
        bias: [L] the network's own.
        ranker: of mental elements' spans; it was fitted in training.
    """
    gold, mask = outputs.gold, outputs.mask
    platt = fit_platt(outputs.logits, gold, mask)
    count = len(outputs.labels)
    draft = Calibration(
        labels=outputs.labels,
        bias=bias,
        slope=platt.slope,
        offset=platt.offset,
        threshold=np.full(count, 0.5),
        assign=np.full(count, 1.0),
        review=np.full(count, 0.5),
        standards=dict.fromkeys(STANDARDS, SPAN_THRESHOLD),
        gate=0.2,
        document={},
        risk={"assigned_wrong": RISK, "review_recall": REVIEW_RECALL},
        spans=ranker,
    )
    if outputs.margins.size:
        draft = replace(draft, mixture=fit_mixture(platt(outputs.logits), outputs.margins, gold, mask))
    scores = outputs.scores(draft)
    hints = fit_hints(scores, outputs.hints, draft.finer, outputs.english, gold, mask)
    draft = replace(draft, hints=hints)
    scores = outputs.scores(draft)
    levels = draft.finer.astype(np.int64)
    # A level without positives has an infinite threshold, which JSON can't carry; no score is above 1.
    documents = [passage.doc_id for passage in outputs.passages]
    threshold = np.minimum(fit_thresholds(scores, gold, mask, documents, levels), 1.0)
    assign, review = decision_thresholds(scores, gold, mask)
    fitted = replace(
        draft,
        threshold=threshold,
        assign=np.maximum(np.full(count, assign), threshold),
        review=np.minimum(np.full(count, review), threshold),
    )
    return replace(fitted, gate=fit_gate(outputs, scores, ranker))


def fit_mixture(network: Floats, margins: Floats, gold: Bools, mask: Bools) -> Mixture:
    """The linear expert's part, from the network's calibrated scores and the expert's margins, each [N, L].

    For each of SHARES the mean is sharpened by one Platt scaling for all labels, on the pairs that are not nearly
    impossible; the share is the one that then has the least log loss. Before it is sharpened, a mean of two is less
    sure of itself than one alone, whichever is right: chosen there, the share would be too small.
    """
    free = ~mask
    expert = fit_platt(margins, gold, mask)
    drafts = [Mixture(expert.slope, expert.offset, share, 1.0, 0.0) for share in SHARES]
    sharpened = [_sharpened(draft, draft.mean(network, margins)[free], gold[free]) for draft in drafts]
    losses = [_log_loss(one(network, margins)[free], gold[free]) for one in sharpened]
    return sharpened[int(np.argmin(losses))]


def _sharpened(mixture: Mixture, mean: Floats, truth: Bools) -> Mixture:
    """The mixture with sharpness and shift fitted to its mean and the truth of P pairs, each [P]."""
    values = logit(mean)
    likely = values >= logit(np.array(LIKELY))
    if not truth[likely].any() or truth[likely].all():
        return mixture
    final = fit_platt(values[likely][:, None], truth[likely][:, None], np.zeros((int(likely.sum()), 1), np.bool_))
    return replace(mixture, sharpness=float(final.slope[0]), shift=float(final.offset[0]))


def _log_loss(scores: Floats, gold: Bools) -> float:
    return float(-np.log(np.maximum(np.where(gold, scores, 1 - scores), 1e-9)).mean())


def fit_thresholds(scores: Floats, gold: Bools, mask: Bools, documents: Sequence[str], levels: Ints) -> Floats:
    """F1 thresholds [L]: one a level or one a label, whichever does better on documents it was not chosen on.

    Many labels are thin: their own thresholds must earn their place.
    """
    schemes: dict[str, Callable[[Floats, Bools, Bools], Thresholds]] = {
        "one a level": lambda values, truth, free: fit_global(values, truth, free, levels),
        "one a label": lambda values, truth, free: fit_per_label(values, truth, free, levels, pull=PULL),
    }
    several = len(set(documents)) > 1
    scheme = best_scheme(scores, gold, mask, documents, schemes, levels) if several else "one a level"
    return schemes[scheme](scores, gold, mask).values


def decision_thresholds(scores: Floats, gold: Bools, mask: Bools) -> tuple[float, float]:
    """Lowest score from which at most RISK of the tags are wrong, and the one that REVIEW_RECALL of the right reach.

    Pooled over labels: scores are calibrated, so one score means one risk.
    """
    free = ~mask
    values, truth = scores[free], gold[free]
    order = np.argsort(-values, kind="stable")
    wrong = np.cumsum(~truth[order]) / np.arange(1, len(order) + 1)
    safe = np.flatnonzero(wrong <= RISK)
    assign = float(values[order][safe[-1]]) if safe.size else 1.0
    right = values[truth]
    review = float(np.quantile(right, 1 - REVIEW_RECALL, method="lower")) if right.size else 0.5
    return assign, min(review, assign)


def fit_gate(outputs: Outputs, scores: Floats, ranker: SpanRanker) -> float:
    """Score of article 6 from which spans are shown: best mean of span and standard F1, of equals the strictest."""
    laundering = scores[:, outputs.labels.index(LAUNDERING)]
    rows: list[int] = np.flatnonzero(laundering >= min(GATES)).tolist()
    least = dict.fromkeys(STANDARDS, SPAN_THRESHOLD)
    found = {row: decode(outputs.tokens[row], outputs.passages[row].text, least, ranker) for row in rows}

    def value(gate: float) -> float:
        return _mental_value(outputs, {row: elements for row, elements in found.items() if laundering[row] >= gate})

    return max(GATES, key=lambda gate: (value(gate), gate))


def _mental_value(outputs: Outputs, found: dict[Any, list[MentalElement]]) -> float:
    """Mean of standards F1 and half-overlap span F1 over all passages, 0 to 1."""
    counts = np.zeros((2, 3))  # (standards, spans) x (right, found, gold)
    for row, passage in enumerate(outputs.passages):
        elements = found.get(row, [])
        gold = {span.standard for span in passage.mens_rea}
        said = {element.standard for element in elements}
        counts[0] += len(gold & said), len(said), len(gold)
        used: set[int] = set()
        for element in elements:
            for place, span in enumerate(passage.mens_rea):
                if place not in used and overlaps(span, element):
                    used.add(place)
                    break
        counts[1] += len(used), len(elements), len(passage.mens_rea)
    return float(np.mean(2 * counts[:, 0] / np.maximum(1, counts[:, 1] + counts[:, 2])))


def crossfit_lines(outputs: Outputs, bias: Floats, ranker: SpanRanker, folds: int = 5) -> list[dict[str, Any]]:
    """Prediction lines of the passages, each by a calibration that was fitted on other documents, in order."""
    lines: list[dict[str, Any]] = [{} for _ in outputs.passages]
    for inside, outside in splits([passage.doc_id for passage in outputs.passages], folds):
        calibration = fit(outputs[inside], bias, ranker)
        for row, line in zip(outside, lines_of(outputs[outside], calibration), strict=True):
            lines[row] = line
    return lines


def crossfit_of(tagger: Tagger, gold: Path, passages: Sequence[LabelledPassage]) -> list[dict[str, Any]]:
    """`crossfit_lines` of a tagger on a file and the passages that were read from it."""
    return crossfit_lines(outputs_with(tagger, gold, passages), tagger.bias, tagger.ranker)


def lines_of(outputs: Outputs, calibration: Calibration) -> list[dict[str, Any]]:
    """Prediction lines as `Tagger.predict` writes them."""
    return [
        prediction_line(passage.id, outputs.labels, passage_result(passage.text, tokens, scores, calibration))
        for passage, tokens, scores in zip(outputs.passages, outputs.tokens, outputs.scores(calibration), strict=True)
    ]
