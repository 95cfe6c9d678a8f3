"""The Convention's own text, in whatever languages it is given, as labelled passages; `training.pipeline` calls it.

A State's law often repeats the words that it implements. The text of article 18 in Dutch says what article 18 is about
in Dutch, where a corpus may have a few labelled passages or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from palermo.corpora.convention import tree
from palermo.corpora.convention.tree import Convention
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.training.unlabelled import squeezed

SHORTEST, LONGEST = 60, 1500
"""Code points: shorter provisions are half sentences, the paragraphs of longer ones are read by themselves."""
QUOTED = 100  # letters in a row that make a quotation


def treaty_passages(paths: Sequence[Path], dev: Sequence[LabelledPassage]) -> Iterator[LabelledPassage]:
    """Every provision that applies a label, each text once, but those that a dev passage quotes.

    Its labels are the nearest one above, that one's article, and all below: whoever quotes article 6 as a whole quotes
    its letters. Mental elements are not annotated in them.

    Args:
        paths: .jsonl or .jsonl.gz; lines with `id`, `language`, `full_text` or `text`, and maybe `heading`.
        dev: labelled passages for figures.

    Raises:
        DataError: malformed lines.
    """
    convention = tree()
    seen: set[tuple[str, str]] = set()
    quoting = "\n".join(squeezed(passage.text) for passage in dev)
    for path in paths:
        for _, record in read_records(path):
            text, language = record.get("full_text") or record.get("text") or "", record.get("language")
            labels = _labels(convention, record.get("id"))
            if not labels or not language or not SHORTEST <= len(text) <= LONGEST or (language, text) in seen:
                continue
            if squeezed(text)[:QUOTED] in quoting:
                continue
            seen.add((language, text))
            yield LabelledPassage(
                id=f"{record['id']}:{language}",
                kind="statute",
                language=language,
                text=text,
                doc_id=f"convention:{language}",
                heading=record.get("heading"),
                labels=labels,
            )


def _labels(convention: Convention, id_: object) -> tuple[str, ...]:
    if not isinstance(id_, str) or id_ not in convention:
        return ()
    nearest = convention.label_for(id_)
    if nearest is None:
        return ()
    below = [provision.id for provision in convention.walk(id_) if provision.label]
    return tuple(dict.fromkeys((convention.article_of(id_), nearest, *below)))
