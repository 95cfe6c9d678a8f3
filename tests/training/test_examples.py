"""Examples: labels and masks as the annotators meant them, spans on the right tokens, no passage lost in batching."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from palermo.corpora.convention import tree
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage, MentalSpan
from palermo.training.examples import NO_ROLE, Example, batches, collate, examples_of

TEXT = "the accused knew that it was the money of the court"
START, END = TEXT.index("knew"), TEXT.index(" it")


def passage(number: int = 0, text: str = TEXT, **fields: Any) -> LabelledPassage:
    return LabelledPassage(id=f"p{number}", kind="judgment", language="en", text=text, doc_id=f"d{number}", **fields)


def example(tokenizer: Any, caps: tuple[int | None, int | None] = (None, None), **fields: Any) -> Example:
    return examples_of([passage(**fields)], tokenizer, tree().labels, *caps)[0]


def at(label: str) -> int:
    return list(tree().labels).index(label)


def test_labels_are_targets_and_maybe_does_not_count_unless_it_is_a_label_too(tokenizer: Any) -> None:
    found = example(tokenizer, labels=("UNTOC.6",), maybe=("UNTOC.5", "UNTOC.6"))
    assert np.flatnonzero(found.targets).tolist() == [at("UNTOC.6")]
    assert np.flatnonzero(found.counted == 0).tolist() == [at("UNTOC.5")]
    assert found.token_weight == 1.0
    assert not found.empty


def test_a_passage_without_labels_is_empty_even_with_doubts(tokenizer: Any) -> None:
    found = example(tokenizer, maybe=("UNTOC.5",))
    assert found.empty
    assert not found.targets.any()
    assert 0 < found.token_weight < 1


def test_mental_elements_that_nobody_looked_for_teach_nothing(tokenizer: Any) -> None:
    (found,) = examples_of([passage(labels=("UNTOC.6",))], tokenizer, tree().labels, spans=False)
    assert not collate([found], [0], 1).token_weight.any()


@pytest.mark.parametrize(("labels", "length"), [(("UNTOC.6",), 60), ((), 40)])
def test_training_reads_the_first_tokens_of_a_long_passage(tokenizer: Any, labels: Any, length: int) -> None:
    text = "the court found that the money was " * 120
    whole = example(tokenizer, text=text, labels=labels)
    cut = example(tokenizer, (60, 40), text=text, labels=labels)
    assert len(whole.windows) > 1
    (window,) = cut.windows
    assert len(window.ids) == len(window.offsets) == length
    assert window.ids[:-1] == whole.windows[0].ids[: length - 1]
    assert window.ids[-1] == whole.windows[0].ids[-1]


def test_a_cut_longer_than_a_window_joins_windows_without_their_context(tokenizer: Any) -> None:
    text = "the court found that the money was " * 120
    whole = example(tokenizer, text=text, labels=("UNTOC.6",))
    (window,) = example(tokenizer, (400, None), text=text, labels=("UNTOC.6",)).windows
    front = len(whole.windows[0].ids) - 1
    assert len(window.ids) == 400
    spans = [offset for offset in window.offsets if offset[1] > offset[0]]
    assert spans == sorted(spans)
    assert window.offsets[front][0] >= whole.windows[0].offsets[-2][1]


def test_spans_lie_on_their_tokens_with_one_beginning_and_a_role(tokenizer: Any) -> None:
    spans = (MentalSpan("knowledge", START, END, "applied"), MentalSpan("intent", 0, 3))
    found = example(tokenizer, mens_rea=spans)
    batch = collate([found], [0], 1)
    knowledge, intent = STANDARDS.index("knowledge"), STANDARDS.index("intent")
    hit = batch.inside[0, :, knowledge].nonzero().flatten().tolist()
    words = [TEXT[slice(*found.windows[0].offsets[token])].strip() for token in hit]
    assert "".join(words) == "knewthat"
    assert batch.begin[0, :, knowledge].nonzero().flatten().tolist() == hit[:1]
    assert batch.roles[0, hit].tolist() == [ROLES.index("applied")] * len(hit)
    assert set(batch.roles[0, batch.inside[0, :, intent].bool()].tolist()) == {NO_ROLE}
    assert found.token_weight == 1.0


def test_a_batch_is_padded_and_only_text_weighs(tokenizer: Any) -> None:
    examples = examples_of(
        [passage(0), passage(1, "the"), passage(2, "the court " * 400, labels=("UNTOC.6",))], tokenizer, tree().labels
    )
    batch = collate(examples, [2, 1], 1)
    windows = len(examples[2].windows)
    assert batch.ids.shape[1] % 8 == 0
    assert batch.owner.tolist() == [0] * windows + [1]
    assert batch.rows == [(2, window) for window in range(windows)] + [(1, 0)]
    assert (batch.ids[batch.mask == 0] == 1).all()
    assert batch.mask.sum(1).tolist() == [len(w.ids) for w in examples[2].windows] + [len(examples[1].windows[0].ids)]
    assert batch.targets.shape == batch.counted.shape == (2, len(tree().labels))
    assert set(batch.token_weight[0].unique().tolist()) == {0.0, 1.0}
    assert batch.token_weight[-1].max() == pytest.approx(0.05)
    assert (batch.token_weight[batch.mask == 0] == 0).all()


def test_every_passage_is_in_one_batch_and_no_batch_is_too_large(tokenizer: Any) -> None:
    rng = random.Random(1)
    examples = examples_of(
        [passage(i, "the court " * rng.randrange(0, 60)) for i in range(80)], tokenizer, tree().labels
    )
    orders = [
        list(batches(examples, 600, shuffle))
        for shuffle in (None, random.Random(7), random.Random(7), random.Random(8))
    ]
    for groups in orders:
        assert sorted(index for group in groups for index in group) == list(range(80))
        for group in groups:
            rows = sum(len(examples[index].windows) for index in group)
            assert len(group) == 1 or rows * max(examples[index].tokens for index in group) <= 600
    assert orders[1] == orders[2] != orders[3]
