"""Reading measured: a folder by format, and documents of any size made by code."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from palermo.evaluation import large, reading
from palermo.evaluation.reading import Reader


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("documents")
    (place / "below").mkdir()
    (place / "below/one.txt").write_text("1. The accused moved the money.\n\n2. He knew.\n", "utf-8")
    (place / "two.txt").write_bytes(b"\xff\xfe" + "The appeal is dismissed.".encode("utf-16-le"))
    (place / "page.html").write_text("<p>The court finds for the State.</p>", "utf-8")
    (place / "cut.PDF").write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    (place / "index.jsonl").write_text("{}\n", "utf-8")
    return place


def test_a_folder_is_counted_by_format(folder: Path) -> None:
    result = CliRunner().invoke(reading.main, [str(folder)])
    assert result.exit_code == 0, "an error of a document is an outcome"
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in result.stdout.splitlines()}
    assert list(rows)[2:] == ["html", "pdf", "txt", "all"]
    assert rows["txt"][:4] == ["2", "2", "69", "3"]
    assert rows["pdf"][0:3] == ["1", "0", "0"]
    assert rows["pdf"][-1] == "broken_document 1 |"
    assert rows["all"][:2] == ["4", "3"]
    assert "cut.PDF: " in result.stderr


def test_a_document_that_ends_its_process_ends_the_command_with_1(folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("PALERMO_PARSER_RESULT_BYTES", "100")
    reading.settings.cache_clear()
    try:
        assert CliRunner().invoke(reading.main, [str(folder / "below")]).exit_code == 1
    finally:
        monkeypatch.undo()
        reading.settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "data", "characters", "passages"),
    [("statute.txt", large.statute(300_000), 300_000, 350), ("judgment.pdf", large.judgment(12), 45_000, 48)],
)
def test_memory_is_in_proportion_to_a_large_document(name: str, data: bytes, characters: int, passages: int) -> None:
    reader = Reader()
    one = reader.read(data, name)
    reader.close()
    assert one.document is not None, one.error
    assert len(one.document.text) >= characters
    assert len(one.document.passages) >= passages
    assert one.seconds > 0
    assert 0 < one.peak < large.MOST_BYTES / 4


def test_the_large_documents_are_as_large_as_they_say() -> None:
    assert len(large.statute(100_000).decode()) >= 100_000
    assert large.judgment(30).count(b"/Type/Page/") == 30
    assert (large.CHARACTERS, large.PAGES, large.MOST_BYTES) == (5_000_000, 1_000, 2**30)
