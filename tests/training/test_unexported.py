"""An encoder that can't be exported teaches the one that can, in the language that it knows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from palermo.corpora.convention import tree
from palermo.corpora.errors import DataError, ModelError, UsageError
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.models import manifest
from palermo.models.tagger import Tagger
from palermo.training import mpnet
from palermo.training.data import training_passages
from palermo.training.examples import Example, examples_of
from palermo.training.finetune import FineTuning
from palermo.training.pipeline import prepare_encoder, train
from palermo.training.start import tagger_of
from palermo.training.teachers import opinions, taught
from palermo.training.unexported import is_unexported, read_teacher

HIDDEN = 32


@pytest.fixture(scope="module")
def english_folder(pieces: Any, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny MPNet with random weights."""
    from transformers import MPNetConfig, MPNetModel

    folder = tmp_path_factory.mktemp("mpnet")
    torch.manual_seed(7)
    config = MPNetConfig(
        vocab_size=len(pieces),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=514,
        attention_probs_dropout_prob=0.0,
    )
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def teacher(tiny_run: Any, english_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    job = replace(
        tiny_run.job,
        run=tmp_path_factory.mktemp("teacher") / "run",
        encoder=english_folder,
        languages=["en"],
        as_teacher=True,
        recipe=replace(tiny_run.job.recipe, epochs=1, frozen=0),
    )
    return train(job, lambda entry: None)


def passages() -> list[LabelledPassage]:
    return [
        LabelledPassage("a", "statute", "en", "He knew that the money came from crime.", "a"),
        LabelledPassage("b", "statute", "fr", "Il savait que l'argent venait d'un crime.", "b"),
    ]


def heard(teachers: list[Path], run: Path) -> Any:
    return opinions(teachers, passages(), list(tree().labels), run, "float32", lambda entry: None)


def test_the_layers_compute_what_the_whole_encoder_does(teacher: Path) -> None:
    model = read_teacher(teacher).eval()
    ids = torch.arange(5, 45).reshape(2, 20)
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    with torch.no_grad():
        ours, _ = model.upper(model.lower(ids, mask), mask)
        theirs = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    kept = mask.bool()
    torch.testing.assert_close(ours[kept], theirs[kept], rtol=1e-4, atol=1e-4)


def test_a_teacher_learns_its_layers_and_nothing_below(teacher: Path, english_folder: Path) -> None:
    from transformers import AutoModel

    after = read_teacher(teacher).encoder.state_dict()
    before = AutoModel.from_pretrained(english_folder, add_pooling_layer=False).state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed
    assert all(".layer." in name for name in changed)


def test_its_folder_is_no_model_to_tag_with(teacher: Path) -> None:
    assert is_unexported(teacher)
    assert manifest.verify(teacher)["languages"] == ["en"]
    with pytest.raises(ModelError):
        Tagger.load(teacher)


def test_it_is_silent_in_languages_that_it_did_not_learn(teacher: Path, tiny_run: Any, tmp_path: Path) -> None:
    alone = heard([teacher], tmp_path)
    assert np.isfinite(alone[0]).all()
    assert np.isnan(alone[1]).all()
    other = heard([tiny_run.folder], tmp_path)
    both = heard([tiny_run.folder, teacher], tmp_path)
    assert both[0] == pytest.approx((alone[0] + other[0]) / 2, abs=1e-5)
    assert both[1] == pytest.approx(other[1], abs=1e-6)


def test_of_which_no_teacher_speaks_is_not_learnt(teacher: Path, tokenizer: Any, tmp_path: Path) -> None:
    said = heard([teacher], tmp_path)
    (left,) = taught(examples_of(passages(), tokenizer, list(tree().labels)), said)
    assert left.passage.language == "en"
    assert left.opinion is not None
    assert left.opinion == pytest.approx(said[0])


def test_a_teacher_that_knows_no_language_of_the_passages_is_an_error(teacher: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="knows en alone"):
        opinions([teacher], passages()[1:], list(tree().labels), tmp_path, "float32", lambda entry: None)


def test_a_teacher_that_diverged_is_an_error_and_not_silence(teacher: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(teacher, tmp_path / "copy")
    state = load_file(teacher / "network.safetensors")
    save_file({**state, "head.bias": state["head.bias"] * float("nan")}, tmp_path / "copy" / "network.safetensors")
    manifest.write(tmp_path / "copy", manifest.read(teacher))
    with pytest.raises(ModelError, match="gives no numbers"):
        heard([tmp_path / "copy"], tmp_path)


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> list[Example]:
    """The examples that a run goes over."""
    found: list[Example] = []
    begin = FineTuning.__init__

    def listening(self: FineTuning, model: Any, examples: Any, *rest: Any, **others: Any) -> None:
        found.extend(examples)
        begin(self, model, examples, *rest, **others)

    monkeypatch.setattr(FineTuning, "__init__", listening)
    return found


def test_a_run_learns_from_it(
    teacher: Path, tiny_run: Any, documents: Any, tmp_path: Path, learnt: list[Example]
) -> None:
    job = replace(
        tiny_run.job,
        run=tmp_path / "run",
        encoder=None,
        start=tiny_run.folder,
        unlabelled=[documents({"doc_id": "a"}, {"doc_id": "b", "language": "en", "text": "Proceeds are seized. " * 9})],
        teachers=[tiny_run.folder, teacher],
        recipe=replace(tiny_run.job.recipe, epochs=1),
    )
    said: list[dict[str, Any]] = []
    folder = train(job, said.append)
    ours = [manifest.identity(manifest.read(one)) for one in (tiny_run.folder, teacher)]
    assert manifest.read(folder)["teachers"] == ours
    read = {entry["model"]: entry["of"] for entry in said if entry.get("phase") == "teacher"}
    opened = read_passages(job.run / "open.jsonl")
    assert read[teacher.parent.name] == sum(passage.language == "en" for passage in opened)
    heard_of = {example.passage.id for example in learnt if example.opinion is not None}
    assert heard_of == {passage.id for passage in opened}


def test_a_teacher_of_one_language_learns_nothing_in_another(
    tiny_run: Any, documents: Any, english_folder: Path, tmp_path: Path, learnt: list[Example]
) -> None:
    job = replace(
        tiny_run.job,
        run=tmp_path / "run",
        encoder=english_folder,
        as_teacher=True,
        languages=["en"],
        unlabelled=[documents({"doc_id": "a"}, {"doc_id": "b", "language": "en", "text": "Proceeds are seized. " * 9})],
        teachers=[tiny_run.folder],
        recipe=replace(tiny_run.job.recipe, epochs=1, frozen=0),
    )
    train(job, lambda entry: None)
    assert {example.passage.language for example in learnt} == {"en"}
    assert any(example.opinion is not None for example in learnt)


def test_a_model_can_go_on_as_a_teacher_with_all_its_heads(tiny_run: Any, tmp_path: Path) -> None:
    job = replace(
        tiny_run.job,
        run=tmp_path / "run",
        encoder=None,
        start=tiny_run.folder,
        as_teacher=True,
        recipe=replace(tiny_run.job.recipe, epochs=1, rate=0.0, head_rate=0.0),
    )
    folder = train(job, lambda entry: None)
    (tmp_path / "one").mkdir()
    assert heard([folder], tmp_path / "one") == pytest.approx(heard([tiny_run.folder], tmp_path), abs=1e-3)
    with pytest.raises(ModelError, match="not exported"):
        tagger_of(folder, 0)


def test_a_run_that_would_export_it_is_refused_before_it_begins(
    tiny_run: Any, english_folder: Path, tmp_path: Path
) -> None:
    job = replace(tiny_run.job, run=tmp_path / "run", encoder=english_folder)
    with pytest.raises(UsageError, match="can't be exported"):
        train(job, lambda entry: None)
    assert not (job.run / "last.pt").exists()


def test_what_does_not_go_together_is_refused(tiny_run: Any) -> None:
    for wrong in (
        {"languages": ["en"]},
        {"as_teacher": True, "documents": tiny_run.job.dev},
        {"start": tiny_run.folder},
    ):
        with pytest.raises(UsageError):
            replace(tiny_run.job, **wrong)


def test_a_run_goes_on_as_what_it_was_begun_as(teacher: Path, tiny_run: Any, english_folder: Path) -> None:
    job = replace(
        tiny_run.job,
        run=teacher.parent,
        encoder=english_folder,
        languages=["en"],
        as_teacher=True,
        recipe=replace(tiny_run.job.recipe, epochs=1, frozen=0),
    )
    before = manifest.read(teacher)["files"]
    said: list[dict[str, Any]] = []
    assert manifest.read(train(job, said.append))["files"] == before
    assert not any("step" in entry for entry in said)
    with pytest.raises(UsageError, match="begun with another languages"):
        train(replace(job, languages=[]), lambda entry: None)
    with pytest.raises(UsageError, match="begun with another encoder"):
        train(replace(job, encoder=tiny_run.job.encoder), lambda entry: None)


def test_the_packaged_encoder_is_unpacked_once_into_a_folder_of_its_name(
    tiny_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: list[Path] = []

    def unpack(folder: Path) -> None:
        unpacked.append(folder)
        folder.mkdir(parents=True)
        (folder / "tokenizer.json").write_text("{}")

    monkeypatch.setattr(mpnet, "unpack", unpack)
    job = replace(tiny_run.job, run=tmp_path, encoder=Path(mpnet.NAME), as_teacher=True)
    for _ in range(2):
        assert prepare_encoder(job, lambda entry: None) == tmp_path / mpnet.NAME
    assert len(unpacked) == 1


def test_a_changed_or_unfitting_network_is_refused(teacher: Path, tmp_path: Path) -> None:
    shutil.copytree(teacher, tmp_path / "copy")
    config = json.loads((tmp_path / "copy" / "config.json").read_text())
    (tmp_path / "copy" / "config.json").write_text(json.dumps({**config, "hidden_size": 16}))
    with pytest.raises(ModelError, match=r"config\.json is not the file"):
        read_teacher(tmp_path / "copy")
    manifest.write(tmp_path / "copy", manifest.read(teacher))
    with pytest.raises(ModelError, match="does not fit"):
        read_teacher(tmp_path / "copy")


def test_languages_that_were_not_named_are_not_learnt(tiny_run: Any) -> None:
    paths = tiny_run.job.passages
    every = training_passages(paths, frozenset(), [])
    left = training_passages(paths, frozenset(), [], ["en"])
    assert left == [passage for passage in every if passage.language == "en"]
    assert 0 < len(left) < len(every)
    with pytest.raises(DataError, match="no passages in EN, xx"):
        training_passages(paths, frozenset(), [], ["en", "xx", "EN"])


def test_the_command_line_makes_a_teacher(teacher: Path, tiny_run: Any, english_folder: Path) -> None:
    from click.testing import CliRunner
    from palermo.service.cli.train import command

    job = tiny_run.job
    arguments = [*map(str, job.passages), "--dev", str(job.dev), "--run", str(teacher.parent)]
    options = ["--encoder", str(english_folder), "--language", "en", "--as-teacher", "--set", "epochs=1"]
    result = CliRunner().invoke(command, [*arguments, *options, "--set", "frozen=0"], catch_exceptions=False)
    assert result.stdout.strip() == str(teacher)
