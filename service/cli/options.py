"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]


def model_options(command: Command) -> Command:
    """`--model` and `--engine`; unset, the settings decide."""
    engine = click.option(
        "--engine", type=click.Choice(["auto", "onnxruntime", "openvino"]), help="Default: PALERMO_ENGINE, or auto."
    )
    folder = click.option(
        "--model",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of a model; default: PALERMO_MODEL_DIR, or the one installed, or the one shipped.",
    )
    return folder(engine(command))
