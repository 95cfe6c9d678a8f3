"""Quantisation: close to the float network, exactly on the eight-bit grids that ship, and restored by a checkpoint."""

from __future__ import annotations

import copy
from typing import Any

import torch
from palermo.training.graph import PLACES
from palermo.training.linears import QuantisedLinear
from palermo.training.network import PassageTagger
from palermo.training.quantise import linear_parts, quantise, quantised


def states(model: PassageTagger) -> torch.Tensor:
    ids = torch.arange(4, 36).reshape(2, 16)
    with torch.no_grad():
        hidden, _ = model.upper(model.lower(ids, torch.ones_like(ids)), torch.ones_like(ids))
    return hidden


def test_eight_bits_stay_close_to_float(tiny_network: Any) -> None:
    exact, rounded = states(tiny_network.model), states(tiny_network.quantised)
    assert torch.nn.functional.cosine_similarity(exact, rounded, dim=2).min() > 0.99
    assert not torch.equal(exact, rounded)


def test_every_linear_layer_of_the_encoder_is_quantised_and_the_head_is_not(tiny_network: Any) -> None:
    assert quantised(tiny_network.quantised)
    assert not quantised(tiny_network.model)
    for block in tiny_network.quantised.encoder.encoder.layer:
        for part in PLACES:
            assert all(isinstance(linear, QuantisedLinear) for linear in linear_parts(block)[part])
    for part in (tiny_network.quantised.head, tiny_network.quantised.mental):
        assert not any(isinstance(one, QuantisedLinear) for one in part.modules())


def test_weights_lie_on_a_grid_of_254_steps_an_output(tiny_network: Any) -> None:
    part = linear_parts(tiny_network.quantised.encoder.encoder.layer[1])["fo"][0]
    assert isinstance(part, QuantisedLinear)
    with torch.no_grad():
        rounded = part.rounded()
    steps = rounded / part.weight.abs().amax(1, keepdim=True) * 127
    torch.testing.assert_close(steps, steps.round(), rtol=0, atol=1e-3)
    assert steps.abs().max() <= 127.001


def test_word_vectors_lie_on_a_grid_of_their_own(tiny_network: Any) -> None:
    table = tiny_network.quantised.encoder.embeddings.word_embeddings.weight.detach()
    steps = table / table.abs().amax(1, keepdim=True) * 127
    torch.testing.assert_close(steps, steps.round(), rtol=0, atol=1e-3)


def test_positions_are_kept_in_half_precision_with_the_token_type(tiny_network: Any) -> None:
    exact, rounded = (model.encoder.embeddings for model in (tiny_network.model, tiny_network.quantised))
    wanted = (exact.position_embeddings.weight + exact.token_type_embeddings.weight[0]).half().float()
    assert torch.equal(rounded.position_embeddings.weight, wanted)
    assert not rounded.token_type_embeddings.weight[0].any()


def test_a_checkpoint_restores_the_quantised_network(tiny_network: Any) -> None:
    fresh = copy.deepcopy(tiny_network.model)
    quantise(fresh)
    fresh.load_state_dict(tiny_network.quantised.state_dict())
    assert torch.equal(states(fresh), states(tiny_network.quantised))


def test_gradients_pass_the_rounding(tiny_network: Any) -> None:
    layer = copy.deepcopy(linear_parts(tiny_network.quantised.encoder.encoder.layer[0])["fi"][0])
    layer(torch.linspace(-1, 1, 64).reshape(2, 32)).square().sum().backward()
    assert layer.weight.grad is not None
    assert (layer.weight.grad != 0).float().mean() > 0.9
