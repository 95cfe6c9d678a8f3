"""Going on from a shipped model: its network comes back exactly, and training begins where it ended."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from palermo.corpora.errors import ModelError
from palermo.models import manifest
from palermo.models.calibration import read as read_calibration
from palermo.models.engine import load_engine
from palermo.training import quantise
from palermo.training.export import weights_of
from palermo.training.graph import GraphBuilder
from palermo.training.network import PassageTagger
from palermo.training.pipeline import train
from palermo.training.start import blend, mean_of, tagger_of

LABELS = 79


def said(model: PassageTagger, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and mental logits of rows without padding."""
    mask = torch.ones_like(ids)
    with torch.no_grad():
        keys, values, mental = model(ids, mask)
        return model.pool(keys, values, mask, torch.arange(len(ids)), len(ids)), mental


@pytest.fixture
def ids(tiny_run: Any) -> torch.Tensor:
    return torch.randint(4, 60, (3, 20), generator=torch.Generator().manual_seed(0))


def test_the_network_comes_back_as_it_was_shipped(tiny_run: Any, ids: torch.Tensor) -> None:
    folder = tiny_run.folder
    model = tagger_of(folder, frozen=1)
    quantise.quantise(model)
    model.eval()
    logits, mental = said(model, ids)
    engine = load_engine(folder / "network.onnx", "onnxruntime", 1)
    provisions, shipped = engine.forward(ids.numpy(), np.ones(ids.shape, np.int64))
    keys, values = provisions[..., :LABELS], provisions[..., LABELS:]
    weights = np.exp(keys - keys.max(axis=1, keepdims=True))
    bias = read_calibration(folder, json.loads((folder / "labels.json").read_text("utf-8"))).bias
    np.testing.assert_allclose(logits, (weights * values).sum(1) / weights.sum(1) + bias, rtol=1e-5, atol=2e-4)
    np.testing.assert_allclose(mental, shipped, rtol=1e-5, atol=2e-4)  # logits of some hundreds here


