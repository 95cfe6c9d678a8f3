"""Builds the ONNX network from a trained model's weights: float, or with int8 weights in QDQ form.

Written node by node, so that the shipped graph holds what is meant and nothing of an exporter's habits: one MatMul for
query, key and value, the head's standardisation folded into its weights, token types folded into the positions. Layers
that mental heads have to themselves read only the rows that speak of laundering. Inputs `ids` and `mask` [B, T] int64;
outputs `provisions` [B, T, 2L] (keys, then values) and `mental` [B, T, 31].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from palermo.models.mental import SILENT
from palermo.training.network import MENTAL_BLOCKS, SPEAKS

Floats = npt.NDArray[np.float32]
OPSET = 17
PLACES = {
    "qkv": [f"attention.self.{which}" for which in ("query", "key", "value")],
    "ao": ["attention.output.dense"],
    "fi": ["intermediate.dense"],
    "fo": ["output.dense"],
}
"""The matrices of an encoder layer, in order of use, and the linear layers that each joins: they share their input."""
OWN = "mental_layers"
"""Property of the file: encoder layers that each mental head has with a difference of its own."""


@dataclass(frozen=True)
class Weights:
    """A trained model as arrays: the encoder's state by Hugging Face name, the head folded to one matrix.

    Attributes:
        state: name -> array; those of the mental heads begin with `mental.members.` and their number, those of the
            heads' own layers go on with `layers.` and the layer's.
        layers, heads, epsilon: of the encoder; the last of its layer norms.
        head: [H, 2L] and its bias [2L]: keys, values.
        labels: L.
        mental: number of the mental heads.
        own: of the encoder's last layers, how many each of them has with a difference of low rank.
        laundering: place of article 6 among the labels and its bias; None where heads read every row.
    """

    state: dict[str, Floats]
    layers: int
    heads: int
    epsilon: float
    head: tuple[Floats, Floats]
    labels: int
    mental: int
    own: int
    laundering: tuple[int, float] | None = None


class GraphBuilder:
    """Adds nodes and initialisers.

    Weights and word vectors are eight-bit, positions and differences half precision, unless `exact` asks for a float
    graph.
    """

    def __init__(self, weights: Weights, *, exact: bool = False) -> None:
        self._weights = weights
        self._exact = exact
        self._nodes: list[onnx.NodeProto] = []
        self._initialisers: list[onnx.TensorProto] = []
        self._shared: dict[str, str] = {}
        self._count = 0

    def build(self) -> onnx.ModelProto:
        """The checked model."""
        weights = self._weights
        bias = self._mask_bias()
        after = [self._embeddings()]
        for layer in range(weights.layers):
            after.append(self._layer(f"encoder.layer.{layer}", after[-1], bias))
        self._name_last(self._affine(after[-1], *weights.head), "provisions")
        below, middle = after[weights.layers - weights.own], after[weights.layers // 2]
        self._name_last(self._mental(below, middle, bias), "mental")
        shape = ["batch", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "palermo",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")],
            [
                helper.make_tensor_value_info("provisions", TensorProto.FLOAT, [*shape, 2 * weights.labels]),
                helper.make_tensor_value_info(
                    "mental", TensorProto.FLOAT, [*shape, len(weights.state["mental.members.0.out.bias"])]
                ),
            ],
            self._initialisers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="palermo")
        model.ir_version = 9
        helper.set_model_props(model, {OWN: str(weights.own)})
        onnx.checker.check_model(model)
        return model

    def _name(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = self._name()
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def _constant(self, value: npt.NDArray[Any]) -> str:
        name = self._name()
        self._initialisers.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def _name_last(self, made: str, name: str) -> None:
        """Give the output of the node added last its name in the graph."""
        if self._nodes[-1].output[0] != made:
            raise ValueError(f"{made} is not the last node's")
        self._nodes[-1].output[0] = name

    def _affine(self, hidden: str, matrix: Floats, offset: Floats) -> str:
        """A product in float and an offset: [..., in] -> [..., out]."""
        return self._node("Add", self._node("MatMul", hidden, self._constant(matrix)), self._constant(offset))

    def _mental(self, below: str, middle: str, bias: str) -> str:
        """The mean of the mental heads; with layers of their own, of the rows that speak of laundering."""
        mask = self._node("Unsqueeze", self._node("Cast", "mask", to=TensorProto.FLOAT), *self._ints([2]))
        if self._weights.laundering is None or not self._weights.own:
            return self._members(below, middle, bias, mask)
        speaks, rows = self._speaking(bias, *self._weights.laundering)
        some = (self._node("Gather", every, rows, axis=0) for every in (below, middle, bias, mask))
        return self._spread(self._members(*some), speaks, rows)

    def _members(self, below: str, middle: str, bias: str, mask: str) -> str:
        """What is behind the heads' own layers is small, so in float."""
        both = self._node("Concat", below, middle, axis=-1) if not self._weights.own else ""
        said = []
        for number in range(self._weights.mental):
            name = f"mental.members.{number}"
            said.append(self._member(name, both or self._own(name, below, middle, bias), mask))
        return self._node("Mean", *said) if len(said) > 1 else said[0]

    def _own(self, name: str, hidden: str, middle: str, bias: str) -> str:
        """What a head reads: the encoder's last layers with its differences, beside the middle layer."""
        first = self._weights.layers - self._weights.own
        for layer in range(self._weights.own):
            hidden = self._layer(f"encoder.layer.{first + layer}", hidden, bias, f"{name}.layers.{layer}")
        return self._node("Concat", hidden, middle, axis=-1)

    def _speaking(self, bias: str, place: int, offset: float) -> tuple[str, str]:
        """Whether each row speaks of laundering, [B], and the numbers of the rows to read.

        Those are the rows that do and the likeliest one, so that there is one: no engine need know tensors without any.
        """
        key, value = (
            self._node("Gather", "provisions", self._constant(np.array(column, np.int64)), axis=2)
            for column in (place, place + self._weights.labels)
        )
        key = self._node("Add", key, self._node("Squeeze", bias, *self._ints([1, 2])))
        counted = self._node("Mul", self._node("Softmax", key, axis=-1), value)
        logit = self._node("ReduceSum", counted, *self._ints([1]), keepdims=0)
        least = self._constant(np.array(SPEAKS - offset, np.float32))
        speaks = self._node("GreaterOrEqual", logit, least)
        likeliest = self._node("Equal", logit, self._node("ReduceMax", logit, keepdims=0))
        chosen = self._node("NonZero", self._node("Or", speaks, likeliest))
        return speaks, self._node("Squeeze", chosen, *self._ints([0]))

    def _spread(self, said: str, speaks: str, rows: str) -> str:
        """What was said of some rows, [N, T, 31], among all of them, [B, T, 31]; nothing of those that do not speak."""
        outputs = len(self._weights.state["mental.members.0.out.bias"])
        shape = self._node("Concat", self._node("Shape", "mask"), *self._ints([outputs]), axis=0)
        silent = self._constant(np.array(SILENT, np.float32))
        nothing = self._node("Expand", silent, shape)
        everything = self._node("ScatterND", nothing, self._node("Unsqueeze", rows, *self._ints([1])), said)
        return self._node("Where", self._node("Unsqueeze", speaks, *self._ints([1, 2])), everything, silent)

    def _member(self, name: str, hidden: str, mask: str) -> str:
        hidden = self._gelu(self._named_affine(f"{name}.inward", hidden))
        for block in range(MENTAL_BLOCKS):
            prefix = f"{name}.blocks.{block}"
            normed = self._node("Mul", self._norm(hidden, f"{prefix}.norm"), mask)
            channels = self._node("Transpose", normed, perm=[0, 2, 1])
            near = self._node("Transpose", self._near(f"{prefix}.near", channels), perm=[0, 2, 1])
            hidden = self._node("Add", hidden, self._named_affine(f"{prefix}.mix", self._gelu(near)))
        return self._named_affine(f"{name}.out", hidden)

    def _named_affine(self, name: str, hidden: str) -> str:
        return self._affine(hidden, self._weights.state[f"{name}.weight"].T, self._weights.state[f"{name}.bias"])

    def _near(self, name: str, channels: str) -> str:
        """Each channel over neighbouring tokens: [B, W, T] -> [B, W, T]."""
        weight, offset = (self._weights.state[f"{name}.{part}"] for part in ("weight", "bias"))
        reach = weight.shape[2] // 2
        return self._node(
            "Conv", channels, self._constant(weight), self._constant(offset), group=len(weight), pads=[reach, reach]
        )

    def _embeddings(self) -> str:
        state = self._weights.state
        table = state["embeddings.word_embeddings.weight"]
        ids = "ids"
        if self._exact:
            words = self._node("Gather", self._constant(table), ids)
        else:
            # One scale for the whole table would be coarse, so each row is scaled to the table's own range first:
            # the scale of a piece is gathered beside it.
            scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / 127
            packed = np.clip(np.round(table / scales), -127, 127).astype(np.int8)
            one = self._constant(np.array(1.0, np.float32))
            zero = self._constant(np.array(0, np.int8))
            rows = self._node("DequantizeLinear", self._node("Gather", self._constant(packed), ids), one, zero)
            words = self._node("Mul", rows, self._node("Gather", self._constant(scales.astype(np.float32)), ids))
        positions = state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0]
        length = self._node("Slice", self._node("Shape", ids), *self._ints([1], [2], [0]))
        place = self._node("Slice", self._half(positions), *self._ints([0]), length, *self._ints([0]))
        return self._norm(self._node("Add", words, place), "embeddings.LayerNorm")

    def _ints(self, *values: list[int]) -> list[str]:
        return [self._constant(np.array(value, np.int64)) for value in values]

    def _mask_bias(self) -> str:
        """0 for tokens, a large negative number for padding: [B, 1, 1, T]."""
        mask = self._node("Cast", "mask", to=TensorProto.FLOAT)
        less = self._node("Sub", mask, self._constant(np.array(1.0, np.float32)))
        bias = self._node("Mul", less, self._constant(np.array(1e4, np.float32)))
        return self._node("Unsqueeze", bias, *self._ints([1, 2]))

    def _norm(self, hidden: str, name: str) -> str:
        parts = (self._once(f"{name}.{part}", self._weights.state[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._node("LayerNormalization", hidden, *parts, axis=-1, epsilon=self._weights.epsilon)

    def _layer(self, prefix: str, hidden: str, bias: str, own: str = "") -> str:
        """Encoder layer `prefix`, with the differences `own` of a mental head, if any."""
        attended = self._attention(prefix, hidden, bias, own)
        projected = self._linear(prefix, "ao", attended, own)
        hidden = self._norm(self._node("Add", projected, hidden), f"{prefix}.attention.output.LayerNorm")
        wide = self._gelu(self._linear(prefix, "fi", hidden, own))
        narrow = self._linear(prefix, "fo", wide, own)
        return self._norm(self._node("Add", narrow, hidden), f"{prefix}.output.LayerNorm")

    def _attention(self, prefix: str, hidden: str, bias: str, own: str) -> str:
        heads = self._weights.heads
        size = self._weights.state["embeddings.word_embeddings.weight"].shape[1]
        mixed = self._linear(prefix, "qkv", hidden, own)
        parts = [self._name() for _ in range(3)]
        sizes = self._constant(np.array([size] * 3, np.int64))
        self._nodes.append(helper.make_node("Split", [mixed, sizes], parts, axis=-1))
        shape = self._constant(np.array([0, 0, heads, size // heads], np.int64))
        query, key, value = (self._node("Reshape", part, shape) for part in parts)
        query = self._node("Transpose", query, perm=[0, 2, 1, 3])
        key = self._node("Transpose", key, perm=[0, 2, 3, 1])
        value = self._node("Transpose", value, perm=[0, 2, 1, 3])
        scale = self._constant(np.array(1 / math.sqrt(size // heads), np.float32))
        scores = self._node("Mul", self._node("MatMul", query, key), scale)
        weights = self._node("Softmax", self._node("Add", scores, bias), axis=-1)
        merged = self._node("Transpose", self._node("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self._node("Reshape", merged, self._constant(np.array([0, 0, size], np.int64)))

    def _gelu(self, hidden: str) -> str:
        inner = self._node("Div", hidden, self._constant(np.array(math.sqrt(2), np.float32)))
        one = self._constant(np.array(1.0, np.float32))
        gate = self._node("Add", self._node("Erf", inner), one)
        half = self._constant(np.array(0.5, np.float32))
        return self._node("Mul", self._node("Mul", hidden, gate), half)

    def _linear(self, prefix: str, part: str, hidden: str, own: str) -> str:
        matrix, offset = linear_weights(self._weights, prefix, part)
        name = f"{prefix}.{part}"
        weight = self._once(name, matrix) if self._exact else self._packed(name, matrix)
        product = self._node("MatMul", hidden, weight)
        if own:
            product = self._node("Add", product, self._difference(own, part, hidden))
        return self._node("Add", product, self._once(f"{name}.bias", offset))

    def _difference(self, own: str, part: str, hidden: str) -> str:
        """What a mental head's difference adds to a product, see `linears.LowRankLinear`."""
        said = []
        for place in PLACES[part]:
            down, up = (self._half(self._weights.state[f"{own}.{place}.{side}"].T) for side in ("down", "up"))
            said.append(self._node("MatMul", self._node("MatMul", hidden, down), up))
        return self._node("Concat", *said, axis=-1) if len(said) > 1 else said[0]

    def _half(self, matrix: Floats) -> str:
        """A constant in half precision."""
        if self._exact:
            return self._constant(matrix)
        return self._node("Cast", self._constant(matrix.astype(np.float16)), to=TensorProto.FLOAT)

    def _once(self, name: str, value: npt.NDArray[Any]) -> str:
        """A constant that stands in the file once, however often it is asked for by its name."""
        if name not in self._shared:
            self._shared[name] = self._constant(value)
        return self._shared[name]

    def _packed(self, name: str, matrix: Floats) -> str:
        """A weight in eight bits, one scale a column, with the node that undoes it."""
        scales = np.maximum(np.abs(matrix).max(axis=0), 1e-8) / 127
        packed = np.clip(np.round(matrix / scales), -127, 127).astype(np.int8)
        parts = {
            "packed": packed,
            "scales": scales.astype(np.float32),
            "zero": np.zeros(len(scales), np.int8),
        }
        stored = [self._once(f"{name}.{part}", value) for part, value in parts.items()]
        return self._node("DequantizeLinear", *stored, axis=1)


def linear_weights(weights: Weights, prefix: str, part: str) -> tuple[Floats, Floats]:
    """Matrix [in, out] and bias [out] of a linear layer: part "qkv" of layer "encoder.layer.3"."""
    matrix = np.concatenate([weights.state[f"{prefix}.{place}.weight"].T for place in PLACES[part]], axis=1)
    offset = np.concatenate([weights.state[f"{prefix}.{place}.bias"] for place in PLACES[part]])
    return matrix, offset
