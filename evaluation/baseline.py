"""The linear baseline: TF-IDF and one linear SVM a label, with calibrated scores and tuned thresholds; a real peer.

`palermo benchmark tfidf`, also called `baseline`, calls it; it needs the `[train]` extra. It is
fitted on the passages given, the same as the model sees; nothing fitted is kept. English has a model of its own, the
other languages share one over character sequences. Scores and decisions on the gold file are out of fold by document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from palermo.corpora.errors import DataError, MissingExtra
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.corpora.labelled.predictions import LabelScore, Prediction, write_predictions
from palermo.corpora.targets import check_folder
from palermo.evaluation.calibration import fit_platt
from palermo.evaluation.pairs import Bools, Floats, Ints
from palermo.evaluation.report import Report, run, summary_lines
from palermo.evaluation.thresholds import (
    Apply,
    Fit,
    best_scheme,
    crossfit,
    crossfit_best,
    fit_global,
    fit_per_label,
)

LISTED = 0.01
"""Labels with a lower score are left out of predictions, as in those of the model."""
ABSENT = -1e3
"""Raw score of a label that no training passage of the language group has."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a careful user would tune; the defaults did best in cross-validation by document on train.

    Attributes:
        c: inverse regularisation of the SVM.
        front: put title and heading in front of the text, as the model gets them.
        mixed: let English have character sequences beside words (slower, stronger).
        min_df_words, min_df_characters: passages that a feature must occur in.
    """

    c: float = 2.0
    front: bool = True
    mixed: bool = False
    min_df_words: int = 2
    min_df_characters: int = 3


@dataclass(frozen=True, slots=True)
class Truth:
    """Labels of N passages as [N, L] arrays; a label in `maybe` only is masked."""

    gold: Bools
    mask: Bools


def labels() -> tuple[str, ...]:
    """The labels scored, in the order of the columns."""
    from palermo.corpora.convention import tree

    return tuple(tree().labels)


def truth(passages: Sequence[LabelledPassage]) -> Truth:
    """Labels as arrays; ids outside the taxonomy are dropped."""
    column = {label: i for i, label in enumerate(labels())}
    gold = np.zeros((len(passages), len(column)), dtype=np.bool_)
    maybe = np.zeros_like(gold)
    for row, passage in enumerate(passages):
        gold[row, [column[x] for x in passage.labels if x in column]] = True
        maybe[row, [column[x] for x in passage.maybe if x in column]] = True
    return Truth(gold, maybe & ~gold)


def tongue(passage: LabelledPassage) -> str:
    """ "en" or "other": which of the two vectorisers reads it."""
    return "en" if passage.language == "en" else "other"


def raw_scores(
    train: Sequence[LabelledPassage],
    others: Sequence[LabelledPassage],
    options: Options | None = None,
    progress: Callable[[str], None] | None = None,
) -> Floats:
    """Fit on `train` and return the SVM margins [N, L] of `others`; ABSENT where a label has no training passage.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    options = options or Options()
    scores = np.full((len(others), len(labels())), ABSENT)
    for name in ("en", "other"):
        rows = [i for i, passage in enumerate(others) if tongue(passage) == name]
        seen = [passage for passage in train if tongue(passage) == name]
        if rows and seen:
            if progress is not None:
                progress(f"{name}: fitting on {len(seen)} passages")
            scores[rows] = _margins(name, seen, [others[i] for i in rows], options)
    return scores


def _margins(
    name: str, train: Sequence[LabelledPassage], others: Sequence[LabelledPassage], options: Options
) -> Floats:
    vectorizer = _vectorizer(name, options)
    known = vectorizer.fit_transform([text_of(passage, options) for passage in train])
    unseen = vectorizer.transform([text_of(passage, options) for passage in others])
    labelled = truth(train)
    scores = np.full((len(others), labelled.gold.shape[1]), ABSENT)
    for column in range(labelled.gold.shape[1]):
        free = ~labelled.mask[:, column]
        target = labelled.gold[free, column]
        if target.any() and not target.all():
            scores[:, column] = _svm(options).fit(known[free], target).decision_function(unseen)
    return scores


def text_of(passage: LabelledPassage, options: Options) -> str:
    """What a peer reads of a passage: title and heading in front where `options.front` says so."""
    front = (passage.title, passage.heading) if options.front else ()
    return "\n".join(part for part in (*front, passage.text) if part)


