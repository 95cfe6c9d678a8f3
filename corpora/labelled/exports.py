"""Labelled passages for other tools: a Hugging Face data set folder and a spaCy DocBin, for `palermo corpus export`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from palermo.corpora.errors import DataError, MissingExtra, UsageError
from palermo.corpora.labelled.docbin import Marked, Text, to_bytes
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage

KINDS = ("judgment", "statute")
SPANS_KEY = "mens_rea"
TEXT_FIELDS = ("id", "doc_id", "jurisdiction", "language", "title", "heading", "text")
USER_FIELDS = ("id", "doc_id", "kind", "jurisdiction", "language", "title", "heading", "named", "start", "end")


def labels_of_taxonomy() -> tuple[str, ...]:
    """The labels, in the order of the Convention tree: the classes of every export."""
    from palermo.corpora.convention import tree

    return tuple(tree().labels)


def export_hf(passages: Sequence[LabelledPassage], folder: Path) -> None:
    """Write a `datasets.Dataset` to a new folder, for `datasets.load_from_disk`, which needs no network.

    `labels` and `maybe` are lists of ClassLabel over the taxonomy; `mens_rea` is a list of {standard, role, start,
    end, span} with ClassLabel standard and role (role null where the annotators gave none).

    Raises:
        MissingExtra: `datasets` is not installed.
        UsageError: the folder is there and not empty.
        DataError: a passage has a label that the taxonomy lacks.
    """
    try:
        import datasets
    except ImportError:
        raise MissingExtra("the export needs datasets", hint="pip install 'palermo[train]'") from None
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("the output is there already", source=folder.name, hint="name a new folder")
    _check_labels(passages)
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    data = datasets.Dataset.from_dict(_columns(passages), features=_features(datasets))
    data.save_to_disk(str(folder))


def _check_labels(passages: Sequence[LabelledPassage]) -> None:
    known = frozenset(labels_of_taxonomy())
    for passage in passages:
        unknown = [label for label in (*passage.labels, *passage.maybe) if label not in known]
        if unknown:
            raise DataError(f"passage {passage.id}: {unknown[0]} is not a label", hint="see `palermo provisions`")


def _features(datasets: Any) -> Any:
    text, number = datasets.Value("string"), datasets.Value("int32")
    labels = datasets.ClassLabel(names=list(labels_of_taxonomy()))
    span = {
        "standard": datasets.ClassLabel(names=list(STANDARDS)),
        "role": datasets.ClassLabel(names=list(ROLES)),
        "start": number,
        "end": number,
        "span": text,
    }
    columns = dict.fromkeys(TEXT_FIELDS, text) | {"kind": datasets.ClassLabel(names=list(KINDS))}
    columns |= {"labels": datasets.Sequence(labels), "maybe": datasets.Sequence(labels), "mens_rea": [span]}
    return datasets.Features(columns | {"named": datasets.Value("bool"), "start": number, "end": number})


def _columns(passages: Sequence[LabelledPassage]) -> dict[str, list[Any]]:
    label_id = {label: at for at, label in enumerate(labels_of_taxonomy())}
    columns: dict[str, list[Any]] = {
        name: [getattr(passage, name) for passage in passages] for name in (*TEXT_FIELDS, "named", "start", "end")
    }
    columns["kind"] = [KINDS.index(passage.kind) for passage in passages]
    for name in ("labels", "maybe"):
        columns[name] = [[label_id[label] for label in getattr(passage, name)] for passage in passages]
    columns["mens_rea"] = [_spans(passage) for passage in passages]
    return columns


def _spans(passage: LabelledPassage) -> list[dict[str, Any]]:
    return [
        {
            "standard": STANDARDS.index(span.standard),
            "role": None if span.role is None else ROLES.index(span.role),
            "start": span.start,
            "end": span.end,
            "span": passage.text[span.start : span.end],
        }
        for span in passage.mens_rea
    ]


def export_docbin(passages: Sequence[LabelledPassage], path: Path) -> None:
    """Write a spaCy DocBin of one Doc a passage, in order.

    `doc.spans["mens_rea"]` has the mental elements (`label_` the standard, `id_` the role or ""), `doc.cats` 1.0 or
    0.0 for each label; those in `maybe` are left out, which spaCy reads as unknown. `doc.user_data` has the other
    fields. `doc.text` is the passage's text exactly, and tokens never straddle the end of a span.

    Raises:
        MissingExtra: spaCy is not installed.
        DataError: a passage has a label that the taxonomy lacks, or the file can't be written.
    """
    _check_labels(passages)
    content = to_bytes(map(_text, passages))
    try:
        path.write_bytes(content)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"can't be written: {reason}", source=path.name, hint="check the folder") from None


def _text(passage: LabelledPassage) -> Text:
    marks = [Marked(span.start, span.end, span.standard, span.role or "") for span in passage.mens_rea]
    return Text(
        passage.text,
        passage.language,
        {SPANS_KEY: marks},
        cats={label: float(label in passage.labels) for label in labels_of_taxonomy() if label not in passage.maybe},
        user_data={name: getattr(passage, name) for name in USER_FIELDS},
    )
