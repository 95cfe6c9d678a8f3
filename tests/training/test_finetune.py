"""Fine-tuning: the seed decides everything, an interruption changes nothing, and it learns."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from palermo.corpora.errors import UsageError
from palermo.corpora.labelled.passages import LabelledPassage, MentalSpan
from palermo.training.examples import Example, collate, examples_of
from palermo.training.finetune import FineTuning, provisions_loss
from palermo.training.network import MentalHeads, PassageTagger
from palermo.training.recipe import Recipe

LABELS = ("UNTOC.5", "UNTOC.6")
RECIPE = Recipe(epochs=3, batch_tokens=400, frozen=1, probe_passages=20)


class Stop(Exception):
    pass


@pytest.fixture(scope="module")
def examples(tokenizer: Any) -> list[Example]:
    """Forty short passages: "money" is article 6, "group" article 5, and a fifth has neither."""
    passages = []
    for number in range(40):
        word, label = [("money", "UNTOC.6"), ("group", "UNTOC.5"), ("court", None)][number % 5 % 3]
        text = f"the {word} of the accused " * (1 + number % 4) + "he knew that"
        spans = (MentalSpan("knowledge", text.index("he knew"), len(text), "applied"),) if label == "UNTOC.6" else ()
        labels = (label,) if label else ()
        passages.append(
            LabelledPassage(f"p{number}", "judgment", "en", text, f"d{number}", labels=labels, mens_rea=spans)
        )
    return examples_of(passages, tokenizer, LABELS)


@pytest.fixture
def start(encoder_folder: Path, examples: list[Example]) -> Callable[..., FineTuning]:
    def make(folder: Path, recipe: Recipe = RECIPE, progress: Callable[[Any], None] = lambda entry: None) -> FineTuning:
        folder.mkdir(exist_ok=True)
        torch.manual_seed(recipe.seed)
        model = PassageTagger.from_folder(encoder_folder, len(LABELS), recipe.frozen)
        return FineTuning(model, examples, recipe, folder, 1, progress)

    return make


def weights(run: FineTuning) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def differing(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> list[str]:
    assert left.keys() == right.keys()
    return [name for name in left if not torch.equal(left[name], right[name])]


@pytest.fixture(scope="module")
def whole(encoder_folder: Path, examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> FineTuning:
    torch.manual_seed(RECIPE.seed)
    model = PassageTagger.from_folder(encoder_folder, len(LABELS), RECIPE.frozen)
    run = FineTuning(model, examples, RECIPE, tmp_path_factory.mktemp("whole"), 1, lambda entry: None)
    run.run(lambda epoch: None)
    return run


def test_the_same_seed_gives_the_same_weights(start: Any, whole: FineTuning, tmp_path: Path) -> None:
    again = start(tmp_path)
    again.run(lambda epoch: None)
    assert differing(weights(whole), weights(again)) == []


def test_another_seed_gives_other_weights(start: Any, whole: FineTuning, tmp_path: Path) -> None:
    other = start(tmp_path, replace(RECIPE, seed=14))
    other.run(lambda epoch: None)
    assert differing(weights(whole), weights(other))


def resumed_after(last: int, start: Any, folder: Path) -> FineTuning:
    """A run that was cut off after an epoch, and went on in a new process."""

    def stop(epoch: int) -> None:
        if epoch == last:
            raise Stop

    with pytest.raises(Stop):
        start(folder).run(stop)
    run: FineTuning = start(folder)
    finished: list[int] = []
    run.run(finished.append)
    assert finished == list(range(last + 1, 4))
    return run


@pytest.mark.parametrize("last", [1, 2])
def test_a_run_stopped_after_an_epoch_and_resumed_gives_the_same_weights(
    start: Any, whole: FineTuning, tmp_path: Path, last: int
) -> None:
    assert differing(weights(whole), weights(resumed_after(last, start, tmp_path))) == []


def test_the_rate_rises_stays_and_falls(start: Any, tmp_path: Path) -> None:
    run = start(tmp_path, replace(RECIPE, warm_up=0.1, decay=0.4))
    factors = []
    for progress in (0.0, 0.05, 0.1, 0.6, 0.8, 1.0):
        run._set_rate(progress)
        factors.append(run.optimiser.param_groups[0]["lr"] / run.rates[0])
    assert factors == pytest.approx([0, 0.5, 1, 1, 0.5, 0])


def test_heads_and_their_own_layers_learn_at_rates_of_their_own(start: Any, tmp_path: Path) -> None:
    still = start(tmp_path, replace(RECIPE, epochs=1, mental_layer_rate=0.0))
    still.model.mental = MentalHeads([still.model.new_mental(1, 4)])
    still = FineTuning(still.model, still.examples, still.recipe, tmp_path, 1, lambda entry: None)
    before = weights(still)
    still.run(lambda epoch: None)
    after = weights(still)
    own = {name for name in before if name.startswith("mental.members.0.layers.")}
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert own
    assert not own & changed
    assert {"mental.members.0.out.weight", "head.value.weight"} < changed


def test_a_run_that_diverges_is_stopped_before_its_weights_are_kept(start: Any, tmp_path: Path) -> None:
    run = start(tmp_path, replace(RECIPE, head_rate=1e36))
    with pytest.raises(UsageError, match="diverged"):
        run.run(lambda epoch: None)
    kept = torch.load(run.checkpoint, weights_only=True)
    assert kept["epoch"] == 0
    assert all(bool(value.isfinite().all()) for value in kept["model"].values())


def test_a_run_stopped_within_an_epoch_begins_that_epoch_anew(start: Any, whole: FineTuning, tmp_path: Path) -> None:
    def stop(entry: dict[str, Any]) -> None:
        if entry.get("epoch") == 2 and "step" in entry:
            raise Stop

    with pytest.raises(Stop):
        start(tmp_path, progress=stop).run(lambda epoch: None)
    resumed = start(tmp_path)
    resumed.run(lambda epoch: None)
    assert differing(weights(whole), weights(resumed)) == []


def test_a_finished_run_is_not_run_again(start: Any, whole: FineTuning) -> None:
    finished: list[int] = []
    again = start(whole.folder)
    again.run(finished.append)
    assert finished == []
    assert differing(weights(whole), weights(again)) == []


def test_it_learns_to_tell_the_labels_and_to_find_the_words(whole: FineTuning, examples: list[Example]) -> None:
    log = [json.loads(line) for line in (whole.folder / "log.jsonl").read_text("utf-8").splitlines()]
    assert [entry["epoch"] for entry in log] == [1, 2, 3]
    assert log[-1]["mental_loss"] < log[0]["mental_loss"]
    batch = collate(examples, range(len(examples)), 1)
    with torch.no_grad():
        keys, values, _ = whole.model.eval()(batch.ids, batch.mask)
        logits = whole.model.pool(keys, values, batch.mask, batch.owner, len(examples))
    assert ((logits > 0) == batch.targets.bool()).float().mean() > 0.95


def test_half_precision_learns_as_well_and_keeps_whole_weights(start: Any, whole: FineTuning, tmp_path: Path) -> None:
    run = start(tmp_path, replace(RECIPE, precision="bfloat16"))
    run.run(lambda epoch: None)
    assert {value.dtype for value in weights(run).values()} == {value.dtype for value in weights(whole).values()}
    last = [json.loads((part.folder / "log.jsonl").read_text("utf-8").splitlines()[-1]) for part in (run, whole)]
    assert last[0]["provisions_loss"] == pytest.approx(last[1]["provisions_loss"], rel=0.1)


def test_a_precision_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="float16"):
        replace(RECIPE, precision="float16")


def test_frozen_layers_and_embeddings_do_not_learn(start: Any, whole: FineTuning, tmp_path: Path) -> None:
    changed = differing(
        {name: value for name, value in weights(start(tmp_path)).items() if name.startswith("encoder.")},
        {
            name: value
            for name, value in weights(whole).items()
            if name.startswith("encoder.") and name.rsplit(".", 1)[1] in ("weight", "bias")
        },
    )
    # Word vectors are rounded once, and positions with the token type; nothing else below the learning layer moves.
    rounded = {f"encoder.embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")}
    assert {name for name in changed if ".layer.1." not in name} == rounded


def test_a_doubtful_label_does_not_count(whole: FineTuning) -> None:
    logits, counted = torch.tensor([[0.3, -2.0]]), torch.tensor([[1.0, 0.0]])
    losses = [
        provisions_loss(logits, torch.tensor([[1.0, doubted]]), counted, torch.ones(2)).item() for doubted in (0.0, 1.0)
    ]
    assert losses[0] == losses[1]


def test_the_recipe_goes_into_the_manifest_whole() -> None:
    assert Recipe(**json.loads(json.dumps(asdict(RECIPE)))) == RECIPE
