"""Mental elements of article 6: standards per passage, spans, roles. Called by the report.

A predicted span matches a gold span of the same standard when the overlap is at least half of the longer one; each gold
span is matched at most once, in the order of the file (the reference scorer's rule).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage, MentalSpan, overlaps
from palermo.corpora.labelled.predictions import Prediction, SpanScore
from palermo.evaluation.counts import Counts, f1
from palermo.evaluation.pairs import Ints, Pairs

# One character of a script written without spaces (Thai, Lao, Khmer, kana, Han), or one word; single character classes,
# so linear.
_UNSPACED = r"\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_INDEX = {standard: i for i, standard in enumerate(STANDARDS)}
_ROLE = {role: i for i, role in enumerate((*ROLES, None))}


@dataclass(frozen=True, slots=True)
class MentalCounts:
    """Counts per passage: `standards`, `half`, `exact`, `tokens` [N, 9, 3]; `roles` [N, 5, 5].

    `roles[i, g, p]` counts matched spans with gold role g and predicted role p; the fifth row and column are "no role".
    """

    standards: Counts
    half: Counts
    exact: Counts
    tokens: Counts
    roles: Ints

    def take(self, rows: Ints) -> MentalCounts:
        """The counts of some passages."""
        return MentalCounts(
            self.standards[rows], self.half[rows], self.exact[rows], self.tokens[rows], self.roles[rows]
        )

    def role_accuracy(self) -> float | None:
        """Per cent of matched spans with a gold role whose predicted role is the same, or None without any."""
        known = self.roles.sum(axis=0)[: len(ROLES)]
        return 100 * float(np.trace(known)) / float(known.sum()) if known.sum() else None


def mental_counts(pairs: Pairs) -> MentalCounts:
    """Compare the spans of every passage."""
    n, k = len(pairs), len(STANDARDS)
    tables = {name: np.zeros((n, k, 3)) for name in ("standards", "half", "exact", "tokens")}
    roles = np.zeros((n, len(ROLES) + 1, len(ROLES) + 1), dtype=np.int64)
    for row, (passage, prediction) in enumerate(zip(pairs.passages, pairs.predictions, strict=True)):
        gold, found = passage.mens_rea, prediction.mens_rea
        if gold or found:
            tables["standards"][row] = _sets({m.standard for m in gold}, {m.standard for m in found})
            tables["exact"][row] = _spans(_keys(gold), _keys(found))
            tables["tokens"][row] = _spans(_tokens(passage, gold), _tokens(passage, found))
            tables["half"][row] = _half(passage, prediction, roles[row])
    return MentalCounts(roles=roles, **tables)


def _sets(gold: set[str], found: set[str]) -> Counts:
    return _spans({(x, 0, 0) for x in gold}, {(x, 0, 0) for x in found})


def _keys(spans: Sequence[MentalSpan | SpanScore]) -> set[tuple[str, int, int]]:
    return {(m.standard, m.start, m.end) for m in spans}


def _spans(gold: set[tuple[str, int, int]], found: set[tuple[str, int, int]]) -> Counts:
    table = np.zeros((len(STANDARDS), 3))
    for cell, keys in enumerate((gold & found, found - gold, gold - found)):
        for standard, count in Counter(key[0] for key in keys).items():
            table[_INDEX[standard], cell] = count
    return table


def _tokens(passage: LabelledPassage, spans: Sequence[MentalSpan | SpanScore]) -> set[tuple[str, int, int]]:
    return {
        (m.standard, token.start(), token.end())
        for m in spans
        for token in _TOKEN.finditer(passage.text, m.start, m.end)
    }


def _half(passage: LabelledPassage, prediction: Prediction, roles: Ints) -> Counts:
    """[9, 3] span counts at half overlap; adds the roles of matched spans to `roles`."""
    table = np.zeros((len(STANDARDS), 3))
    gold = passage.mens_rea
    # Two spans with the same words and standard share their role: the last one given.
    gold_role = {(m.standard, m.start, m.end): m.role for m in gold}
    found_role = {(m.standard, m.start, m.end): m.role for m in prediction.mens_rea}
    used: set[int] = set()
    for span in prediction.mens_rea:
        match = next((j for j, m in enumerate(gold) if j not in used and overlaps(m, span)), None)
        table[_INDEX[span.standard], 1 if match is None else 0] += 1
        if match is not None:
            used.add(match)
            m = gold[match]
            roles[
                _ROLE[gold_role[m.standard, m.start, m.end]],
                _ROLE[found_role[span.standard, span.start, span.end]],
            ] += 1
    for j, m in enumerate(gold):
        table[_INDEX[m.standard], 2] += j not in used
    return table


def standard_f1(counts: Counts) -> dict[str, tuple[float, int]]:
    """F1 in per cent and number of gold items by standard, from [N, 9, 3]."""
    total = counts.sum(axis=0)
    return {s: (float(f1(total[i])), int(total[i, 0] + total[i, 2])) for s, i in _INDEX.items()}
