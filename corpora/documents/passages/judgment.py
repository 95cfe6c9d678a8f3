"""Cuts a judgment by paragraph: printed numbers kept, headings set apart, short ones joined, long ones split.

`palermo.corpora.documents.passages.cut` calls it; lengths and patterns are in `judgment.toml`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from palermo.corpora.documents.document import Document
from palermo.corpora.documents.passages.patterns import compiled, data
from palermo.corpora.documents.passages.pieces import Assembly, Cut, Lengths
from palermo.corpora.documents.passages.sequence import in_sequence
from palermo.corpora.documents.passages.split import words
from palermo.corpora.documents.passages.units import Unit, paragraphs, split_lines

_TERMINAL = frozenset('.;:,!?…。；：，！？、؛،؟-–—"”’»)')
_HEAD = 48
_REACH = 60


@dataclass(frozen=True, slots=True)
class _Candidate:
    style: str
    number: str
    length: int


def cut_judgment(document: Document, language: str, *, numbers: bool = True) -> Cut:
    """A judgment's passages and headings, in text order.

    Args:
        document: canonical text with blocks; the text is not changed.
        language: ISO 639-1 code, for sentence ends.
        numbers: whether to look for printed paragraph numbers (a statute without sections has none).
    """
    text = document.text
    units = _at_numbers(text, paragraphs(document)) if numbers else paragraphs(document)
    numbered = _numbers(text, units) if numbers else {}
    headings = _headings(text, units, numbered)
    assembly = Assembly(text, language, Lengths.of(data("judgment")["lengths"]))
    for index, unit in enumerate(units):
        if index in headings:
            assembly.heading(unit.start, unit.end, unit.level)
        elif index in numbered:
            assembly.open(unit, numbered[index])
        else:
            assembly.add(unit)
    return assembly.finish()


def _at_numbers(text: str, units: list[Unit]) -> list[Unit]:
    """Blocks of several lines, split before the lines that begin with a printed number."""
    found: list[Unit] = []
    for unit in units:
        if "\n" not in text[unit.start : unit.end]:
            found.append(unit)
            continue
        group: list[Unit] = []
        for line in split_lines(text, unit):
            if group and _candidate(text[line.start : min(line.end, line.start + _HEAD)]) is not None:
                found.extend(_grouped(text, group))
                group = []
            group.append(line)
        found.extend(_grouped(text, group))
    return found


def _grouped(text: str, lines: list[Unit]) -> list[Unit]:
    """Lines as one unit, and after it the headings of what follows: short last lines after a full stop."""
    body = list(lines)
    while len(body) > 1 and len(lines) - len(body) < 2 and _is_caption(text[body[-1].start : body[-1].end]):
        body.pop()
    if text[body[-1].end - 1] not in _TERMINAL:
        body = list(lines)
    return [replace(body[0], end=body[-1].end), *(replace(line, opens=True) for line in lines[len(body) :])]


def _is_caption(line: str) -> bool:
    rules = data("judgment")["heading"]
    return len(line) <= rules["characters"] and line[0].isupper() and line[-1] not in _TERMINAL and words(line) <= 8


def _candidate(head: str) -> _Candidate | None:
    if not any(character.isdigit() for character in head[:16]) and head[:1] not in "一二三四五六七八九十":
        return None
    for entry in data("judgment")["number"]:
        match = compiled(entry["pattern"]).match(head)
        if match:
            return _Candidate(entry["style"], match.group("number"), match.end())
    return None


def _numbers(text: str, units: list[Unit]) -> dict[int, str]:
    """Unit index -> printed number, for the one style of numbers that counts this document's paragraphs."""
    by_style: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for index, unit in enumerate(units):
        if unit.type in {"footnote", "title", "heading"}:
            continue
        if unit.number is not None and unit.number[:1].isdigit():
            by_style["block"].append((index, unit.number))
        candidate = _candidate(text[unit.start : min(unit.end, unit.start + _HEAD)])
        if candidate is not None:
            by_style[candidate.style].append((index, candidate.number))
    best: dict[int, str] = {}
    for style, entries in by_style.items():
        taken = in_sequence([number for _, number in entries], reach=_REACH)
        kept = {index: number for (index, number), take in zip(entries, taken, strict=True) if take}
        if len(kept) > len(best) and _plausible(style, list(kept.values())):
            best = kept
    return best


def _plausible(style: str, numbers: list[str]) -> bool:
    restarts = Counter(numbers)["1"]
    least = 5 if style == "bare" else 1 if style == "block" else 3
    return len(numbers) >= least and restarts <= max(1, len(numbers) // 4)


def _headings(text: str, units: list[Unit], numbered: dict[int, str]) -> set[int]:
    """Indices of the units that are headings: those the source calls so, and short lines that look so."""
    rules = data("judgment")["heading"]
    declared = {i for i, unit in enumerate(units) if unit.type in {"title", "heading"}}
    like = {
        i
        for i, unit in enumerate(units)
        if unit.type == "paragraph" and i not in numbered and _looks_like_heading(text, units, i, rules)
    }
    found = {i for run in _runs(sorted(like)) for i in run if len(run) < rules["front"]}
    # A heading stands over something: the last lines of a document are no headings.
    last = max((i for i in range(len(units)) if i not in found and i not in declared), default=-1)
    return declared | {i for i in found if i < last}


def _runs(indices: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _looks_like_heading(text: str, units: list[Unit], index: int, rules: dict[str, int]) -> bool:
    unit = units[index]
    if unit.end - unit.start > rules["characters"]:
        return False
    line = text[unit.start : unit.end]
    if "\n" in line or line[0].islower() or not any(c.isalpha() for c in line) or words(line) > rules["words"]:
        return False
    if line[0] in "(-–—•*·[…'\"“‘«" or (line[-1] in _TERMINAL and not _outline(line)):
        return False
    following = text[units[index + 1].start] if index + 1 < len(units) else "a"
    previous = text[units[index - 1].end - 1] if index else "."
    return not following.islower() and (previous in _TERMINAL or index - 1 < 0 or len(line) < 60)


def _outline(line: str) -> bool:
    return len(line) <= 6 and compiled(data("judgment")["outline"]["pattern"]).match(line) is not None
