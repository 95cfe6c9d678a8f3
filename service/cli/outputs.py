"""Where results go, what of an earlier run still holds, and how a file is written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from palermo.corpora.errors import PalermoError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that appears under its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o666 & ~_umask())
            yield file
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def earlier(path: Path) -> dict[str, Any] | None:
    """The analysis that an earlier run left at `path`; None where there is none or it is not whole."""
    try:
        return analysis_or_none(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None


def earlier_lines(path: Path) -> list[dict[str, Any]]:
    """The analyses that an earlier run left in a file of lines; a torn last line and errors are left out."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            record = analysis_or_none(json.loads(line))
        except ValueError:
            continue
        if record is not None:
            found.append(record)
    return found


def analysis_or_none(record: Any) -> dict[str, Any] | None:
    """The record if it has the parts that `holds` compares."""
    if not isinstance(record, dict) or not isinstance(record.get("document"), dict):
        return None
    return record if isinstance(record.get("engine"), dict) else None


def holds(
    analysis: dict[str, Any], sha256: str, engine: dict[str, Any], given: Mapping[str, str] | None = None
) -> bool:
    """Whether an earlier analysis is what a new one would be: same bytes, same reader's version, same model.

    `given` is what a manifest says of the document: an analysis that says otherwise does not hold.
    """
    before = analysis["engine"]
    same_model = all(
        before.get(key) == engine.get(key) for key in ("name", "version", "tagger", "model_sha256", "taxonomy")
    )
    return (
        analysis["document"].get("sha256") == sha256
        and same_model
        and all(_said(analysis["document"], key) == value for key, value in (given or {}).items())
        # What stands after "+" names a helper that took part, such as OCR: it need not take part again.
        and str(before.get("extractor")).partition("+")[0] == _extractor(analysis["document"].get("media_type"))
    )


def _said(about: dict[str, Any], key: str) -> Any:
    if key in ("kind", "language"):
        return about.get(key)
    value = (about.get("metadata") or {}).get(key)
    return value.get("value") if isinstance(value, dict) else None


def _extractor(media_type: Any) -> str | None:
    from palermo.corpora.documents.readers import reader_for

    try:
        return reader_for(str(media_type)).EXTRACTOR
    except PalermoError:
        return None
