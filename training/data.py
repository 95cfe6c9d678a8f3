"""What a training reads: passages, held-out ids, texts for the vocabulary; `training.pipeline` calls it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.models.manifest import digest

PIECE = 4000  # code points; long texts are tokenised in parts


def training_passages(
    paths: Sequence[Path], held_out: frozenset[str], dev: Sequence[LabelledPassage], languages: Sequence[str] = ()
) -> list[LabelledPassage]:
    """All passages of `paths` but the held-out ones and those in other languages, where some are named.

    Raises:
        DataError: a document of `dev` is among them, or nothing is left.
    """
    passages = [
        passage
        for path in paths
        for passage in read_passages(path)
        if passage.id not in held_out and (not languages or passage.language in languages)
    ]
    shared = {passage.doc_id for passage in passages} & {passage.doc_id for passage in dev}
    if shared:
        raise DataError(
            f"{len(shared)} documents are in both the training and the dev passages",
            hint="split by document: figures on documents that were learnt from mean nothing",
        )
    if lacking := sorted(set(languages) - {passage.language for passage in passages}):
        raise DataError(f"no passages in {', '.join(lacking)}", hint="give ISO 639-1 codes, such as en")
    if not passages:
        raise DataError("no passages to learn from", hint="name at least one file of labelled passages")
    return passages


def texts_of(paths: Iterable[Path]) -> Iterator[str]:
    """The strings of JSON Lines files (.jsonl, .jsonl.gz): `text` in parts, `title`, `heading`, `law`."""
    for path in paths:
        for _, record in read_records(path):
            text = record.get("text") or ""
            yield from (text[start : start + PIECE] for start in range(0, len(text), PIECE))
            yield from (record[key] for key in ("title", "heading", "law") if record.get(key))


def data_version(paths: Sequence[Path], held_out: frozenset[str]) -> dict[str, str]:
    """SHA-256 of each file by name, and of the held-out ids: what the manifest says a model was made of."""
    digests = {path.name: digest(path) for path in paths}
    digests["held out"] = hashlib.sha256("\n".join(sorted(held_out)).encode()).hexdigest()
    return digests
