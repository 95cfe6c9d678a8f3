"""Outputs are refused before any work where they can't be made, or would take the place of what is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from palermo.corpora.errors import UsageError
from palermo.corpora.targets import check_file, check_folder, keep_inputs


def test_a_folder_that_is_there_or_can_be_made_is_taken_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path, tmp_path / "a/b", Path("a/b"), Path()):
        check_folder(path)
    check_file(Path("file"))
    check_file(tmp_path / "a/file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/a", "file/a/b", "gone", "gone/a"])
def test_a_file_or_a_link_to_nothing_in_the_way_is_named(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    with pytest.raises(UsageError, match=rf"{place.partition('/')[0]}: a file is there, not a folder"):
        check_folder(tmp_path / place)
    with pytest.raises(UsageError, match="a file is there"):
        check_file(tmp_path / place / "x")


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(UsageError, match=f"{tmp_path.name}: may not be written to"):
        check_folder(tmp_path / "a/b")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a folder is there, not a file"):
        check_file(tmp_path)


def test_inputs_are_known_by_where_they_lie_not_by_how_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "a/x").touch()
    keep_inputs([tmp_path / "x", tmp_path / "a/y"], [tmp_path / "a/x"])
    for path in (tmp_path / "a/x", tmp_path / "a/../a/x", tmp_path / "link/x"):
        with pytest.raises(UsageError, match="x: would take the place of what is read"):
            keep_inputs([path], [tmp_path / "a/x"])
