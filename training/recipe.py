"""What decides the weights besides the data; every stage of training reads it."""

from __future__ import annotations

from dataclasses import dataclass

from palermo.corpora.errors import UsageError

PRECISIONS = ("float32", "bfloat16")
NEVER = -1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights besides the data; raises UsageError for a precision that there is not.

    Attributes:
        epochs: passes over the passages; the last may be a part of one. With 0 and a model to go on from, encoder,
            provisions head and linear expert stay as they are, and the mental-element head alone is trained anew.
        batch_tokens: padded tokens of a step.
        rate, head_rate: peak learning rates of the encoder's last layer and of the head.
        layer_decay: factor on the rate from each layer to the one below.
        warm_up, decay: shares of all steps with a rising rate and, at the end, with one falling to zero; between them
            it is constant, so that a run can be given more epochs before it begins to fall.
        frozen: encoder layers that do not learn; their output is computed once and kept.
        teacher_weight: weight of what teachers say of a passage, beside the labels of others.
        mental_weight: weight of the mental-element loss beside the provisions loss.
        empty_share: share of the passages without labels that an epoch draws.
        probe_passages: passages for the linear probe that sets the head before fine-tuning.
        weight_decay, clip, seed: as usual.
        mental_epochs, mental_rate, mental_others: passes, peak rate and other passages of the mental-element head's own
            training after the encoder's; see `palermo.training.mental`.
        mental_unsaid: in that training, how likely the cues of a standard are taken to be none in a passage: the lists
            were made with these passages at hand and cover them better than others, which the head must know.
        mental_heads: heads for mental elements that learn apart; the network says their mean.
        mental_layers: of the encoder's last layers, how many each of these heads has with a difference of its own, of
            rank `mental_rank`, which learns with it (LoRA). They cost time where a passage speaks of laundering. With 0
            the heads read the encoder as it is. `mental_layer_rate`: peak rate of the last of them; it falls by
            `layer_decay` below.
        start_share: the run ends with a mean of weights; this is the share of the model that it went on from.
        precision: of the encoder's products, "float32" or "bfloat16"; the latter takes half to two thirds of the time
            on processors that have it (AMX, AVX512_BF16) and longer on others. Weights and heads stay in float32.
        quantise_after: epochs after which the encoder's weights are eight-bit, as in the exported network; NEVER, -1,
            is for a network that is not exported.
    """

    epochs: float = 3.3
    batch_tokens: int = 2560
    rate: float = 1.2e-4
    head_rate: float = 7e-4
    layer_decay: float = 0.9
    warm_up: float = 0.15 / 3.3  # 0.15 epochs
    decay: float = 0.3
    frozen: int = 6
    teacher_weight: float = 1.0
    mental_weight: float = 3.0
    probe_passages: int = 2000
    empty_share: float = 0.5
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 13
    quantise_after: int = 0
    precision: str = "float32"
    start_share: float = 0.0
    mental_epochs: int = 8
    mental_rate: float = 2e-3
    mental_others: int = 900
    mental_unsaid: float = 0.0
    mental_heads: int = 1
    mental_layers: int = 0
    mental_rank: int = 32
    mental_layer_rate: float = 1e-3

    def layer_rate(self, below: int) -> float:
        """Peak rate of the encoder's layer that has so many learnable ones above it."""
        return self.rate * self.layer_decay**below

    def own_layer_rate(self, below: int) -> float:
        """Peak rate of a mental head's own layer that has so many of them above it."""
        return self.mental_layer_rate * self.layer_decay**below

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UsageError(f"there is no precision {self.precision!r}", hint=f"give {' or '.join(PRECISIONS)}")
