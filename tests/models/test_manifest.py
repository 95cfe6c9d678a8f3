"""The manifest: a model folder is what was shipped, byte for byte, or is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.errors import ModelError
from palermo.models import manifest

FACTS = {"name": "tiny", "network": "network.onnx", "taxonomy": "1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    (made / "network.onnx").write_bytes(b"weights")
    (made / "labels.json").write_text('["UNTOC.6"]', encoding="utf-8")
    manifest.write(made, FACTS)
    return made


def change(folder: Path, **fields: Any) -> None:
    data = json.loads((folder / manifest.NAME).read_text("utf-8"))
    (folder / manifest.NAME).write_text(json.dumps({**data, **fields}), encoding="utf-8")


def test_an_unchanged_folder_passes_and_gives_its_facts(folder: Path) -> None:
    data = manifest.verify(folder, ["labels.json"])
    assert data == {**FACTS, "files": data["files"]}
    assert sorted(data["files"]) == ["labels.json", "network.onnx"]


def test_the_card_may_change_for_it_is_for_people(folder: Path) -> None:
    (folder / "MODEL_CARD.md").write_text("Figures", encoding="utf-8")
    manifest.verify(folder)


@pytest.mark.parametrize("content", [b"weightz", b"weights ", b""])
def test_a_changed_byte_is_refused(folder: Path, content: bytes) -> None:
    (folder / "network.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"network\.onnx is not the file that was shipped"):
        manifest.verify(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "labels.json").unlink()
    with pytest.raises(ModelError, match=r"labels\.json is missing"):
        manifest.verify(folder)


@pytest.mark.parametrize(
    "name", ["../outside.bin", "{parent}/outside.bin", "link.bin", "sub/../../outside.bin", "a\0b"]
)
def test_a_path_outside_the_folder_is_refused(folder: Path, name: str) -> None:
    outside = folder.parent / "outside.bin"
    outside.write_bytes(b"other")
    (folder / "link.bin").symlink_to(outside)
    (folder / "sub").mkdir()
    name = name.format(parent=folder.parent)
    files = json.loads((folder / manifest.NAME).read_text("utf-8"))["files"]
    change(folder, files={**files, name: manifest.digest(outside)})
    with pytest.raises(ModelError, match="is missing"):
        manifest.verify(folder)


@pytest.mark.parametrize("field", ["name", "network", "taxonomy"])
def test_a_manifest_without_its_facts_is_refused(folder: Path, field: str) -> None:
    change(folder, **{field: None})
    with pytest.raises(ModelError, match=field):
        manifest.verify(folder)


def test_a_file_that_is_used_but_not_listed_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"does not list calibration\.json"):
        manifest.verify(folder, ["calibration.json"])
    change(folder, network="other.onnx")
    with pytest.raises(ModelError, match=r"does not list other\.onnx"):
        manifest.verify(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"files": []}'])
def test_a_broken_manifest_is_refused_with_a_remedy(folder: Path, content: bytes) -> None:
    (folder / manifest.NAME).write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.json") as caught:
        manifest.verify(folder)
    assert caught.value.hint == manifest.REMEDY


def test_no_manifest_or_no_folder_is_refused_without_a_machines_path(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ModelError, match=r"no manifest\.json") as caught:
            manifest.verify(folder)
        assert str(tmp_path.parent) not in str(caught.value)
