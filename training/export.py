"""The trained model as arrays for the graph; `training.pipeline` calls it."""

from __future__ import annotations

import torch
from palermo.training.graph import Weights
from palermo.training.network import PassageTagger


def weights_of(model: PassageTagger) -> Weights:
    """The encoder's state, the mental heads' beside it, and the head; standardisations are folded into the weights."""
    state = {name: value.detach().cpu().float().numpy() for name, value in model.encoder.state_dict().items()}
    head = model.head
    state.update(
        {f"mental.{name}": value.detach().cpu().float().numpy() for name, value in model.mental.state_dict().items()}
    )

    def folded(linear: torch.nn.Linear, mean: torch.Tensor, scale: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        matrix = linear.weight * scale
        offset = -(matrix @ mean)
        return matrix, offset if linear.bias is None else offset + linear.bias

    with torch.no_grad():
        parts = [
            folded(head.key, head.token_mean, head.token_scale),
            folded(head.value, head.pooled_mean, head.pooled_scale),
        ]
        for number, mental in enumerate(model.mental.each()):
            inward = [part.float().cpu().numpy() for part in folded(mental.inward, mental.mean, mental.scale)]
            name = f"mental.members.{number}.inward"
            state[f"{name}.weight"], state[f"{name}.bias"] = inward
        matrix = torch.cat([part[0] for part in parts]).T.float().cpu().numpy()
        offset = torch.cat([part[1] for part in parts]).float().cpu().numpy()
    config = model.encoder.config
    place = model.laundering
    return Weights(
        state,
        config.num_hidden_layers,
        config.num_attention_heads,
        config.layer_norm_eps,
        (matrix, offset),
        head.bias.shape[0],
        len(model.mental.members),
        model.mental.own,
        None if place is None else (place, float(head.bias.detach()[place])),
    )
