"""The measure of PDF anchors: it confirms what holds, and finds what does not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from palermo.corpora.documents.document import Run
from palermo.corpora.documents.readers import pdf
from palermo.evaluation.anchors import from_right, measure, normalised, second_reading, wrong_runs
from reportlab.pdfgen.canvas import Canvas

ORIGINALS = Path(__file__).parents[3] / "shared" / "originals" / "pdf"
SAMPLE = (
    "fr-exemples-pourvoi-n-23-83-107",
    "eg-legla-550226441",
    "za-peachjam",
    "us-doctor-test-assets-recap-documents-ca9-19",
)
TEXT = [
    "The tribunal held that wilful blind-",
    "ness is knowledge, and that suspicion is",
    "not enough to convict a banker.",
]


def drawn(rotation: int = 0) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(500, 500), invariant=True)
    canvas.setPageRotation(rotation)
    canvas.setFont("Times-Roman", 12)
    for index, text in enumerate(TEXT):
        canvas.drawString(72, 400 - 15 * index, text)
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_true_anchors_are_confirmed_on_pages_turned_any_way(tmp_path: Path, rotation: int) -> None:
    (tmp_path / "a.pdf").write_bytes(drawn(rotation))
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4")
    report = measure(tmp_path, spans=40)
    assert (report.spans, report.equal, report.share) == (40, 40, 1.0)
    assert report.skipped == {"broken.pdf": "broken_document"}


def test_a_box_on_the_next_word_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn())
    document = pdf.read(path.read_bytes(), "a.pdf")
    moved = tuple(
        Run(run.start, run.end, other.locator) for run, other in zip(document.runs, document.runs[1:], strict=False)
    )
    wrong = document.with_(runs=moved)
    seen = dict(second_reading(path, [1]))
    assert len(wrong_runs(wrong, seen, (0, len(wrong.text)))) == len(moved)
    assert wrong_runs(document, seen, (0, len(document.text))) == []


def test_the_same_seed_takes_the_same_spans(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(drawn())
    assert measure(tmp_path, 10, seed=3) == measure(tmp_path, 10, seed=3)


def test_sides_are_compared_without_case_dashes_and_ligatures() -> None:
    assert normalised("Blind-\u00adNess \ufb01", False) == "blindnessfi"
    assert from_right(["1", "2", "\u0628", "\u0627"]) == "\u0627\u062812"


@pytest.mark.shared
@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the folder of originals is not beside the checkout")
def test_anchors_hold_on_real_judgments_and_statutes(tmp_path: Path) -> None:
    for path in ORIGINALS.iterdir():
        if path.name.startswith(SAMPLE):
            (tmp_path / path.name).symlink_to(path)
    report = measure(tmp_path, spans=100)
    assert report.skipped == {}
    assert report.share >= 0.99, report.misses
