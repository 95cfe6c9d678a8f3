"""Writes the description of the API (OpenAPI 3.1) that a test compares the service with; `--check` only compares.

.venv/bin/python scripts/openapi.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SNAPSHOT = Path(__file__).parent.parent / "tests/service/api/openapi.json"


def described() -> str:
    """What the service says of itself, as the file has it."""
    from palermo.service.api import create_app

    description = create_app().openapi()
    description["info"]["version"] = "0"  # the package's own, which a release changes
    return json.dumps(description, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    found = described()
    if "--check" in sys.argv:
        sys.exit(found != SNAPSHOT.read_text(encoding="utf-8"))
    SNAPSHOT.write_text(found, encoding="utf-8")
