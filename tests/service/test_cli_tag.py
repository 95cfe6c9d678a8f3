"""`palermo tag`: any input, any format, one line an error, a batch that never dies half way and can be resumed."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from palermo.service import schemas
from palermo.service.cli import inputs, outputs

Run = Callable[..., int]


def test_a_folder_becomes_a_folder_of_results_with_sub_folders_kept(
    palermo: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert palermo("tag", folder, "--output", tmp_path / "out") == 1
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")) == [
        "a/one.json",
        "a/two.json",
    ]
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith(f"palermo: {folder / 'b/broken.pdf'}: ")


def test_the_shortest_documents_come_first_where_each_has_a_file_of_its_own(
    palermo: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 broken" * 100)
    (folder / "b.pdf").write_bytes(b"%PDF-1.4 broken")
    assert palermo("tag", folder, "--output", tmp_path / "out", "--jobs", "1") == 1
    told = [Path(line.split(": ")[1]).name for line in capsys.readouterr().err.splitlines()]
    assert told == ["b.pdf", "a.pdf"]
    assert palermo("tag", folder, "--output", tmp_path / "all.jsonl") == 1
    lines = [json.loads(line)["error"]["source"] for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert [Path(source).name for source in lines] == ["a.pdf", "b.pdf"]


def test_a_result_keeps_to_its_schema_and_its_offsets(palermo: Run, folder: Path, tmp_path: Path) -> None:
    assert palermo("tag", folder / "a/one.txt", "--output", tmp_path / "one.json") == 0
    result = json.loads((tmp_path / "one.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schemas.load("analysis")).validate(result)
    text = (folder / "a/one.txt").read_text("utf-8")
    for passage in result["passages"]:
        assert text[passage["start"] : passage["end"]] == passage["text"]


def test_one_document_on_standard_output(
    palermo: Run, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert palermo("tag", folder / "a/one.txt") == 0
    out = capsysbinary.readouterr()
    assert json.loads(out.out)["document"]["name"] == "one.txt"
    assert out.err == b""


def test_standard_input_with_a_name(
    palermo: Run, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1. The proceeds were hidden.")))
    assert palermo("tag", "-", "--name", "typed.txt", "--kind", "judgment") == 0
    result = json.loads(capsysbinary.readouterr().out)
    assert result["document"]["name"] == "typed.txt"
    assert [entry["provision"] for entry in result["provisions"]] == ["UNTOC.6"]


def test_a_text_given_on_the_command_line(palermo: Run, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert palermo("tag", "--text", "The proceeds were hidden.", "--language", "en") == 0
    assert json.loads(capsysbinary.readouterr().out)["provisions"][0]["predicted"] is True


def test_lines_hold_results_and_errors(palermo: Run, folder: Path, tmp_path: Path) -> None:
    assert palermo("tag", folder, "--output", tmp_path / "all.jsonl") == 1
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert [line["document"]["name"] for line in lines[:2]] == ["one.txt", "two.txt"]
    jsonschema.Draft202012Validator(schemas.load("failure")).validate(lines[2])
    assert lines[2]["error"]["source"].endswith("b/broken.pdf")


def test_a_table_has_a_row_a_tag(palermo: Run, folder: Path, tmp_path: Path) -> None:
    assert palermo("tag", folder / "a", "--kind", "judgment", "--output", tmp_path / "all.csv") == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text("utf-8-sig"))))
    assert [(row["file"], row["provision"], row["passage_number"]) for row in rows] == [
        ("one.txt", "UNTOC.6", "1"),
        ("one.txt", "UNTOC.16", "3"),
        ("two.txt", "UNTOC.16", "3"),
    ]


def test_a_workbook_has_its_sheets(palermo: Run, folder: Path, tmp_path: Path) -> None:
    assert palermo("tag", folder, "--output", tmp_path / "all.xlsx") == 1
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    assert {sheet.title: sheet.max_row for sheet in book} == {
        "documents": 3,
        "tags": 4,
        "mental elements": 5,
        "errors": 2,
    }


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_nothing_in_a_document_becomes_a_formula(palermo: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "=cmd.txt").write_text("=1+1 is where the proceeds went.", "utf-8")
    assert palermo("tag", tmp_path / "=cmd.txt", "--output", tmp_path / f"all.{name}") == 0
    if name == "csv":
        (row,) = csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text("utf-8-sig")))
        assert row["file"] == "'=cmd.txt"
        assert row["evidence"].startswith("'=1+1")
    else:
        cells = [cell for row in openpyxl.load_workbook(tmp_path / "all.xlsx")["tags"] for cell in row]
        assert "f" not in {cell.data_type for cell in cells}


def test_names_that_clash_keep_their_extension(palermo: Run, tmp_path: Path) -> None:
    for name in ("case.txt", "case.text", "other.txt"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("1. The proceeds were hidden.", "utf-8")
    assert palermo("tag", tmp_path / "in", "--output", tmp_path / "out") == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["case.text.json", "case.txt.json", "other.json"]


@pytest.mark.parametrize("target", ["out", "all.jsonl"])
def test_a_stopped_batch_is_resumed(palermo: Run, folder: Path, tmp_path: Path, tagger: Any, target: str) -> None:
    output = tmp_path / target
    if target == "out":
        output.mkdir()
    assert palermo("tag", folder / "a/one.txt", "--output", output, "--name", "x") == 0
    done: list[str] = []
    tag = tagger.tag
    tagger.tag = lambda document: done.append(document.name) or tag(document)
    assert palermo("tag", folder / "a/one.txt", folder / "a/two.txt", "--output", output, "--resume") == 0
    assert done == ["two.txt"]


@pytest.mark.parametrize("change", ["document", "model"])
def test_a_changed_document_or_model_is_done_again(
    palermo: Run, folder: Path, tmp_path: Path, tagger: Any, change: str
) -> None:
    arguments = ("tag", folder / "a", "--output", tmp_path / "out", "--resume")
    assert palermo(*arguments) == 0
    if change == "document":
        (folder / "a/two.txt").write_text("1. The proceeds were hidden.", "utf-8")
    else:
        tagger.engine = {**tagger.engine, "model_sha256": "1" * 64}
    done: list[str] = []
    tag = tagger.tag
    tagger.tag = lambda document: done.append(document.name) or tag(document)
    assert palermo(*arguments) == 0
    assert sorted(done) == (["two.txt"] if change == "document" else ["one.txt", "two.txt"])


def test_a_torn_last_line_is_forgotten(tmp_path: Path) -> None:
    whole = {"document": {"name": "a"}, "engine": {}}
    (tmp_path / "x.jsonl").write_text(json.dumps(whole) + '\n{"document": {"na', "utf-8")
    assert outputs.earlier_lines(tmp_path / "x.jsonl") == [whole]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def write() -> None:
        with outputs.whole_file(tmp_path / "x.json") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_an_unforeseen_fault_in_one_document_does_not_end_the_batch(
    palermo: Run, folder: Path, tmp_path: Path, tagger: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = tagger.tag

    def faulty(document: Any) -> Any:
        if document.name == "one.txt":
            raise KeyError(document.text)
        return tag(document)

    tagger.tag = faulty
    assert palermo("tag", folder / "a", "--output", tmp_path / "out") == 1
    assert (tmp_path / "out/two.json").exists()
    assert capsys.readouterr().err == (
        f"palermo: {folder / 'a/one.txt'}: unforeseen error KeyError (please report it)\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["tag"],
        ["tag", "no-such-file"],
        ["tag", "no-such-*.pdf"],
        ["tag", "--text", "x", "--format", "parchment"],
        ["tag", "--text", "x", "--resume"],
        ["tag", "--text", "x", "somefile"],
        ["nonsense"],
    ],
)
def test_bad_usage_exits_2_with_a_line(palermo: Run, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert palermo(*arguments) == 2
    assert capsys.readouterr().err.strip()


def test_several_documents_into_one_json_file_is_bad_usage(palermo: Run, folder: Path, tmp_path: Path) -> None:
    assert palermo("tag", folder, "--output", tmp_path / "one.json") == 2
    assert not (tmp_path / "one.json").exists()


def test_a_folder_is_walked_without_hidden_files_results_and_the_output(tmp_path: Path) -> None:
    for name in ("b.txt", "a.pdf", ".hidden.txt", "index.jsonl", "out/x.txt", "sub/c.txt", ".git/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", "utf-8")
    found = inputs.find([str(tmp_path)], exclude=tmp_path / "out")
    assert [str(source.relative) for source in found] == ["a.pdf", "b.txt", "sub/c.txt"]


def test_globs_relative_paths_and_doubles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/x.txt", "a/y.txt"):
        (tmp_path / name).write_text("x", "utf-8")
    monkeypatch.chdir(tmp_path)
    found = inputs.find(["a/*.txt", "./a/x.txt", str(tmp_path / "a" / "y.txt")])
    assert [str(source.relative) for source in found] == ["a/x.txt", "a/y.txt"]
