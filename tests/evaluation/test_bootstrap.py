"""Intervals draw whole documents, are the same for the same seed, and cover; a difference is paired."""

from __future__ import annotations

import numpy as np
import pytest
from palermo.evaluation import bootstrap


def made(documents: int, rate: float, seed: int) -> np.ndarray:
    """[N, 1, 3] counts of single-passage documents, each a hit or a miss (fn), so that F1 = 2h / (h + 1) of hits h."""
    hits = np.random.default_rng(seed).random(documents) < rate
    return np.stack([hits, np.zeros(documents), ~hits], axis=-1).astype(float)[:, None]


def test_weights_draw_every_resample_full_and_repeat_by_seed() -> None:
    drawn = bootstrap.weights(30, 200)
    assert drawn.shape == (200, 30)
    assert set(drawn.sum(axis=1)) == {30}
    assert np.array_equal(drawn, bootstrap.weights(30, 200))
    assert not np.array_equal(drawn, bootstrap.weights(30, 200, seed=1))


def test_the_vectorised_bootstrap_equals_a_plain_one() -> None:
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 4, (40, 5, 3)).astype(float)
    documents = np.repeat(np.arange(10), 4)
    drawn = bootstrap.weights(10, 50)
    fast = bootstrap.micro_f1(bootstrap.resample(bootstrap.by_document(counts, documents), drawn))
    for weights, value in zip(drawn, fast, strict=True):
        rows = np.concatenate([np.flatnonzero(documents == d) for d in range(10) for _ in range(int(weights[d]))])
        tp, fp, fn = counts[rows].sum(axis=(0, 1))
        assert value == pytest.approx(200 * tp / (2 * tp + fp + fn))


def test_intervals_cover_the_truth_about_95_times_in_100() -> None:
    truth = 100 * 2 * 0.7 / 1.7
    inside = 0
    for seed in range(100):
        found = bootstrap.interval(made(120, 0.7, seed), np.arange(120), bootstrap.micro_f1)
        inside += found.low <= truth <= found.high
    assert 87 <= inside <= 100


def test_fewer_documents_give_wider_intervals() -> None:
    counts = made(300, 0.6, 4)
    apart = bootstrap.interval(counts, np.arange(300), bootstrap.micro_f1)
    order = np.argsort(counts[:, 0, 0], kind="stable")
    alike = bootstrap.interval(counts[order], np.repeat(np.arange(30), 10), bootstrap.micro_f1)
    assert alike.value == pytest.approx(apart.value)
    assert alike.high - alike.low > 2 * (apart.high - apart.low)


def test_a_tagger_does_not_differ_from_itself_and_a_clear_gain_is_seen() -> None:
    documents = np.arange(200)
    a = made(200, 0.5, 1)
    same = bootstrap.difference(a, a, documents, bootstrap.micro_f1)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    b = a.copy()
    b[:60, 0] = [1, 0, 0]
    gain = bootstrap.difference(a, b, documents, bootstrap.micro_f1)
    assert 0 < gain.low < gain.value < gain.high
    assert gain.p < 0.01
    back = bootstrap.difference(b, a, documents, bootstrap.micro_f1)
    assert back.value == pytest.approx(-gain.value)


def test_nothing_to_draw_from_is_zero() -> None:
    nothing = np.zeros((0, 2, 3))
    found = bootstrap.interval(nothing, np.zeros(0, dtype=int), bootstrap.micro_f1)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert bootstrap.difference(nothing, nothing, np.zeros(0, dtype=int), bootstrap.micro_f1).p == 1
