"""Cuts a statute by section or article: number and heading kept, tables of contents and chapter headings set apart.

`palermo.corpora.documents.passages.cut` calls it; patterns and lengths are in `statute.toml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from palermo.corpora.documents.document import Document
from palermo.corpora.documents.passages.judgment import cut_judgment
from palermo.corpora.documents.passages.markers import Marker, sections
from palermo.corpora.documents.passages.patterns import compiled, data
from palermo.corpora.documents.passages.pieces import Assembly, Cut, Lengths, Piece
from palermo.corpora.documents.passages.split import Span, fill, words
from palermo.corpora.documents.passages.units import Unit, lines
from palermo.corpora.documents.sentences import sentences

_TERMINAL = frozenset(".;:,!?…。；：，！？、؛،؟-–—")
_PARENTHESES = {"（": "）", "(": ")", "【": "】", "[": "]"}


@dataclass(frozen=True, slots=True)
class _Section:
    number: str | None
    heading: str | None
    first: int
    last: int


def cut_statute(document: Document, language: str) -> Cut:
    """A statute's passages and headings, in text order; one without sections is cut by paragraph.

    Args:
        document: canonical text with blocks; the text is not changed.
        language: ISO 639-1 code; decides the patterns.
    """
    text = document.text
    units = lines(document)
    if not units:
        return Cut()
    markers, contents = sections(text, units, language)
    if not markers:
        return _without_sections(document, units, language)
    starts = {marker.line: marker for marker in markers}
    chapters = _chapters(text, units, set(starts), contents, language)
    above = _headings_above(text, units, markers, chapters | contents)
    return _assemble(text, units, language, _Layout(starts, chapters, contents, above))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What each line is: a section's first line, a chapter heading, contents, a heading above a section."""

    starts: dict[int, Marker]
    chapters: set[int]
    contents: set[int]
    above: set[int]


def _assemble(text: str, units: list[Unit], language: str, layout: _Layout) -> Cut:
    """Walks the lines once; text before the first section and in schedules is cut by paragraph."""
    cut = Cut()
    loose = Assembly(text, language, Lengths.of(data("judgment")["lengths"]))
    chapter: str | None = None
    index = 0
    while index < len(units):
        if index in layout.chapters or index in layout.contents or index in layout.above:
            last = _run(index, layout.chapters) if index in layout.chapters else index
            loose.heading(units[index].start, units[last].end, units[index].level or 1)
            if index in layout.chapters:
                chapter = " ".join(text[units[index].start : units[last].end].split())
            index = last + 1
        elif index in layout.starts:
            last = _section_end(index, len(units), layout)
            section = _section(text, units, layout, index, last, chapter)
            cut.pieces.extend(_split_section(text, units, section, language))
            index = last + 1
        else:
            last = _paragraph_end(units, index, layout)
            loose.add(replace(units[index], end=units[last].end))
            index = last + 1
            if index in layout.starts:
                loose.close()
    rest = loose.finish()
    cut.pieces = sorted([*cut.pieces, *rest.pieces], key=lambda piece: piece.start)
    cut.headings = rest.headings
    return cut


def _run(index: int, members: set[int]) -> int:
    while index + 1 in members:
        index += 1
    return index


def _section_end(index: int, count: int, layout: _Layout) -> int:
    last = index
    while last + 1 < count and not _is_border(last + 1, layout):
        last += 1
    return last


def _is_border(index: int, layout: _Layout) -> bool:
    return index in layout.starts or index in layout.chapters or index in layout.contents or index in layout.above


def _paragraph_end(units: list[Unit], index: int, layout: _Layout) -> int:
    last = index
    while (
        last + 1 < len(units)
        and not units[last + 1].opens
        and units[last + 1].type == units[index].type
        and not _is_border(last + 1, layout)
    ):
        last += 1
    return last


def _section(text: str, units: list[Unit], layout: _Layout, first: int, last: int, chapter: str | None) -> _Section:
    marker = layout.starts[first]
    own = _own_heading(text, units, marker, last)
    if own is None and first - 1 in layout.above:
        own = " ".join(text[units[first - 1].start : units[first - 1].end].split())
    return _Section(marker.number or None, own or chapter, first, last)


def _own_heading(text: str, units: list[Unit], marker: Marker, last: int) -> str | None:
    """A section's own heading: in brackets, run in before a dash, the rest of its first line, or the next line."""
    rules = data("statute")["heading"]
    line = units[marker.line]
    rest = text[marker.end : min(line.end, marker.end + 400)].strip(" .:-–—\t\u00a0　")
    bracketed = _bracketed(rest)
    if bracketed is not None:
        return bracketed
    if rest:
        return _first_line_heading(rest, whole=marker.end + 400 >= line.end, alone=last == marker.line, rules=rules)
    if marker.line < last and _is_title(text, units[marker.line + 1], rules) and marker.line + 1 < last:
        return text[units[marker.line + 1].start : units[marker.line + 1].end]
    return None


