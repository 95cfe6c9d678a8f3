"""The exported graph: what is meant and nothing else, small, with open batch and length."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from palermo.models.engine import load_engine
from palermo.training.export import weights_of
from palermo.training.graph import PLACES, GraphBuilder, linear_weights
from palermo.training.network import MENTAL_BLOCKS


@pytest.fixture(scope="module")
def int8(tiny_network: Any) -> Any:
    return onnx.load(tiny_network.int8_path)


def test_inputs_and_outputs_are_as_the_engine_asks(int8: Any, tiny_network: Any) -> None:
    shapes = {
        value.name: [side.dim_param or side.dim_value for side in value.type.tensor_type.shape.dim]
        for value in (*int8.graph.input, *int8.graph.output)
    }
    count = len(tiny_network.labels)
    assert shapes == {
        "ids": ["batch", "tokens"],
        "mask": ["batch", "tokens"],
        "provisions": ["batch", "tokens", 2 * count],
        "mental": ["batch", "tokens", 31],
    }


def test_nothing_is_quantised_while_the_network_runs(int8: Any) -> None:
    kinds = Counter(node.op_type for node in int8.graph.node)
    assert kinds["DequantizeLinear"] == 2 * len(PLACES) + 1  # weights, word vectors
    assert not {"QuantizeLinear", "DynamicQuantizeLinear"} & set(kinds)


def test_weights_are_stored_in_eight_bits(int8: Any, tiny_network: Any) -> None:
    table = {value.name: onnx.numpy_helper.to_array(value) for value in int8.graph.initializer}
    big = [value.dtype for value in table.values() if value.size >= 32 * 32 and value.ndim == 2]
    # All but the heads, which are small in the real network; positions have sixteen.
    model = tiny_network.model
    assert big.count(np.dtype(np.float32)) == 1 + len(model.mental.members) * (2 + MENTAL_BLOCKS)
    heads = sum(4 * value.numel() for part in (model.head, model.mental) for value in part.parameters())
    small, large = (path.stat().st_size - heads for path in (tiny_network.int8_path, tiny_network.float_path))
    assert small < 0.6 * large


def test_layer_norms_take_the_encoders_epsilon(tiny_network: Any, tmp_path: Any) -> None:
    weights = weights_of(tiny_network.model)
    assert weights.epsilon == tiny_network.model.encoder.config.layer_norm_eps
    graph = GraphBuilder(replace(weights, epsilon=1e-5), exact=True).build().graph
    found = {
        a.f
        for node in graph.node
        if node.op_type == "LayerNormalization"
        for a in node.attribute
        if a.name == "epsilon"
    }
    assert {round(value, 8) for value in found} == {1e-5}


def test_query_key_and_value_are_one_product(tiny_network: Any) -> None:
    weights = weights_of(tiny_network.model)
    matrix, offset = linear_weights(weights, "encoder.layer.0", "qkv")
    assert matrix.shape == (32, 96)
    assert offset.shape == (96,)
    key = tiny_network.model.encoder.encoder.layer[0].attention.self.key.weight.detach().numpy()
    np.testing.assert_array_equal(matrix[:, 32:64], key.T)


def test_one_token_and_a_full_window_are_read(tiny_network: Any) -> None:
    engine = load_engine(tiny_network.int8_path, "onnxruntime", 1)
    for width in (1, 320):
        ids = np.full((2, width), 5, np.int64)
        provisions, mental = engine.forward(ids, np.ones_like(ids))
        assert provisions.shape == (2, width, 2 * len(tiny_network.labels))
        assert np.isfinite(provisions).all()
        assert np.isfinite(mental).all()
