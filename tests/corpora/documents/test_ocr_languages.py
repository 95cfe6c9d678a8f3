"""A scanned document is recognised in a few languages of its script; a detection that says nothing costs nothing."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from typing import Any

import pypdfium2 as pdfium
import pytest
from palermo.corpora.documents import ocr
from palermo.corpora.documents.ocr_languages import DETECTOR, chosen, script_in
from palermo.corpora.documents.ocr_processes import Outcome
from palermo.corpora.errors import MissingExtra
from palermo.corpora.settings import Settings
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

ALL = ocr.rules()["engine"]["languages"]
MOST = ocr.rules()["choice"]["most"]
LATIN = ocr.rules()["scripts"]["Latin"]
CYRILLIC = b"Page number: 0\nRotate: 0\nScript: Cyrillic\nScript confidence: 4.17\n"
SENTENCES = (
    "13. The accused transferred the money to a company abroad,",
    "knowing that it was the proceeds of a serious crime. He did",
    "so in order to conceal where it came from.",
)


def test_each_language_has_a_script() -> None:
    scripts = ocr.rules()["scripts"]
    assert {code for codes in scripts.values() for code in codes} == set(ALL)
    for codes in scripts.values():
        assert codes == [code for code in ALL if code in codes], "most frequent first"


@pytest.mark.parametrize(
    ("said", "script"),
    [
        (CYRILLIC, "Cyrillic"),
        (CYRILLIC.replace(b"\n", b"\r\n"), "Cyrillic"),
        (CYRILLIC.replace(b"4.17", b"0.10"), None),
        (CYRILLIC.replace(b"4.17", b"nan"), None),
        (CYRILLIC.replace(b"Cyrillic", b"Klingon"), None),
        (CYRILLIC.replace(b"Cyrillic", b"Latin+../../etc"), None),
        (b"Script: Latin\n", None),
        (b"\xff\x00" * 1000, None),
        (b"", None),
    ],
)
def test_only_a_script_that_is_known_and_sure_counts(said: bytes, script: str | None) -> None:
    assert script_in(said, ocr.rules()) == script


@pytest.mark.parametrize(
    ("installed", "script", "expected"),
    [
        (ALL, "Latin", LATIN[:MOST]),
        (ALL, "Cyrillic", ["ukr", "srp", "bul"][:MOST]),
        (ALL, "Han", ["chi_sim"]),
        (ALL, None, ALL[:MOST]),
        (["eng", "fra"], "Cyrillic", ["eng", "fra"]),
        (["eng", "ukr", "fra"], "Cyrillic", ["ukr"]),
    ],
)
def test_the_most_frequent_languages_of_the_script_are_taken(
    installed: list[str], script: str | None, expected: list[str]
) -> None:
    assert chosen(installed, script, ocr.rules()) == expected


Say = Callable[..., list[tuple[int, str]]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Tesseract that answers as told: by page what detection says; recognition says "words", of blank pages nothing."""

    def put(detection: dict[int, Outcome], installed: list[str]) -> list[tuple[int, str]]:
        done: list[tuple[int, str]] = []

        def run(jobs: dict[int, dict[str, Any]], *_: object) -> dict[int, Outcome]:
            answers: dict[int, Outcome] = {}
            for number, job in jobs.items():
                languages = job["arguments"][job["arguments"].index("-l") + 1]
                done.append((number, languages))
                blank = detection.get(number) == b""
                answers[number] = detection[number] if languages == DETECTOR else b"" if blank else b"words"
            return answers

        monkeypatch.setattr(ocr, "run", run)
        monkeypatch.setattr(ocr.shutil, "which", lambda name: "/usr/bin/tesseract")
        monkeypatch.setattr(ocr, "_probed", lambda *_: ("9.9", frozenset(installed)))
        return done

    return put


FEW: Outcome = "failed"
"""What comes of a page with too few letters: Tesseract ends with status 1."""


def test_a_document_is_asked_for_its_script_once(say: Say) -> None:
    done = say({1: b"", 2: FEW, 3: CYRILLIC}, [*ALL, DETECTOR])
    desk = ocr.Desk(b"%PDF", Settings())
    first, second = desk.read([1, 2, 3, 4]), desk.read([5])
    desk.close()
    languages = "+".join(["ukr", "srp", "bul"][:MOST])
    assert first.engine == second.engine == f"tesseract/9.9({languages})"
    assert done == [(1, DETECTOR), (2, DETECTOR), (3, DETECTOR), *[(number, languages) for number in (1, 2, 3, 4, 5)]]


def test_blank_pages_do_not_decide(say: Say) -> None:
    say({1: b"", 2: CYRILLIC}, [*ALL, DETECTOR])
    desk = ocr.Desk(b"%PDF", Settings())
    assert desk.read([1]).tables == {1: ""}
    assert "(ukr" in str(desk.read([2]).engine)
    desk.close()


@pytest.mark.parametrize("said", [FEW, "time", "size", "document_time", b"Script: \xff", b"Script: eng+osd\n"])
def test_a_detection_that_says_nothing_gives_the_most_frequent(say: Say, said: Outcome) -> None:
    done = say(dict.fromkeys(range(1, 9), said), [*ALL, DETECTOR])
    desk = ocr.Desk(b"%PDF", Settings())
    first, second = desk.read(list(range(1, 9))), desk.read([9])
    desk.close()
    assert first.engine == second.engine == f"tesseract/9.9({'+'.join(ALL[:MOST])})"
    pages = ocr.rules()["choice"]["pages"]
    again = said == FEW or isinstance(said, bytes)
    assert [languages for _, languages in done].count(DETECTOR) == (pages if again else 1)


@pytest.mark.parametrize(
    ("installed", "setting", "expected"),
    [
        (ALL, "", "+".join(ALL[:MOST])),
        (["fra", "eng", DETECTOR], "", "eng+fra"),
        ([*ALL, DETECTOR], "fin+eng+ukr+ara+jpn", "fin+eng+ukr+ara+jpn"),
    ],
)
def test_nothing_is_detected_where_nothing_is_to_choose(
    say: Say, installed: list[str], setting: str, expected: str
) -> None:
    done = say({}, installed)
    desk = ocr.Desk(b"%PDF", Settings(ocr_languages=setting))
    assert desk.read([1]).engine == f"tesseract/9.9({expected})"
    desk.close()
    assert done == [(1, expected)]


def test_the_script_of_a_scan_is_told_by_tesseract_itself() -> None:
    try:
        found = ocr.engine(Settings())
    except MissingExtra as error:
        pytest.skip(str(error))
    if not found.undecided or shutil.which("tesseract") is None:
        pytest.skip(f"Tesseract's osd data and more than {MOST} languages are not installed")
    desk = ocr.Desk(scan(), Settings())
    read = desk.read([1])
    desk.close()
    latin = [code for code in found.languages.split("+") if code in LATIN][:MOST]
    assert read.engine == f"tesseract/{found.version}({'+'.join(latin)})"
    assert "proceeds" in read.tables[1]


def scan() -> bytes:
    """A page that is a picture of `SENTENCES`."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=True)
    for index, line in enumerate(SENTENCES):
        canvas.drawString(80, 640 - 18 * index, line)
    canvas.save()
    picture = pdfium.PdfDocument(stream.getvalue())[0].render(scale=200 / 72, grayscale=True).to_pil()
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=True)
    canvas.drawImage(ImageReader(picture), 0, 0, *A4)
    canvas.save()
    return stream.getvalue()
