"""Which model is in use: installed, put back, and what there was without any."""

from __future__ import annotations

from pathlib import Path

import pytest
from palermo.corpora.errors import ModelError, UsageError
from palermo.corpora.settings import settings
from palermo.models import installed, manifest
from palermo.models.installed import Home


def model(folder: Path, words: str) -> Path:
    """A folder that is a whole model as far as its manifest goes."""
    folder.mkdir(parents=True)
    (folder / "network.onnx").write_text(words, encoding="utf-8")
    manifest.write(folder, {"name": words, "network": "network.onnx", "taxonomy": "1"})
    return folder


def name_of(where: Home) -> str:
    return str(manifest.verify(installed.current(where))["name"])


@pytest.fixture
def where(tmp_path: Path) -> Home:
    return Home(tmp_path / "models", model(tmp_path / "shipped", "shipped"))


def test_the_shipped_model_is_in_use_until_one_is_installed(where: Home, tmp_path: Path) -> None:
    assert installed.current(where) == where.base
    with pytest.raises(UsageError, match="no model has been installed"):
        installed.roll_back(where)
    source = model(tmp_path / "run", "first")
    placed = installed.install(source, where)
    assert (installed.current(where), name_of(where)) == (placed, "first")
    (source / "network.onnx").unlink()  # what is in use is a copy
    assert name_of(where) == "first"


def test_the_one_before_is_put_back_and_forth_and_older_ones_go(where: Home, tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        installed.install(model(tmp_path / name, name), where)
    kept = [path.name for path in where.folder.iterdir() if path.is_dir()]
    assert len(kept) == 2
    assert manifest.read(installed.roll_back(where))["name"] == "second"
    assert name_of(where) == "second"
    installed.roll_back(where)
    assert name_of(where) == "third"


def test_the_first_installed_goes_back_to_the_shipped_one(where: Home, tmp_path: Path) -> None:
    installed.install(model(tmp_path / "first", "first"), where)
    assert installed.roll_back(where) == where.base
    assert name_of(where) == "shipped"
    installed.install(model(tmp_path / "second", "second"), where)
    assert manifest.read(installed.roll_back(where))["name"] == "shipped"


def test_installing_what_is_in_use_changes_nothing(where: Home, tmp_path: Path) -> None:
    first = model(tmp_path / "first", "first")
    second = model(tmp_path / "second", "second")
    installed.install(first, where)
    placed = installed.install(second, where)
    assert installed.install(second, where) == placed
    assert manifest.read(installed.roll_back(where))["name"] == "first"


def test_a_broken_model_is_neither_installed_nor_put_back(where: Home, tmp_path: Path) -> None:
    installed.install(model(tmp_path / "first", "first"), where)
    second = model(tmp_path / "second", "second")
    (second / "network.onnx").write_text("changed", encoding="utf-8")
    with pytest.raises(ModelError, match=r"network\.onnx"):
        installed.install(second, where)
    assert name_of(where) == "first"
    (where.base / "network.onnx").unlink()
    with pytest.raises(ModelError):
        installed.roll_back(where)
    assert name_of(where) == "first"


@pytest.mark.parametrize(
    "words", ["", "[]", '{"current": "../elsewhere", "before": null}', '{"current": 3, "before": 1}']
)
def test_a_damaged_note_is_told(where: Home, words: str) -> None:
    where.folder.mkdir()
    (where.folder / installed.NAME).write_text(words, encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        installed.current(where)


def test_the_settings_say_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = model(tmp_path / "own", "own")
    try:
        settings.cache_clear()
        assert installed.home() == Home(settings().data_dir / "models", manifest.SHIPPED)
        monkeypatch.setenv("PALERMO_MODEL_DIR", str(own))
        settings.cache_clear()
        assert installed.current() == own
        placed = installed.install(model(tmp_path / "first", "first"))
        assert (placed.parent, installed.current()) == (own, placed)
        assert installed.roll_back() == own
    finally:
        monkeypatch.undo()
        settings.cache_clear()
