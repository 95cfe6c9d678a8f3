"""Finds where a statute's sections begin: first lines by language, tables of contents left out; `statute` calls it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from palermo.corpora.documents.passages.patterns import compiled, data
from palermo.corpora.documents.passages.sequence import in_sequence, key
from palermo.corpora.documents.passages.split import words
from palermo.corpora.documents.passages.units import Unit

BARE = "bare"
_BARE_REACH = 60
_OPENERS = frozenset("([{“\"«'’‘„（【「:.-–—)]*")
_TERMINAL = frozenset(".;:,!?…。；：，！？、؛،؟")


@dataclass(frozen=True, slots=True)
class Marker:
    """A line that may be a section's first.

    Attributes:
        line: index of the line.
        number: the number as printed.
        end: offset in the document's text just after the number.
        style: which pattern found it.
    """

    line: int
    number: str
    end: int
    style: str


@lru_cache(maxsize=64)
def patterns(language: str) -> tuple[tuple[str, Any], ...]:
    """The section patterns of a language (those of `any` where it has none), as (style, compiled pattern)."""
    rules = data("statute")
    entry = rules["languages"].get(language, rules["languages"]["any"])
    numbers = rules["numbers"]
    number = f"(?P<number>{numbers['arabic']}|{numbers['roman']})"
    made = []
    for index, pattern in enumerate(entry["sections"]):
        full = pattern.replace("{n}", number).replace("{c}", f"(?P<number>{numbers['cjk']})")
        # Number words ("premier", "único") count with the language's first pattern.
        style = "0" if "(?P<word>" in full or "(?P<code>" in full else str(index)
        made.append((style, compiled(f"(?m)^[ \\t\\x{{a0}}]*(?:{full})")))
    return tuple(made)


def sections(text: str, lines: Sequence[Unit], language: str) -> tuple[list[Marker], set[int]]:
    """The markers of the document's sections in text order, and the lines of its table of contents."""
    at = {line.start: index for index, line in enumerate(lines)}
    found = list(_candidates(text, lines, at, language))
    bare = list(_bare_candidates(text, lines, at))
    found.sort(key=lambda marker: marker.line)
    contents = _contents(text, lines, found) | _bare_contents(text, lines, bare, {marker.line for marker in found})
    found = [marker for marker in found if marker.line not in contents]
    bare = [marker for marker in bare if marker.line not in contents]
    return _choose(text, lines, found, bare, language), contents


def _candidates(text: str, lines: Sequence[Unit], at: dict[int, int], language: str) -> Iterator[Marker]:
    seen: set[int] = set()
    for style, pattern in patterns(language):
        for match in pattern.finditer(text):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            index = at.get(start)
            if index is None or index in seen or not _opens_section(text[match.end() : lines[index].end]):
                continue
            seen.add(index)
            yield Marker(index, _number(match.groupdict()), match.end(), style)


def _number(groups: dict[str, str | None]) -> str:
    number = groups.get("number") or groups.get("code") or groups.get("word") or ""
    number += (groups.get("dash") or "") + (groups.get("suffix") or "")
    return " ".join(number.split()).rstrip(".")


def _opens_section(rest: str) -> bool:
    """Whether what follows a number on its line can be a section's text, and not the rest of a cross-reference."""
    rest = rest[:80].strip()
    while rest.startswith("(") and ")" in rest[:6]:
        rest = rest[rest.index(")") + 1 :].strip()
        if rest[:1].islower():
            return False
    if not rest or rest[0] in _OPENERS:
        return True
    if rest.startswith(tuple(data("statute")["reference"]["prefixes"])):
        return False
    first = rest.split()[0].rstrip(".,;")
    return not rest[0].islower() and rest[0] not in ",;" and first not in data("statute")["reference"]["words"]


def _bare_candidates(text: str, lines: Sequence[Unit], at: dict[int, int]) -> Iterator[Marker]:
    pattern = compiled("(?m)^[ \\t\\x{a0}]*" + data("statute")["bare"]["pattern"])
    for match in pattern.finditer(text):
        start = match.start(1)
        index = at.get(start)
        if index is not None:
            end = match.end(1)
            rest = text[end : min(lines[index].end, end + 40)].lstrip(" .:\t\u00a0")
            if not rest[:1].islower() and rest[:1] not in {",", ";", "%", "/"}:
                yield Marker(index, match.group("number"), end, BARE)


def _choose(text: str, lines: Sequence[Unit], found: list[Marker], bare: list[Marker], language: str) -> list[Marker]:
    by_style: dict[str, list[Marker]] = defaultdict(list)
    for marker in found:
        by_style[marker.style].append(marker)
    best: list[Marker] = []
    for markers in by_style.values():
        kept = _sequence(markers, lines, text)
        if len(kept) > len(best):
            best = kept
    numbered = _sequence(bare, lines, text, reach=_BARE_REACH)
    if _are_sections(text, lines, numbered, language) and len(numbered) > 2 * len(best):
        return numbered
    return best or _lone(numbered)


