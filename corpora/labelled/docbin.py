"""spaCy DocBins: texts with spans, categories and further fields, for labelled passages and for analyses alike.

`doc.text` is the text exactly. Tokens are those of the language's rules, cut where a span starts or ends, so that every
span is one of whole tokens. Needs the extra `[spacy]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from palermo.corpora.errors import MissingExtra

# For languages without rules of spaCy's own. Han and kana are written without spaces; each sign is a token of its own.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|\s|.")


@dataclass(frozen=True, slots=True)
class Marked:
    """A span `[start, end)` of the text, in code points: `label_` and `id_` of spaCy's span."""

    start: int
    end: int
    label: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What becomes one Doc.

    Attributes:
        text: not cut, not changed.
        language: BCP 47 tag; its rules cut the text into tokens.
        spans: name of a span group -> its spans.
        attrs: name of a span group -> further lists of the group, one item a span.
        cats: category -> value, 0 to 1.
        user_data: anything JSON-able.
    """

    text: str
    language: str
    spans: Mapping[str, Sequence[Marked]]
    attrs: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    cats: Mapping[str, float] = field(default_factory=dict)
    user_data: Mapping[str, Any] = field(default_factory=dict)


def to_bytes(texts: Iterable[Text]) -> bytes:
    """A DocBin of the texts, in order.

    Raises:
        MissingExtra: spaCy is not installed.
    """
    try:
        from spacy.tokens import DocBin
    except ImportError:
        raise MissingExtra("a DocBin needs spaCy", hint="pip install 'palermo[spacy]'") from None
    store = DocBin(attrs=["ORTH", "SPACY"], store_user_data=True)
    for one in texts:
        store.add(_doc(one))
    return bytes(store.to_bytes())


def _doc(one: Text) -> Any:
    from spacy.tokens import Doc, SpanGroup

    marks = [mark for group in one.spans.values() for mark in group]
    starts, ends = frozenset(mark.start for mark in marks), frozenset(mark.end for mark in marks)
    words, spaces = words_and_spaces(one.text, pieces(one.text, one.language, starts | ends), starts, ends)
    doc: Any = Doc(_rules(one.language)[0], words=words, spaces=spaces)
    for name, group in one.spans.items():
        spans = [doc.char_span(mark.start, mark.end, label=mark.label, span_id=mark.id) for mark in group]
        doc.spans[name] = SpanGroup(doc, name=name, attrs=dict(one.attrs.get(name, {})), spans=spans)
    doc.cats = dict(one.cats)
    doc.user_data.update(one.user_data)
    return doc


def pieces(text: str, language: str, cuts: Set[int]) -> Iterator[tuple[int, int]]:
    """Tokens of the language's rules with the white space between them, cut at `cuts`; together the whole text."""
    edges = {0, len(text), *(cut for cut in cuts if 0 < cut < len(text))}
    for start, end in _rules(language)[1](text):
        edges |= {start, end}
    return pairwise(sorted(edges))


def words_and_spaces(
    text: str, cut: Iterable[tuple[int, int]], starts: Set[int], ends: Set[int]
) -> tuple[list[str], list[bool]]:
    """The pieces of a text as spaCy's words and "a space follows" flags.

    One space behind a word belongs to it, as everywhere in spaCy, unless a span starts or ends with that space.
    """
    words: list[str] = []
    spaces: list[bool] = []
    for start, end in cut:
        piece = text[start:end]
        if piece == " " and words and not spaces[-1] and start not in starts and end not in ends:
            spaces[-1] = True
        else:
            words.append(piece)
            spaces.append(False)
    return words, spaces


@lru_cache(maxsize=64)
def _rules(language: str) -> tuple[Any, Callable[[str], Iterable[tuple[int, int]]]]:
    """Vocabulary of a language, and what gives the places of a text's tokens; plain rules where spaCy has none."""
    import spacy

    try:
        pipeline = spacy.blank(language)
    except ImportError:  # no such language, or one that needs further packages
        return spacy.blank("xx").vocab, lambda text: (match.span() for match in _TOKEN.finditer(text))
    return pipeline.vocab, lambda text: [(token.idx, token.idx + len(token)) for token in pipeline.make_doc(text)]
