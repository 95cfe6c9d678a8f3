"""`palermo tag --manifest`: metadata from a table win over what the documents show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., int]


def manifest(folder: Path, rows: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(rows, encoding="utf-8")
    return path


def document(path: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(path.read_text("utf-8"))["document"]
    return about


def test_a_manifest_gives_and_overrides_metadata(palermo: Run, folder: Path, tmp_path: Path) -> None:
    table = manifest(
        tmp_path, "file,title,date,kind,language\na/one.txt,Marlow's case,2021-05,statute,fr\ntwo.txt,Second,,,\n"
    )
    assert palermo("tag", folder / "a", "--output", tmp_path / "out", "--manifest", table) == 0
    one, two = document(tmp_path / "out/one.json"), document(tmp_path / "out/two.json")
    assert two["metadata"]["title"]["value"] == "Second"
    assert one["metadata"].get("title", {}).get("value") != "Marlow's case", "the row is of another path"
    assert palermo("tag", folder, "--output", tmp_path / "all", "--manifest", table) == 1
    one = document(tmp_path / "all/a/one.json")
    assert one["metadata"]["title"] == {"value": "Marlow's case", "start": None, "end": None}
    assert one["metadata"]["date"]["value"] == "2021-05"
    assert (one["kind"], one["language"]) == ("statute", "fr")


def test_a_row_without_a_document_is_told(
    palermo: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = manifest(tmp_path, "file,title\nabsent.txt,x\n")
    assert palermo("tag", folder / "a", "--output", tmp_path / "out", "--manifest", table) == 0
    assert capsys.readouterr().err.splitlines() == [
        "palermo: absent.txt: a row of the manifest, but no document that is tagged"
    ]


def test_a_faulty_manifest_is_bad_usage(
    palermo: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = manifest(tmp_path, "file,date\na/one.txt,yesterday\n")
    assert palermo("tag", folder / "a", "--output", tmp_path / "out", "--manifest", table) == 2
    assert palermo("tag", folder / "a", "--output", tmp_path / "out", "--manifest", tmp_path / "absent.csv") == 2
    assert "'yesterday' is no date" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_result_does_not_hold_where_the_manifest_says_otherwise(palermo: Run, folder: Path, tmp_path: Path) -> None:
    arguments = ("tag", folder / "a", "--output", tmp_path / "out", "--resume", "--manifest")
    assert palermo(*arguments, manifest(tmp_path, "file,title\none.txt,First\n")) == 0
    kept = (tmp_path / "out/two.json").stat().st_mtime_ns
    assert palermo(*arguments, manifest(tmp_path, "file,title\none.txt,Other\n")) == 0
    assert document(tmp_path / "out/one.json")["metadata"]["title"]["value"] == "Other"
    assert (tmp_path / "out/two.json").stat().st_mtime_ns == kept
