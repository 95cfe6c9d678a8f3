"""A batch with hostile files in it, read by several threads: every good file is read, every bad one has its reason."""

from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any

import pytest
from palermo.corpora.documents.reading import read_document_safely
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import DocumentError
from palermo.corpora.settings import Settings

SAMPLES = sorted(
    (entry for entry in resources.files("palermo.corpora.samples").joinpath("documents").iterdir()),
    key=lambda entry: entry.name,
)


def code_of(data: bytes, name: str, pool: ParserPool) -> str:
    try:
        return f"read {len(read_document_safely(data, name, pool=pool).text)}"
    except DocumentError as error:
        return error.code


def test_the_good_files_of_a_batch_are_read_among_hostile_ones(make: Any, hostile_pool: ParserPool) -> None:
    good = [(f"Judgment {number}. The court finds him guilty.".encode(), f"{number}.txt") for number in range(24)]
    bad = [
        (make.akn("<b>" * 100_000), "deep.xml"),
        (make.zip({**make.docx_members(), "word/document.xml": b"<w:p/>" * 1_000_000}), "bomb.docx"),
        (make.page()[:200], "cut.pdf"),
        (b"\x7fELF" + bytes(99), "program.pdf"),
    ] * 3
    mixed = [item for pair in zip(good, bad * 2, strict=True) for item in pair]
    with ThreadPoolExecutor(4) as threads:
        ends = list(threads.map(lambda item: code_of(*item, hostile_pool), mixed))
    assert ends[::2] == [f"read {len(data)}" for data, _ in good]
    assert set(ends[1::2]) == {"unsafe_document", "broken_document", "unsupported_format"}


def test_a_file_that_exceeds_a_limit_of_the_process_fails_alone(make: Any) -> None:
    limits = {"parser_workers": 1, "parser_cpu_seconds": 5, "text_characters": 10**9}
    pool = ParserPool(limits=Settings(**limits))
    try:
        assert code_of(b"1. a.\n\n" * 1_500_000, "endless.txt", pool) == "parser_failed"
        assert code_of(b"Guilty.", "good.txt", pool) == "read 7"
    finally:
        pool.close()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda entry: entry.name)
def test_a_good_file_cut_anywhere_ends_in_text_or_a_reason(sample: Any, outcome: Any) -> None:
    data = sample.read_bytes()
    ends = {outcome(data[: len(data) * share // 100], sample.name) for share in (3, 50, 97)}
    assert ends <= {"read", "broken_document", "empty_document", "no_text_layer", "unsupported_format"}
