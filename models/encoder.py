"""Passages through the network in batches of like length; the tagger calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from palermo.models.cues import cues_of
from palermo.models.engine import Engine, Floats
from palermo.models.mental import SILENT
from palermo.models.ngrams import LinearExpert
from palermo.models.pooling import TokenScores, token_scores
from palermo.models.windows import Window, special_id, windows_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ROUND = 16  # widths are rounded up to it: fewer shapes for the engine to plan for


class Encoder:
    """A tokenizer and an engine.

    Args:
        tokenizer: the model's.
        engine: the model's network.
        batch_tokens: padded tokens read at once; bounds the memory.
        expert: the linear expert, or None.
    """

    def __init__(
        self, tokenizer: Tokenizer, engine: Engine, batch_tokens: int, expert: LinearExpert | None = None
    ) -> None:
        self._tokenizer = tokenizer
        self._engine = engine
        self._batch_tokens = batch_tokens
        self._expert = expert
        self._pad = special_id(tokenizer, "<pad>")

    def read(
        self, texts: Sequence[str], contexts: Sequence[tuple[str, str]], languages: Sequence[str | None]
    ) -> list[TokenScores]:
        """Token scores of each passage, in order.

        Args:
            texts: of the passages.
            contexts: as `windows.context_of` gives them.
            languages: ISO 639-1 codes; they choose the tables of the linear expert and of the cues, the network reads
                all languages.
        """
        windows = windows_of(self._tokenizer, texts, contexts)
        rows = [(passage, number) for passage, found in enumerate(windows) for number in range(len(found))]
        said: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        for group in self._groups(rows, windows):
            said.update(self._forward(group, windows))
        margins = self._margins(texts, contexts, languages)
        places = [
            np.array([offset for window in found for offset in window.offsets], dtype=np.int64).reshape(-1, 2)
            for found in windows
        ]
        found = []
        for passage, rows_of in enumerate(windows):
            provisions, mental = zip(*(said[passage, number] for number in range(len(rows_of))), strict=True)
            logits = np.concatenate(mental)
            cues = None  # looking for them takes time, and where all is silent nobody asks for them
            if logits.max() > SILENT:
                cues = cues_of(texts[passage], places[passage], languages[passage])
            found.append(token_scores(np.concatenate(provisions), logits, places[passage], margins[passage], cues))
        return found

    def _margins(
        self, texts: Sequence[str], contexts: Sequence[tuple[str, str]], languages: Sequence[str | None]
    ) -> list[Floats | None]:
        if self._expert is None:
            return [None] * len(texts)
        read = self._expert.margins
        return [read(*passage) for passage in zip(texts, contexts, languages, strict=True)]

    def _groups(self, rows: list[tuple[int, int]], windows: list[list[Window]]) -> Iterator[list[tuple[int, int]]]:
        group: list[tuple[int, int]] = []
        for row in sorted(rows, key=lambda row: len(windows[row[0]][row[1]].ids)):
            width = _width(len(windows[row[0]][row[1]].ids))
            if group and (len(group) + 1) * width > self._batch_tokens:
                yield group
                group = []
            group.append(row)
        if group:
            yield group

    def _forward(
        self, group: list[tuple[int, int]], windows: list[list[Window]]
    ) -> Iterator[tuple[tuple[int, int], tuple[Floats, Floats]]]:
        lengths = [len(windows[passage][number].ids) for passage, number in group]
        ids = np.full((len(group), _width(max(lengths))), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, (passage, number) in enumerate(group):
            ids[place, : lengths[place]] = windows[passage][number].ids
            mask[place, : lengths[place]] = 1
        provisions, mental = self._engine.forward(ids, mask)
        for place, row in enumerate(group):
            yield row, (provisions[place, : lengths[place]], mental[place, : lengths[place]])


def _width(length: int) -> int:
    return -(-length // ROUND) * ROUND
