"""`palermo benchmark annif`: Annif (annif.org), a subject indexer of libraries, as a peer on the same passages.

Annif runs as a program of its own: it is installed by whoever wants the comparison, in an environment of its own. Its
suggestions are calibrated and turned into decisions as the linear baseline's are, out of fold by document. Run with
Annif 1.4.3; training draws at random there, so that runs differ by about half a point.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
from palermo.corpora.errors import DataError, MissingExtra
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.corpora.labelled.predictions import write_predictions
from palermo.corpora.targets import check_folder
from palermo.evaluation import baseline
from palermo.evaluation.pairs import Floats
from palermo.evaluation.report import Report, run, summary_lines
from palermo.models.logistic import logit

ANALYZERS = {"en": "snowball(english)", "other": "simple(token_min_length=1)"}
"""Language group -> how Annif cuts its words; one project a group, as the baseline has one model a group."""
URI = "https://provision.invalid/"
NONE = "none"
"""Subject of passages without a label: Annif passes over what has no subject, and the baseline learns from them too."""
LEAST = 1e-3  # scores below it say no more
BACKENDS = ("omikuji", "tfidf", "fasttext")
INSTALL = "python -m venv annif && annif/bin/pip install 'annif[omikuji]', then --annif annif/bin/annif"
TAIL = 3  # lines of what Annif printed that an error tells
Tell = Callable[[str], None]
_UNSPACED = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class Annif:
    """Annif's command line with a data folder of its own; nothing outside the folder is written."""

    def __init__(self, program: str | None, folder: Path, backend: str) -> None:
        """Look for the program (on PATH where None) and set up one project a language group.

        Raises:
            MissingExtra: it isn't there.
        """
        found = shutil.which(program or "annif")
        if found is None:
            raise MissingExtra("Annif is not installed", hint=INSTALL)
        # Absolute, for it runs in another folder; links are kept: an environment's programs are found by their place.
        self._program, self._folder = os.path.abspath(found), folder
        projects = (
            f"[{name}]\nname={name}\nlanguage=en\nbackend={backend}\nanalyzer={ANALYZERS[name]}\nvocab=provisions\n"
            for name in ANALYZERS
        )
        (folder / "projects.cfg").write_text("\n".join(projects), encoding="utf-8")

    def load_vocabulary(self, labels: Sequence[str]) -> None:
        """Make the labels known."""
        file = self._folder / "labels.tsv"
        subjects = (*labels, NONE)
        file.write_text("".join(f"<{URI}{label}>\t{label}\n" for label in subjects), encoding="utf-8")
        self._run("load-vocab", "--language", "en", "provisions", str(file))

    def train(self, group: str, passages: Sequence[LabelledPassage], texts: Sequence[str]) -> None:
        """Fit a group's project on its passages."""
        file = self._folder / f"train-{group}.tsv"
        lines = (
            f"{one_line(text)}\t{' '.join(f'<{URI}{label}>' for label in passage.labels or (NONE,))}\n"
            for passage, text in zip(passages, texts, strict=True)
        )
        file.write_text("".join(lines), encoding="utf-8")
        self._run("train", group, str(file))

    def suggest(self, group: str, texts: Sequence[str], labels: Sequence[str]) -> Floats:
        """Scores [N, L], 0 where Annif doesn't suggest the label."""
        folder = self._folder / f"texts-{group}"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"{number:06}.txt").write_text(one_line(text), encoding="utf-8")
        self._run("index", group, str(folder), "--limit", str(len(labels) + 1))
        column = {label: i for i, label in enumerate(labels)}
        scores = np.zeros((len(texts), len(labels)))
        for number in range(len(texts)):
            for label, score in read_suggestions(folder / f"{number:06}.annif"):
                if label in column:
                    scores[number, column[label]] = score
        return scores

    def _run(self, *arguments: str) -> None:
        environment = os.environ | {
            "ANNIF_PROJECTS": str(self._folder / "projects.cfg"),
            "ANNIF_DATADIR": str(self._folder / "data"),
        }
        log = self._folder / "annif.log"  # its bars of progress fill a terminal
        with log.open("wb") as printed:
            try:
                ended = subprocess.run(  # noqa: S603
                    [self._program, *arguments],
                    env=environment,
                    cwd=self._folder,
                    stdout=printed,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
            except OSError as error:
                raise DataError(f"annif can't be run ({error.strerror})", source=self._program, hint=INSTALL) from None
        if ended.returncode:
            last = log.read_text("utf-8", errors="replace").splitlines()
            told = "; ".join([line.strip() for line in last if line.strip()][-TAIL:]) or "nothing"
            raise DataError(
                f"annif {arguments[0]} ended with status {ended.returncode}",
                hint=f"it printed: {told}. What it needs stands in docs/reference/evaluation.md",
            )


def one_line(text: str) -> str:
    """The text without tabs and line ends, which would break Annif's training file, and with words that it can see.

    Annif cuts words at spaces, and Chinese, Japanese and their like have none: there each character is one.
    """
    return " ".join(_UNSPACED.sub(r" \g<0> ", text).split())


def read_suggestions(path: Path) -> list[tuple[str, float]]:
    """Labels and scores of one `.annif` file: lines of `<URI>`, label, score.

    Raises:
        DataError: Annif wrote no such file, or a line is of another form.
    """
    try:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line]
        return [(row[0].strip("<>").removeprefix(URI), float(row[-1])) for row in rows]
    except (OSError, ValueError):
        raise DataError("Annif's suggestions can't be read", source=path.name, hint="Annif 1.x is supported") from None


