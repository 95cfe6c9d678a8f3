"""A short run of the fuzzer over every reader, and the promises that its longer runs rest on."""

import json
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from palermo.corpora.documents import fuzz as fuzzing
from palermo.corpora.documents import fuzz_mutations
from palermo.corpora.documents.canary import Canary
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.fuzz_seeds import seeds
from palermo.corpora.documents.reading import read_document
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import DataError, DocumentError

SEEDS = seeds()
SECONDS = 20.0
"""Time box: on a slow machine fewer mutants are read, never a longer time."""


@pytest.mark.parametrize("name", SEEDS)
def test_every_start_document_is_read(name: str) -> None:
    for data in SEEDS[name]:
        document = read_document(data, f"seed.{name}")
        assert len(document.text) > 100
        assert check(document.with_(metadata={})) == []


def test_no_mutant_of_a_short_run_crashes_or_hangs_a_reader(tmp_path: Path) -> None:
    tallies = fuzzing.fuzz(150, seed=20260101, seconds=SECONDS, keep=tmp_path)
    assert not {name: tally.faults for name, tally in tallies.items() if tally.faults}
    assert sum(tally.mutants for tally in tallies.values()) > 0
    assert not list(tmp_path.iterdir())


def test_a_mutant_can_be_made_again_by_its_number() -> None:
    first = [fuzzing.make(name, SEEDS, 7, number) for number, name in enumerate(SEEDS)]
    assert first == [fuzzing.make(name, SEEDS, 7, number) for number, name in enumerate(SEEDS)]
    assert first != [fuzzing.make(name, SEEDS, 8, number) for number, name in enumerate(SEEDS)]


@pytest.mark.parametrize("name", SEEDS)
def test_mutants_differ_from_their_start_and_stay_small(name: str) -> None:
    made = {fuzz_mutations.mutant(Random(number), name, SEEDS[name]) for number in range(60)}
    assert len(made) > 40
    assert all(len(data) <= fuzz_mutations.LONGEST for data in made)
    assert len(made - set(SEEDS[name])) > 40


def test_a_run_that_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    log = tmp_path / "ends.jsonl"
    fuzzing.fuzz(4, seed=3, formats=["json"], log=log)
    lines = log.read_text("utf-8").splitlines()
    log.write_text("\n".join(["", *lines[:2], lines[2][:20]]) + "\n", "utf-8")
    tallies = fuzzing.fuzz(6, seed=3, formats=["json"], log=log)
    assert tallies["json"].mutants == 6
    numbers = sorted(json.loads(line)["number"] for line in log.read_text("utf-8").splitlines() if line.endswith("}"))
    assert numbers == list(range(6))
    with pytest.raises(DataError, match="another seed"):
        fuzzing.fuzz(1, seed=4, formats=["json"], log=log)


def test_mutants_name_a_file_that_nobody_may_open() -> None:
    named = str(fuzz_mutations.CANARY).encode()
    made = [fuzzing.make(name, SEEDS, 0, number) for name in ("html", "xml", "rtf", "pdf") for number in range(100)]
    assert sum(named in data for data in made) > 20


def test_a_file_that_is_opened_or_quoted_is_a_fault(tmp_path: Path) -> None:
    canary = Canary(tmp_path / "canary.txt")
    assert not canary.opened()
    words = canary.path.read_text("utf-8")
    assert canary.opened()
    assert not canary.opened()
    canary.close()
    pool = ParserPool(workers=1)
    try:
        assert fuzzing._read(words.encode(), "mutant.txt", pool)[0] == "outside"
        assert fuzzing._read(b"The court finds the accused guilty.", "mutant.txt", pool)[0] == "document"
    finally:
        pool.close()


def test_a_mutation_reaches_text_and_structure() -> None:
    ends = set()
    for number in range(60):
        try:
            read_document(fuzzing.make("json", SEEDS, 1, number), "mutant.json")
            ends.add("document")
        except DocumentError as error:
            ends.add(error.code)
    assert {"document", "broken_document"} <= ends


def test_the_command_prints_a_row_a_format() -> None:
    result = CliRunner().invoke(fuzzing.main, ["--count", "2", "--format", "json", "--format", "csv"])
    assert result.exit_code == 0
    rows = [line for line in result.output.splitlines() if line.startswith("|")]
    assert [row.split("|")[1].strip() for row in rows] == ["format", "---", "json", "csv", "all"]


@pytest.mark.parametrize(
    ("message", "end"),
    [
        ("reading it takes more than 10 s of processor time", "hang"),
        ("reading it takes longer than 120 s", "hang"),
        ("reading it needs more than 1,000 bytes of memory", "limit"),
        ("the reader failed with KeyError", "crash"),
        ("the reading process crashed (SIGSEGV)", "crash"),
        ("it is nested too deep to read", "crash"),
    ],
)
def test_failures_of_the_reading_process_are_told_apart(message: str, end: str) -> None:
    assert fuzzing._failure(message) == end
