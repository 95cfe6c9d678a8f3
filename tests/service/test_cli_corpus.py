"""`palermo corpus standoff`, `sources`, `build` and `export` on made-up files: what they write, say and exit with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from palermo.service import cli

PASSAGE = {
    "id": "p1", "kind": "statute", "jurisdiction": "XX", "language": "en", "doc_id": "d1", "title": "Arms Act",
    "heading": None, "text": "No gun without a mark.", "labels": ["FIREARMS.8"], "maybe": [], "mens_rea": [],
    "named": False, "start": 0, "end": 22,
}  # fmt: skip


def status_of(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(["corpus", *map(str, arguments)])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def write(path: Path, record: dict[str, object]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return path


def test_passages_go_to_stand_off_files_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passages = write(tmp_path / "p.jsonl", PASSAGE)
    documents = tmp_path / "documents"
    text = write(documents / "acts.jsonl", {"doc_id": "d1", "law": "Arms Act", "text": PASSAGE["text"]})
    off, out = tmp_path / "off/p.jsonl", tmp_path / "out"
    assert status_of("standoff", passages, "--documents", documents, "--output", off) == 0
    assert status_of("sources", off, "--documents", documents, "--output", tmp_path / "lists") == 0
    assert (tmp_path / "lists/sources.tsv").read_text(encoding="utf-8").startswith("doc_id\tfile\t")
    assert status_of("build", off, "--from", documents, "--output", out) == 0
    assert json.loads((out / "p.jsonl").read_text(encoding="utf-8")) == PASSAGE
    assert "1 of 1 passages" in capsys.readouterr().out

    write(text, {"doc_id": "d1", "law": "Arms Act", "text": "No gun without two marks."})
    assert status_of("build", off, "--from", documents, "--output", out) == 1
    said = capsys.readouterr()
    assert "palermo: d1: the document's text is not the one that was annotated" in said.err
    assert "gun" not in said.err + said.out
    assert "wrong_hash\tacts\td1\tp1\t" in (out / "problems.tsv").read_text(encoding="utf-8")


def test_what_is_known_to_be_missing_is_said_and_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passages = write(tmp_path / "p.jsonl", PASSAGE)
    empty = tmp_path / "none"
    write(empty / "acts.jsonl", {"doc_id": "d2", "law": "Other Act", "text": "Nothing of the kind."})
    off, out = tmp_path / "off.jsonl", tmp_path / "out"
    assert status_of("standoff", passages, "--documents", empty, "--output", off) == 0
    assert status_of("build", off, "--from", empty, "--output", out) == 1
    absent = tmp_path / "absent.tsv"
    absent.write_text("problem\tpassage\treason\nmissing_document\tp1\tother_part\n", encoding="utf-8")
    capsys.readouterr()
    assert status_of("build", off, "--from", empty, "--output", out, "--absent", absent) == 0
    said = capsys.readouterr()
    assert "1 passages, as expected: the documents have another part of this judgment only" in said.out
    assert said.err == ""
    assert "missing_document\t\td1\tp1\tother_part" in (out / "problems.tsv").read_text(encoding="utf-8")


def test_the_documents_may_lie_in_a_folder_of_that_name(tmp_path: Path) -> None:
    passages = write(tmp_path / "p.jsonl", PASSAGE)
    documents = tmp_path / "data/documents"
    documents.parent.mkdir()
    write(documents / "acts.jsonl", {"doc_id": "d1", "law": "Arms Act", "text": PASSAGE["text"]})
    off = tmp_path / "off.jsonl"
    assert status_of("standoff", passages, "--documents", tmp_path / "data", "--output", off) == 0
    assert status_of("build", off, "--from", tmp_path / "data", "--output", tmp_path / "out") == 0


def made(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Passages, the folder with their document, and their stand-off file."""
    passages = write(tmp_path / "p.jsonl", PASSAGE)
    write(tmp_path / "documents/acts.jsonl", {"doc_id": "d1", "law": "Arms Act", "text": PASSAGE["text"]})
    off = tmp_path / "off/p.jsonl"
    assert status_of("standoff", passages, "--documents", tmp_path / "documents", "--output", off) == 0
    return passages, tmp_path / "documents", off


def test_stand_off_files_of_one_name_are_not_built_over_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, documents, off = made(tmp_path)
    other = tmp_path / "other/p.jsonl"
    other.parent.mkdir()
    other.write_bytes(off.read_bytes())
    assert status_of("build", off, other, "--from", documents, "--output", tmp_path / "out") == 2
    assert "p.jsonl: more than one file of this name" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_is_read_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passages, documents, off = made(tmp_path)
    text = documents / "acts.jsonl"
    kept = {path: path.read_bytes() for path in (passages, off, text)}
    named = tmp_path / "named/acts.jsonl"
    named.parent.mkdir()
    named.write_bytes(off.read_bytes())
    absent = tmp_path / "off/problems.tsv"
    absent.write_text("problem\tpassage\treason\n", "utf-8")
    for arguments in (
        ("build", off, "--from", documents, "--output", off.parent / ".." / "off"),
        ("build", named, "--from", documents, "--output", documents),
        ("build", named, "--from", documents, "--output", off.parent, "--absent", absent),
        ("standoff", passages, "--documents", documents, "--output", passages),
        ("standoff", passages, "--documents", tmp_path, "--output", text),
        ("export", passages, "--format", "docbin", "--output", passages),
    ):
        assert status_of(*arguments) == 2
        assert "would take the place of what is read" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in kept} == kept


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_an_output_that_cannot_be_made_is_refused_before_any_work(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "p.jsonl"
    broken.write_text("not read\n", "utf-8")
    (tmp_path / "file").write_text("kept", "utf-8")
    (tmp_path / "documents").mkdir()
    output = ("--output", tmp_path / place)
    wrong = [
        ("build", broken, "--from", tmp_path / "documents", *output),
        ("sources", broken, "--documents", tmp_path / "documents", *output),
        ("export", broken, "--format", "hf", *output),
        ("standoff", broken, "--documents", tmp_path / "documents", "--output", tmp_path / "file/below/a.jsonl"),
        ("export", broken, "--format", "docbin", "--output", tmp_path / "file/below/a.spacy"),
    ]
    for arguments in wrong:
        assert status_of(*arguments) == 2
        assert capsys.readouterr().err == "palermo: file: a file is there, not a folder (name another folder)\n"
    assert (tmp_path / "file").read_text("utf-8") == "kept"


def test_a_folder_where_a_file_is_to_be_written_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "p.jsonl"
    broken.write_text("not read\n", "utf-8")
    for arguments in (
        ("standoff", broken, "--documents", tmp_path, "--output", tmp_path),
        ("export", broken, "--format", "docbin", "--output", tmp_path),
    ):
        assert status_of(*arguments) == 2
        assert "a folder is there, not a file" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("form", "module"), [("hf", "datasets"), ("docbin", "spacy")])
def test_export_writes_for_other_tools(form: str, module: str, tmp_path: Path) -> None:
    pytest.importorskip(module)
    passages = write(tmp_path / "p.jsonl", PASSAGE)
    assert status_of("export", passages, "--format", form, "--output", tmp_path / "out") == 0
    assert (tmp_path / "out").exists()
