"""`--format json` and the answer of the API: both use this function, so they agree in every byte."""

from __future__ import annotations

import json
from typing import Any

from palermo.service.exports.rows import utf8


def render(analysis: dict[str, Any]) -> bytes:
    """Pretty JSON in UTF-8, ending in a newline."""
    return utf8(json.dumps(analysis, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
