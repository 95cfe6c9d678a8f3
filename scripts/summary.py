"""Prints a table of what `palermo tag` found in a folder of results; called by `scripts/run`."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any


def row(result: dict[str, Any]) -> tuple[str, str, str, str]:
    """File, kind and language, provisions (articles, predicted), mental elements of one result."""
    document = result["document"]
    found = [entry["provision"] for entry in result["provisions"] if entry["predicted"]]
    articles = [provision for provision in found if provision.count(".") == 1]
    standards = [entry["standard"] for entry in result["mens_rea"]]
    about = f"{document['kind']}, {document['language']}"
    return document["name"], about, " ".join(articles) or "none", ", ".join(standards) or "-"


def main(folder: Path) -> None:
    """Write the table to standard output, as wide as the terminal."""
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.json"))]
    rows = [("document", "", "provisions", "mental elements"), *(row(result) for result in results)]
    width = max(72, shutil.get_terminal_size((120, 24)).columns)
    first, second = (max(len(cells[n]) for cells in rows) for n in (0, 1))
    third = (width - first - second - 6) * 3 // 5
    fourth = width - first - second - third - 6
    for name, about, provisions, standards in rows:
        left, right = textwrap.wrap(provisions, third) or [""], textwrap.wrap(standards, fourth) or [""]
        for line in range(max(len(left), len(right))):
            cells = (name, about) if line == 0 else ("", "")
            middle = left[line] if line < len(left) else ""
            last = right[line] if line < len(right) else ""
            text = f"{cells[0]:{first}}  {cells[1]:{second}}  {middle:{third}}  {last}"
            sys.stdout.write(text.rstrip() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
