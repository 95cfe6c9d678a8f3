"""A model's scores and thresholds, fitted on labelled passages; `shipping` and `palermo calibrate` call it.

What a model says of a passage comes from its network; how sure that is, and how far hints move it, is fitted on
passages that the network did not learn from. That takes minutes and no training: it can be done anew for another
collection, or once the lists of wording (`models/hints.toml`) are others.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from palermo.corpora.errors import UsageError
from palermo.corpora.labelled.passages import read_passages
from palermo.evaluation.fitting import Outputs, check_documents, crossfit_lines, fit, outputs_with
from palermo.evaluation.judgments import Progress, whole_documents
from palermo.evaluation.pairs import Floats
from palermo.models import manifest
from palermo.models.calibration import NAME as CALIBRATION
from palermo.models.calibration import Calibration
from palermo.models.spans import SpanRanker
from palermo.models.tagger import Tagger
from palermo.training import card

ENGINE = "onnxruntime"  # what every machine has


def write_calibrated(
    folder: Path,
    outputs: Outputs,
    bias: Floats,
    ranker: SpanRanker,
    facts: Mapping[str, Any],
    documents: Path | Mapping[str, float],
    progress: Progress,
) -> list[dict[str, Any]]:
    """Write calibration, manifest and card into a folder that holds the model's other files.

    Args:
        folder: of the model.
        outputs: of its network on passages that it did not learn from.
        bias: [L] the network's own.
        ranker: of mental elements' spans.
        facts: for the manifest.
        documents: labelled judgments that the document level is fitted on, or its parameters.
        progress: called now and then.

    Returns:
        prediction lines of the passages, out of fold.
    """
    calibration = fit(outputs, bias, ranker)
    if isinstance(documents, Path):
        progress({"phase": "documents", "doing": "reading whole judgments"})
        _write(folder, calibration, facts)  # the judgments are read with it
        documents = whole_documents(folder, documents, progress)
    _write(folder, replace(calibration, document=dict(documents)), facts)
    lines = crossfit_lines(outputs, bias, ranker)
    card.write(folder, (outputs.passages, lines), manifest.read(folder))
    return lines


def _write(folder: Path, calibration: Calibration, facts: Mapping[str, Any]) -> None:
    text = json.dumps(calibration.to_json(), indent=1) + "\n"
    (folder / CALIBRATION).write_text(text, encoding="utf-8")
    manifest.write(folder, dict(facts))


def calibrate(model: Path, gold: Path, output: Path, documents: Path | None, progress: Progress) -> Path:
    """Write `output`, a copy of the model with scores, thresholds and decisions fitted on `gold`.

    Network, linear expert and the ranking of mental elements' spans stay, and, without `documents`, the document level.

    Args:
        model: folder of the model.
        gold: labelled passages of documents that the model did not learn from; only who trained it can check that.
        output: folder to make.
        documents: labelled whole judgments, as `palermo train --documents` takes them.
        progress: called now and then.

    Raises:
        UsageError: there is something at `output`.
        DataError: malformed passages, or of one document alone.
        ModelError: the model can't be loaded.
    """
    if output.exists():
        raise UsageError("there is something already", source=str(output), hint="name a folder that does not exist yet")
    passages = read_passages(gold)
    check_documents(passages)
    tagger = Tagger.load(model, ENGINE)
    progress({"phase": "scores", "doing": f"reading {len(passages)} passages"})
    outputs = outputs_with(tagger, gold, passages)
    made = output.with_name(f"{output.name}.part")
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(model, made)
    facts = manifest.read(model)
    facts["passages"] = {"dev": len(passages)}
    facts["data"] = {**facts.get("data", {}), gold.name: manifest.digest(gold)}
    level = documents or tagger.calibration.document
    write_calibrated(made, outputs, tagger.bias, tagger.ranker, facts, level, progress)
    return made.rename(output)
