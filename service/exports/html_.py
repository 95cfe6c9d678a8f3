"""`--format html`: the page of the service for one document, as a file on its own."""

from __future__ import annotations

from typing import Any

from palermo.service.exports.rows import utf8
from palermo.service.pages.render import analysis_alone


def render(analysis: dict[str, Any]) -> bytes:
    """A page in UTF-8 that loads nothing."""
    return utf8(analysis_alone(analysis))