def _sequence(markers: list[Marker], lines: Sequence[Unit], text: str, *, reach: int = 10**6) -> list[Marker]:
    taken = in_sequence([marker.number for marker in markers], reach=reach)
    return [
        marker
        for marker, take in zip(markers, taken, strict=True)
        if take or (not key(marker.number) and words(text[lines[marker.line].start : lines[marker.line].end]) <= 8)
    ]


def _lone(numbered: list[Marker]) -> list[Marker]:
    """A single section's own number at the head of the text: "18" or "13 A person shall"."""
    first = [marker for marker in numbered[:1] if marker.line == 0]
    return first if first and len(numbered) == 1 else []


def _are_sections(text: str, lines: Sequence[Unit], markers: list[Marker], language: str) -> bool:
    """Whether bare numbers count sections, not the paragraphs of one: headings or chapters speak for it."""
    rules = data("statute")["bare"]
    if len(markers) < rules["least"]:
        return False
    if Counter(marker.number for marker in markers)["1"] > max(2, len(markers) // 15):
        return False
    headed = sum(_has_heading(text, lines, marker) for marker in markers)
    return bool(headed >= rules["headed"] * len(markers))


def _has_heading(text: str, lines: Sequence[Unit], marker: Marker) -> bool:
    line = lines[marker.line]
    rest = text[marker.end : line.end].lstrip(" .:\t\u00a0")
    if line.type == "heading" or rest[:1] in {"—", "–"} or rest.startswith("(1)") or "—" in rest[:90]:
        return True
    if rest and len(rest) <= 120 and rest[-1] not in _TERMINAL:
        return words(rest) <= 14
    if not marker.line:
        return False
    before = lines[marker.line - 1]
    return before.type == "heading" or (before.end - before.start <= 90 and text[before.end - 1] not in _TERMINAL)


def _contents(text: str, lines: Sequence[Unit], markers: list[Marker]) -> set[int]:
    """The lines of tables of contents: runs of entries without a body whose numbers come again, or with leaders."""
    rules = data("statute")["contents"]
    leaders = compiled("(?m)^" + rules["leaders"])
    at = {line.start: index for index, line in enumerate(lines)}
    found = _filled(sorted({at[m.start()] for m in leaders.finditer(text) if m.start() in at}), rules["least"])
    found |= _filled(_entries(text, lines, markers, far=3, longest=25), rules["least"])
    titles = compiled(rules["titles"])
    return found | {
        index - back
        for index in found
        for back in (1, 2)
        if index >= back and index - back not in found and titles.match(_text(text, lines[index - back])[:60])
    }


def _bare_contents(text: str, lines: Sequence[Unit], markers: list[Marker], taken: set[int]) -> set[int]:
    """Tables of contents with bare numbers: short entries line upon line, no section's first line among them."""
    rules = data("statute")["contents"]
    found = _filled(_entries(text, lines, markers, far=1, longest=14), rules["least"] + 1)
    titles = compiled(rules["titles"])
    above = {index - 1 for index in found if index and titles.match(_text(text, lines[index - 1])[:60])}
    return set() if found & taken else found | above


def _entries(text: str, lines: Sequence[Unit], markers: list[Marker], *, far: int, longest: int) -> list[int]:
    """The lines of markers that have no text before the next one, and whose number comes again later."""
    last = {_identity(marker): index for index, marker in enumerate(markers)}
    entries: list[int] = []
    for index, marker in enumerate(markers):
        after = markers[index + 1].line if index + 1 < len(markers) else len(lines)
        again = last[_identity(marker)] > index
        group = lines[marker.line : after]
        if len(group) > far and entries and marker.line - entries[-1] <= far:
            # The last entry: what follows it is no longer contents.
            group = group[:1]
        if again and len(group) <= far and _is_entry(text, group, longest):
            entries.append(marker.line)
    return entries


def _identity(marker: Marker) -> object:
    return key(marker.number) or marker.number


def _is_entry(text: str, group: Sequence[Unit], longest: int) -> bool:
    return all(line.end - line.start <= 160 and text[line.end - 1] not in ";,:" for line in group) and (
        words(text[group[0].start : group[-1].end]) <= longest
    )


def _text(text: str, line: Unit) -> str:
    return text[line.start : line.end]


def _filled(entries: list[int], least: int) -> set[int]:
    """The lines from the first to the last of each run of at least `least` entries at most three lines apart."""
    found: set[int] = set()
    run: list[int] = []
    for index in entries:
        if run and index - run[-1] > 3:
            found |= _span(run, least)
            run = []
        run.append(index)
    return found | _span(run, least)


def _span(run: list[int], least: int) -> set[int]:
    return set(range(run[0], run[-1] + 1)) if len(run) >= least else set()
