"""What the exports share: an analysis as rows of a table, texts that can be written, cells that stay texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

ENGINE_COLUMNS = ("engine", "engine_version", "model", "model_sha256", "taxonomy")
"""What every export says of its making."""

TAG_COLUMNS = (
    "file",
    "sha256",
    "title",
    "court",
    "state",
    "date",
    "case_number",
    "kind",
    "language",
    "passage",
    "passage_number",
    "passage_heading",
    "start",
    "end",
    "provision",
    "provision_heading",
    "score",
    "predicted",
    "decision",
    "sources",
    "evidence",
    "evidence_start",
    "evidence_end",
    "mens_rea",
    *ENGINE_COLUMNS,
    "error",
)
"""Columns of the CSV and of the sheet of tags."""

SPAN_COLUMNS = ("file", "sha256", "passage", "passage_number", "standard", "role", "text", "start", "end", "score")
DOCUMENT_COLUMNS = (
    *("file", "sha256", "title", "court", "state", "date", "case_number", "kind", "language", "characters"),
    *("passages", "provisions", "warnings", *ENGINE_COLUMNS),
)

_SIGNS = frozenset("=+-@")
_SURROGATE = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which no file can hold; as long as before."""
    return _SURROGATE.sub("\ufffd", text)


def utf8(text: str) -> bytes:
    """The text as a file; every export that is text is written with it."""
    return whole(text).encode()


def safe(text: str) -> str:
    """The text with U+FFFD for each character that XML 1.0 can't hold (section 2.2); as long as before."""
    return text.translate(_forbidden())


@lru_cache(maxsize=1)
def _forbidden() -> dict[int, str]:
    controls = set(range(0x20)) - {0x9, 0xA, 0xD}
    return dict.fromkeys([*controls, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could run a cell as a formula (OWASP, "CSV injection").

    Signs count in their other widths too, which East Asian spreadsheets read alike, and so do those behind white space
    or characters that are not seen, which some readers drop. A tab or a line end in front is a trigger of its own.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return True
    first = next((c for c in text if unicodedata.category(c)[0] not in "ZC"), "")
    return unicodedata.normalize("NFKC", first) in _SIGNS


def defused(value: Any) -> Any:
    """A cell that no spreadsheet runs: a quote goes in front of a formula, and of one that has such quotes already.

    So whoever reads the table back takes one quote off where a formula follows the quotes, and has the text again.
    """
    if not isinstance(value, str):
        return value
    text = whole(value)
    return f"'{text}" if is_formula(text.lstrip("'")) else text


def tags(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a tag that is predicted or for review; a document without any gives one row without a provision."""
    if "error" in record:
        yield {"file": record["error"]["source"], "error": record["error"]["message"]}
        return
    headings = {entry["provision"]: entry["heading"] for entry in record["provisions"]}
    found = False
    for passage in record["passages"]:
        for tag in passage["tags"]:
            if noted(tag):
                found = True
                yield {**_document(record), **_passage(passage), **_tag(tag, headings)}
    if not found:
        yield _document(record)


def noted(tag: dict[str, Any]) -> bool:
    """Whether an export for people shows a tag: it is predicted, or for review."""
    return bool(tag["predicted"]) or tag["decision"] != "none"


def engine(record: dict[str, Any]) -> dict[str, str]:
    """`ENGINE_COLUMNS` -> what made the analysis."""
    made = record["engine"]
    return dict(
        zip(
            ENGINE_COLUMNS,
            (made["name"], made["version"], made["model"], made["model_sha256"], made["taxonomy"]),
            strict=True,
        )
    )


def spans(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a mental element."""
    for passage in record.get("passages", ()):
        for span in passage["mens_rea"]:
            yield {
                "file": record["document"]["name"],
                "sha256": record["document"]["sha256"],
                "passage": passage["index"],
                "passage_number": passage["number"],
                **{key: span[key] for key in ("standard", "role", "text", "start", "end", "score")},
            }


def document(record: dict[str, Any]) -> dict[str, Any]:
    """One row a document."""
    return {
        **_document(record),
        "characters": record["document"]["characters"],
        "passages": len(record["passages"]),
        "provisions": " ".join(entry["provision"] for entry in record["provisions"] if entry["predicted"]),
        "warnings": " ".join(warning["code"] for warning in record["document"]["warnings"]),
    }


def metadatum(analysis: dict[str, Any], key: str) -> str | None:
    """The value of a metadatum, or None where the document does not show it."""
    found: dict[str, str] | None = analysis["document"]["metadata"].get(key)
    return found["value"] if found else None


def _document(record: dict[str, Any]) -> dict[str, Any]:
    described = record["document"]
    return {
        "file": described["name"],
        "sha256": described["sha256"],
        **{key: metadatum(record, key) for key in ("title", "court", "state", "date")},
        "case_number": metadatum(record, "number"),
        "kind": described["kind"],
        "language": described["language"],
        **engine(record),
    }


def _passage(passage: dict[str, Any]) -> dict[str, Any]:
    return {
        "passage": passage["index"],
        "passage_number": passage["number"],
        "passage_heading": passage["heading"],
        "start": passage["start"],
        "end": passage["end"],
        "mens_rea": " ".join(f"{span['standard']}:{span['role']}" for span in passage["mens_rea"]),
    }


def _tag(tag: dict[str, Any], headings: dict[str, str]) -> dict[str, Any]:
    evidence = tag.get("evidence") or {}
    return {
        "provision": tag["provision"],
        "provision_heading": headings.get(tag["provision"]),
        "score": tag["score"],
        "predicted": tag["predicted"],
        "decision": tag["decision"],
        "sources": " ".join(tag["sources"]),
        "evidence": evidence.get("text"),
        "evidence_start": evidence.get("start"),
        "evidence_end": evidence.get("end"),
    }
