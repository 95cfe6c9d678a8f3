"""Builds the sample documents from their sources; `python -m palermo.corpora.samples.make` writes them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from palermo.corpora.samples import DOCUMENTS, HERE
from palermo.corpora.samples.make.source import read

SOURCES = HERE / "sources"
EXTENSIONS = {"akn": "xml", "docx": "docx", "html": "html", "pdf": "pdf", "txt": "txt"}

__all__ = ["build", "write"]


def build() -> dict[Path, bytes]:
    """Every sample document with its bytes; the same sources give the same bytes.

    Raises:
        ImportError: reportlab is not installed (extra `[dev]`).
    """
    built = {}
    for path in sorted(SOURCES.glob("*.md")):
        source = read(path)
        form = source.meta["format"]
        renderer = import_module(f"palermo.corpora.samples.make.{form}")
        built[DOCUMENTS / f"{source.name}.{EXTENSIONS[form]}"] = renderer.render(source)
    return built


def write() -> list[Path]:
    """Write every sample document; the paths written."""
    DOCUMENTS.mkdir(exist_ok=True)
    built = build()
    for path, content in built.items():
        path.write_bytes(content)
    return sorted(built)
