"""An analysis as rows of a table; the CSV and XLSX exports share it, and the defence against formulas in cells."""

from __future__ import annotations

from collections.abc import Iterator
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

SPAN_COLUMNS = ("file", "passage", "passage_number", "standard", "role", "text", "start", "end", "score")
DOCUMENT_COLUMNS = (
    *("file", "sha256", "title", "court", "state", "date", "case_number", "kind", "language", "characters"),
    *("passages", "provisions", "warnings", *ENGINE_COLUMNS),
)

_TRIGGERS = ("=", "+", "-", "@", "\t", "\r")


def defused(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula (OWASP, "CSV injection"): a quote goes in front of a trigger."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_TRIGGERS) else value


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