def _bracketed(rest: str) -> str | None:
    closer = _PARENTHESES.get(rest[:1])
    if closer is None or closer not in rest[:80]:
        return None
    inner = rest[1 : rest.index(closer)].strip()
    return inner if len(inner) > 3 or (inner and ord(inner[0]) > 0x2E80) else None


def _first_line_heading(rest: str, *, whole: bool, alone: bool, rules: dict[str, int]) -> str | None:
    run_in = compiled(r"([^\n]{2,150}?)\.?[ ]?(?:[—–]{1,2}|\.-)").match(rest)
    if run_in and words(run_in.group(1)) <= rules["words"] and not run_in.group(1)[0].isdigit():
        return str(run_in.group(1)).strip(" .-–—")
    short = whole and len(rest) <= rules["characters"] and words(rest) <= rules["words"]
    if short and not alone and rest[-1] not in ";,:" and not rest[0].islower() and not _is_subsection(rest):
        return rest
    first, stop, body = rest.partition(". ")
    if stop and body and words(first) <= 10 and first[0].isupper() and not _is_subsection(rest):
        return first
    return None


def _is_title(text: str, line: Unit, rules: dict[str, int]) -> bool:
    content = text[line.start : line.end]
    if line.type == "heading":
        return True
    return (
        len(content) <= rules["characters"]
        and words(content) <= rules["words"]
        and content[-1] not in _TERMINAL
        and not content[0].islower()
        and any(character.isalpha() for character in content)
        and not _is_subsection(content)
    )


def _is_subsection(line: str) -> bool:
    return compiled(data("statute")["subsection"]["pattern"]).match(line[:16]) is not None


@lru_cache(maxsize=64)
def _chapter_patterns(language: str) -> tuple[Any, ...]:
    languages = data("statute")["languages"]
    return tuple(
        compiled(f"(?m)^[ \\t\\x{{a0}}]*(?:{pattern})")
        for pattern in languages.get(language, languages["any"])["headings"]
    )


def _chapters(text: str, units: list[Unit], starts: set[int], contents: set[int], language: str) -> set[int]:
    """Lines that are headings of parts and chapters: declared by the source, or by pattern, with their titles."""
    rules = data("statute")["heading"]
    at = {line.start: index for index, line in enumerate(units)}
    found = {
        index
        for index, line in enumerate(units)
        if line.type in {"heading", "title"} and index not in starts and index not in contents
    }
    for pattern in _chapter_patterns(language):
        for match in pattern.finditer(text):
            index = at.get(match.start() + len(match.group()) - len(match.group().lstrip()))
            if index is None or index in starts or index in contents or not _is_title(text, units[index], rules):
                continue
            found.add(index)
            following = index + 1
            if (
                following < len(units) - 1
                and following not in starts
                and following not in contents
                and _is_title(text, units[following], rules)
            ):
                found.add(following)
    return found


def _headings_above(text: str, units: list[Unit], markers: Sequence[Marker], taken: set[int]) -> set[int]:
    """Lines just above sections that are their headings, where the document sets most of its headings so."""
    rules = data("statute")["heading"]
    starts = {marker.line for marker in markers}
    found = set()
    for marker in markers:
        line = marker.line - 1
        if line < 0 or line in taken or line in starts or not _is_title(text, units[line], rules):
            continue
        if units[line].opens or line == 0 or text[units[line - 1].end - 1] in _TERMINAL:
            found.add(line)
    return found if len(found) >= max(2, len(markers) // 2) else set()


def _split_section(text: str, units: list[Unit], section: _Section, language: str) -> list[Piece]:
    limits = Lengths.of(data("statute")["lengths"])
    whole = (units[section.first].start, units[section.last].end)
    spans: list[Span] = [whole]
    if whole[1] - whole[0] > limits.characters or words(text[whole[0] : whole[1]]) > limits.longest:
        parts = _subsections(text, units, section, language, limits)
        spans = fill(text, parts, longest=limits.longest, target=limits.target, characters=limits.characters)
    return [Piece(start, end, section.number, section.heading) for start, end in spans]


def _subsections(text: str, units: list[Unit], section: _Section, language: str, limits: Lengths) -> list[Span]:
    """A section's subsections; one that is itself too long comes as its sentences."""
    groups: list[Span] = []
    for line in units[section.first : section.last + 1]:
        if not groups or _is_subsection(text[line.start : line.end]):
            groups.append((line.start, line.end))
        else:
            groups[-1] = (groups[-1][0], line.end)
    spans: list[Span] = []
    for start, end in groups:
        if end - start <= limits.characters and words(text[start:end]) <= limits.longest:
            spans.append((start, end))
        else:
            spans.extend((start + a, start + b) for a, b in sentences(text[start:end], language))
    return spans


def _without_sections(document: Document, units: list[Unit], language: str) -> Cut:
    """A text without section numbers: one section where it is short enough to be one, else paragraphs."""
    limit = data("statute")["lengths"]["single"]
    body = [line for line in units if line.type not in {"heading", "title"}]
    if len(body) != len(units) or words(document.text) > limit:
        return cut_judgment(document, language, numbers=False)
    section = _Section(None, None, 0, len(units) - 1)
    return Cut(pieces=_split_section(document.text, units, section, language))
