"""Labelled passages: the carrier that training, evaluation and `palermo predict` read.

The corpus format is `passage.schema.json`; what the labels mean is in the annotation guide.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records

STANDARDS = (
    "intent",
    "knowledge",
    "purpose",
    "inference",
    "wilful_blindness",
    "recklessness",
    "suspicion",
    "negligence",
    "strict",
)
ROLES = ("required", "applied", "rejected", "defence")


@dataclass(frozen=True, slots=True)
class MentalSpan:
    """One mental element: `standard` of STANDARDS, `role` of ROLES or None, `[start, end)` in the passage's text.

    `span` is the words as the annotator's file gives them; `check` compares them with the text.
    """

    standard: str
    start: int
    end: int
    role: str | None = None
    span: str | None = None


class Spanned(Protocol):
    """A span of a standard, an annotator's or a tagger's: `[start, end)` in code points of the passage."""

    @property
    def standard(self) -> str:
        """One of STANDARDS."""

    @property
    def start(self) -> int:
        """Its first code point."""

    @property
    def end(self) -> int:
        """The code point behind its last."""


def overlaps(one: Spanned, other: Spanned) -> bool:
    """Whether two spans match: same standard, overlap at least half of the longer."""
    common = min(one.end, other.end) - max(one.start, other.start)
    longest = max(one.end - one.start, other.end - other.start)
    return one.standard == other.standard and 2 * common >= longest


@dataclass(frozen=True, slots=True)
class LabelledPassage:
    """One passage with its labels.

    Attributes:
        id: unique in its file.
        kind: "judgment" or "statute".
        language: BCP 47 tag, lower-case language ("en", "zh").
        text: the passage; offsets of `mens_rea` count its code points.
        doc_id: the document; splitting and resampling go by it.
        labels: provisions that apply, finer ones beside their article.
        maybe: provisions that count neither for nor against a prediction.
        named: the passage names the Convention or a Protocol.
        start, end: offsets of the passage in its document, or None.
    """

    id: str
    kind: str
    language: str
    text: str
    doc_id: str
    title: str | None = None
    heading: str | None = None
    jurisdiction: str | None = None
    labels: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    mens_rea: tuple[MentalSpan, ...] = ()
    named: bool = False
    start: int | None = None
    end: int | None = None

    @property
    def group(self) -> str:
        """One of "en-judgment", "en-statute", "other-judgment", "other-statute"."""
        return f"{'en' if self.language == 'en' else 'other'}-{self.kind}"

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> LabelledPassage:
        """Build from an object that keeps to `passage.schema.json`; unknown fields are dropped."""
        spans = tuple(
            MentalSpan(m["standard"], m["start"], m["end"], m.get("role"), m.get("span"))
            for m in record.get("mens_rea", ())
        )
        return cls(
            id=record["id"],
            kind=record["kind"],
            language=record["language"],
            text=record["text"],
            doc_id=record.get("doc_id", record["id"]),
            title=record.get("title"),
            heading=record.get("heading"),
            jurisdiction=record.get("jurisdiction"),
            labels=tuple(record.get("labels", ())),
            maybe=tuple(record.get("maybe", ())),
            mens_rea=spans,
            named=record.get("named", False),
            start=record.get("start"),
            end=record.get("end"),
        )

    def to_json(self) -> dict[str, Any]:
        """The object that `from_json` reads; what is empty or not known is left out."""
        return asdict(self, dict_factory=_told)


def _told(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """What is known of them; an offset of 0 is, though it equals False."""
    return {name: value for name, value in fields if value is not None and value is not False and value != ()}


def read_passages(path: Path) -> list[LabelledPassage]:
    """Read a .jsonl or .jsonl.gz file of passages in the file's order.

    Raises:
        DataError: a line breaks the schema, an id occurs twice, a span lies outside its text, or the file is empty;
            the message names file and line.
    """
    passages: list[LabelledPassage] = []
    seen: dict[str, int] = {}
    for number, record in read_records(path, "passage"):
        passage = LabelledPassage.from_json(record)
        if passage.id in seen:
            raise DataError(
                f"line {number} has the id of line {seen[passage.id]}", source=path.name, hint="make ids unique"
            )
        if any(not 0 <= m.start < m.end <= len(passage.text) for m in passage.mens_rea):
            raise DataError(
                f"line {number}: a mens_rea span lies outside the text",
                source=path.name,
                hint="offsets count code points of `text`",
            )
        seen[passage.id] = number
        passages.append(passage)
    if not passages:
        raise DataError("no passages", source=path.name, hint="one JSON object a line")
    return passages
