"""Pooling: the weighted mean, and evidence as the same mean over the tokens that are left."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from palermo.models.pooling import TokenScores, logits, logits_without, token_scores

LABELS = 3
BIAS = np.array([-1.0, 0.5, 2.0], np.float32)


def plain(keys: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The definition, in double precision."""
    weights = np.exp(keys - keys.max(axis=0))
    return np.asarray((weights * values).sum(axis=0) / weights.sum(axis=0) + BIAS)


def made(seed: int, tokens: int, spread: float = 3.0) -> tuple[npt.NDArray[np.float32], TokenScores]:
    """`tokens` of one character each, between a context token and `</s>`."""
    rng = np.random.default_rng(seed)
    said = rng.normal(0, spread, (tokens + 2, 2 * LABELS)).astype(np.float32)
    offsets = np.array([(0, 0), *((place, place + 1) for place in range(tokens)), (0, 0)])
    return said, token_scores(said, np.zeros((tokens + 2, 31), np.float32), offsets)


@given(seed=st.integers(0, 10_000), tokens=st.integers(0, 60))
def test_a_logit_is_the_softmax_weighted_mean_of_the_values_and_a_bias(seed: int, tokens: int) -> None:
    said, scores = made(seed, tokens)
    wide = said.astype(np.float64)
    np.testing.assert_allclose(logits(scores, BIAS), plain(wide[:, :LABELS], wide[:, LABELS:]), atol=1e-4)


@given(
    seed=st.integers(0, 10_000), cuts=st.sets(st.integers(1, 39), max_size=5), spread=st.sampled_from([1.0, 3.0, 20.0])
)
def test_leaving_a_sentence_out_is_pooling_over_the_other_tokens(seed: int, cuts: set[int], spread: float) -> None:
    said, scores = made(seed, 40, spread)
    ends = [0, *sorted(cuts), 40]
    sentences = list(pairwise(ends))
    found = logits_without(scores, BIAS, [2, 0], sentences)
    assert found.shape == (len(sentences), 2)
    for row, (start, end) in enumerate(sentences):
        left = np.delete(said.astype(np.float64), np.s_[start + 1 : end + 1], axis=0)
        wanted = plain(left[:, :LABELS], left[:, LABELS:])[[2, 0]]
        np.testing.assert_allclose(found[row], wanted, rtol=1e-3, atol=1e-3)


def test_a_passage_of_one_sentence_leaves_its_context() -> None:
    said, scores = made(1, 5)
    left = said[[0, -1]].astype(np.float64)
    found = logits_without(scores, BIAS, [0, 1, 2], [(0, 5)])
    np.testing.assert_allclose(found[0], plain(left[:, :LABELS], left[:, LABELS:]), atol=1e-4)


def test_large_keys_do_not_overflow() -> None:
    said = np.array([[300.0, -300.0], [-300.0, 300.0]], np.float32)
    scores = token_scores(said, np.zeros((2, 31), np.float32), np.array([(0, 0), (0, 1)]))
    assert logits(scores, np.zeros(1, np.float32)) == [-300.0]
