"""Words that name a mental element ("knowing", "reasonable grounds to believe") in a passage; the encoder calls it.

The network learnt mental elements from a few hundred passages of real texts and misses words that any lawyer marks.
`cues.toml` lists them by language and standard. They are no findings: each lifts the network's logits by what fitted on
labelled passages (`palermo.models.mental`), so a word that the network speaks strongly against stays unmarked.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import STANDARDS

NONE, BEHIND, CUE, FIRST = range(4)
"""What a token is to a standard: nothing, behind a cue in its clause, of a cue, a cue's first."""
REACH = 160  # code points of a clause behind a cue that still may belong to it
_CLAUSE_END = re.compile(r"[.;:。；]|[)\]”\"»]\s")


@dataclass(frozen=True, slots=True)
class Lift:
    """What is added to a standard's logits: inside of tokens behind a cue and of a cue, begin of a cue's first."""

    behind: float = 0.0
    cue: float = 0.0
    first: float = 0.0

    def inside(self, cues: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """[T, 9] -> [T, 9]."""
        added: npt.NDArray[np.float64] = np.array([0.0, self.behind, self.cue, self.cue])[cues]
        return added

    def begin(self, cues: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """[T, 9] -> [T, 9]."""
        return np.where(cues == FIRST, self.first, 0.0)


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[int, re.Pattern[str]]]:
    text = resources.files("palermo.models").joinpath("cues.toml").read_text("utf-8")
    return {
        language: {
            STANDARDS.index(standard): re.compile("|".join(patterns), re.IGNORECASE)
            for standard, patterns in standards.items()
        }
        for language, standards in tomllib.loads(text).items()
    }


def cues_of(text: str, offsets: npt.NDArray[np.int64], language: str | None) -> npt.NDArray[np.uint8]:
    """What each token is to each standard [T, 9]: NONE, BEHIND, CUE or FIRST.

    Args:
        text: a passage.
        offsets: [T, 2] of its tokens in code points; tokens of context and special ones have end 0.
        language: ISO 639-1 code; a language without a table has no cues.
    """
    found = np.full((len(offsets), len(STANDARDS)), NONE, np.uint8)
    starts, ends = offsets[:, 0], offsets[:, 1]
    for index, pattern in _tables().get(language or "", {}).items():
        for match in pattern.finditer(text):
            if match.end() == match.start():
                continue
            end = _CLAUSE_END.search(text, match.end(), match.end() + REACH)
            reach = end.start() if end else match.end() + REACH
            behind = (starts < reach) & (starts >= match.end()) & (ends > starts)
            cue = np.flatnonzero((starts < match.end()) & (ends > match.start()) & (ends > starts))
            found[behind, index] = np.maximum(found[behind, index], BEHIND)
            found[cue, index] = np.maximum(found[cue, index], CUE)
            found[cue[:1], index] = FIRST
    return found
