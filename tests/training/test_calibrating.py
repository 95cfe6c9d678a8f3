"""Scores are fitted anew without training: on the same passages as before, on others, and never over what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palermo.corpora import labelled
from palermo.corpora.errors import DataError, UsageError
from palermo.corpora.settings import settings
from palermo.models import hints, manifest, wording
from palermo.models.tagger import Tagger
from palermo.service import cli
from palermo.training.calibrating import calibrate

WRITTEN = Path(labelled.__file__).parent / "written.jsonl"


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """Passages of other documents than those that the model was fitted on."""
    path = tmp_path / "others.jsonl"
    path.write_text("\n".join(WRITTEN.read_text("utf-8").splitlines()[11::19][:40]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The lists of hints, to change; what was compiled of them is forgotten before and after."""
    found = json.loads(json.dumps(wording.lists(hints.NAME)))
    hints._wording.cache_clear()
    monkeypatch.setattr(hints, "lists", lambda name: found)
    yield found
    hints._wording.cache_clear()


def row(folder: Path, name: str) -> str:
    """Of the card's table of mental elements."""
    (line,) = [
        line for line in (folder / "MODEL_CARD.md").read_text("utf-8").splitlines() if line.startswith(f"| {name} ")
    ]
    return line


def test_on_the_passages_of_the_training_scores_come_out_as_they_were(tiny_run: Any, tmp_path: Path) -> None:
    folder = calibrate(tiny_run.folder, tiny_run.job.dev, tmp_path / "anew", None, lambda entry: None)
    anew, before = (Tagger.load(one, "onnxruntime").calibration for one in (folder, tiny_run.folder))
    for column in ("slope", "offset", "threshold", "assign", "review"):  # `calibration.json` rounds what they are from
        np.testing.assert_allclose(getattr(anew, column), getattr(before, column), atol=1e-3)
    assert (anew.gate, anew.spans) == (before.gate, before.spans)
    assert (folder / "MODEL_CARD.md").read_text("utf-8") == (tiny_run.folder / "MODEL_CARD.md").read_text("utf-8")


def test_on_other_passages_only_the_calibration_differs(tiny_run: Any, others: Path, tmp_path: Path) -> None:
    folder = calibrate(tiny_run.folder, others, tmp_path / "anew", None, lambda entry: None)
    facts, before = manifest.verify(folder), manifest.read(tiny_run.folder)
    assert {name for name, digest in facts["files"].items() if digest != before["files"][name]} == {"calibration.json"}
    assert facts["passages"] == {"dev": 40}
    assert facts["data"] == before["data"] | {"others.jsonl": manifest.digest(others)}
    assert facts["recipe"] == before["recipe"]
    fitted, old = (Tagger.load(one, "onnxruntime").calibration for one in (folder, tiny_run.folder))
    assert not np.array_equal(fitted.slope, old.slope)
    assert (fitted.spans, fitted.document) == (old.spans, old.document)
    assert row(folder, "held out") == row(tiny_run.folder, "held out")
    assert row(folder, "dev") != row(tiny_run.folder, "dev")


def test_other_lists_of_wording_count_once_scores_are_fitted_anew(
    tiny_run: Any, tmp_path: Path, lists: dict[str, Any]
) -> None:
    others = tmp_path / "others.jsonl"  # enough of them for what hints are worth
    others.write_text("\n".join(WRITTEN.read_text("utf-8").splitlines()[1::3]) + "\n", encoding="utf-8")
    shipped = calibrate(tiny_run.folder, others, tmp_path / "shipped", None, lambda entry: None)
    lists.clear()
    without = calibrate(tiny_run.folder, others, tmp_path / "without", None, lambda entry: None)
    assert Tagger.load(shipped, "onnxruntime").calibration.hints is not None
    assert Tagger.load(without, "onnxruntime").calibration.hints is None


def test_a_folder_that_is_there_is_not_touched(tiny_run: Any, others: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UsageError, match="something already"):
        calibrate(tiny_run.folder, others, tmp_path / "mine", None, lambda entry: None)
    assert list((tmp_path / "mine").iterdir()) == []


def test_malformed_passages_leave_no_folder(tiny_run: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(DataError):
        calibrate(tiny_run.folder, broken, tmp_path / "anew", None, lambda entry: None)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.jsonl"]


def test_the_command_begins_with_the_model_in_use(
    tiny_run: Any, others: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PALERMO_MODEL_DIR", str(tiny_run.folder))
    settings.cache_clear()
    with pytest.raises(SystemExit) as stopped:
        cli.main(["calibrate", str(others), "--output", str(tmp_path / "anew")])
    settings.cache_clear()
    assert stopped.value.code == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "anew")
    facts, before = manifest.verify(tmp_path / "anew"), manifest.read(tiny_run.folder)
    assert facts["files"]["network.onnx"] == before["files"]["network.onnx"]
