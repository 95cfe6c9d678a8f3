"""Distillation: a run learns what other models say of passages that nobody labelled; `training.pipeline` calls it.

Models of several seeds err in different places: the mean of their logits reads better than any of them, and one that
learns this mean keeps most of it at the price of one pass (Hinton et al. 2015). Labelled passages are learnt from their
labels alone: the teachers have seen them, and repeat them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from palermo.corpora.errors import ModelError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.models import manifest
from palermo.models.logistic import sigmoid
from palermo.models.pooling import logits
from palermo.training.examples import Example
from palermo.training.finetune import Progress
from palermo.training.reading import trained_scores
from palermo.training.start import labels_of, tagger_of
from palermo.training.unexported import is_unexported, read_teacher
from tokenizers import Tokenizer

NAME = "opinions.npz"
SOME = 0.05  # from this probability of a label, the teachers find a passage worth reading in every epoch
EVERY = 512  # passages between notes of progress

Opinions = npt.NDArray[np.float32]


def open_to(passages: Sequence[LabelledPassage], labels: Sequence[str]) -> Iterator[LabelledPassage]:
    """The passages with every label that they do not carry as `maybe`: only teachers speak of it."""
    for passage in passages:
        yield replace(passage, maybe=tuple(label for label in labels if label not in passage.labels))


def opinions(
    teachers: Sequence[Path],
    passages: Sequence[LabelledPassage],
    labels: Sequence[str],
    run: Path,
    precision: str,
    progress: Progress,
) -> Opinions:
    """Logits [P, L] that the teachers give the passages, their mean; kept in the run's folder as each has read.

    Each speaks of the languages that it learnt; of a passage in another it is silent (nan) and does not count.
    Where nobody speaks the mean is nan too.

    Args:
        teachers: folders that `train` wrote; each reads with its own tokenizer.
        passages: that nobody labelled, read whole.
        labels: of the run; a teacher may have them in another order.
        run: its folder.
        precision: as in `recipe.Recipe`.
        progress: called now and then.

    Raises:
        ModelError: a teacher has other labels, knows none of the passages' languages, or gives no numbers.
    """
    ids = np.array([passage.id for passage in passages])
    said: list[Opinions] = []
    for folder in teachers:
        path = run / f"{manifest.identity(manifest.read(folder))[:16]}-{NAME}"
        found = _kept(path, ids)
        if found is None:
            found = _read(folder, passages, labels, precision, progress)
            np.savez(path, ids=ids, logits=found)
        said.append(found)
    spoken = ~np.isnan(np.array([one[:, :1] for one in said]))
    voices = spoken.sum(axis=0)
    total = np.where(spoken, said, 0.0).sum(axis=0) / np.maximum(1, voices)
    return np.where(voices > 0, total, np.nan).astype(np.float32)


def taught(examples: Iterable[Example], said: Opinions) -> list[Example]:
    """The examples with the teachers' logits [L] each; one without labels is `empty` only where they find none either.

    Of which nobody speaks is left out: nothing, or only labels without any "no", could be learnt from it.
    """
    found = []
    for example, opinion in zip(examples, said, strict=True):
        if not np.isnan(opinion).any():
            empty = example.empty and bool(sigmoid(opinion.astype(np.float64)).max() < SOME)
            found.append(replace(example, opinion=opinion, empty=empty))
    return found


def _kept(path: Path, ids: npt.NDArray[np.str_]) -> Opinions | None:
    """What an earlier run of the folder read, where it was of the same passages."""
    if not path.is_file():
        return None
    with np.load(path) as file:
        kept: Opinions = file["logits"]
        return kept if np.array_equal(file["ids"], ids) else None


def _read(
    folder: Path, passages: Sequence[LabelledPassage], labels: Sequence[str], precision: str, progress: Progress
) -> Opinions:
    its = labels_of(folder)
    if set(its) != set(labels):
        raise ModelError("the teacher knows other labels than the run", source=folder.name)
    order = [its.index(label) for label in labels]
    languages = manifest.read(folder).get("languages") or {passage.language for passage in passages}
    known = [row for row, passage in enumerate(passages) if passage.language in languages]
    if not known:
        raise ModelError(f"the teacher knows {', '.join(languages)} alone, and no passage is in it", source=folder.name)
    model = read_teacher(folder) if is_unexported(folder) else tagger_of(folder, 0)
    model.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    bias = model.head.bias.detach().cpu().numpy()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found = np.full((len(passages), len(labels)), np.nan, np.float32)
    read = trained_scores(model, tokenizer, [passages[row] for row in known], precision=precision)
    for number, (row, tokens) in enumerate(zip(known, read, strict=True), start=1):
        found[row] = logits(tokens, bias)[order]
        if number % EVERY == 0 or number == len(known):
            progress({"phase": "teacher", "model": folder.parent.name, "passages": number, "of": len(known)})
    if np.isnan(found[known]).any():
        raise ModelError("the teacher gives no numbers; its training diverged", source=folder.name)
    return found
