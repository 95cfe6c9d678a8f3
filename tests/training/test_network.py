"""The network: torch, numpy and the exported files compute the same; frozen layers change nothing but the cost."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from palermo.models.engine import load_engine
from palermo.models.mental import SILENT
from palermo.models.pooling import logits, token_scores
from palermo.training.export import weights_of
from palermo.training.graph import GraphBuilder
from palermo.training.network import SPEAKS, MentalHeads, PassageTagger
from palermo.training.quantise import quantise


def batch(seed: int = 0, rows: int = 4, width: int = 48) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    ids = rng.integers(4, 200, (rows, width)).astype(np.int64)
    mask = (np.arange(width) < rng.integers(8, width + 1, (rows, 1))).astype(np.int64)
    return np.where(mask == 1, ids, 1), mask


def torch_outputs(model: PassageTagger, ids: Any, mask: Any) -> tuple[Any, Any]:
    with torch.no_grad():
        keys, values, mental = model(torch.from_numpy(ids), torch.from_numpy(mask))
    return torch.cat([keys, values], 2).numpy(), mental.numpy()


def test_the_float_graph_computes_as_torch(tiny_network: Any) -> None:
    engine = load_engine(tiny_network.float_path, "onnxruntime", 1)
    for seed, (rows, width) in enumerate([(4, 48), (1, 16), (2, 320)]):
        ids, mask = batch(seed, rows, width)
        kept = mask.astype(bool)
        for ours, theirs in zip(engine.forward(ids, mask), torch_outputs(tiny_network.model, ids, mask), strict=True):
            np.testing.assert_allclose(ours[kept], theirs[kept], rtol=1e-4, atol=1e-4)


def test_the_int8_graph_computes_as_the_quantised_network(tiny_network: Any) -> None:
    engine = load_engine(tiny_network.int8_path, "onnxruntime", 1)
    ids, mask = batch(3, 6, 64)
    kept = mask.astype(bool)
    for ours, theirs in zip(engine.forward(ids, mask), torch_outputs(tiny_network.quantised, ids, mask), strict=True):
        gap = np.abs(ours[kept] - theirs[kept])
        # A value on the edge of two steps may fall to either side; most must agree to float accuracy.
        assert np.median(gap) < 5e-3
        assert gap.mean() < 0.02 * theirs[kept].std()


def with_own_layers(model: PassageTagger, heads: int) -> PassageTagger:
    """A copy whose mental heads have the last layer with random differences of their own, in every row."""
    model = copy.deepcopy(model)
    model.mental = MentalHeads(model.new_mental(1, 4) for _ in range(heads))
    for number, parameter in enumerate(model.mental.parameters()):
        torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(number))
    return model.eval()


@pytest.mark.parametrize("exact", [True, False])
def test_mental_heads_with_layers_of_their_own_are_exported_with_them(
    tiny_network: Any, exact: bool, tmp_path: Path
) -> None:
    model = with_own_layers(tiny_network.model, 2)
    if not exact:
        quantise(model)
    onnx.save(GraphBuilder(weights_of(model), exact=exact).build(), tmp_path / "network.onnx")
    ids, mask = batch(8, 3, 40)
    kept = mask.astype(bool)
    ours = load_engine(tmp_path / "network.onnx", "onnxruntime", 1).forward(ids, mask)
    for one, other in zip(ours, torch_outputs(model, ids, mask), strict=True):
        gap = np.abs(one[kept] - other[kept])
        assert gap.mean() < (1e-4 if exact else 0.02) * other[kept].std()
    shared = torch_outputs(tiny_network.model, ids, mask)[1]
    assert np.abs(ours[1][kept] - shared[kept]).mean() > 0.1 * shared[kept].std()


def test_differences_cost_what_their_rank_costs(tiny_network: Any, tmp_path: Path) -> None:
    sizes = []
    for rank in (2, 4):
        model = copy.deepcopy(tiny_network.quantised)
        model.mental = MentalHeads([model.new_mental(1, rank)])
        onnx.save(GraphBuilder(weights_of(model)).build(), tmp_path / "network.onnx")
        sizes.append((tmp_path / "network.onnx").stat().st_size)
    config = model.encoder.config
    sides = 4 * 2 * config.hidden_size + 2 * (config.hidden_size + config.intermediate_size)
    assert sizes[1] - sizes[0] == pytest.approx(2 * sides * 2, abs=100)  # two ranks, two bytes a weight


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_only_rows_that_speak_of_laundering_are_read_by_own_layers(
    tiny_network: Any, tmp_path: Path, engine: str
) -> None:
    if engine == "openvino":
        pytest.importorskip("openvino")
    model = with_own_layers(tiny_network.model, 1)
    everything = torch_outputs(model, *(rows := batch(11, 6, 40)))[1]
    model.laundering = 7
    ids, mask = (torch.from_numpy(part) for part in rows)
    with torch.no_grad():
        keys, values, _ = model(ids, mask)
        logits = model.pool(keys, values, mask, torch.arange(6), 6)[:, 7]
        order = logits.argsort(descending=True)
        model.head.bias[7] += SPEAKS - (logits[order[2]] + logits[order[3]]) / 2  # three of the six are above
    speak = sorted(order[:3].tolist())
    onnx.save(GraphBuilder(weights_of(model), exact=True).build(), tmp_path / "network.onnx")
    network = load_engine(tmp_path / "network.onnx", engine, 1)
    for chosen in (range(6), [number for number in range(6) if number not in speak], [speak[0]]):
        ids_, mask_ = rows[0][chosen], rows[1][chosen]
        for place, mental in zip(chosen, network.forward(ids_, mask_)[1], strict=True):
            kept = rows[1][place].astype(bool)
            if place in speak:
                gap = np.abs(mental[kept] - everything[place][kept])
                assert gap.mean() < 0.03 * everything.std()  # OpenVINO may compute in bfloat16
            else:
                assert (mental == SILENT).all()
        silent = (torch_outputs(model, ids_, mask_)[1] == SILENT).all((1, 2))
        assert silent.tolist() == [place not in speak for place in chosen]


def test_own_layers_begin_as_the_encoders_last_ones_and_learn_alone(tiny_network: Any) -> None:
    model = copy.deepcopy(tiny_network.quantised)
    ids, mask = (torch.from_numpy(part) for part in batch(9, 2, 24))
    with torch.no_grad():
        _, (shared, *_) = model.upper(model.lower(ids, mask), mask)
    model.mental = MentalHeads([model.new_mental(1, 4)])
    names = {name for name, _ in model.mental.named_parameters() if ".layers." in name}
    assert {name.rsplit(".", 1)[1] for name in names} == {"down", "up"}
    last, (own,) = model.upper(model.lower(ids, mask).detach().requires_grad_(), mask)
    torch.testing.assert_close(own, shared)
    own.square().sum().backward()
    assert all(parameter.grad is None for parameter in model.encoder.encoder.layer[-1].parameters())
    with torch.no_grad():
        for parameter in model.mental.parameters():
            parameter.add_(0.1)
        again, (moved,) = model.upper(model.lower(ids, mask), mask)
    assert torch.equal(last, again)  # the provisions do not see them
    assert not torch.allclose(moved, own)


def test_own_layers_follow_the_encoder(tiny_network: Any) -> None:
    model = copy.deepcopy(tiny_network.model)
    model.mental = MentalHeads([model.new_mental(1, 4)])
    ids, mask = (torch.from_numpy(part) for part in batch(10, 2, 24))
    with torch.no_grad():
        for parameter in model.encoder.encoder.layer[-1].parameters():
            parameter.mul_(1.5)
        last, (own,) = model.upper(model.lower(ids, mask), mask)
    torch.testing.assert_close(own[..., : last.shape[2]], last)


def test_no_more_than_the_upper_half_can_differ(tiny_network: Any) -> None:
    with pytest.raises(ValueError, match="at most 1 layers"):
        tiny_network.model.new_mental(2, 4)


def test_pooling_in_numpy_is_pooling_in_torch_over_all_windows_of_a_passage(tiny_network: Any) -> None:
    ids, mask = batch(5, 5, 40)
    owner = torch.tensor([0, 1, 1, 1, 2])
    with torch.no_grad():
        keys, values, _ = tiny_network.model(torch.from_numpy(ids), torch.from_numpy(mask))
        pooled = tiny_network.model.pool(keys, values, torch.from_numpy(mask), owner, 3).numpy()
    said = torch.cat([keys, values], 2).numpy()
    bias = tiny_network.model.head.bias.detach().numpy()
    for passage in range(3):
        rows = [row for row in range(5) if owner[row] == passage]
        joined = np.concatenate([said[row][mask[row] == 1] for row in rows])
        tokens = token_scores(joined, np.zeros((len(joined), 31), np.float32), np.zeros((len(joined), 2), np.int64))
        np.testing.assert_allclose(logits(tokens, bias), pooled[passage], rtol=1e-4, atol=1e-4)


def test_with_zero_keys_a_logit_is_the_mean_of_the_values(tiny_network: Any) -> None:
    values = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]])
    model = PassageTagger(tiny_network.model.encoder, 3)
    with torch.no_grad():
        pooled = model.pool(torch.zeros(2, 6, 3), values, mask, torch.tensor([0, 0]), 1)
    wanted = torch.cat([values[0, :4], values[1, :2]]).mean(0) + model.head.bias.detach()
    torch.testing.assert_close(pooled[0], wanted)


def test_padding_changes_nothing(tiny_network: Any) -> None:
    ids, mask = batch(6, 1, 24)
    mask[:] = 1
    wide = np.pad(ids, ((0, 0), (0, 40)), constant_values=1), np.pad(mask, ((0, 0), (0, 40)))
    for short, padded in zip(
        torch_outputs(tiny_network.model, ids, mask), torch_outputs(tiny_network.model, *wide), strict=True
    ):
        np.testing.assert_allclose(short, padded[:, :24], atol=1e-4)


@pytest.mark.parametrize("frozen", [0, 1])
def test_frozen_layers_compute_alike_and_do_not_learn(encoder_folder: Any, frozen: int) -> None:
    torch.manual_seed(1)
    model = PassageTagger.from_folder(encoder_folder, 3, frozen).eval()
    ids, mask = (torch.from_numpy(part) for part in batch(7, 2, 16))
    with torch.no_grad():
        split, (read,) = model.upper(model.lower(ids, mask), mask)
        whole, *_ = states = model.encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)[:2]
    both = torch.cat([whole, states[1][1]], dim=2)
    torch.testing.assert_close(read[mask == 1], both[mask == 1], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(split[mask == 1], whole[mask == 1], rtol=1e-4, atol=1e-4)
    learning = {name.split(".layer.")[1][0] for name, p in model.encoder.named_parameters() if p.requires_grad}
    assert learning == {str(layer) for layer in range(frozen, 2)}


def test_attention_stays_whole_where_the_products_do_not(tiny_network: Any) -> None:
    hidden = torch.randn(2, 12, tiny_network.model.encoder.config.hidden_size)
    mask = torch.tensor([[1] * 12, [1] * 7 + [0] * 5])
    seen: list[torch.dtype] = []
    attention = tiny_network.model.encoder.encoder.layer[-1].attention.self
    hook = attention.register_forward_hook(lambda _module, _inputs, out: seen.append(out[0].dtype))
    tiny_network.model.eval()
    with torch.no_grad():
        whole, _ = tiny_network.model.upper(hidden, mask)
        with torch.autocast("cpu", torch.bfloat16):
            half, _ = tiny_network.model.upper(hidden, mask)
    hook.remove()
    assert seen == [torch.float32, torch.float32]
    assert 0 < float((whole - half).abs()[mask.bool()].max()) < 0.1


def test_no_more_than_half_the_layers_can_be_frozen(encoder_folder: Any) -> None:
    with pytest.raises(ValueError, match="at most 1 layers"):
        PassageTagger.from_folder(encoder_folder, 3, 2)


def test_the_mental_head_sees_a_tokens_neighbours_and_no_padding(tiny_network: Any) -> None:
    head = tiny_network.model.mental
    vectors = torch.randn(1, 20, len(next(head.each()).mean), generator=torch.Generator().manual_seed(0))
    mask = torch.ones(1, 20, dtype=torch.long)
    mask[0, 12:] = 0
    changed = vectors.clone()
    changed[0, 4] += 1.0
    other = vectors.clone()
    other[0, 12:] += 1.0
    with torch.no_grad():
        before, near, padded = (head([one, one], mask)[0] for one in (vectors, changed, other))
    moved = (before - near).abs().amax(-1) > 1e-6
    assert moved[4]
    assert moved[10]
    assert not moved[11:].any()  # two blocks of three tokens to each side
    torch.testing.assert_close(before[:12], padded[:12])


def test_several_mental_heads_say_their_mean(tiny_network: Any) -> None:
    heads = tiny_network.model.mental
    one, other = heads.each()
    vectors = torch.randn(2, 9, len(one.mean), generator=torch.Generator().manual_seed(1))
    mask = torch.ones(2, 9, dtype=torch.long)
    with torch.no_grad():
        said = heads([vectors, vectors], mask)
        torch.testing.assert_close(said, (one(vectors, mask) + other(vectors, mask)) / 2)
        assert not torch.allclose(one(vectors, mask), other(vectors, mask))
