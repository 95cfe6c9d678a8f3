"""Runs the exported network: ONNX Runtime everywhere, OpenVINO where it is installed; the encoder calls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import MissingExtra, ModelError

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Forward = Callable[[Integers, Integers], tuple[Floats, Floats]]
OUTPUTS = ("provisions", "mental")
# What ONNX Runtime raises while it loads a file; its exceptions have no base of their own.
ONNX_FAULTS = (
    "Fail",
    "InvalidArgument",
    "InvalidGraph",
    "InvalidProtobuf",
    "NoSuchFile",
    "NotImplemented",
    "RuntimeException",
)


@dataclass(frozen=True)
class Engine:
    """A loaded network.

    Attributes:
        name: `onnxruntime` or `openvino`.
        version: of that library, and the precision where it is not float32.
        forward: ids and mask [B, T] -> provisions [B, T, 2L] (keys, then values) and mental [B, T, 31].
    """

    name: str
    version: str
    forward: Forward


def load_engine(path: Path, choice: str = "auto", threads: int = 0) -> Engine:
    """Load `path` with the chosen library; `auto` takes OpenVINO where it is installed and gains.

    Raises:
        MissingExtra: OpenVINO was asked for and is not installed.
        ModelError: the file can't be loaded.
    """
    installed = find_spec("openvino") is not None
    if choice == "openvino" and not installed:
        raise MissingExtra("the OpenVINO engine is not installed", hint="pip install 'palermo[fast]'")
    load = _openvino if choice == "openvino" or (choice == "auto" and installed and _integer_dot()) else _onnxruntime
    try:
        return load(path, threads)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"the network can't be loaded ({type(error).__name__})", source=path.name) from error


def _integer_dot() -> bool:
    """Whether the processor multiplies eight-bit integers in hardware (VNNI, AMX): a modern one with wide registers.

    There OpenVINO reads 1.3 times the tokens that ONNX Runtime reads a second of processor time (measured on Zen 4). On
    older ones it starts in seconds and reads two thirds (Zen 3); where the system does not tell, ONNX Runtime it is.
    """
    return not {"avx512_vnni", "avx_vnni", "amx_int8"}.isdisjoint(_features())


def halves() -> bool:
    """Whether OpenVINO computes in bfloat16: where the processor multiplies tiles of it (AMX).

    2.5 times as fast there as float32, and within the gate that a model passes (`training/EXPERIMENTS.md`).
    """
    return "amx_bf16" in _features()


@lru_cache(maxsize=1)
def _features() -> frozenset[str]:
    """What the processor says that it can; nothing where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.split(":", 1)[1] for line in lines if line.startswith("flags")), "").split())


def _onnxruntime(path: Path, threads: int) -> Engine:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Batches differ in shape: arenas and memory patterns would keep the largest of each for ever.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # Left to itself, the library rounds the inputs of layers with eight-bit weights to eight bits too.
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    faults = tuple(getattr(state, name) for name in ONNX_FAULTS)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except faults as error:
        raise RuntimeError(type(error).__name__) from error

    def forward(ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        provisions, mental = session.run(list(OUTPUTS), {"ids": ids, "mask": mask})
        return provisions, mental

    return Engine("onnxruntime", str(onnxruntime.__version__), forward)


def _openvino(path: Path, threads: int) -> Engine:
    import openvino

    core = openvino.Core()
    # Left to itself, the library rounds the inputs of layers with eight-bit weights where the processor has VNNI: 1.6
    # times as fast, but 1.4 % of the dev passages then have another label; the gate that a model passes allows 0.5 %.
    config: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if halves() else "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
    }
    if threads:
        config["INFERENCE_NUM_THREADS"] = threads
    compiled = core.compile_model(str(path), "CPU", config)
    request = compiled.create_infer_request()

    def forward(ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        request.infer({"ids": ids, "mask": mask})
        first, second = (request.get_tensor(name).data.copy() for name in OUTPUTS)
        return first, second

    version = str(openvino.__version__).split("-", maxsplit=1)[0]
    return Engine("openvino", f"{version} bfloat16" if halves() else version, forward)