def test_another_standardisation_says_the_same(tiny_run: Any, ids: torch.Tensor) -> None:
    model = tagger_of(tiny_run.folder, frozen=1).eval()
    assert (len(model.mental.members), model.mental.own) == (2, 1)
    before = said(model, ids)
    size = model.head.token_mean.shape
    generator = torch.Generator().manual_seed(1)
    pairs = [
        (torch.randn(size, generator=generator) / 10, torch.rand(size, generator=generator) + 0.5) for _ in range(2)
    ]
    model.head.standardise(*pairs)
    for member in model.mental.each():
        member.standardise(*(torch.cat(two) for two in zip(*pairs, strict=True)), fresh=False)
        assert torch.equal(member.mean[: size[0]], pairs[0][0])
    assert torch.equal(model.head.token_mean, pairs[1][0])
    for one, two in zip(before, said(model, ids), strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


def learnt(folder: Path) -> PassageTagger:
    """The model with other weights and other statistics of its heads, as after fine-tuning."""
    model = tagger_of(folder, frozen=1)
    size = model.head.token_mean.shape[0]
    generator = torch.Generator().manual_seed(3)
    model.head.standardise(
        *((torch.randn(size, generator=generator), torch.rand(size, generator=generator) + 0.5) for _ in range(2))
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".layer.1." in name or name.startswith("head."):
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


@pytest.mark.parametrize(("share", "same_as"), [(0.0, "learnt"), (1.0, "start")])
def test_a_blend_at_its_ends_is_one_of_the_two(tiny_run: Any, ids: torch.Tensor, share: float, same_as: str) -> None:
    model, start = learnt(tiny_run.folder), tagger_of(tiny_run.folder, frozen=1).eval()
    mental = {name: value.clone() for name, value in model.mental.state_dict().items()}
    expected = said(model if same_as == "learnt" else start, ids)[0]
    blend(model, start, share)
    torch.testing.assert_close(said(model, ids)[0], expected, atol=1e-3, rtol=1e-3)
    assert all(torch.equal(value, mental[name]) for name, value in model.mental.state_dict().items())


def test_a_blend_lies_half_way_between_the_weights(tiny_run: Any) -> None:
    model, start = learnt(tiny_run.folder), tagger_of(tiny_run.folder, frozen=1)
    name = "encoder.encoder.layer.1.output.dense.weight"
    half = (model.state_dict()[name] + start.state_dict()[name]) / 2
    blend(model, start, 0.5)
    assert torch.equal(model.state_dict()[name], half)


def shipped(folder: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """What a model folder says of some pieces: values of the provisions, their bias added, and mental logits."""
    rows = np.random.default_rng(1).integers(4, 60, (30, 20))  # so many that some speak of laundering
    provisions, mental = load_engine(folder / "network.onnx", "onnxruntime", 1).forward(rows, np.ones_like(rows))
    bias = read_calibration(folder, json.loads((folder / "labels.json").read_text("utf-8"))).bias
    return provisions[..., LABELS:] + bias, mental


@pytest.fixture
def sibling(tiny_run: Any, tmp_path: Path) -> Path:
    """A folder of the same shape with other weights."""
    folder = tmp_path / "sibling"
    shutil.copytree(tiny_run.folder, folder)
    onnx.save(GraphBuilder(weights_of(learnt(tiny_run.folder))).build(), folder / "network.onnx")
    manifest.write(folder, manifest.read(folder))
    return folder


def test_siblings_are_gone_on_from_by_the_mean_of_their_weights(tiny_run: Any, sibling: Path) -> None:
    name = "encoder.encoder.layer.1.output.dense.weight"
    one, other = (tagger_of(folder, 1).state_dict()[name] for folder in (tiny_run.folder, sibling))
    assert not torch.allclose(one, other)
    for count, share in ((1, 1 / 2), (2, 2 / 3)):
        mean = mean_of(tiny_run.folder, [sibling] * count, 1).state_dict()[name]
        torch.testing.assert_close(mean, (1 - share) * one + share * other)


def test_the_manifest_names_the_siblings(tiny_run: Any, sibling: Path, tmp_path: Path) -> None:
    recipe = replace(tiny_run.job.recipe, epochs=0, mental_epochs=0)
    job = replace(
        tiny_run.job, run=tmp_path / "soup", encoder=None, start=tiny_run.folder, siblings=[sibling], recipe=recipe
    )
    folder = train(job, lambda entry: None)
    assert manifest.read(folder)["siblings"] == [manifest.identity(manifest.read(sibling))]
    assert "going on from the mean of the weights of that and of 1 more" in (folder / "MODEL_CARD.md").read_text(
        "utf-8"
    )


def test_a_sibling_with_other_labels_is_refused(tiny_run: Any, sibling: Path) -> None:
    labels = json.loads((sibling / "labels.json").read_text("utf-8"))
    (sibling / "labels.json").write_text(json.dumps(labels[::-1]), "utf-8")
    manifest.write(sibling, manifest.read(sibling))
    with pytest.raises(ModelError, match="other labels or pieces"):
        mean_of(tiny_run.folder, [sibling], 1)


def test_a_run_can_end_with_the_mean_of_start_and_learnt(tiny_run: Any, tmp_path: Path) -> None:
    recipe = replace(tiny_run.job.recipe, epochs=1, mental_epochs=0, start_share=1.0)
    job = replace(tiny_run.job, run=tmp_path / "mean", encoder=None, start=tiny_run.folder, recipe=recipe)
    folder = train(job, lambda entry: None)
    (first, _), (second, _) = shipped(tiny_run.folder), shipped(folder)
    np.testing.assert_allclose(first, second, atol=1e-2)


def test_training_goes_on_and_tells_what_it_went_on_from(tiny_run: Any, tmp_path: Path) -> None:
    recipe = replace(tiny_run.job.recipe, epochs=1, rate=0.0, head_rate=0.0, mental_layer_rate=0.0, mental_epochs=0)
    job = replace(tiny_run.job, run=tmp_path / "second", encoder=None, start=tiny_run.folder, recipe=recipe)
    folder = train(job, lambda entry: None)
    facts = manifest.read(folder)
    assert facts["start"]["sha256"] == manifest.identity(manifest.read(tiny_run.folder))
    # At a rate of zero the model is the one that it began with.
    engines = [load_engine(path / "network.onnx", "onnxruntime", 1) for path in (tiny_run.folder, folder)]
    row = np.arange(4, 24, dtype=np.int64)[None]
    first, second = (engine.forward(row, np.ones_like(row)) for engine in engines)
    np.testing.assert_allclose(first[1], second[1], atol=1e-3)


def test_without_epochs_the_head_for_mental_elements_alone_is_trained_anew(tiny_run: Any, tmp_path: Path) -> None:
    recipe = replace(tiny_run.job.recipe, epochs=0, mental_epochs=1)
    job = replace(tiny_run.job, run=tmp_path / "head", encoder=None, start=tiny_run.folder, recipe=recipe)
    folder = train(job, lambda entry: None)
    first, second = shipped(tiny_run.folder), shipped(folder)
    np.testing.assert_allclose(first[0], second[0], atol=1e-3)
    assert np.abs(first[1] - second[1]).max() > 0.1
    assert (folder / "ngrams.npz").read_bytes() == (tiny_run.folder / "ngrams.npz").read_bytes()


def test_what_train_did_not_write_is_refused(tiny_run: Any, tiny_network: Any, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(tiny_run.folder, folder)
    shutil.copyfile(tiny_network.float_path, folder / "network.onnx")
    manifest.write(folder, manifest.read(folder))
    with pytest.raises(ModelError, match="can't be gone on from"):
        tagger_of(folder, frozen=1)
