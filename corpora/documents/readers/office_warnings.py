"""What the word processor readers left out or guessed, as warnings; for the DOCX, ODT and RTF readers."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from palermo.corpora.documents.document import Warning

if TYPE_CHECKING:
    from collections.abc import Mapping


@lru_cache(maxsize=1)
def _messages() -> dict[str, str]:
    text = files(__package__).joinpath("office_warnings.toml").read_text(encoding="utf-8")
    messages: dict[str, str] = tomllib.loads(text)
    return messages


def tally_warnings(tally: Mapping[str, int]) -> list[Warning]:
    """One warning for each kind of thing counted; `insertions` and `deletions` make one, `tracked_changes`.

    Args:
        tally: counts by the keys of `office_warnings.toml`; other keys are no warnings.
    """
    counts = dict(tally)
    inserted, deleted = counts.get("insertions", 0), counts.get("deletions", 0)
    counts["tracked_changes"] = inserted + deleted
    return [
        Warning(code, message.format(count=counts[code], inserted=inserted, deleted=deleted))
        for code, message in _messages().items()
        if counts.get(code)
    ]
