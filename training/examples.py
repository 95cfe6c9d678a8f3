"""Labelled passages as tensors: windows, label targets with masks, per-token mental-element targets."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage
from palermo.models.cues import cues_of, prior
from palermo.models.windows import Window, context_of, windows_of
from tokenizers import Tokenizer

NO_ROLE = -100  # what torch's cross entropy leaves out
ELSEWHERE = 0.05  # weight of a token outside laundering passages in the mental-element loss


@dataclass(frozen=True)
class Example:
    """A passage ready for the network.

    Attributes:
        windows: its rows.
        targets: [L] 0/1.
        counted: [L] 0 where the label is `maybe`, else 1.
        spans: (standard, role or NO_ROLE, start, end) in code points of the text.
        token_weight: how much its tokens count for the mental elements: in full where the passage is labelled for
            article 6, little where it is not, not at all where nobody has looked for them.
        empty: whether it has no label at all.
        cues: of each window [T, 9] what its tokens are to each standard, see `cues.cues_of`.
        passage: where it comes from.
        opinion: [L] logits that teachers give it, or None.
    """

    windows: list[Window]
    targets: npt.NDArray[np.float32]
    counted: npt.NDArray[np.float32]
    spans: list[tuple[int, int, int, int]]
    token_weight: float
    empty: bool
    cues: list[npt.NDArray[np.uint8]]
    passage: LabelledPassage
    opinion: npt.NDArray[np.float32] | None = None

    @property
    def tokens(self) -> int:
        """Length of its longest window."""
        return max(len(window.ids) for window in self.windows)


def examples_of(
    passages: Sequence[LabelledPassage],
    tokenizer: Tokenizer,
    labels: Sequence[str],
    longest: int | None = None,
    longest_empty: int | None = None,
    *,
    spans: bool = True,
) -> list[Example]:
    """One example a passage, in order.

    `longest` keeps the first so many tokens of a passage, `longest_empty` of one without labels: what makes a step
    cheap in training; tagging reads every passage whole. `spans`: whether mental elements were annotated in them.
    """
    index = {label: position for position, label in enumerate(labels)}
    windows = windows_of(
        tokenizer,
        [passage.text for passage in passages],
        [context_of(passage.kind, passage.title, passage.heading) for passage in passages],
    )
    caps = [longest if passage.labels else longest_empty or longest for passage in passages]
    return [
        _example(passage, _cut(rows, cap), index, spans)
        for passage, rows, cap in zip(passages, windows, caps, strict=True)
    ]


def _cut(rows: list[Window], cap: int | None) -> list[Window]:
    """The first `cap` tokens of the passage's windows laid end to end, as one window."""
    if cap is None or sum(len(row.ids) for row in rows) <= cap:
        return rows
    front = next(index for index, offset in enumerate(rows[0].offsets[:-1]) if offset[1] > offset[0])
    ids, offsets = rows[0].ids[:-1], rows[0].offsets[:-1]
    for row in rows[1:]:
        ids, offsets = ids + row.ids[front:-1], offsets + row.offsets[front:-1]
    return [Window([*ids[: cap - 1], rows[0].ids[-1]], [*offsets[: cap - 1], (0, 0)])]


def _example(passage: LabelledPassage, rows: list[Window], index: dict[str, int], annotated: bool) -> Example:
    targets = np.zeros(len(index), np.float32)
    counted = np.ones(len(index), np.float32)
    counted[[index[label] for label in passage.maybe if label in index]] = 0.0
    for label in passage.labels:
        targets[index[label]] = counted[index[label]] = 1.0
    spans = [
        (STANDARDS.index(span.standard), ROLES.index(span.role) if span.role else NO_ROLE, span.start, span.end)
        for span in passage.mens_rea
    ]
    laundering = bool(spans) or "UNTOC.6" in passage.labels
    weight = (1.0 if laundering else ELSEWHERE) if annotated else 0.0
    cues = [cues_of(passage.text, offsets_of(row), passage.language if annotated else None) for row in rows]
    return Example(rows, targets, counted, spans, weight, not passage.labels, cues, passage)


