"""Metadata that an office file declares about itself, kept only where plausible; for the DOCX, ODT and RTF readers."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from palermo.corpora.documents.document import MetadataValue

SHORTEST, LONGEST = 4, 300


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    text = files(__package__).joinpath("office_metadata.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def plausible_title(title: str | None, text: str) -> MetadataValue | None:
    """A declared title, with its place where the text shows it; None for names of files, templates and programs.

    Args:
        title: the file's own property, or None.
        text: the canonical text.
    """
    value = " ".join((title or "").replace("\0", " ").split())
    folded = value.casefold()
    rules = _rules()["title"]
    if not SHORTEST <= len(value) <= LONGEST or not any(c.isalpha() for c in value):
        return None
    if folded.startswith(tuple(rules["prefixes"])) or folded.endswith(tuple(rules["suffixes"])):
        return None
    if folded in rules["exact"] or any("\ud800" <= c <= "\udfff" for c in value):
        return None
    start = text.find(value)
    return MetadataValue(value, start, start + len(value)) if start >= 0 else MetadataValue(value)


def declared_language(tag: str | None) -> str | None:
    """The ISO 639-1 code of a language tag (BCP 47), or None where it has none: `fr-CA` -> `fr`."""
    primary = (tag or "").strip().replace("_", "-").partition("-")[0].lower()
    return primary if len(primary) == 2 and primary.isascii() and primary.isalpha() else None
