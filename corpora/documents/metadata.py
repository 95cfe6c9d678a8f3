"""Reads court, State, date, numbers and title off a document's text, each with its span; `read_document` calls it.

What the text does not show stays out: a wrong court is worse than none. Patterns are in `metadata.toml`, courts and
their States in `courts.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from palermo.corpora.documents.document import Document, MetadataValue
from palermo.corpora.documents.passages.patterns import compiled

Values = dict[str, MetadataValue]


@lru_cache(maxsize=2)
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


def metadata(document: Document) -> Values:
    """What the head of the text shows, under the names that `Document.metadata` documents.

    `state` is ISO 3166-1 alpha-2, or `"INT"` for international courts; `date` is `YYYY-MM-DD`. Values that the file's
    own fields gave are kept. A value that is derived (a State from a court) carries the span of what shows it.
    """
    head = document.text[: int(_data("metadata")["limits"]["head_characters"])]
    found: Values = {}
    _citations(head, found)
    if document.kind != "statute":
        _court(head, found)
        _number(head, found)
    _date(head, found)
    _title(document, found)
    if document.kind == "statute":
        _statute(document, head, found)
    return found | document.metadata


def _value(match: Any, text: str | None = None, group: str | int = 0) -> MetadataValue:
    index = match.re.groupindex[group] if isinstance(group, str) else group
    start, end = match.span(index)
    return MetadataValue(" ".join((text or match.group(index)).split()), start, end)


def _citations(head: str, found: Values) -> None:
    """Neutral citation and ECLI; both say court and State, where their code is known."""
    rules, courts = _data("metadata"), _data("courts")
    ecli = compiled(rules["ecli"]["pattern"]).search(head)
    if ecli:
        found["ecli"] = _value(ecli, ecli.group().rstrip("."))
        state = ecli.group("state")
        where = {"start": ecli.start(), "end": ecli.end()}
        found["state"] = MetadataValue("INT" if state in {"CE", "EU"} else state, **where)
        name = courts["ecli"].get(f"{state}:{ecli.group('court')}")
        if name:
            found["court"] = MetadataValue(name, **where)
    for name in ("pattern", "plain"):
        for neutral in compiled(rules["neutral"][name]).finditer(head):
            code = " ".join(neutral.group("code").split())
            known = courts["codes"].get(code) or courts["codes"].get(code.split()[0])
            if known:
                found["neutral_citation"] = _value(neutral)
                found.setdefault("state", MetadataValue(known[0], neutral.start(), neutral.end()))
                found.setdefault("court", MetadataValue(known[1], neutral.start(), neutral.end()))
                return


def _court(head: str, found: Values) -> None:
    """The court that the head names first; its State too, where a citation has not said it."""
    best: tuple[int, Any, dict[str, str]] | None = None
    for entry in _data("courts")["court"]:
        match = compiled(entry["name"]).search(head)
        if match and (best is None or match.start() < best[0]):
            best = (match.start(), match, entry)
    if best is None:
        return
    _, match, entry = best
    if "state" in found and found["state"].value != entry["state"]:
        return
    found.setdefault("court", _value(match, entry.get("court")))
    found.setdefault("state", MetadataValue(entry["state"], match.start(), match.end()))


def _number(head: str, found: Values) -> None:
    """The docket or case number that stands first in the head."""
    matches = [
        match
        for entry in _data("metadata")["number"]
        if (match := compiled(entry["pattern"]).search(head[:3000])) is not None
    ]
    if matches:
        found["number"] = _value(min(matches, key=lambda match: match.start()), group="number")


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    return {name.casefold(): int(number) for number, names in _data("metadata")["months"].items() for name in names}


@lru_cache(maxsize=1)
def _date_patterns() -> tuple[Any, ...]:
    rules = _data("metadata")["dates"]
    names = sorted({name for names in _data("metadata")["months"].values() for name in names}, key=len, reverse=True)
    months = "(?i:" + "|".join(names) + ")"
    order = ("day_month_year", "month_day_year", "cyrillic", "cjk", "iso", "numeric")
    return tuple(compiled(rules[name].replace("{month}", months)) for name in order)


def _dates(head: str) -> Iterator[MetadataValue]:
    for pattern in _date_patterns():
        for match in pattern.finditer(head):
            month = match.group("month")
            number = int(month) if month.isdecimal() else _months().get(month.casefold(), 0)
            try:
                day = date(int(match.group("year")), number, int(match.group("day")))
            except ValueError:
                continue
            yield MetadataValue(day.isoformat(), match.start(), match.end())


def _date(head: str, found: Values) -> None:
    """The first date in the head that its place shows to be the document's own; other dates are left alone."""
    for value in sorted(_dates(head[:3000]), key=lambda value: value.start or 0):
        if _is_own_date(head, value):
            found["date"] = value
            return


def _is_own_date(head: str, value: MetadataValue) -> bool:
    """Whether a date stands in the first line, alone on a short line, or after a word such as "Decided"."""
    cues = _data("metadata")["dates"]["cues"]
    start, end = value.start or 0, value.end or 0
    line_start = head.rfind("\n", 0, start) + 1
    line_end = head.find("\n", end)
    line_end = len(head) if line_end < 0 else line_end
    if not head[:line_start].strip() and line_end - line_start <= int(cues["line_characters"]) * 5:
        return True
    if line_end - line_start <= int(cues["line_characters"]) and not head[end:line_end].strip(" .)"):
        return True
    before = head[max(0, start - 40) : start].casefold().rstrip(" :,.\n\t-–(")
    return before.endswith(tuple(cues["words"]))


def _title(document: Document, found: Values) -> None:
    """The block that the source calls a title, else the first line that is short enough to be one."""
    limits = _data("metadata")["limits"]
    for block in document.blocks[: int(limits["title_lines"])]:
        if block.type == "title" and block.end - block.start <= int(limits["title_characters"]):
            content = " ".join(document.text[block.start : block.end].split())
            if content:
                found["title"] = MetadataValue(content, block.start, block.end)
                return
    start = len(document.text) - len(document.text.lstrip())
    end = document.text.find("\n", start)
    end = len(document.text) if end < 0 else end
    line = document.text[start:end].rstrip()
    if 3 <= len(line) <= int(limits["title_characters"]) and line[-1] not in ".;:,。":
        found["title"] = MetadataValue(" ".join(line.split()), start, start + len(line))


def _statute(document: Document, head: str, found: Values) -> None:
    """A statute's name in its first lines, and the section where the whole text is one section."""
    pattern = compiled(_data("metadata")["statute"]["name"])
    position = 0
    for line in head.split("\n")[: int(_data("metadata")["limits"]["title_lines"])]:
        content = line.strip()
        match = pattern.match(content)
        if match and len(content) <= int(_data("metadata")["limits"]["title_characters"]) and content[-1] not in ";,:":
            start = position + line.index(content)
            found["statute"] = MetadataValue(" ".join(content.split()), start, start + len(content))
            break
        position += len(line) + 1
    numbers = {passage.number for passage in document.passages}
    if document.passages and len(numbers) == 1 and (number := next(iter(numbers))):
        first = document.passages[0]
        start = document.text.find(number, first.start, first.start + 80)
        if start >= 0:
            found["section"] = MetadataValue(number, start, start + len(number))
