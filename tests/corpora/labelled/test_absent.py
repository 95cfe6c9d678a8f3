"""What the corpus's documents are known to lack is listed with its reason; nothing else is excused."""

from __future__ import annotations

from pathlib import Path

import pytest
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.absent import read_absent, split
from palermo.corpora.labelled.rebuild import Code, Problem
from palermo.corpora.labelled.standoff import read_standoff

LABELLED = Path(__file__).parents[3] / "corpora/labelled"
HEAD = "problem\tpassage\treason\n"


def problem(code: Code, id_: str) -> Problem:
    return Problem(code, "acts", "d1", id_)


def test_what_is_listed_is_explained_and_the_rest_stays(tmp_path: Path) -> None:
    table = tmp_path / "absent.tsv"
    table.write_text(f"{HEAD}missing_document\tp1\tother_part\ncontext\tp2\tpassage_only\n", encoding="utf-8")
    problems = [problem("missing_document", "p1"), problem("context", "p2"), problem("missing_document", "p2")]
    unexpected, explained = split(problems, read_absent(table))
    assert unexpected == [problem("missing_document", "p2")]
    assert explained == {"other_part": 1, "passage_only": 1}


@pytest.mark.parametrize("code", ["wrong_hash", "wrong_text"])
def test_a_text_that_differs_is_never_excused(code: Code, tmp_path: Path) -> None:
    table = tmp_path / "absent.tsv"
    table.write_text(f"{HEAD}{code}\tp1\tother_part\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"absent\.tsv: line 2 is malformed"):
        read_absent(table)
    table.write_text(f"{HEAD}missing_document\tp1\tother_part\n", encoding="utf-8")
    assert split([problem(code, "p1")], read_absent(table)) == ([problem(code, "p1")], {})


@pytest.mark.parametrize("content", [b"", b"passage\treason\n", b"\xff\xfe", HEAD.encode() + b"context\tp1\tbecause\n"])
def test_another_table_is_refused(content: bytes, tmp_path: Path) -> None:
    table = tmp_path / "absent.tsv"
    table.write_bytes(content)
    with pytest.raises(DataError, match="absent"):
        read_absent(table)


def test_the_shipped_table_has_every_passage_that_no_document_gives_back_whole() -> None:
    known = read_absent(LABELLED / "absent.tsv")
    lines = [line for file in (LABELLED / "standoff").iterdir() for line in read_standoff(file)]
    lost = {("missing_document", line["id"]) for line in lines if line["document_sha256"] is None}
    bare = {("context", line["id"]) for line in lines if line["heading"] == "other" and line["document_sha256"]}
    assert set(known) == lost | bare