def raw_scores(annif: Annif, train: Sequence[LabelledPassage], others: Sequence[LabelledPassage], tell: Tell) -> Floats:
    """Logits [N, L] of the suggestions for `others`, each language group by its own project.

    Annif gets the texts that the baseline gets. Its scores are probabilities; calibration takes margins, so logits.
    """
    labels = baseline.labels()
    annif.load_vocabulary(labels)
    scores = np.full((len(others), len(labels)), baseline.ABSENT)
    options = baseline.Options()
    for group in ANALYZERS:
        rows = [i for i, passage in enumerate(others) if baseline.tongue(passage) == group]
        seen = [passage for passage in train if baseline.tongue(passage) == group]
        if rows and any(passage.labels for passage in seen):
            tell(f"{group}: training on {len(seen)} passages")
            annif.train(group, seen, [baseline.text_of(passage, options) for passage in seen])
            texts = [baseline.text_of(others[i], options) for i in rows]
            learnt = baseline.truth(seen).gold.any(axis=0)
            suggested = np.clip(annif.suggest(group, texts, labels)[:, learnt], LEAST, 1 - LEAST)
            scores[np.ix_(np.array(rows), np.flatnonzero(learnt))] = logit(suggested)
    return scores


def benchmark(
    train: Sequence[Path], gold: Path, report_dir: Path, *, program: str | None, backend: str, tell: Tell
) -> Report:
    """Train Annif, score `gold`, and write report and `predictions.jsonl` to `report_dir`.

    Raises:
        UsageError: the report's folder can't be made.
        DataError: a file is malformed, a document of `gold` is in `train` too, nothing can be learnt, or Annif fails.
        MissingExtra: Annif is not installed.
    """
    check_folder(report_dir)
    with tempfile.TemporaryDirectory() as scratch:
        annif = Annif(program, Path(scratch), backend)
        seen = [passage for path in train for passage in read_passages(path)]
        passages = read_passages(gold)
        baseline.keep_apart(seen, passages, gold)
        decided = baseline.decide(raw_scores(annif, seen, passages, tell), passages)
    report_dir.mkdir(parents=True, exist_ok=True)
    predictions = report_dir / "predictions.jsonl"
    write_predictions(predictions, baseline.to_predictions(passages, decided))
    return run(gold, predictions, report_dir)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("annif")
@click.option("--train", "train", type=_FILE, multiple=True, required=True, help="Passages to fit on; repeatable.")
@click.option("--gold", type=_FILE, required=True, help="Passages to score.")
@click.option("--report", "report_dir", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
@click.option("--annif", "program", help="The program; default: `annif` on PATH.")
@click.option("--backend", type=click.Choice(BACKENDS), default="omikuji", show_default=True)
def main(train: tuple[Path, ...], gold: Path, report_dir: Path, program: str | None, backend: str) -> None:
    """Train Annif on the same passages and score it; Annif must be installed."""

    def tell(line: str) -> None:
        click.echo(line, err=True)

    report = benchmark(train, gold, report_dir, program=program, backend=backend, tell=tell)
    for line in summary_lines(report):
        click.echo(line)
