"""Chooses the languages in which a document's scans are recognised, by its script; `ocr` calls it.

Each language takes its memory and its time on every page, so a document gets the few most frequent ones of its script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

DETECTOR = "osd"
"""Tesseract's data that tells scripts, listed among its languages."""

_SCRIPT = re.compile(r"^Script: ([A-Za-z]{1,40})\r?$", re.MULTILINE)
_CONFIDENCE = re.compile(r"^Script confidence: (\d{1,6}(?:\.\d{1,6})?)\r?$", re.MULTILINE)


def script_in(said: bytes, rules: dict[str, Any]) -> str | None:
    """The script that Tesseract's detection names; None where it says nothing, is unsure or is not understood.

    Args:
        said: what the process wrote; a hostile page may have made it say anything.
        rules: the tables of `ocr.toml`.
    """
    text = said.decode("ascii", "replace")
    script, confidence = _SCRIPT.search(text), _CONFIDENCE.search(text)
    if script is None or confidence is None or script[1] not in rules["scripts"]:
        return None
    return script[1] if float(confidence[1]) >= rules["choice"]["confidence"] else None


def chosen(installed: Sequence[str], script: str | None, rules: dict[str, Any]) -> list[str]:
    """The languages for a document: the first of its script, or of all where none of that script is installed.

    Args:
        installed: those to choose from, most frequent first.
        script: as `script_in` tells it.
        rules: the tables of `ocr.toml`.
    """
    of_script = rules["scripts"].get(script, ())
    fitting = [code for code in installed if code in of_script]
    return (fitting or list(installed))[: rules["choice"]["most"]]
