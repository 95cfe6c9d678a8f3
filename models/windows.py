"""How a passage is laid before the encoder: context in front, long passages in windows; training and tagging share it.

A sequence is `<s> passage: TITLE HEADING TEXT </s>`. The title of a statute and the heading of a section help to read
the passage; the title of a judgment names parties and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from palermo.corpora.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

INSTRUCTION = "passage:"  # e5 was trained with this word in front of every text that is not a query
TITLE_TOKENS = 12
HEADING_TOKENS = 16
WINDOW_TOKENS = 320  # a whole window, context included; 92 % of passages fit in one


@dataclass(frozen=True, slots=True)
class Window:
    """One row for the encoder.

    Attributes:
        ids: token ids, `<s>` and `</s>` included.
        offsets: of each token, `[start, end)` in code points of the passage's text; (0, 0) for context and specials.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]


def context_of(kind: str | None, title: str | None, heading: str | None) -> tuple[str, str]:
    """Title and heading that go in front of a passage; empty strings where there is none."""
    return (title or "" if kind == "statute" else ""), heading or ""


def windows_of(
    tokenizer: Tokenizer, texts: Sequence[str], contexts: Sequence[tuple[str, str]], limit: int = WINDOW_TOKENS
) -> list[list[Window]]:
    """The windows of each passage; one that does not fit is split evenly, so that no token is lost.

    Args:
        tokenizer: of XLM-R's family, without padding or truncation.
        texts: passages.
        contexts: for each passage what `context_of` gives.
        limit: tokens of a window at most, context and specials included.

    Raises:
        ModelError: the tokenizer has no `<s>` or `</s>`.
    """
    instruction = tokenizer.encode(INSTRUCTION, add_special_tokens=False).ids
    titles = _ids(tokenizer, [title for title, _ in contexts], TITLE_TOKENS)
    headings = _ids(tokenizer, [heading for _, heading in contexts], HEADING_TOKENS)
    bos, eos = special_id(tokenizer, "<s>"), special_id(tokenizer, "</s>")
    found = []
    for encoding, title, heading in zip(
        tokenizer.encode_batch(list(texts), add_special_tokens=False), titles, headings, strict=True
    ):
        front = [bos, *instruction, *title, *heading]
        pieces = even_parts(len(encoding.ids), limit - len(front) - 1)
        found.append(
            [
                Window(
                    [*front, *encoding.ids[start:end], eos],
                    [(0, 0)] * len(front) + list(encoding.offsets[start:end]) + [(0, 0)],
                )
                for start, end in pieces
            ]
        )
    return found


def special_id(tokenizer: Tokenizer, piece: str) -> int:
    """Id of `<s>`, `</s>` or `<pad>`; raises ModelError where the tokenizer is of another family."""
    found = tokenizer.token_to_id(piece)
    if found is None:
        raise ModelError(f"the tokenizer has no piece {piece}", hint="use one of XLM-R's family, as e5's is")
    return found


def even_parts(length: int, limit: int) -> list[tuple[int, int]]:
    """`[start, end)` of the fewest nearly equal parts of `length`, each at most `limit` long; one part for 0."""
    count = max(1, -(-length // limit))
    cuts = [length * index // count for index in range(count + 1)]
    return list(pairwise(cuts))


def _ids(tokenizer: Tokenizer, texts: Iterable[str], limit: int) -> list[list[int]]:
    known: dict[str, list[int]] = {}
    for text in texts:
        if text not in known:
            known[text] = tokenizer.encode(text, add_special_tokens=False).ids[:limit] if text else []
    return [known[text] for text in texts]
