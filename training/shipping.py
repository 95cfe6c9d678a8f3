"""Writes the folder that ships: network, linear expert, tokenizer, labels, calibration, manifest and card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx
import torch
from palermo.corpora.convention import tree
from palermo.corpora.errors import ModelError
from palermo.corpora.labelled.jsonl import write_records
from palermo.evaluation.fitting import Outputs
from palermo.evaluation.pairs import Floats
from palermo.models import calibration as calibrations
from palermo.models import manifest
from palermo.models.ngrams import NAME as NGRAMS
from palermo.models.spans import SpanRanker
from palermo.training import card
from palermo.training.calibrating import write_calibrated
from palermo.training.data import data_version
from palermo.training.finetune import Progress
from palermo.training.gate import Verdict
from palermo.training.job import NETWORK, Job
from palermo.training.mental import read_held_out
from tokenizers import Tokenizer

LARGEST = 60_000_000  # bytes of everything that ships


def write_folder(
    job: Job,
    tokenizer: Tokenizer,
    outputs: Outputs,
    bias: Floats,
    ranker: SpanRanker,
    verdict: Verdict,
    progress: Progress,
) -> Path:
    """The model folder `job.run / "model"`, from what `job.run` holds and the exported network's outputs on dev.

    Beside it come `dev_predictions.jsonl`, and `mental_gold.jsonl` with `mental_predictions.jsonl` (dev and what the
    mental-element head's first training left out), for `palermo evaluate`.

    Raises:
        ModelError: the folder would be too large to ship.
    """
    folder = job.run / "model"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in (NETWORK, NGRAMS):
        shutil.copyfile(job.run / name, folder / name)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "labels.json").write_text(json.dumps(list(outputs.labels)), encoding="utf-8")
    unseen, said = read_held_out(job.run)
    facts = {
        **facts_of(job),
        "network": NETWORK,
        "passages": {"dev": len(outputs.passages)},
        "gate": verdict.to_json(),
        "held_out": card.held_out_figures(unseen, said),
    }
    level = job.documents or _kept_level(job.start, outputs.labels)
    lines = write_calibrated(folder, outputs, bias, ranker, facts, level, progress)
    write_records(job.run / "dev_predictions.jsonl", lines)
    write_records(job.run / "mental_predictions.jsonl", [*lines, *said])
    write_records(job.run / "mental_gold.jsonl", (passage.to_json() for passage in (*outputs.passages, *unseen)))
    _check_size(folder)
    return folder


def _kept_level(start: Path | None, labels: Sequence[str]) -> dict[str, float]:
    """Without labelled whole judgments the document level stays: it reads calibrated scores, whichever model's."""
    return {} if start is None else calibrations.read(start, labels).document


def facts_of(job: Job) -> dict[str, Any]:
    """What a manifest tells of how a model came to be."""
    return {
        "name": job.name,
        "taxonomy": tree().taxonomy,
        "encoder": "multilingual-e5-small" if job.encoder is None else job.encoder.name,
        "data": data_version([*job.passages, job.dev, *job.unlabelled, *job.treaty], job.held_out),
        "recipe": asdict(job.recipe),
        "tokens": {"with labels": job.longest, "without labels": job.longest_empty},
        "start": None if job.start is None else _origin(manifest.read(job.start)),
        "siblings": [manifest.identity(manifest.read(sibling)) for sibling in job.siblings],
        "teachers": [manifest.identity(manifest.read(teacher)) for teacher in job.teachers],
        "libraries": {
            "torch": torch.__version__,
            "onnx": onnx.__version__,
            "transformers": _version("transformers"),
            "tokenizers": _version("tokenizers"),
            "scikit-learn": _version("scikit-learn"),
        },
    }


def _origin(start: dict[str, Any]) -> dict[str, Any]:
    """What is told of the model that training went on from, and of the one before."""
    told = {name: start.get(name) for name in ("recipe", "tokens", "teachers", "siblings", "start")}
    return {**told, "sha256": manifest.identity(start)}


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def _check_size(folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > LARGEST:
        raise ModelError(f"the model folder holds {size:,} bytes, more than {LARGEST:,}", hint="keep fewer pieces")
