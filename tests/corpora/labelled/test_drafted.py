"""The drafted passages that ship for training."""

from __future__ import annotations

from pathlib import Path

import pytest
from palermo.corpora import labelled
from palermo.corpora.labelled.checks import check
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, read_passages

FOLDER = Path(labelled.__file__).parent


@pytest.fixture(scope="module")
def drafted() -> list[LabelledPassage]:
    return read_passages(FOLDER / "drafted.jsonl")


def test_they_are_sound() -> None:
    assert check(FOLDER / "drafted.jsonl") == []


def test_none_is_a_written_one_again(drafted: list[LabelledPassage]) -> None:
    written = read_passages(FOLDER / "written.jsonl")
    assert len({passage.text for passage in drafted}) == len({passage.id for passage in drafted}) == len(drafted)
    assert not {passage.text for passage in drafted} & {passage.text for passage in written}
    assert not {passage.id for passage in drafted} & {passage.id for passage in written}
    assert not {passage.doc_id for passage in drafted} & {passage.doc_id for passage in written}


def test_every_standard_and_role_is_there_in_several_languages(drafted: list[LabelledPassage]) -> None:
    for standard in STANDARDS:
        spoken = {p.language for p in drafted for span in p.mens_rea if span.standard == standard}
        assert len(spoken) > 1, standard
    roles = {span.role for passage in drafted for span in passage.mens_rea}
    assert roles == {"required", "applied", "rejected", "defence"}


def test_the_data_sheet_counts_them(drafted: list[LabelledPassage]) -> None:
    spans = sum(len(passage.mens_rea) for passage in drafted)
    sheet = (FOLDER / "DATASHEET.md").read_text("utf-8")
    assert f"| `drafted.jsonl` | {len(drafted)} |" in sheet
    assert f"{spans:,} spans; with its text" in sheet.split("drafted.jsonl")[1]
