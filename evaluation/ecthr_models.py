"""Two classifiers of cases for `palermo benchmark ecthr`: a linear SVM over the whole case, and attention over facts.

Both read every fact of a case, however long. Needs the extra `[train]`; nothing fitted is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from palermo.evaluation.ecthr_features import Stream, Weighting
from palermo.evaluation.pairs import Bools, Floats, Ints

ABSENT = -1e3
"""Score of an article that too few training cases have to learn it."""
LEAST = 20
"""Training cases that an article must have; what is learnt from fewer is noise."""
Vectors = NDArray[np.float32]
Tell = Callable[[str], None]


def svm_scores(train: Any, gold: Bools, others: Sequence[Any], c: float = 0.3) -> list[Floats]:
    """Margins [N, L] of linear SVMs, one a label, fitted on the rows of `train` [M, F].

    Args:
        train: sparse features of the training cases.
        gold: [M, L].
        others: sparse features of further cases.
        c: inverse regularisation.
    """
    from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

    scores = [np.full((part.shape[0], gold.shape[1]), ABSENT) for part in others]
    for column in range(gold.shape[1]):
        if LEAST <= gold[:, column].sum() < len(gold):
            model = LinearSVC(C=c, class_weight="balanced", tol=0.02, max_iter=300, random_state=0)
            model.fit(train, gold[:, column])
            for part, score in zip(others, scores, strict=True):
                score[:, column] = model.decision_function(part)
    return scores


class FactVectors:
    """Dense vectors of facts: latent semantic analysis of words and pairs (Deerwester et al. 1990)."""

    WIDTH = 200
    SAMPLE = 60_000
    COLUMNS = 60_000

    def __init__(self, train: Stream) -> None:
        """Fit on at most SAMPLE facts of the training cases, evenly taken."""
        from sklearn.decomposition import TruncatedSVD  # type: ignore[import-untyped]

        self._weighting, _ = Weighting.fit(train, (1, 2))
        facts = self._weighting.apply(train, by_fact=True)
        common = np.argsort(-np.bincount(facts.indices, minlength=facts.shape[1]), kind="stable")[: self.COLUMNS]
        self._columns = np.sort(common)
        step = max(1, facts.shape[0] // self.SAMPLE)
        width = min(self.WIDTH, len(self._columns) - 1, facts.shape[0] - 1)
        self._svd = TruncatedSVD(width, n_iter=2, random_state=0).fit(facts[::step][:, self._columns])
        sample = self._svd.transform(facts[::step][:, self._columns])
        self._scale = 1 / max(1e-6, float(np.abs(sample).std()))

    def __call__(self, read: Stream) -> Vectors:
        """[F, WIDTH] vectors of the facts, scaled alike for all."""
        facts = self._weighting.apply(read, by_fact=True)[:, self._columns]
        return np.asarray(self._svd.transform(facts) * self._scale, dtype=np.float32)


def attention_scores(
    vectors: Sequence[Vectors], streams: Sequence[Stream], gold: Bools, tell: Tell, *, epochs: int = 12, seed: int = 0
) -> list[Floats]:
    """Logits [N, L] of the cases of every stream; the first stream, with `gold`, is what is learnt from.

    Each label has its own attention over the facts of a case (Yang et al. 2016; Mullenbach et al. 2018), so it finds
    the few facts that matter to it.

    Args:
        vectors: for each stream its facts' vectors [F, D].
        streams: training cases first.
        gold: [M, L] of the training cases.
        tell: called with a line for each epoch.
        epochs: passes over the training cases; the learning rate falls to zero over them.
        seed: of weights, dropout and order; the same seed gives the same scores on the same machine.
    """
    import torch

    torch.manual_seed(seed)
    model = _network(vectors[0].shape[1], gold.shape[1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    batches = list(_batches(streams[0], 32))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * len(batches))
    target = torch.from_numpy(gold.astype(np.float32))
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        model.train()
        losses = []
        for at in rng.permutation(len(batches)):
            rows = batches[at]
            logits = model(*_padded(vectors[0], streams[0], rows))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        tell(f"attention, epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.4f}")
    return [_logits(model, part, read, gold) for part, read in zip(vectors, streams, strict=True)]


def _logits(model: Any, vectors: Vectors, read: Stream, gold: Bools) -> Floats:
    import torch

    model.eval()
    scores = np.zeros((len(read.cases) - 1, gold.shape[1]))
    with torch.inference_mode():
        for rows in _batches(read, 64):
            scores[rows] = model(*_padded(vectors, read, rows)).numpy()
    scores[:, gold.sum(axis=0) < LEAST] = ABSENT
    return scores


def _batches(read: Stream, size: int) -> Iterator[Ints]:
    """Rows of cases with like numbers of facts, so that little is padded."""
    order = np.argsort(np.diff(read.cases), kind="stable")
    for first in range(0, len(order), size):
        yield order[first : first + size]


def _padded(vectors: Vectors, read: Stream, rows: Ints) -> tuple[Any, Any]:
    """[B, F, D] vectors and [B, F] which of them are facts."""
    import torch

    chosen = [(int(read.cases[row]), int(read.cases[row + 1])) for row in rows]
    longest = max([1, *(last - first for first, last in chosen)])
    dense = torch.zeros(len(rows), longest, vectors.shape[1])
    present = torch.zeros(len(rows), longest, dtype=torch.bool)
    for at, (first, last) in enumerate(chosen):
        dense[at, : last - first] = torch.from_numpy(vectors[first:last])
        present[at, : last - first] = True
    return dense, present


def _network(width: int, labels: int, hidden: int = 128) -> Any:
    import torch
    from torch import nn

    class FactAttention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = nn.Dropout(0.3)
            self.inner = nn.Linear(width, hidden)
            self.around = nn.Conv1d(hidden, hidden, 3, padding=1)
            self.query = nn.Linear(hidden, labels)
            self.value = nn.Linear(hidden, labels)
            self.offset = nn.Parameter(torch.full((labels,), -2.0))

        def forward(self, facts: Any, present: Any) -> Any:
            inner = nn.functional.gelu(self.inner(self.dropout(facts)))
            inner = inner * present[..., None]
            inner = inner + nn.functional.gelu(self.around(inner.transpose(1, 2)).transpose(1, 2))
            inner = self.dropout(inner)
            weight = self.query(inner).masked_fill(~present[..., None], -1e4).softmax(dim=1)
            return (weight * self.value(inner)).sum(dim=1) + self.offset

    return FactAttention()
