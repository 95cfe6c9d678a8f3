"""The sample documents: built from their sources, indexed, in many formats and languages."""

from pathlib import Path
from xml.etree import ElementTree as Et

import pytest
from palermo.corpora import samples
from palermo.corpora.convention import tree
from palermo.corpora.samples import make
from palermo.corpora.samples.make.source import plain, read

STANDARDS = {
    "inference", "intent", "knowledge", "negligence", "purpose", "recklessness", "strict", "suspicion",
    "wilful_blindness",
}  # fmt: skip
AKN = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"


@pytest.fixture(scope="module")
def built() -> dict[Path, bytes]:
    return make.build()


def test_documents_are_up_to_date_with_their_sources(built: dict[Path, bytes]) -> None:
    assert sorted(built) == samples.paths()
    stale = [path.name for path, content in built.items() if path.read_bytes() != content]
    assert not stale, "run python -m palermo.corpora.samples.make"


def test_building_twice_gives_the_same_bytes(built: dict[Path, bytes]) -> None:
    assert make.build() == built


def test_index_describes_every_document() -> None:
    assert [entry["file"] for entry in samples.index()] == [path.name for path in samples.paths()]
    for entry in samples.index():
        meta = read(make.SOURCES / f"{Path(entry['file']).stem}.md").meta
        assert (entry["kind"], entry["language"], entry["title"]) == (meta["kind"], meta["language"], meta["title"])
        assert not set(entry["articles"]) & set(entry["maybe"])


def test_index_names_articles_that_are_labels() -> None:
    convention = tree()
    for entry in samples.index():
        for article in [*entry["articles"], *entry["maybe"]]:
            assert convention.label_for(article) == article


def test_five_formats_seven_languages_all_nine_standards_and_one_with_nothing() -> None:
    entries = samples.index()
    assert {Path(entry["file"]).suffix for entry in entries} == {".txt", ".html", ".pdf", ".docx", ".xml"}
    assert {entry["language"] for entry in entries} == {"ar", "de", "en", "es", "fr", "pt", "zh"}
    assert {standard for entry in entries for standard in entry["standards"]} == STANDARDS
    assert sum(not entry["articles"] for entry in entries) == 1


def test_samples_are_of_realistic_length() -> None:
    for path in make.SOURCES.glob("*.md"):
        source = read(path)
        sections = [item for item in source.items if item.type == "heading" and item.level == 2]
        characters = sum(len(plain(item.text)) for item in source.items)
        if source.statute:
            assert 10 <= len(sections) <= 30, path.name
        else:
            assert characters >= (2_500 if source.meta["language"] == "zh" else 6_000), path.name


def test_paragraphs_of_a_judgment_are_numbered_without_a_gap() -> None:
    for path in make.SOURCES.glob("*.md"):
        source = read(path)
        if not source.statute:
            numbers = [int(item.number) for item in source.items if item.number]
            assert numbers == list(range(1, len(numbers) + 1)), path.name


@pytest.mark.parametrize("name", ["bribery-de.xml", "laundering-act-en.xml"])
def test_akoma_ntoso_ids_are_unique_and_every_part_has_one(name: str) -> None:
    root = Et.parse(samples.DOCUMENTS / name).getroot()
    assert root.tag == f"{AKN}akomaNtoso"
    numbered = [element for tag in ("paragraph", "section", "subsection", "part") for element in root.iter(AKN + tag)]
    ids = [element.get("eId") for element in root.iter() if element.get("eId")]
    assert numbered
    assert all(element.get("eId") for element in numbered)
    assert len(ids) == len(set(ids))
