"""Going on with corrections: what is learnt, what is compared, and that only a model that is no worse is installed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palermo.corpora import labelled
from palermo.corpora.errors import UsageError
from palermo.corpora.labelled.passages import STANDARDS, read_passages
from palermo.corpora.settings import settings
from palermo.models import installed, manifest
from palermo.models.tagger import Tagger
from palermo.service import cli
from palermo.training.retraining import retrain, with_elements

WRITTEN = Path(labelled.__file__).parent / "written.jsonl"
DOCUMENT = {"best": 1.0, "mass": 0.5, "size": -0.2, "offset": -1.0, "threshold": 0.5, "assign": 0.7, "review": 0.3}
EXPORTED = ("id", "kind", "language", "heading", "text", "labels", "maybe", "doc_id", "title")


def written(start: int, count: int) -> list[str]:
    """Lines of the passages that ship with Palermo, of other documents than those with another start."""
    return WRITTEN.read_text("utf-8").splitlines()[start::19][:count]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Passages of other documents, enough for figures."""
    path = tmp_path_factory.mktemp("dev") / "dev.jsonl"
    path.write_text("\n".join(written(7, 60)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Passages as the service exports them: without mental elements."""
    path = tmp_path_factory.mktemp("corrections") / "corrections.jsonl"
    lines = [{key: one.get(key) for key in EXPORTED} for one in map(json.loads, written(3, 12))]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


def copy_with(folder: Path, to: Path, **fitted: Any) -> None:
    """Copy a model folder, some of its calibration changed."""
    shutil.copytree(folder, to)
    calibration = json.loads((to / "calibration.json").read_text("utf-8")) | fitted
    (to / "calibration.json").write_text(json.dumps(calibration), encoding="utf-8")
    facts = manifest.read(to)
    del facts["files"]
    manifest.write(to, facts)


@pytest.fixture
def in_use(tiny_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the tiny model that the settings name as the one in use."""
    own = tmp_path / "own"
    copy_with(tiny_run.folder, own, document=DOCUMENT)  # as if whole judgments had been read too
    monkeypatch.setenv("PALERMO_MODEL_DIR", str(own))
    settings.cache_clear()
    yield own
    monkeypatch.undo()
    settings.cache_clear()


def set_to(*values: str) -> list[str]:
    """Options of a run with a recipe; the tiny network reads fewer tokens than the real one."""
    return ["--longest=232", *(f"--set={value}" for value in (*values, "batch_tokens=512"))]


STILL = set_to("rate=0", "head_rate=0", "mental_layer_rate=0", "frozen=1")
"""Rates of zero: the network of the new model is the old one's."""


def palermo(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in ("retrain", *arguments)])
    return int(caught.value.code or 0)


def test_a_model_that_is_no_worse_is_installed_and_the_one_before_put_back(
    in_use: Path, dev: Path, corrections: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nothing but the corrections: the linear expert stays, and so does the network.
    assert palermo(corrections, "--dev", dev, "--run", tmp_path / "run", *STILL) == 0
    said = capsys.readouterr().out
    assert "installed" in said
    state = json.loads((in_use / "installed.json").read_text("utf-8"))
    placed = in_use / state["current"]
    facts = manifest.verify(placed)
    assert facts["start"]["sha256"] == manifest.identity(manifest.read(in_use))
    # Without a corpus and whole judgments beside the corrections the linear expert and the document level stay.
    assert json.loads((placed / "calibration.json").read_text("utf-8"))["document"] == DOCUMENT
    assert facts["files"]["ngrams.npz"] == manifest.read(in_use)["files"]["ngrams.npz"]
    assert installed.current() == placed
    assert palermo("--rollback") == 0
    assert installed.current() == in_use


def test_a_model_that_got_worse_is_not_installed_and_it_is_said_why(
    in_use: Path, tiny_run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Corrections and a corpus that call every passage extradition. The linear expert is fitted anew on them, and it is
    # what the tiny model owes its figures to: the network stays. Measured on what the model before had learnt; of
    # other passages it knows no more than how often a label occurs, so there it has nothing to lose.
    for name, start in (("wrong", 3), ("corpus", 7)):
        lines = [{**json.loads(line), "labels": ["UNTOC.16"], "mens_rea": []} for line in written(start, 30)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    learnt = (tmp_path / "wrong.jsonl", "--with", tmp_path / "corpus.jsonl")
    (known,) = tiny_run.job.passages
    assert palermo(*learnt, "--dev", known, "--run", tmp_path / "run", *STILL) == 1
    said = capsys.readouterr().err
    assert "not installed: " in said
    assert "macro-F1" in said or "recall of UNTOC." in said
    assert not (in_use / "installed.json").exists()
    assert (tmp_path / "run/model/manifest.json").is_file()


def forgetful(folder: Path, to: Path) -> Path:
    """A copy of the tiny model whose linear expert, which it owes its figures to, says nothing."""
    copy_with(folder, to)
    with np.load(to / "ngrams.npz") as arrays:
        silent = {name: array * (not name.endswith("_value")) for name, array in arrays.items()}
    np.savez(to / "ngrams.npz", **silent)
    facts = manifest.read(to)
    del facts["files"]
    manifest.write(to, facts)
    return to


def test_the_measure_is_the_model_in_use_wherever_the_new_one_began(
    in_use: Path, tiny_run: Any, corrections: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = forgetful(tiny_run.folder, tmp_path / "other")
    (known,) = tiny_run.job.passages
    assert palermo(corrections, "--dev", known, "--run", tmp_path / "run", "--start", other, *STILL) == 1
    assert "not installed: macro-F1" in capsys.readouterr().err
    assert not (in_use / "installed.json").exists()
    assert manifest.read(tmp_path / "run/model")["start"]["sha256"] == manifest.identity(manifest.read(other))


def test_where_no_model_is_in_use_the_one_that_it_began_with_is_the_measure(
    tiny_run: Any, dev: Path, corrections: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALERMO_MODEL_DIR", str(tmp_path / "none"))
    settings.cache_clear()
    try:
        start = ("--start", tiny_run.folder)
        assert palermo(corrections, "--dev", dev, "--run", tmp_path / "run", *start, *STILL) == 0
        assert installed.current().parent == tmp_path / "none"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.parametrize("given", [[], ["--dev"], ["--run"]])
def test_what_is_needed_is_said(given: list[str], dev: Path, tmp_path: Path, corrections: Path) -> None:
    values: dict[str, Path] = {"--dev": dev, "--run": tmp_path / "run"}
    arguments = [part for name in given for part in (name, values[name])]
    assert palermo(*([corrections, *arguments] if given else arguments)) == 2


def test_a_run_is_not_gone_on_with_other_corrections(
    tiny_run: Any, dev: Path, corrections: Path, tmp_path: Path
) -> None:
    job = replace(tiny_run.job, passages=(), dev=dev, run=tmp_path / "run", encoder=None, start=tiny_run.folder)
    (tmp_path / "run").mkdir()
    shutil.copyfile(dev, tmp_path / "run/corrections.jsonl")
    with pytest.raises(UsageError, match="other corrections"):
        retrain(job, [corrections], lambda entry: None)


def test_corrections_about_laundering_keep_the_elements_that_the_model_finds(
    tiny_run: Any, corrections: Path, tmp_path: Path
) -> None:
    # So easily content that even the tiny network finds some.
    copy_with(tiny_run.folder, tmp_path / "easy", standards=dict.fromkeys(STANDARDS, 0.01), gate=0.0)
    tagger = Tagger.load(tmp_path / "easy", "onnxruntime", 1)
    plain = [json.loads(line) for line in corrections.read_text("utf-8").splitlines()]
    plain[0]["labels"], plain[1]["mens_rea"] = [], []
    found = list(with_elements(plain, tagger))
    assert found[:2] == plain[:2]
    for one, two in zip(plain[2:], found[2:], strict=True):
        if "UNTOC.6" in one["labels"]:
            (said,) = tagger.predict([one])
            places = [(span["standard"], span["role"], span["start"], span["end"]) for span in said["mens_rea"]]
            assert [(x["standard"], x["role"], x["start"], x["end"]) for x in two["mens_rea"]] == places
        else:
            assert two == one
    assert any(two.get("mens_rea") for two in found)


def test_the_passages_here_are_read_as_the_service_writes_them(corrections: Path) -> None:
    assert len(read_passages(corrections)) == 12
