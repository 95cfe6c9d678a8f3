"""Fits what turns a network's outputs into scores and decisions; `evaluate --crossfit` and training call it.

Everything is fitted on labelled passages that the network did not learn from. `crossfit_lines` gives honest figures on
those same passages: what a passage gets was fitted on other documents only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, overlaps
from palermo.evaluation.calibration import fit_platt
from palermo.evaluation.contexts import fit_context
from palermo.evaluation.hinting import fit_hints, hints_in
from palermo.evaluation.pairs import Bools, Floats, Ints
from palermo.evaluation.risk import REVIEW_RECALL, RISK, decision_thresholds, stricter
from palermo.evaluation.thresholds import fit_per_label, splits
from palermo.models.calibration import Calibration, Mixture
from palermo.models.context import together
from palermo.models.hints import ENGLISH
from palermo.models.logistic import logit
from palermo.models.mental import MentalElement, decode
from palermo.models.pooling import TokenScores, logits
from palermo.models.results import LAUNDERING, passage_result, prediction_line
from palermo.models.spans import SpanRanker

if TYPE_CHECKING:
    from palermo.models.tagger import Tagger

HELD_OUT = 1
"""Seed of the folds that the decisions are fitted over; those of `crossfit_lines` would be the same again."""
PULL = 20.0  # positives that the threshold of all labels of a level weighs against a label's own
SPAN_THRESHOLD = 0.25
"""What a span must be worth. F1 is best where a probability reaches half of that best F1 (Lipton et al. 2014), which is
about 0.5 on passages that the head did not learn from; chosen on dev, with its 205 spans, it swings from 0.15 to 0.35.
"""
MARGIN = 0.05
"""How far a threshold may be set from the score at which it was found."""
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
        """[N, L] as the tagger gives them under a calibration; passages of one judgment are read together."""
        plain = calibration.scores(self.logits, self.margins)
        found = calibration.hinted(plain, self.hints, self.english[:, None])
        for rows in self.judgments:
            found[rows] = calibration.among(found[rows])
        return found

    @property
    def documents(self) -> list[str]:
        """[N] ids of the passages' documents."""
        return [passage.doc_id for passage in self.passages]

    @property
    def judgments(self) -> list[Ints]:
        """Rows of the passages that stand in one judgment, for each that is read together."""
        return together([passage.kind for passage in self.passages], self.documents)

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
    draft = _fit_scores(outputs, bias, ranker)
    gold, mask, scores = outputs.gold, outputs.mask, outputs.scores(draft)
    threshold = fit_thresholds(scores, gold, mask, draft.finer)
    held_out = _held_out_scores(outputs, bias, ranker)
    _, review = decision_thresholds(held_out, gold, mask)
    fitted = replace(
        draft,
        threshold=threshold,
        assign=np.maximum(_assignment(held_out, gold, mask, draft), threshold),
        review=np.minimum(np.full(len(outputs.labels), review), threshold),
    )
    return replace(fitted, gate=fit_gate(outputs, scores, ranker))


def _assignment(scores: Floats, gold: Bools, mask: Bools, draft: Calibration) -> Floats:
    """Cuts [L] of `assigned`: one for articles and one for finer labels, which are riskier, and stricter ones."""
    found = np.ones(len(draft.labels))
    for level in (~draft.finer, draft.finer):
        part = scores[:, level], gold[:, level], mask[:, level]
        labels = [label for label, counts in zip(draft.labels, level, strict=True) if counts]
        found[level] = stricter(*part, labels, decision_thresholds(*part)[0])
    return found


def _fit_scores(outputs: Outputs, bias: Floats, ranker: SpanRanker) -> Calibration:
    """What makes the scores; nothing is decided by them yet."""
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
    hints = fit_hints(outputs.scores(draft), outputs.hints, draft.finer, outputs.english, gold, mask)
    draft = replace(draft, hints=hints)
    context = fit_context(outputs.scores(draft), outputs.judgments, draft.finer, gold, mask)
    return replace(draft, context=context)


def _held_out_scores(outputs: Outputs, bias: Floats, ranker: SpanRanker) -> Floats:
    """[N, L] as a calibration fitted on other documents gives them; of a single document, as its own does."""
    if len(set(outputs.documents)) < 2:
        return outputs.scores(_fit_scores(outputs, bias, ranker))
    found = np.zeros_like(outputs.logits)
    for inside, outside in splits(outputs.documents, seed=HELD_OUT):
        part = outputs[outside]
        found[outside] = part.scores(_fit_scores(outputs[inside], bias, ranker))
    return found


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


def fit_thresholds(scores: Floats, gold: Bools, mask: Bools, finer: Bools) -> Floats:
    """F1 thresholds [L], each label's own; those of thin ones lean on the threshold of their level.

    They are found at scores of right tags. On a score itself rounding would decide, so each is set half way between the
    scores of its label around it, at most MARGIN from where it was found. A level without right tags has 1.
    """
    found = np.minimum(fit_per_label(scores, gold, mask, finer.astype(np.int64), pull=PULL).values, 1.0)
    for column, threshold in enumerate(found):
        its = scores[~mask[:, column], column]
        below, above = its[its < threshold], its[its >= threshold]
        if below.size and above.size:
            half_way = (below.max() + above.min()) / 2
            found[column] = np.clip(half_way, threshold - MARGIN, threshold + MARGIN)
    return found


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


def check_documents(passages: Sequence[LabelledPassage]) -> None:
    """Raise DataError where all passages are of one document: nothing could be fitted on others."""
    if len({passage.doc_id for passage in passages}) < 2:
        raise DataError("out of fold by document needs passages of two documents", hint="give passages of more of them")


def crossfit_lines(outputs: Outputs, bias: Floats, ranker: SpanRanker, folds: int = 5) -> list[dict[str, Any]]:
    """Prediction lines of the passages, each by a calibration that was fitted on other documents, in order.

    Raises:
        DataError: they are all of one document.
    """
    check_documents(outputs.passages)
    lines: list[dict[str, Any]] = [{} for _ in outputs.passages]
    for inside, outside in splits(outputs.documents, folds):
        calibration = fit(outputs[inside], bias, ranker)
        for row, line in zip(outside, lines_of(outputs[outside], calibration), strict=True):
            lines[row] = line
    return lines


def crossfit_of(tagger: Tagger, gold: Path, passages: Sequence[LabelledPassage]) -> list[dict[str, Any]]:
    """`crossfit_lines` of a tagger on a file and the passages that were read from it."""
    check_documents(passages)
    return crossfit_lines(outputs_with(tagger, gold, passages), tagger.bias, tagger.ranker)


def lines_of(outputs: Outputs, calibration: Calibration) -> list[dict[str, Any]]:
    """Prediction lines as `Tagger.predict` writes them."""
    lines = []
    for passage, tokens, scores in zip(outputs.passages, outputs.tokens, outputs.scores(calibration), strict=True):
        found = partial(decode, tokens, passage.text, calibration.standards, calibration.spans)
        lines.append(prediction_line(passage.id, outputs.labels, passage_result(scores, calibration, found)))
    return lines
