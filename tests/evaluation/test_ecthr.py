"""The public benchmark reads both published formats, reads cases whole, chooses on dev and scores test once."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from palermo.corpora.errors import DataError, UsageError
from palermo.evaluation import ecthr
from palermo.evaluation.ecthr_cases import Case, labels_of, read_cases, truth
from palermo.evaluation.ecthr_features import BITS, Hasher, Weighting, counts, stream

FILLER = "the applicant lodged an appeal with the regional court which was heard on a later day"
SIGNS = {"3": "overcrowded cell without daylight", "6": "proceedings lasted eleven long years"}


def made(count: int, split: str, seed: int) -> list[dict[str, Any]]:
    """Cases of ten to thirty facts; the sign of a violation stands in one of them, mostly far from the beginning."""
    rng = random.Random(seed)
    cases = []
    for number in range(count):
        facts = [" ".join(rng.sample(FILLER.split(), 9)) for _ in range(rng.randint(10, 30))]
        labels = [label for label in SIGNS if rng.random() < 0.4]
        for label in labels:
            facts.insert(rng.randint(5, len(facts)), f"{rng.randint(1, 30)}. {SIGNS[label]}")
        cases.append({"id": f"{split}-{number}", "text": facts, "labels": labels})
    return cases


def to_files(folder: Path, **splits: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, cases in splits.items():
        content = "".join(json.dumps(case) + "\n" for case in cases).encode()
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(content))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return to_files(tmp_path / "data", train=made(120, "train", 1), dev=made(60, "dev", 2), test=made(60, "test", 3))


def test_both_formats_are_read(tmp_path: Path) -> None:
    lexglue = to_files(
        tmp_path / "lexglue",
        train=[{"text": ["One.", "Two."], "labels": [3, 0]}],
        validation=[{"text": ["Three."], "labels": []}],
        test=[{"case_id": "x", "facts": ["Four."], "violated_articles": ["P1-1"]}],
    )
    cases = read_cases(lexglue)
    assert cases["train"] == [Case("train.jsonl.gz:1", ("One.", "Two."), frozenset({"0", "3"}))]
    assert cases["dev"][0].labels == frozenset()
    assert cases["test"] == [Case("x", ("Four.",), frozenset({"P1-1"}))]
    assert set(labels_of(cases)) == {"0", "3", "P1-1"}
    assert truth(cases["train"], ["P1-1", "3"]).tolist() == [[False, True]]


LEXGLUE = [
    {"case_id": str(i), "data_type": split, "facts": ["One."], "violated_articles": ["3"],
     "allegedly_violated_articles": ["3", "6"]}
    for i, split in enumerate(["train", "dev", "test"])
]  # fmt: skip


@pytest.mark.parametrize(("task", "labels"), [(None, {"3"}), ("a", {"3"}), ("b", {"3", "6"})])
def test_both_tasks_of_lexglue_are_read_from_its_own_file(task: str | None, labels: set[str], tmp_path: Path) -> None:
    cases = read_cases(to_files(tmp_path / "d", ecthr=LEXGLUE), task)
    assert [case.labels for part in cases.values() for case in part] == [labels] * 3


@pytest.mark.parametrize(
    ("task", "labels"), [("a", {"labels": ["3"]}), ("b", {"labels": ["3"]}), ("b", {"violated_articles": ["3"]})]
)
def test_a_task_that_the_file_does_not_hold_is_refused(task: str, labels: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 1 has no `\w*violated_articles`"):
        read_cases(to_files(tmp_path / "d", train=[{"text": ["One."], **labels}]), task)


def released(folder: Path, split: str, name: str = "001-1", **fields: Any) -> Path:
    """A case as the release of 2019 has it: a file of its own, over several lines, in a folder of its split."""
    case = {"ITEMID": name, "DATE": 2003, "TEXT": ["1. One.", "2. Two."], "VIOLATED_ARTICLES": ["3"]} | fields
    (folder / split).mkdir(parents=True, exist_ok=True)
    (folder / split / f"{name}.json").write_text(json.dumps(case, indent=1), "utf-8")
    return folder


def test_the_files_of_the_2019_release_are_read_as_they_come(tmp_path: Path) -> None:
    for number, split in enumerate(["EN_train", "EN_dev", "EN_test"]):
        released(tmp_path / "d", split, f"001-{number}")
    released(tmp_path / "d", "notes", TEXT="not a case")
    cases = read_cases(tmp_path / "d")
    assert cases["train"] == [Case("001-0", ("1. One.", "2. Two."), frozenset({"3"}), 2003)]
    assert {name: len(part) for name, part in cases.items()} == {"train": 1, "dev": 1, "test": 1}
    splits = ("train", "dev", "test")
    lines = {split: [{"ITEMID": split, "TEXT": ["One."], "VIOLATED_ARTICLES": []}] for split in splits}
    assert read_cases(to_files(tmp_path / "lines", **lines))["test"][0].id == "test"


def test_cases_of_the_release_are_not_read_twice_or_where_they_are_none(tmp_path: Path) -> None:
    for split in ("EN_train", "EN_train_Anon"):
        released(tmp_path / "twice", split)
    with pytest.raises(DataError, match="EN_train_Anon: train cases are elsewhere too"):
        read_cases(tmp_path / "twice")
    with pytest.raises(DataError, match=r"001-1\.json: the file is not a case"):
        read_cases(released(tmp_path / "none", "EN_train", TEXT=[1]))
    (tmp_path / "none/EN_train/001-1.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"001-1\.json: not a JSON object"):
        read_cases(tmp_path / "none")


def test_one_file_with_the_split_in_each_line_is_enough(tmp_path: Path) -> None:
    lines = [{"id": str(i), "text": ["x"], "labels": [], "split": s} for i, s in enumerate(["train", "dev", "test"])]
    assert {name: len(part) for name, part in read_cases(to_files(tmp_path / "d", all=lines)).items()} == {
        "train": 1, "dev": 1, "test": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"train": [{"text": "x", "labels": []}]}, "no dev cases"),
        ({"notes": [{"text": "x", "labels": []}]}, "line 1 is of no known split"),
        ({"train": [{"text": [1], "labels": []}]}, "line 1 is not a case"),
        ({"train": [{"text": ["x"], "labels": "6"}]}, "line 1 is not a case"),
        ({name: [{"id": "a", "text": ["x"], "labels": []}] for name in ("train", "dev", "test")}, "in two splits"),
    ],
)
def test_what_is_no_benchmark_is_refused_without_its_text(tmp_path: Path, files: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_cases(to_files(tmp_path / "d", **files))


def test_word_sequences_are_counted_in_the_whole_case_and_never_across_facts() -> None:
    pytest.importorskip("scipy")
    read = stream([Case("a", ("one two three", "four five"), frozenset()), Case("b", (), frozenset())])
    # Each fact is led by a mark of its own: 4 + 3 words, 3 + 2 pairs, 2 + 1 triples.
    assert [counts(read, n).sum(axis=1).ravel().tolist()[0] for n in (1, 2, 3)] in ([7, 5, 3], [[7, 0], [5, 0], [3, 0]])
    assert counts(read, 1, by_fact=True).sum(axis=1).ravel().tolist() in ([4, 3], [[4, 3]])
    assert counts(read, 2).shape == (2, 1 << BITS)
    again = stream([Case("c", ("four five",), frozenset())])
    assert set(counts(again, 2).indices) <= set(counts(read, 2).indices)
    far = Case("d", ("x " * 5000, "one two three"), frozenset())
    assert set(counts(stream([far]), 3).indices) & set(counts(read, 3).indices)


def test_years_are_not_told_apart_but_short_numbers_are() -> None:
    hasher = Hasher()
    assert hasher.fact("in 1998") == hasher.fact("in 2004")
    assert hasher.fact("Article 6") != hasher.fact("Article 8")
    assert hasher.fact("12. In May")[0] != hasher.fact("In May")[0]


def test_features_are_those_of_training_cases_and_rows_have_length_one() -> None:
    pytest.importorskip("sklearn")
    cases = [Case(str(i), ("the court held", "a hearing" if i % 2 else "no hearing"), frozenset()) for i in range(12)]
    weighting, train = Weighting.fit(stream(cases))
    other = weighting.apply(stream([Case("x", ("words never seen", "the court held"), frozenset())]))
    assert other.shape[1] == train.shape[1] == len(weighting.idf)
    assert np.asarray(train.multiply(train).sum(axis=1)).ravel() == pytest.approx(np.ones(12))


@pytest.mark.parametrize("method", ["svm", "attention"])
def test_a_sign_in_one_fact_is_found_and_test_labels_change_no_decision(folder: Path, method: str) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("torch")
    cases = read_cases(folder)
    prepared = ecthr.plan(cases)
    assert prepared.tuned_on == "dev"
    scores = ecthr.methods_of(prepared, [method], lambda line: None)
    result = ecthr.benchmark(prepared, scores)
    assert result.micro.f1 > 90
    assert result.violation.f1 > 90
    assert {choice.scheme for choice in result.tried} == set(ecthr.SCHEMES)
    turned = cases | {"test": [Case(case.id, case.facts, frozenset({"6"})) for case in cases["test"]]}
    again = ecthr.benchmark(ecthr.plan(turned), scores)
    assert (again.chosen, again.tried) == (result.chosen, result.tried)


def test_where_years_are_known_the_choice_is_made_forward_in_time() -> None:
    def case(split: str, year: int) -> Case:
        return Case(f"{split}-{year}", ("x",), frozenset(), year)

    found = {
        "train": [case("train", year) for year in range(2001, 2014)],
        "dev": [case("dev", year) for year in range(2001, 2014)],
        "test": [case("test", 2015)],
    }
    prepared = ecthr.plan(found)
    first, second = prepared.tasks
    years = [[prepared.cases[row].year for row in rows] for rows in (first.train, first.score["tune"], second.train)]
    assert years == [list(range(2001, 2011)), [2012, 2013] * 2, list(range(2001, 2014))]
    assert [prepared.cases[row].id for row in prepared.rows("test")] == ["test-2015"]
    found["dev"].append(Case("dev-x", ("x",), frozenset()))
    assert ecthr.plan(found).tuned_on == "dev"


def test_some_cases_of_a_stream_are_what_they_are_alone() -> None:
    cases = [Case(str(i), tuple(f"fact {i} {k}" for k in range(i)), frozenset()) for i in range(5)]
    taken, alone = stream(cases).take(np.array([3, 0, 1])), stream([cases[3], cases[0], cases[1]])
    assert [getattr(taken, x).tolist() for x in ("words", "facts", "cases")] == [
        getattr(alone, x).tolist() for x in ("words", "facts", "cases")
    ]


def test_an_article_without_training_cases_counts_as_missed() -> None:
    gold = {
        "train": [Case("a", ("x",), frozenset({"6"}))],
        "dev": [Case(f"d{i}", ("x",), frozenset({"6"} if i % 2 else set())) for i in range(20)],
        "test": [Case("t1", ("x",), frozenset({"6", "P7"})), Case("t2", ("x",), frozenset())],
    }
    assert ecthr.plan(gold).labels == ("6", "P7")
    sure, absent = np.array([[0.0] if i % 2 == 0 else [2.0] for i in range(20)]), -1e3
    dev = np.column_stack([sure, np.full(20, absent), sure])
    test = np.array([[2.0, absent, 2.0], [0.0, absent, 0.0]])
    result = ecthr.benchmark(ecthr.plan(gold), {"svm": {"tune": dev, "test": test}})
    assert (result.micro.precision, result.micro.recall) == (100, 50)
    assert result.violation_macro == 100
    assert result.labels["P7"] == (0, 1)


NINE = {split: [Case(f"{split}{i}", ("x",), frozenset({"6"})) for i in range(9)] for split in ("train", "dev", "test")}
LEARNT = {part: np.array([[x, x] for x in np.linspace(-1, 1, 9)]) for part in ("tune", "test")}


def test_where_no_article_can_be_learnt_it_is_said() -> None:
    absent = {"tune": np.full((9, 2), -1e3), "test": np.full((9, 2), -1e3)}
    with pytest.raises(DataError, match="no article has cases enough"):
        ecthr.benchmark(ecthr.plan(NINE), {"svm": absent})
    assert ecthr.benchmark(ecthr.plan(NINE), {"svm": absent, "attention": LEARNT}).chosen.methods == ("attention",)


def test_published_figures_stand_beside_the_data_of_2019_only() -> None:
    result = ecthr.benchmark(ecthr.plan(NINE), {"svm": LEARNT})
    of_2019 = replace(result, cases={"train": 7100, "dev": 1380, "test": 2998})
    assert of_2019.to_json()["published_micro_f1"] == ecthr.PUBLISHED
    assert any("HIER-BERT" in line for line in ecthr.lines(of_2019))
    of_lexglue = replace(result, cases={"train": 9000, "dev": 1000, "test": 1000})
    assert of_lexglue.to_json()["published_micro_f1"] == {}
    assert not any("HIER-BERT" in line or "published" in line for line in ecthr.lines(of_lexglue))


def test_the_command_prints_the_choice_and_what_it_was_asked(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("torch")
    report = tmp_path / "out/ecthr.json"
    ran = CliRunner().invoke(ecthr.main, ["--data", str(folder), "--method", "svm", "--report", str(report)])
    assert ran.exit_code == 0, ran.output
    assert "test, scored once, by svm" in ran.output
    assert "published" not in ran.output
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["cases"] == {"train": 120, "dev": 60, "test": 60}
    assert figures["task"] is None
    for options, error in (
        (["--data", str(tmp_path / "out")], DataError),
        (["--data", str(folder), "--task", "b"], DataError),
        (["--data", str(folder), "--report", str(report / "below.json")], UsageError),
    ):
        assert isinstance(CliRunner().invoke(ecthr.main, options).exception, error)
