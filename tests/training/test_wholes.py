"""Whole spans: training scores them as tagging does, and what is marked costs less the likelier it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.spans import LONGEST
from palermo.models.wholes import OUTPUTS, scores
from palermo.training.wholes import wholes_loss

WIDTH = 12
KNOWLEDGE = STANDARDS.index("knowledge")
COUNT = len(STANDARDS)


@pytest.fixture
def said() -> torch.Tensor:
    return torch.randn(1, WIDTH, OUTPUTS, generator=torch.Generator().manual_seed(3))


def marked(*spans: tuple[int, int], width: int = WIDTH) -> tuple[torch.Tensor, torch.Tensor]:
    begins, ends = torch.zeros(1, width, COUNT), torch.zeros(1, width, COUNT)
    for first, last in spans:
        begins[0, first, KNOWLEDGE] = ends[0, last, KNOWLEDGE] = 1.0
    return begins, ends


def loss(said: torch.Tensor, *spans: tuple[int, int], weight: torch.Tensor | None = None) -> float:
    width = said.shape[1]
    begins, ends = marked(*spans, width=width)
    weight = torch.ones(1, width) if weight is None else weight
    return float(wholes_loss(said, begins, ends, torch.zeros(1, width, COUNT), weight).detach())


def by_hand(said: torch.Tensor, *spans: tuple[int, int]) -> float:
    """The same, one span after the other, by the scores that tagging reads."""
    total = 0.0
    pairs = [(first, last) for first in range(WIDTH) for last in range(first, WIDTH)]
    first, last = (np.array(side) for side in zip(*pairs, strict=True))
    for standard in range(COUNT):
        worth = np.exp(scores(said[0].numpy(), first, last, standard))
        whole = np.log(1 + worth.sum())
        if standard != KNOWLEDGE or not spans:
            total += whole
            continue
        for begin, end in spans:
            common = np.minimum(last, end) - np.maximum(first, begin) + 1
            match = 2 * common >= np.maximum(last - first, end - begin) + 1
            total += (whole - np.log(worth[match].sum())) / len(spans)
    return float(total)


@pytest.mark.parametrize("spans", [(), ((2, 5),), ((0, 1), (4, 11))])
def test_it_is_the_cross_entropy_of_the_spans_that_match(
    said: torch.Tensor, spans: tuple[tuple[int, int], ...]
) -> None:
    assert loss(said, *spans) == pytest.approx(by_hand(said, *spans), rel=1e-5)


def test_words_that_can_be_no_span_count_for_nothing(said: torch.Tensor) -> None:
    weight = torch.ones(1, WIDTH)
    weight[0, 6:] = 0
    other = said.clone()
    other[0, 6:] = 99.0
    assert loss(said, (1, 3), weight=weight) == pytest.approx(loss(other, (1, 3), weight=weight))


def test_a_cue_at_its_beginning_makes_a_span_likelier_before_anything_is_learnt() -> None:
    begins, ends = marked((2, 4))
    plain = torch.zeros(1, WIDTH, OUTPUTS)
    prior = torch.zeros(1, WIDTH, COUNT)
    before = wholes_loss(plain, begins, ends, prior, torch.ones(1, WIDTH))
    prior[0, 2, KNOWLEDGE] = 2.0
    assert wholes_loss(plain, begins, ends, prior, torch.ones(1, WIDTH)) < before


def test_a_passage_counts_by_its_weight(said: torch.Tensor) -> None:
    assert loss(said, (1, 3), weight=torch.full((1, WIDTH), 0.05)) == pytest.approx(0.05 * loss(said, (1, 3)))


def test_no_span_is_longer_than_the_longest() -> None:
    width = LONGEST + 20
    said = torch.zeros(1, width, OUTPUTS)
    longer = said.clone()
    longer[0, 0, KNOWLEDGE] = longer[0, LONGEST, COUNT + KNOWLEDGE] = 5.0
    shorter = said.clone()
    shorter[0, 0, KNOWLEDGE] = shorter[0, LONGEST - 1, COUNT + KNOWLEDGE] = 5.0
    assert loss(shorter) > loss(longer)


def test_learning_finds_the_span() -> None:
    said = torch.zeros(1, WIDTH, OUTPUTS).normal_(std=0.1, generator=torch.Generator().manual_seed(1)).requires_grad_()
    optimiser = torch.optim.Adam([said], lr=0.3)
    begins, ends = marked((3, 7))
    for _ in range(60):
        optimiser.zero_grad()
        wholes_loss(said, begins, ends, torch.zeros(1, WIDTH, COUNT), torch.ones(1, WIDTH)).backward()
        optimiser.step()
    pairs = np.array([(first, last) for first in range(WIDTH) for last in range(first, WIDTH)])
    first, last = pairs[scores(said.detach()[0].numpy(), pairs[:, 0], pairs[:, 1], KNOWLEDGE).argmax()].tolist()
    assert 2 * (min(last, 7) - max(first, 3) + 1) >= max(last - first, 4) + 1
