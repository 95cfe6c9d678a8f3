"""What is known to be missing from the documents of a corpus, so that `palermo corpus build` tells it from a fault.

A table (`absent.tsv`) names each passage that can't be rebuilt whole, the problem it gives, and why. Only what the
documents lack can be listed; a text that differs from the annotated one is never excused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.rebuild import Code, Problem

COLUMNS = ("problem", "passage", "reason")
CODES: dict[str, Code] = {"missing_document": "missing_document", "context": "context"}
"""The problems that can be known beforehand; `wrong_hash` and `wrong_text` can't."""

REASONS = {
    "other_part": "the documents have another part of this judgment only",
    "other_edition": "the documents have another edition of this judgment",
    "passage_only": "the documents have the passage alone, without its heading",
}
"""What each reason in the table means."""

Known = Mapping[tuple[str, str], str]
"""(problem, passage id) -> reason."""


def read_absent(path: Path) -> Known:
    """The table of what is known to be missing.

    Raises:
        DataError: the file can't be read, has other columns, or a line has an unknown problem or reason.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError("can't be read", source=path.name, hint="give a UTF-8 file with tabs") from None
    hint = f"columns: {', '.join(COLUMNS)}; problems: {', '.join(CODES)}; reasons: {', '.join(REASONS)}"
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise DataError("not a table of what is missing", source=path.name, hint=hint)
    known = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS) or cells[0] not in CODES or cells[2] not in REASONS:
            raise DataError(f"line {number} is malformed", source=path.name, hint=hint)
        known[cells[0], cells[1]] = cells[2]
    return known


def split(problems: Sequence[Problem], known: Known) -> tuple[list[Problem], dict[str, int]]:
    """The problems that are not known beforehand, and how many of the others each reason explains."""
    new, explained = [], dict.fromkeys(REASONS, 0)
    for problem in problems:
        reason = known.get((problem.code, problem.id))
        if reason is None:
            new.append(problem)
        else:
            explained[reason] += 1
    return new, {reason: count for reason, count in explained.items() if count}
