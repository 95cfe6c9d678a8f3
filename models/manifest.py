"""The manifest of a model folder: what the files are, what they were made of; the tagger and `doctor` check it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from palermo.corpora.errors import ModelError

SHIPPED = Path(__file__).parent / "shipped"
NAME = "manifest.json"
REMEDY = "restore the folder from the repository, or train and export a model"


def read(folder: Path) -> dict[str, Any]:
    """The manifest; raises ModelError where there is none or it can't be read."""
    path = folder / NAME
    if not path.is_file():
        raise ModelError("no manifest.json in the model folder", source=folder.name, hint=REMEDY)
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError("manifest.json is damaged", source=folder.name, hint=REMEDY) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ModelError("manifest.json does not list the model's files", source=folder.name, hint=REMEDY)
    for field in ("name", "network", "taxonomy"):
        if not isinstance(manifest.get(field), str):
            raise ModelError(f"manifest.json does not give {field!r}", source=folder.name, hint=REMEDY)
    return manifest


def verify(folder: Path, needed: Sequence[str] = ()) -> dict[str, Any]:
    """The manifest, once every file has the SHA-256 it gives; raises ModelError naming the first that differs.

    `needed` are files that it must list, besides the network: what it does not list is not checked.
    """
    manifest = read(folder)
    for name in (*needed, manifest["network"]):
        if name not in manifest["files"]:
            raise ModelError(f"manifest.json does not list {name}", source=folder.name, hint=REMEDY)
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.resolve().parent != folder.resolve():
            raise ModelError(f"{name} is missing", source=folder.name, hint=REMEDY)
        if digest(path) != expected:
            raise ModelError(f"{name} is not the file that was shipped", source=folder.name, hint=REMEDY)
    return manifest


def write(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Hash every file of `folder` but the manifest and the card, and write the manifest with `facts`."""
    files = {
        path.name: digest(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != NAME and path.suffix != ".md"
    }
    manifest = {**facts, "files": files}
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / NAME).write_text(text, encoding="utf-8")
    return manifest


def identity(manifest: dict[str, Any]) -> str:
    """SHA-256 over the names and SHA-256 of all files of the model: any of them can change a result."""
    lines = "".join(f"{name} {value}\n" for name, value in sorted(manifest["files"].items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
