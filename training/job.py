"""What a training is given; `training.pipeline` and `training.shipping` read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from palermo.corpora.errors import UsageError
from palermo.training.recipe import Recipe

NETWORK = "network.onnx"  # its name in the run's folder and in the model's


@dataclass(frozen=True)
class Job:
    """What to train; raises UsageError for what does not go together.

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
        as_teacher: the run ends with a network that only teaches, see `unexported`.
        languages: ISO 639-1 codes, for a teacher: passages in others are not learnt, labelled or not, and it says
            nothing of them. None given: all are.
        treaty: files with the Convention's own text by provision, in any languages.
        texts: JSON Lines files whose pieces stay in the vocabulary, besides those of `passages`.
        held_out: ids of passages that must not be learnt from.
        documents: labelled whole judgments for the document level; None: that of `start` stays, if there is one.
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
    as_teacher: bool = False
    languages: Sequence[str] = ()
    treaty: Sequence[Path] = ()
    texts: Sequence[Path] = ()
    held_out: frozenset[str] = frozenset()
    documents: Path | None = None
    name: str = "palermo-e5-small"
    recipe: Recipe = field(default_factory=Recipe)
    longest: int = 232
    longest_empty: int = 152

    def __post_init__(self) -> None:
        if self.languages and not self.as_teacher:
            raise UsageError("a model that tags learns all languages", hint="give --language beside --as-teacher")
        if self.as_teacher and self.documents is not None:
            raise UsageError("a teacher has no document level", hint="leave --documents out")
        if self.start is not None and self.encoder is not None:
            raise UsageError("a run goes on from a model or begins with an encoder", hint="give --start or --encoder")
