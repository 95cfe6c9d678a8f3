"""Passages exported to other tools come back the same when those tools read them."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.corpora.errors import DataError, MissingExtra, UsageError
from palermo.corpora.labelled.docbin import pieces, words_and_spaces
from palermo.corpora.labelled.exports import export_docbin, export_hf, labels_of_taxonomy
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage, MentalSpan

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    datasets = pytest.importorskip("datasets")
    spacy = pytest.importorskip("spacy")

TEXT = "  She knew\n\nthe car was  stolen: 明知是赃物而收购。"
PASSAGES = [
    LabelledPassage(
        "a", "judgment", "en", TEXT, "d", title="T", heading="", jurisdiction="XX", labels=("UNTOC.6", "UNTOC.6.1.b.i"),
        maybe=("UNTOC.12",), named=True, start=3, end=40,
        mens_rea=(MentalSpan("knowledge", 6, 10, "applied"), MentalSpan("intent", 33, 35), MentalSpan("strict", 1, 9)),
    ),
    LabelledPassage("b", "statute", "fr", "Rien.", "e"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_a_data_set_folder_comes_back(tmp_path: Path) -> None:
    export_hf(PASSAGES, tmp_path / "set")
    read = datasets.load_from_disk(str(tmp_path / "set"))
    kinds = read.features["kind"]
    names = read.features["labels"].feature.names
    assert tuple(names) == labels_of_taxonomy()
    assert len(names) == 79
    for row, passage in zip(read, PASSAGES, strict=True):
        assert kinds.int2str(row["kind"]) == passage.kind
        assert tuple(names[at] for at in row["labels"]) == passage.labels
        assert tuple(names[at] for at in row["maybe"]) == passage.maybe
        for field in ("id", "doc_id", "jurisdiction", "language", "title", "heading", "text", "named", "start", "end"):
            assert row[field] == getattr(passage, field)
        spans = [
            MentalSpan(
                STANDARDS[span["standard"]],
                span["start"],
                span["end"],
                None if span["role"] is None else ROLES[span["role"]],
            )
            for span in row["mens_rea"]
        ]
        assert tuple(spans) == passage.mens_rea
        assert all(span["span"] == passage.text[span["start"] : span["end"]] for span in row["mens_rea"])


@pytest.mark.filterwarnings("ignore")
def test_a_docbin_comes_back(tmp_path: Path) -> None:
    export_docbin(PASSAGES, tmp_path / "p.spacy")
    store = spacy.tokens.DocBin().from_disk(tmp_path / "p.spacy")
    for doc, passage in zip(store.get_docs(spacy.blank("xx").vocab), PASSAGES, strict=True):
        assert doc.text == passage.text
        spans = [
            MentalSpan(span.label_, span.start_char, span.end_char, span.id_ or None) for span in doc.spans["mens_rea"]
        ]
        assert tuple(spans) == passage.mens_rea
        assert {label for label, value in doc.cats.items() if value} == set(passage.labels)
        assert set(labels_of_taxonomy()) - set(doc.cats) == set(passage.maybe)
        assert doc.user_data["id"] == passage.id
        assert doc.user_data["start"] == passage.start


@given(st.text(alphabet="ab 明の\n\t.é", min_size=1), st.data())
def test_tokens_give_the_text_back_and_no_span_is_cut(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cut = pieces(text, data.draw(st.sampled_from(["en", "zh", "ja", "und"])), {start, end})
    words, spaces = words_and_spaces(text, cut, {start}, {end})
    assert "".join(word + " " * space for word, space in zip(words, spaces, strict=True)) == text
    at, starts, ends = 0, set(), set()
    for word, space in zip(words, spaces, strict=True):
        starts.add(at)
        ends.add(at + len(word))
        at += len(word) + space
    assert start in starts
    assert end in ends


@pytest.mark.parametrize(
    ("module", "write", "extra"), [("datasets", export_hf, "train"), ("spacy.tokens", export_docbin, "spacy")]
)
def test_a_missing_library_is_named(
    module: str, write: object, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"palermo\[{extra}\]"):
        write(PASSAGES, tmp_path / "out")  # type: ignore[operator]


def test_unknown_labels_and_a_folder_in_use_are_refused(tmp_path: Path) -> None:
    stranger = [LabelledPassage("x", "judgment", "en", "words", "d", labels=("UNTOC.99",))]
    for write in (export_hf, export_docbin):
        with pytest.raises(DataError, match=r"passage x: UNTOC\.99"):
            write(stranger, tmp_path / "out")
    (tmp_path / "used").mkdir()
    (tmp_path / "used/file").touch()
    with pytest.raises(UsageError, match="there already"):
        export_hf(PASSAGES, tmp_path / "used")
