"""`formats.toml` as a dictionary, read once; the readers beside it and `corpora.documents.detect` use it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def formats() -> dict[str, Any]:
    """The tables of `formats.toml`, as written there."""
    return tomllib.loads(resources.files(__package__).joinpath("formats.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def names(table: str, key: str) -> frozenset[str]:
    """A list of the table as a set, for look-ups."""
    return frozenset(formats()[table][key])


def language_code(code: str) -> str | None:
    """An ISO 639-1, 639-2 or BCP 47 code as ISO 639-1; None where it is none that Palermo knows."""
    primary = code.strip().lower().replace("_", "-").split("-")[0]
    if len(primary) == 2 and primary.isalpha() and primary.isascii():
        return primary
    known: dict[str, str] = formats()["languages"]
    return known.get(primary)
