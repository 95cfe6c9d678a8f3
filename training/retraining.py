"""Going on from a model with passages that people corrected, and comparing both; `palermo retrain` calls it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from palermo.corpora.errors import UsageError
from palermo.corpora.labelled.jsonl import read_records, write_records
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.corpora.labelled.predictions import Prediction
from palermo.evaluation.fitting import crossfit_of
from palermo.evaluation.regression import Fall, Quality, falls, quality
from palermo.models.ngrams import NAME as NGRAMS
from palermo.models.results import LAUNDERING
from palermo.models.tagger import Tagger
from palermo.training.finetune import Progress
from palermo.training.job import Job
from palermo.training.pipeline import train
from palermo.training.recipe import Recipe

CORRECTIONS = "corrections.jsonl"
GENTLE = Recipe(
    epochs=1.0,
    rate=5e-5,
    head_rate=2.5e-4,
    mental_layer_rate=2.5e-4,
    warm_up=0.05,
    decay=0.9,
    probe_passages=1000,
    mental_epochs=0,
)
"""A recipe for going on: one epoch at small rates that fall from early on.

The mental-element head learns with the rest only: going over a few corrections many times, it would forget the others.
"""


@dataclass(frozen=True)
class Retrained:
    """A new model, its figures and those of the one in use on the same passages, and the figures that fell too far."""

    folder: Path
    before: Quality
    after: Quality
    falls: list[Fall]


def retrain(job: Job, corrections: Sequence[Path], progress: Progress, *, in_use: Path | None = None) -> Retrained:
    """Train on, in `job.run`, and measure.

    Both models are measured out of fold: each passage by a calibration that was fitted on other documents of the same
    dev passages. So neither has an advantage from having been calibrated on them.

    Args:
        job: `start` is the model to go on from, `passages` what to learn from besides, which may be nothing.
        corrections: files of labelled passages, as the service exports them.
        progress: as that of training.
        in_use: the model that the new one would replace, which is what it is compared with; None: `start`.

    Raises:
        UsageError: no model to go on from, or the run was begun with other corrections.
        DataError: malformed passages, documents in both training and dev, or too few dev passages to compare on.
        ModelError: a model can't be loaded or gone on from, or the gate refuses the quantised network.
    """
    if job.start is None:
        raise UsageError("there is no model to go on from")
    dev = read_passages(job.dev)
    in_use = in_use or job.start
    teacher = Tagger.load(job.start)
    progress({"phase": "before", "doing": "reading dev with the model in use"})
    before = _quality(teacher if in_use == job.start else Tagger.load(in_use), job.dev, dev)
    job.run.mkdir(parents=True, exist_ok=True)
    records = (one for path in corrections for one in _records(path))
    corrected = _keep(job.run / CORRECTIONS, with_elements(records, teacher))
    if not job.passages:
        _keep_expert(job.start, job.run)
    folder = train(replace(job, passages=(*job.passages, corrected)), progress)
    progress({"phase": "after", "doing": "reading dev with the new model"})
    after = _quality(Tagger.load(folder), job.dev, dev)
    return Retrained(folder, before, after, falls(before, after))


def with_elements(records: Iterable[dict[str, Any]], teacher: Tagger) -> Iterator[dict[str, Any]]:
    """The same passages; those about laundering that say nothing of mental elements get what the model finds there.

    Reviews hold no mental elements. Learnt as they are, such passages would teach that there are none.
    """
    for record in records:
        if "mens_rea" in record or LAUNDERING not in record.get("labels", ()):
            yield record
            continue
        (found,) = teacher.predict([record])
        spans = [{key: span[key] for key in ("standard", "role", "start", "end")} for span in found["mens_rea"]]
        yield {**record, "mens_rea": spans}


def _records(path: Path) -> Iterator[dict[str, Any]]:
    return (record for _, record in read_records(path, "passage"))


def _keep(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Write the corrections of a run; a run that was begun goes on only with the same ones, for it has learnt them."""
    part = path.with_name(f"new-{path.name}")
    write_records(part, records)
    if path.is_file() and path.read_bytes() != part.read_bytes():
        raise UsageError("the run was begun with other corrections", source=path.parent.name, hint="name a new folder")
    part.replace(path)
    return path


def _keep_expert(start: Path, run: Path) -> None:
    """Without a corpus beside the corrections the linear expert stays: fitted on a few passages it would know no more.

    Training makes an expert only where the run has none.
    """
    if (start / NGRAMS).is_file() and not (run / NGRAMS).is_file():
        shutil.copyfile(start / NGRAMS, run / NGRAMS)


def _quality(tagger: Tagger, path: Path, dev: Sequence[LabelledPassage]) -> Quality:
    return quality(dev, [Prediction.from_json(line) for line in crossfit_of(tagger, path, dev)])
