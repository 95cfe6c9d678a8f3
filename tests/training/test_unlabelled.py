"""What is learnt from without labels: laws and judgments, nothing of dev, of many passages those that matter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.training import unlabelled
from palermo.training.unlabelled import DRAWN, OTHERS, drawn, unlabelled_passages

OTHER = "Un autre texte de loi, qui ne ressemble pas au premier. " * 3


def labelled(doc_id: str, text: str = "other words", title: str = "Loi B", language: str = "fr") -> LabelledPassage:
    return LabelledPassage(doc_id, "statute", language, text, doc_id, title=title, jurisdiction="XX")


def ids(path: Path, train: Sequence[LabelledPassage] = (), dev: Sequence[LabelledPassage] = ()) -> list[str]:
    return [passage.doc_id for passage in unlabelled_passages([path], train, dev)]


def test_provisions_of_laws_are_read_with_law_heading_and_language(documents: Any) -> None:
    (found,) = unlabelled_passages([documents({"doc_id": "a", "heading": "Blanchiment"})], [], [])
    assert (found.id, found.kind, found.language) == ("laws:a", "statute", "fr")
    assert (found.title, found.heading, found.text[:16]) == ("Loi A", "Blanchiment", "Celui qui, sciem")
    assert not found.labels


@pytest.mark.parametrize("left_out", [{"language": None}, {"text": "Abrogé."}, {"text": None}, {"text": "mot " * 500}])
def test_short_and_long_ones_and_those_of_no_language_are_left_out(documents: Any, left_out: dict[str, Any]) -> None:
    assert ids(documents({"doc_id": "a"}, {"doc_id": "b", "text": OTHER, **left_out})) == ["a"]


def test_a_copy_is_left_out(documents: Any) -> None:
    (text,) = (passage.text for passage in unlabelled_passages([documents({"doc_id": "a"})], [], []))
    assert ids(documents({"doc_id": "a"}, {"doc_id": "b", "text": text.upper().replace(",", " ,")})) == ["a"]


def test_nothing_of_a_dev_law_nor_of_any_labelled_text_is_learnt_from(documents: Any) -> None:
    path = documents({"doc_id": "a"})
    (text,) = (passage.text for passage in unlabelled_passages([path], [], []))
    assert ids(path, train=[labelled("a")]) == []
    assert ids(path, train=[labelled("z", text=text + ".")]) == []
    assert ids(path, dev=[labelled("z", text=text)]) == []
    assert ids(path, dev=[labelled("z", title="LOI A (version de 2010)")]) == []
    assert ids(path, train=[labelled("z", title="Loi A")]) == ["a"]  # another provision of a law that was learnt


def test_a_law_without_a_name_is_a_law(documents: Any) -> None:
    (found,) = unlabelled_passages([documents({"doc_id": "a", "law": None})], [], [])
    assert (found.kind, found.title) == ("statute", None)


JUDGMENT = "\n\n".join(
    f"[{number}] The appellant was charged with offence {number} and denied that he had known of any crime at all."
    for number in range(1, 4)
)


@pytest.fixture
def judgment(tmp_path: Path) -> Path:
    path = tmp_path / "judgments.jsonl"
    path.write_text(json.dumps({"doc_id": "j", "title": "R v A", "language": "en", "text": JUDGMENT}) + "\n")
    return path


def test_a_judgment_is_cut_into_its_paragraphs(judgment: Path) -> None:
    found = list(unlabelled_passages([judgment], [], []))
    assert [passage.id for passage in found] == ["judgments:j:0", "judgments:j:1", "judgments:j:2"]
    assert {(passage.kind, passage.language, passage.title) for passage in found} == {("judgment", "en", None)}
    assert all(passage.text in JUDGMENT for passage in found)


def test_a_dev_judgment_is_not_read_and_of_one_learnt_from_what_is_new(judgment: Path) -> None:
    first = next(unlabelled_passages([judgment], [], []))
    learnt = LabelledPassage("x", "judgment", "en", first.text, "j")
    assert ids(judgment, dev=[learnt]) == []
    assert len(ids(judgment, train=[learnt])) == 2


class Expert:
    """Says of a passage that it is near the labels that its text names by number."""

    def margins(self, text: str, context: tuple[str, str], language: str | None) -> npt.NDArray[np.float32]:
        return np.array([1.0 if str(label) in text.split() else -1.0 for label in range(3)], np.float32)


def chosen(texts: Sequence[str], language: str = "fr") -> list[str]:
    passages = [labelled(f"{place}", text, language=language) for place, text in enumerate(texts)]
    return [passage.text for passage in drawn(passages, Expert(), 1)]  # type: ignore[arg-type]


def test_of_each_label_and_of_none_no_more_are_drawn_than_enough() -> None:
    found = chosen(["0"] * (DRAWN + 50) + ["1"] * 10 + ["none"] * (OTHERS + 50))
    assert [found.count(text) for text in ("0", "1", "none")] == [DRAWN, 10, OTHERS]


def test_a_passage_near_a_thin_label_is_drawn_though_another_of_its_labels_is_full() -> None:
    assert chosen(["0"] * DRAWN * 2 + ["0 2"] * 5).count("0 2") == 5


def test_each_language_group_has_its_own_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlabelled, "DRAWN", 2)
    passages = [labelled(f"{language}{n}", "0", language=language) for n in range(4) for language in ("fr", "de", "en")]
    found = [passage.language == "en" for passage in drawn(passages, Expert(), 1)]  # type: ignore[arg-type]
    assert (found.count(True), found.count(False)) == (2, 2)


def test_the_same_seed_draws_the_same(documents: Any) -> None:
    texts = [f"0 {place}" for place in range(DRAWN * 2)]
    assert chosen(texts) == chosen(texts)
