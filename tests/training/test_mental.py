"""The mental-element head's own training: it learns where spans begin and end, touches nothing else, and is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, MentalSpan
from palermo.models.mental import decode
from palermo.models.pooling import token_scores
from palermo.models.spans import SpanRanker
from palermo.training.examples import Example, collate, examples_of
from palermo.training.mental import NAME, chosen_of, fit_mental, held_out, read_held_out, unsaid
from palermo.training.network import PassageTagger
from palermo.training.recipe import Recipe
from palermo.training.spans import LEAST

LABELS = ("UNTOC.5", "UNTOC.6")
RECIPE = Recipe(batch_tokens=400, frozen=1, mental_epochs=60, mental_rate=5e-3, mental_others=5, mental_heads=2)


def passages() -> list[LabelledPassage]:
    """Thirty passages; two thirds have a span of knowledge among other words, the rest only those other words."""
    found = []
    for number in range(30):
        laundering = number % 3 > 0
        front = "the accused of the court " * (1 + number % 4)
        words = "knew that it was crime"
        text = f"{front}{words} and the court found" if laundering else f"{front} and the court found"
        span = MentalSpan("knowledge", len(front), len(front) + len(words), "applied")
        labels, spans = (("UNTOC.6",), (span,)) if laundering else ((), ())
        found.append(LabelledPassage(f"p{number}", "judgment", "en", text, f"d{number}", labels=labels, mens_rea=spans))
    return found


@pytest.fixture(scope="module")
def examples(tokenizer: Any) -> list[Example]:
    return examples_of(passages(), tokenizer, LABELS)


@pytest.fixture(scope="module")
def fitted(
    encoder_folder: Path, examples: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Any, Path, SpanRanker]:
    """The model after and before, the run's folder, and what ranks spans."""
    folder = tmp_path_factory.mktemp("mental")
    torch.manual_seed(1)
    model = PassageTagger.from_folder(encoder_folder, len(LABELS), 1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ranker = fit_mental(model, examples, RECIPE, folder, 1, lambda entry: None)
    return model, before, folder, ranker


def test_the_words_of_a_span_are_found_from_first_to_last(fitted: Any, examples: list[Example]) -> None:
    model, ranker = fitted[0].eval(), fitted[3]
    right = 0
    for passage, example in zip(passages(), examples, strict=True):
        batch = collate([example], [0], 1)
        with torch.no_grad():
            mental = model(batch.ids, batch.mask)[2][0].numpy()
        (window,) = example.windows
        offsets = np.array(window.offsets, np.int64)
        found = decode(
            token_scores(np.zeros((len(offsets), 0), np.float32), mental[: len(offsets)], offsets),
            passage.text,
            dict.fromkeys(STANDARDS, 0.5),
            ranker,
        )
        right += [(one.standard, one.start, one.end, one.role) for one in found] == [
            (span.standard, span.start, span.end, span.role) for span in passage.mens_rea
        ]
    assert right >= 27


def test_nothing_but_the_heads_has_changed(fitted: Any) -> None:
    model, before, *_ = fitted
    changed = {
        name.split(".")[0]
        for name, value in model.state_dict().items()
        if name not in before or not torch.equal(value, before[name])
    }
    assert changed == {"mental"}


def test_heads_that_learn_apart_differ(fitted: Any) -> None:
    one, other = (member.state_dict()["out.weight"] for member in fitted[0].mental.each())
    assert not torch.allclose(one, other)


def test_a_run_that_goes_on_takes_the_heads_that_were_trained(fitted: Any, encoder_folder: Path, examples: Any) -> None:
    model, _, folder, ranker = fitted
    again = PassageTagger.from_folder(encoder_folder, len(LABELS), 1)
    assert fit_mental(again, examples, RECIPE, folder, 1, lambda entry: pytest.fail("trained again")) == ranker
    for name, value in model.mental.state_dict().items():
        assert torch.equal(value, again.mental.state_dict()[name])


def test_a_run_stopped_between_two_heads_goes_on_with_the_next(
    fitted: Any, encoder_folder: Path, examples: Any, tmp_path: Path
) -> None:
    done: list[tuple[str, int]] = []

    def stop_before(last: int) -> Any:
        def note(entry: dict[str, Any]) -> None:
            if entry.get("step") == entry.get("of") and "seed" in entry:
                done.append((entry["phase"], entry["seed"]))
                if len(done) == last:
                    raise KeyboardInterrupt

        return note

    def fit(last: int) -> PassageTagger:
        torch.manual_seed(1)
        model = PassageTagger.from_folder(encoder_folder, len(LABELS), 1)
        fit_mental(model, examples, RECIPE, tmp_path, 1, stop_before(last))
        return model

    with pytest.raises(KeyboardInterrupt):
        fit(4)  # the last of the four: it is lost
    resumed = fit(0)
    assert len(done) == 5
    assert done[3] == done[4]
    for name, value in fitted[0].mental.state_dict().items():
        assert torch.equal(value, resumed.mental.state_dict()[name])
    assert sorted(path.name for path in tmp_path.glob("mental*")) == [NAME]


def test_all_laundering_passages_and_a_few_others_are_read(examples: list[Example]) -> None:
    chosen = chosen_of(examples, RECIPE)
    assert sum(example.token_weight == 1.0 for example in chosen) == 20
    assert len(chosen) == 25
    assert chosen_of(examples, RECIPE) == chosen
    assert [id(one) for one in chosen_of(examples, replace(RECIPE, seed=1))] != [id(one) for one in chosen]


def test_of_other_passages_those_with_a_cue_come_first(tokenizer: Any) -> None:
    plain = passages()
    alike = [
        replace(one, id=f"{one.id}b", text="the accused knew the court", labels=(), mens_rea=()) for one in plain[:3]
    ]
    chosen = chosen_of(examples_of([*plain, *alike], tokenizer, LABELS), RECIPE)
    others = [example.passage.id for example in chosen if example.token_weight < 1.0]
    assert set(others[:3]) == {one.id for one in alike}


def test_without_epochs_the_head_stays_as_it_is(encoder_folder: Path, examples: Any, tmp_path: Path) -> None:
    model = PassageTagger.from_folder(encoder_folder, len(LABELS), 1)
    before = {name: value.clone() for name, value in model.mental.state_dict().items()}
    fit_mental(model, examples, replace(RECIPE, mental_epochs=0), tmp_path, 1, lambda entry: None)
    assert (tmp_path / NAME).is_file()
    assert all(torch.equal(value, before[name]) for name, value in model.mental.state_dict().items())


def test_a_part_of_the_documents_is_held_out_and_too_few_spans_of_them_fit_nothing(
    fitted: Any, examples: list[Example]
) -> None:
    held = [example for example in examples if held_out(example)]
    assert 0 < sum(example.token_weight == 1.0 for example in held) < LEAST
    assert len(held) < len(examples) / 2
    assert fitted[3] == SpanRanker()


def test_what_was_held_out_is_told_in_the_form_of_predictions(fitted: Any, examples: list[Example]) -> None:
    kept, told = read_held_out(fitted[2])
    assert kept == [one.passage for one in examples if held_out(one) and one.token_weight == 1.0]
    assert kept
    assert [line["id"] for line in told] == [passage.id for passage in kept]


def test_what_cues_say_is_left_out_by_passage_and_standard_as_often_as_asked() -> None:
    torch.manual_seed(5)
    prior = torch.ones(200, 4, 3 * len(STANDARDS))
    assert unsaid(prior, 0.0) is prior
    left = unsaid(prior, 0.4)
    parts = left.reshape(200, 4, 3, len(STANDARDS))
    assert bool((parts == parts[:, :1, :1]).all())  # whole passages: inside, begin and end of every token
    assert float(parts[:, 0, 0].mean()) == pytest.approx(0.6, abs=0.04)
    assert 0.0 < float(parts[0, 0, 0].mean()) < 1.0  # some standards of a passage, not all or none