def _vectorizer(name: str, options: Options) -> Any:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("the baseline needs scikit-learn", hint="pip install 'palermo[train]'") from None
    from sklearn.pipeline import FeatureUnion  # type: ignore[import-untyped]

    shared = {"sublinear_tf": True, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=options.min_df_words, **shared)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=options.min_df_characters, **shared)
    if name == "other":
        return characters
    return FeatureUnion([("words", words), ("characters", characters)]) if options.mixed else words


def _svm(options: Options) -> Any:
    from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

    return LinearSVC(C=options.c, class_weight="balanced", tol=1e-3, max_iter=5000, random_state=0)


@dataclass(frozen=True, slots=True)
class Decided:
    """Probabilities and decisions [N, L], and the threshold scheme chosen for each language group (and fold).

    A group that nothing was learnt of has scores of 0, no label and no scheme.
    """

    score: Floats
    predicted: Bools
    schemes: dict[str, list[str]]


def decide(raw: Floats, passages: Sequence[LabelledPassage]) -> Decided:
    """Calibrate and decide out of fold by document, each language group by itself, on the passages' own labels.

    What a passage gets was fitted on other documents only; between one threshold a level and one a label, the better is
    chosen anew inside each fold.

    Raises:
        DataError: nothing was learnt of any language group, or a group has too few documents.
    """
    return _by_tongue(raw, passages, _crossfitted)


def decide_with(
    raw: Floats, passages: Sequence[LabelledPassage], tuning: Floats, tuned_on: Sequence[LabelledPassage]
) -> Decided:
    """Calibrate and decide by what is fitted on other passages, `tuned_on`, with raw scores `tuning`.

    Raises:
        DataError: as that of `decide`.
    """

    def fitted(name: str, scores: Floats, part: Truth, documents: list[str]) -> tuple[Floats, Bools, list[str]]:
        rows = [i for i, passage in enumerate(tuned_on) if tongue(passage) == name]
        known, groups = truth([tuned_on[i] for i in rows]), [tuned_on[i].doc_id for i in rows]
        if len(set(groups)) < 2:
            raise DataError(f"too few documents to tune on ({name})", hint="give a larger file to tune on")
        calibrated = crossfit(tuning[rows], known.gold, known.mask, groups, _calibrate)
        scheme = best_scheme(calibrated, known.gold, known.mask, groups, _schemes(), _levels())
        threshold = _schemes()[scheme](calibrated, known.gold, known.mask)
        score = _calibrate(tuning[rows], known.gold, known.mask)(scores)
        return score, threshold(score), [scheme]

    return _by_tongue(raw, passages, fitted)


_Decide = Callable[[str, Floats, Truth, list[str]], tuple[Floats, Bools, list[str]]]


def _by_tongue(raw: Floats, passages: Sequence[LabelledPassage], how: _Decide) -> Decided:
    score, predicted = np.zeros(raw.shape), np.zeros(raw.shape, dtype=np.bool_)
    schemes: dict[str, list[str]] = {}
    if not (raw > ABSENT).any():
        hint = "give training passages with labels in the languages of those to score"
        raise DataError("no label was learnt for any passage to score", hint=hint)
    for name in ("en", "other"):
        rows = [i for i, passage in enumerate(passages) if tongue(passage) == name]
        if not rows:
            continue
        schemes[name] = []
        if (raw[rows] > ABSENT).any():
            part = [passages[i] for i in rows]
            documents = [passage.doc_id for passage in part]
            score[rows], predicted[rows], schemes[name] = how(name, raw[rows], truth(part), documents)
    # Where no label of a level was learnt, the best threshold of the level is 0, which would give all of them.
    return Decided(score, _with_articles(predicted & (score > 0)), schemes)


def _crossfitted(name: str, scores: Floats, part: Truth, documents: list[str]) -> tuple[Floats, Bools, list[str]]:
    if len(set(documents)) < 2:
        raise DataError(f"too few documents to tune on ({name})", hint="give a larger gold file, or one to tune on")
    score = crossfit(scores, part.gold, part.mask, documents, _calibrate)
    predicted, names = crossfit_best(score, part.gold, part.mask, documents, _schemes(), _levels())
    return score, predicted, names


def _calibrate(raw: Floats, gold: Bools, mask: Bools) -> Apply:
    """Platt scaling of the labels that have a score at all; an article is at least as probable as what is below it."""
    present = (raw > ABSENT).all(axis=0)
    platt = fit_platt(raw[:, present], gold[:, present], mask[:, present])

    def apply(scores: Floats) -> Floats:
        probability = np.zeros(scores.shape)
        probability[:, present] = platt(scores[:, present])
        for child, parent in _parents():
            probability[:, parent] = np.maximum(probability[:, parent], probability[:, child])
        return probability

    return apply


