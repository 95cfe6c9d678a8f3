"""Annif as a peer: a clear message where it is missing, its files read and written, a comparison where it is there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from palermo.corpora.errors import DataError, MissingExtra, UsageError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import read_predictions
from palermo.evaluation import annif


def to_file(path: Path, name: str, count: int) -> Path:
    signs = {"UNTOC.16": "extradition was requested and surrender refused", "UNTOC.12": "the proceeds were forfeited"}
    lines = []
    for number in range(count):
        label = list(signs)[number % 2]
        text = f"In case {number} the court found that {signs[label]}.\tSo it was."
        lines.append(
            {"id": f"{name}{number}", "kind": "judgment", "language": "en", "text": text, "doc_id": f"{name}-{number}"}
            | {"labels": [label]}
        )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_without_annif_it_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match="Annif is not installed"):
        annif.Annif("no-such-program", tmp_path, "tfidf")
    file = to_file(tmp_path / "p.jsonl", "p", 4)
    arguments = [
        "--train",
        str(file),
        "--gold",
        str(file),
        "--report",
        str(tmp_path / "r"),
        "--annif",
        "no-such-program",
    ]
    ran = CliRunner().invoke(annif.main, arguments)
    assert isinstance(ran.exception, MissingExtra)
    assert "pip install" in str(ran.exception)
    assert not (tmp_path / "r").exists()


def test_a_report_where_no_folder_can_be_is_refused_before_annif_is_started(tmp_path: Path) -> None:
    file = to_file(tmp_path / "p.jsonl", "p", 4)
    with pytest.raises(UsageError, match="a file is there"):
        annif.benchmark([file], file, file, program="no-such-program", backend="tfidf", tell=lambda line: None)


def test_suggestions_are_read(tmp_path: Path) -> None:
    file = tmp_path / "1.annif"
    file.write_text(f"<{annif.URI}UNTOC.6>\tUNTOC.6\t0.75\n<{annif.URI}TIP.5>\tTIP.5\t1e-3\n", encoding="utf-8")
    assert annif.read_suggestions(file) == [("UNTOC.6", 0.75), ("TIP.5", 0.001)]
    file.write_text("no score\n", encoding="utf-8")
    for path in (file, tmp_path / "2.annif"):
        with pytest.raises(DataError, match="can't be read"):
            annif.read_suggestions(path)


def test_a_text_of_several_lines_is_one_line_of_the_training_file() -> None:
    assert annif.one_line("a\tb\r\n c\u2028d ") == "a b c d"


def test_scripts_without_spaces_are_cut_at_their_characters_and_others_are_not() -> None:
    assert annif.one_line("明知是犯罪所得 (2019)") == "明 知 是 犯 罪 所 得 (2019)"
    assert annif.one_line("범죄수익 დანაშაული") == "범죄수익 დანაშაული"


def test_a_failure_of_annif_is_named(tmp_path: Path) -> None:
    failing = shutil.which("false")
    if failing is None:
        pytest.skip("needs the program `false`")
    with pytest.raises(DataError, match="annif load-vocab ended with status 1"):
        annif.Annif(failing, tmp_path, "tfidf").load_vocabulary(["UNTOC.6"])


def test_a_program_beside_the_reader_is_found_and_what_it_printed_last_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "annif"
    program.write_text("#!/bin/sh\necho one\necho two\necho the resource punkt_tab was not found\nexit 3\n")
    program.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(tmp_path)
    peer = annif.Annif("./annif", work, "omikuji")
    with pytest.raises(DataError, match="ended with status 3") as raised:
        peer.load_vocabulary(["UNTOC.6"])
    assert "punkt_tab was not found" in str(raised.value.hint)


def test_a_program_that_is_none_is_named(tmp_path: Path) -> None:
    program = tmp_path / "annif"
    program.write_bytes(b"\x00 no program")
    program.chmod(0o755)
    with pytest.raises(DataError, match="annif can't be run"):
        annif.Annif(str(program), tmp_path, "omikuji").load_vocabulary(["UNTOC.6"])


def test_passages_without_a_label_teach_annif_that_there_are_such(tmp_path: Path) -> None:
    program = tmp_path / "annif"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    peer = annif.Annif(str(program), tmp_path, "omikuji")
    peer.load_vocabulary(["UNTOC.6"])
    passages = [
        LabelledPassage("1", "judgment", "en", "sold the car", "d", labels=("UNTOC.6",)),
        LabelledPassage("2", "judgment", "en", "costs follow", "d"),
    ]
    peer.train("en", passages, [passage.text for passage in passages])
    lines = (tmp_path / "train-en.tsv").read_text("utf-8").splitlines()
    assert lines == [f"sold the car\t<{annif.URI}UNTOC.6>", f"costs follow\t<{annif.URI}{annif.NONE}>"]
    assert f"<{annif.URI}{annif.NONE}>" in (tmp_path / "labels.tsv").read_text("utf-8")


@pytest.mark.skipif(shutil.which("annif") is None, reason="needs Annif on PATH")
def test_annif_learns_from_the_same_passages(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    train, gold = to_file(tmp_path / "t.jsonl", "t", 40), to_file(tmp_path / "g.jsonl", "g", 20)
    report = annif.benchmark([train], gold, tmp_path / "r", program=None, backend="tfidf", tell=lambda line: None)
    assert report.groups["all"].article.micro.f1 > 90
    assert len(read_predictions(tmp_path / "r/predictions.jsonl")) == 20
