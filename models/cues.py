"""Words that name a mental element ("knowing", "reasonable grounds to believe") in a passage; the encoder calls it.

The network learnt mental elements from a few hundred passages of real texts and misses words that any lawyer marks.
`cues.toml` lists them by language and standard. They are no findings. The head for mental elements learns beside them
(`prior`): what a cue says it need not say, and it learns to speak against cues that are none. What both say is weighed
in `palermo.models.spans`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.wording import Wording, lists, lower

NAME = "cues.toml"
NONE, BEHIND, CUE, FIRST = range(4)
"""What a token is to a standard: nothing, behind a cue in its clause, of a cue, a cue's first."""
REACH = 160  # code points of a clause behind a cue that still may belong to it
_CLAUSE_END = re.compile(r"[.;:。；]|[)\]”\"»]\s")


PRIOR_INSIDE = (0.0, 2.0, 4.0, 4.0)
"""By what a token is to a standard: the inside logit that it is taken to have before anything was learnt."""
PRIOR_BEGIN = (0.0, 0.0, 0.0, 2.0)
"""The same of the begin logit."""


def prior(cues: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What cues [..., 9] say before anything was learnt: inside, begin and end logits [..., 27]."""
    inside, begin = (np.array(told, np.float32)[cues] for told in (PRIOR_INSIDE, PRIOR_BEGIN))
    return np.concatenate([inside, begin, np.zeros_like(inside)], axis=-1)


@lru_cache(maxsize=64)
def _table(language: str | None) -> dict[int, Wording]:
    """The cues of a language by place of the standard."""
    found = lists(NAME).get(language or "", {})
    return {STANDARDS.index(name): Wording(cues) for name, cues in found.items()}


def cues_of(text: str, offsets: npt.NDArray[np.int64], language: str | None) -> npt.NDArray[np.uint8]:
    """What each token is to each standard [T, 9]: NONE, BEHIND, CUE or FIRST.

    Args:
        text: a passage.
        offsets: [T, 2] of its tokens in code points; tokens of context and special ones have end 0.
        language: ISO 639-1 code; a language without a table has no cues.
    """
    found = np.full((len(offsets), len(STANDARDS)), NONE, np.uint8)
    starts, ends = offsets[:, 0], offsets[:, 1]
    small = lower(text)
    for index, wording in _table(language).items():
        for start, end in wording.found_in(small):
            stop = _CLAUSE_END.search(text, end, end + REACH)
            reach = stop.start() if stop else end + REACH
            behind = (starts < reach) & (starts >= end) & (ends > starts)
            cue = np.flatnonzero((starts < end) & (ends > start) & (ends > starts))
            found[behind, index] = np.maximum(found[behind, index], BEHIND)
            found[cue, index] = np.maximum(found[cue, index], CUE)
            found[cue[:1], index] = FIRST
    return found
