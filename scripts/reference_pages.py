"""Writes the tables of docs/reference that come from code and data; `--check` only compares.

A table stands between `<!-- NAME: start -->` and `<!-- NAME: end -->` on its page; the rest of a page is written by
hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

REFERENCE = Path(__file__).parent.parent / "docs/reference"


def settings_rows() -> Iterator[tuple[str, ...]]:
    """One row a field of `Settings`, in its order."""
    from palermo.corpora.settings import Settings

    yield "environment variable", "default", "what it is"
    for name, field in Settings.model_fields.items():
        default = "unset" if field.default is None else f"`{_shown(field.default)}`"
        yield f"`PALERMO_{name.upper()}`", default, field.description or ""


def _shown(value: object) -> str:
    return f"{value:_}" if isinstance(value, int) and value >= 10_000 else str(value)


def label_rows() -> Iterator[tuple[str, ...]]:
    """One row a label, in treaty order; finer ones indented under their article."""
    from palermo.corpora.convention import tree

    convention = tree()
    yield "label", "heading of the article", "what it stands for"
    for provision in convention.walk():
        if convention.label_for(provision.id) == provision.id:
            finer = provision.level != "article"
            yield f"`{provision.id}`", "" if finer else provision.heading, provision.description


def error_rows() -> Iterator[tuple[str, ...]]:
    """One row an error of the tree."""
    from palermo.corpora import errors

    yield "code", "HTTP status", "meaning"
    raised = [error for error in vars(errors).values() if isinstance(error, type) and "code" in vars(error)]
    for error in raised:
        if error is not errors.PalermoError:
            yield f"`{error.code}`", str(error.status), (error.__doc__ or "").splitlines()[0]


def format_rows() -> Iterator[tuple[str, ...]]:
    """One row an export format."""
    from palermo.service.exports import FORMATS

    yield "`--format`", "suffix", "media type", "holds"
    for one in FORMATS.values():
        yield f"`{one.name}`", f"`{one.suffix}`", f"`{one.media_type}`", one.about


TABLES: dict[str, tuple[str, Callable[[], Iterator[tuple[str, ...]]]]] = {
    "settings": ("settings.md", settings_rows),
    "labels": ("provisions.md", label_rows),
    "errors": ("formats.md", error_rows),
    "formats": ("formats.md", format_rows),
}


def fresh(name: str, page: str) -> str:
    """The page with its table `name` made anew.

    Raises:
        ValueError: the page has no place for it.
    """
    header, *rows = TABLES[name][1]()
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (header, *rows)]
    lines.insert(1, "|" + "---|" * len(header))
    start, end = f"<!-- {name}: start -->\n", f"<!-- {name}: end -->\n"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"no place for the table {name}")
    return pattern.sub(lambda _: start + "\n".join(lines) + "\n" + end, page)


def main(check: bool) -> int:
    """0, or 1 where a page is stale and `check` is asked for."""
    stale = []
    for name, (file, _) in TABLES.items():
        path = REFERENCE / file
        page = path.read_text(encoding="utf-8")
        if fresh(name, page) != page:
            stale.append(file)
            if not check:
                path.write_text(fresh(name, page), encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run .venv/bin/python scripts/reference_pages.py\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