def _schemes() -> dict[str, Fit]:
    levels = _levels()
    return {
        "one a level": lambda scores, gold, mask: fit_global(scores, gold, mask, levels),
        "one a label": lambda scores, gold, mask: fit_per_label(scores, gold, mask, levels),
    }


def _levels() -> Ints:
    """[L] 0 for an article, 1 for a finer label."""
    return np.array([label.count(".") > 1 for label in labels()], dtype=np.int64)


def _parents() -> list[tuple[int, int]]:
    from palermo.corpora.convention import article_of

    column = {label: i for i, label in enumerate(labels())}
    return [(i, column[article_of(x)]) for x, i in column.items() if article_of(x) != x and article_of(x) in column]


def _with_articles(predicted: Bools) -> Bools:
    decided = predicted.copy()
    for child, parent in _parents():
        decided[:, parent] |= decided[:, child]
    return decided


def to_predictions(passages: Sequence[LabelledPassage], decided: Decided) -> list[Prediction]:
    """Predictions in the file format, labels by falling score."""
    names = labels()
    predictions = []
    for passage, score, chosen in zip(passages, decided.score, decided.predicted, strict=True):
        columns = sorted(np.flatnonzero((score >= LISTED) | chosen), key=lambda i: (-score[i], i))
        entries = tuple(LabelScore(names[i], float(score[i]), bool(chosen[i])) for i in columns)
        predictions.append(Prediction(passage.id, entries))
    return predictions


def benchmark(
    train: Sequence[Path],
    gold: Path,
    report_dir: Path,
    *,
    tune: Path | None = None,
    options: Options | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Report, Decided]:
    """Fit on `train`, score on `gold`, and write report and `predictions.jsonl` to `report_dir`.

    Thresholds and calibration come from `tune` where it is given, else out of fold by document from `gold` itself.

    Raises:
        UsageError: the report's folder can't be made.
        DataError: a file is malformed, a document of `gold` or `tune` is in `train` too, or nothing can be learnt.
        MissingExtra: scikit-learn is not installed.
    """
    check_folder(report_dir)
    seen = [passage for path in train for passage in read_passages(path)]
    passages = read_passages(gold)
    tuned_on = read_passages(tune) if tune is not None else []
    for path, part in ((gold, passages), (tune, tuned_on)):
        if path is not None:
            keep_apart(seen, part, path)
    raw = raw_scores(seen, [*passages, *tuned_on], options, progress)
    here, there = raw[: len(passages)], raw[len(passages) :]
    decided = decide(here, passages) if tune is None else decide_with(here, passages, there, tuned_on)
    report_dir.mkdir(parents=True, exist_ok=True)
    predictions = report_dir / "predictions.jsonl"
    write_predictions(predictions, to_predictions(passages, decided))
    return run(gold, predictions, report_dir), decided


def keep_apart(train: Sequence[LabelledPassage], held_out: Sequence[LabelledPassage], path: Path) -> None:
    """Refuse passages to score whose documents are in the training files: raises `DataError`, naming `path`."""
    shared = {passage.doc_id for passage in train} & {passage.doc_id for passage in held_out}
    if shared:
        raise DataError(
            f"{len(shared)} of its documents are in the training files too", source=path.name, hint="split by document"
        )


def _tell(line: str) -> None:
    click.echo(line, err=True)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--train", "train", type=_FILE, multiple=True, required=True, help="Passages to fit on; repeatable.")
@click.option("--gold", type=_FILE, required=True, help="Passages to score.")
@click.option("--report", "report_dir", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
@click.option("--tune", type=_FILE, help="Passages for thresholds and calibration; default: out of fold on --gold.")
@click.option("--mixed", is_flag=True, help="English: character sequences beside words.")
def main(train: tuple[Path, ...], gold: Path, report_dir: Path, tune: Path | None, mixed: bool) -> None:
    """Fit the TF-IDF + linear SVM baseline and score it."""
    options = Options(mixed=mixed)
    report, decided = benchmark(train, gold, report_dir, tune=tune, options=options, progress=_tell)
    for line in summary_lines(report):
        click.echo(line)
    for name, schemes in decided.schemes.items():
        click.echo(f"thresholds, {name}: {', '.join(schemes) or 'nothing learnt'}")


if __name__ == "__main__":
    main()