def offsets_of(window: Window) -> npt.NDArray[np.int64]:
    """[T, 2] code points of a window's tokens."""
    return np.array(window.offsets, dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class Batch:
    """Windows of several passages, padded.

    Attributes:
        rows: (example index, window index) of each row.
        ids, mask: [B, T].
        owner: [B] position of each row's passage among the batch's passages.
        targets, counted: [P, L].
        opinions: [P, L] logits of the teachers; a row of nan where they say nothing.
        inside, begin, end: [B, T, 9] 0/1; roles: [B, T] index or NO_ROLE; token_weight: [B, T].
        prior: [B, T, 27] what cues say before anything was learnt.
    """

    rows: list[tuple[int, int]]
    ids: torch.Tensor
    mask: torch.Tensor
    owner: torch.Tensor
    targets: torch.Tensor
    counted: torch.Tensor
    opinions: torch.Tensor
    inside: torch.Tensor
    begin: torch.Tensor
    end: torch.Tensor
    roles: torch.Tensor
    token_weight: torch.Tensor
    prior: torch.Tensor


def batches(
    examples: Sequence[Example], tokens: int, shuffle: random.Random | None = None, pool: int = 40
) -> Iterator[list[int]]:
    """Example indices, so grouped that a batch holds about `tokens` padded tokens of similar length.

    With `shuffle`, the order is random: lengths are sorted only within `pool` batches at a time.
    """
    order = list(range(len(examples)))
    if shuffle is None:
        order.sort(key=lambda index: examples[index].tokens)
        yield from _fill(examples, order, tokens)
        return
    shuffle.shuffle(order)
    mean = sum(example.tokens for example in examples) / max(1, len(examples))
    chunk = max(1, int(pool * tokens / mean))
    groups: list[list[int]] = []
    for start in range(0, len(order), chunk):
        part = sorted(order[start : start + chunk], key=lambda index: examples[index].tokens)
        groups.extend(_fill(examples, part, tokens))
    shuffle.shuffle(groups)
    yield from groups


def _fill(examples: Sequence[Example], order: Sequence[int], tokens: int) -> Iterator[list[int]]:
    group: list[int] = []
    rows = longest = 0
    for index in order:
        example = examples[index]
        grown = max(longest, example.tokens)
        if group and (rows + len(example.windows)) * grown > tokens:
            yield group
            group, rows, grown = [], 0, example.tokens
        group.append(index)
        rows += len(example.windows)
        longest = grown
    if group:
        yield group


def collate(examples: Sequence[Example], chosen: Sequence[int], pad: int, multiple: int = 8) -> Batch:
    """The chosen examples as one padded batch; lengths are rounded up to `multiple`."""
    rows = [(index, window) for index in chosen for window in range(len(examples[index].windows))]
    longest = max(len(examples[index].windows[window].ids) for index, window in rows)
    width = -(-longest // multiple) * multiple
    position = {index: place for place, index in enumerate(chosen)}
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    inside = torch.zeros((len(rows), width, len(STANDARDS)))
    begin, last = torch.zeros_like(inside), torch.zeros_like(inside)
    roles = torch.full((len(rows), width), NO_ROLE)
    weight = torch.zeros((len(rows), width))
    cues = np.zeros((len(rows), width, len(STANDARDS)), np.uint8)
    for row, (index, number) in enumerate(rows):
        example = examples[index]
        window = example.windows[number]
        length = len(window.ids)
        ids[row, :length] = torch.tensor(window.ids)
        mask[row, :length] = 1
        cues[row, :length] = example.cues[number]
        is_text = torch.tensor([end > start for start, end in window.offsets])
        weight[row, :length] = is_text * example.token_weight
        for standard, role, start, end in example.spans:
            hit = [i for i, (a, b) in enumerate(window.offsets) if a < end and b > start and b > a]
            if hit:
                inside[row, hit, standard] = 1.0
                begin[row, hit[0], standard] = last[row, hit[-1], standard] = 1.0
                roles[row, hit] = role
    silent = np.full_like(examples[chosen[0]].targets, np.nan)
    opinions = [silent if (said := examples[index].opinion) is None else said for index in chosen]
    return Batch(
        rows,
        ids,
        mask,
        torch.tensor([position[index] for index, _ in rows]),
        torch.tensor(np.stack([examples[index].targets for index in chosen])),
        torch.tensor(np.stack([examples[index].counted for index in chosen])),
        torch.tensor(np.stack(opinions)),
        inside,
        begin,
        last,
        roles,
        weight,
        torch.from_numpy(prior(cues)),
    )
