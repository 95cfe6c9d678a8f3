"""What a training is given; `training.pipeline` and `training.shipping` read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from palermo.training.recipe import Recipe

NETWORK = "network.onnx"  # its name in the run's folder and in the model's


@dataclass(frozen=True)
class Job:
    """What to train.

    Attributes:
        passages: files to learn from.
        dev: passages for calibration, the gate and the figures; no document of them may be in `passages`.
        run: folder for the stages' results.
        encoder: a Hugging Face encoder folder with `tokenizer.json`, or the name of one that packages carry
            (`mpnet.NAME`); None: multilingual-e5-small.
        start: a model folder to go on from, in place of an encoder; its vocabulary is kept.
        siblings: models trained from the same one as `start`: the run goes on from the mean of their weights and its.
        unlabelled: files of documents, laws and judgments, of which the teachers speak, or, without any, the model to
            go on from.
        teachers: model folders whose opinions of what nobody labelled are learnt.
        languages: ISO 639-1 codes; passages in others are not learnt. None given: all are.
        as_teacher: the run ends with a network that only teaches, see `unexported`.
        treaty: files with the Convention's own text by provision, in any languages.
        texts: JSON Lines files whose pieces stay in the vocabulary, besides those of `passages`.
        held_out: ids of passages that must not be learnt from.
        documents: labelled whole judgments for the document level, or None.
        name: of the model.
        recipe: see `Recipe`.
        longest, longest_empty: tokens of a passage with and without labels that training reads.
    """

    passages: Sequence[Path]
    dev: Path
    run: Path
    encoder: Path | None = None
    start: Path | None = None
    siblings: Sequence[Path] = ()
    unlabelled: Sequence[Path] = ()
    teachers: Sequence[Path] = ()
    languages: Sequence[str] = ()
    as_teacher: bool = False
    treaty: Sequence[Path] = ()
    texts: Sequence[Path] = ()
    held_out: frozenset[str] = frozenset()
    documents: Path | None = None
    name: str = "palermo-e5-small"
    recipe: Recipe = field(default_factory=Recipe)
    longest: int = 232
    longest_empty: int = 152
