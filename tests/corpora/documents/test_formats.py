"""Checks of `formats.toml`: what it lists exists, compiles, and means what its comments say."""

from __future__ import annotations

import codecs

import pytest
import re2
from palermo.corpora.documents.conformance import METADATA_KEYS
from palermo.corpora.documents.readers import MODULES
from palermo.corpora.documents.readers.formats import formats, language_code


def test_every_encoding_is_one_that_python_knows_by_that_name() -> None:
    encodings = formats()["encodings"]
    for name in encodings["declared"]:
        assert codecs.lookup(name).name == name
    for name in [*encodings["single"], *(row["name"] for row in encodings["double"])]:
        assert codecs.lookup(name).name in encodings["declared"]


def test_every_letter_can_be_written_in_its_encoding() -> None:
    for name, letters in formats()["encodings"]["single"].items():
        assert "?" not in letters.encode(name, errors="replace").decode(name), name


def test_every_pattern_compiles_in_linear_time_syntax() -> None:
    table = formats()
    numbers = table["numbers"]
    ranges = [row["range"] for row in table["encodings"]["double"]]
    for pattern in [*numbers["leading"], *numbers["not_leading"], *numbers["heading"], numbers["only"], *ranges]:
        re2.compile(pattern)
    re2.compile(table["html"]["note_ids"])


def test_element_names_are_lower_case() -> None:
    for part in ("html", "xml"):
        for key, values in formats()[part].items():
            if isinstance(values, list) and key != "ids":
                assert values == [value.lower() for value in values], (part, key)


def test_metadata_and_extensions_lead_to_what_exists() -> None:
    assert set(formats()["html"]["metadata"]) <= METADATA_KEYS | {"language"}
    assert set(formats()["records"]["metadata"]) <= METADATA_KEYS
    for accepted in formats()["detect"]["extensions"].values():
        assert set(accepted) <= set(MODULES)


def test_signatures_are_hexadecimal() -> None:
    for table in ("images", "binaries"):
        assert all(bytes.fromhex(code) for code in formats()["detect"][table])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eng", "en"),
        ("ell", "el"),
        ("en-GB", "en"),
        ("FR", "fr"),
        ("zho", "zh"),
        ("", None),
        ("xxx", None),
        ("e1", None),
    ],
)
def test_language_codes(code: str, expected: str | None) -> None:
    assert language_code(code) == expected
