"""Do a PDF's anchors point at the words that they claim? A second extractor (pdfminer.six) says what is in the boxes.

Run `python -m palermo.evaluation.anchors FOLDER`; `measure` is what it calls. Needs the extra `[dev]`.
"""

from __future__ import annotations

import math
import os
import random
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from palermo.corpora.documents.document import Document, Run
from palermo.corpora.documents.readers import pdf
from palermo.corpora.errors import DocumentError, MissingExtra

Box = tuple[float, float, float, float]

SHORTEST, LONGEST = 3, 30
CELL = 12.0
CONTEXT = 40
DASHES = frozenset("-‐‑‒–—―−_\u00ad\u0640\ufffd")
ALIKE = str.maketrans("\u06cc\u06a9", "\u064a\u0643")  # Persian yeh and kaf, which share shapes with the Arabic ones
MIRROR = str.maketrans("()[]{}<>«»‹›“”", "(([[{{<<««‹‹““")
SEPARATORS = frozenset(",./:")


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """How many spans the second extractor confirms.

    Attributes:
        spans: spans tried.
        equal: spans whose words, normalised, are those inside their boxes.
        documents: name -> (spans, equal).
        skipped: names of files that can't be read, with the error's code.
        misses: (name, start, end) of each span that differs; offsets into the canonical text.
    """

    spans: int
    equal: int
    documents: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    misses: tuple[tuple[str, int, int], ...] = ()

    @property
    def share(self) -> float:
        """Share of spans confirmed, 0 to 1; 1 where none was tried."""
        return self.equal / self.spans if self.spans else 1.0

    def joined(self, other: AnchorReport) -> AnchorReport:
        """Both reports as one."""
        documents = dict(self.documents)
        for name, (spans, equal) in other.documents.items():
            before = documents.get(name, (0, 0))
            documents[name] = (before[0] + spans, before[1] + equal)
        return AnchorReport(
            self.spans + other.spans,
            self.equal + other.equal,
            documents,
            {**self.skipped, **other.skipped},
            self.misses + other.misses,
        )


@dataclass(frozen=True, slots=True)
class Glyph:
    """What the second extractor calls a character, in the page's user space; `along` orders glyphs of one line."""

    text: str
    x: float
    y: float
    along: float


Grid = dict[tuple[int, int], list[Glyph]]


def measure(folder: Path, spans: int = 2000, seed: int = 0) -> AnchorReport:
    """Take `spans` random spans of 3 to 30 words over all PDFs below `folder`, equally many a document, and check each.

    Both sides are normalised: NFKC, lower case, no white space, dashes, tatweel or unmapped glyphs; in right-to-left
    words brackets and quotes count without their direction, and vowel signs don't count; digits count by value.
    The same seed gives the same spans.

    Raises:
        MissingExtra: pdfminer.six is not installed.
    """
    if find_spec("pdfminer") is None:
        raise MissingExtra("checking anchors needs pdfminer.six", hint="pip install 'palermo[dev]'")
    report = AnchorReport(0, 0)
    files = sorted(folder.rglob("*.pdf"), key=lambda path: (path.stat().st_size, path.name), reverse=True)
    turns = 0
    while files and report.spans < spans:
        # What unreadable files leave over goes to the others, in a second turn.
        readable = []
        left = spans - report.spans
        for index, path in enumerate(files):
            taken = _check(path, left * (index + 1) // len(files) - left * index // len(files), f"{seed} {turns}")
            report = report.joined(taken)
            if path.name not in taken.skipped:
                readable.append(path)
        files = readable
        turns += 1
    return report


def _check(path: Path, count: int, seed: str) -> AnchorReport:
    try:
        document = pdf.read(path.read_bytes(), path.name)
        chosen = _choose(document, count, random.Random(f"{seed} {path.name}"))  # noqa: S311
        wrong = wrong_spans(document, path, chosen)
    except DocumentError as error:
        return AnchorReport(0, 0, skipped={path.name: error.code})
    except _second_errors():
        return AnchorReport(0, 0, skipped={path.name: "second_extractor_failed"})
    right = len(chosen) - len(wrong)
    misses = tuple((path.name, start, end) for start, end in wrong)
    return AnchorReport(len(chosen), right, {path.name: (len(chosen), right)}, misses=misses)


def _second_errors() -> tuple[type[Exception], ...]:
    from pdfminer.pdftypes import PDFException
    from pdfminer.psexceptions import PSException

    return (PSException, PDFException)


def _choose(document: Document, count: int, generator: random.Random) -> list[tuple[int, int]]:
    runs = document.runs
    chosen = []
    for _ in range(count):
        length = min(generator.randint(SHORTEST, LONGEST), len(runs))
        first = generator.randint(0, len(runs) - length)
        chosen.append((runs[first].start, runs[first + length - 1].end))
    return chosen


def wrong_spans(document: Document, path: Path, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans whose boxes hold other words than the text says."""
    pages = {run.locator["page"] for start, end in spans for run in document.runs_of(start, end)}
    seen = dict(second_reading(path, pages))
    return [span for span in spans if wrong_runs(document, seen, span)]


def wrong_runs(document: Document, seen: dict[int, Grid], span: tuple[int, int]) -> list[Run]:
    """The runs of a span whose boxes hold other words than the text says."""
    pairs = []
    for run in document.runs_of(*span):
        word = document.text[run.start : run.end]
        rtl = _reads_leftwards(document.text, run)
        held = inside(run, seen.get(run.locator["page"], {}), rtl)
        pairs.append((run, normalised(word, rtl), normalised(held, rtl)))
    return [run for run, word, held in pairs if word != held]


def inside(run: Run, page: Grid, rtl: bool) -> str:
    """What the second extractor has inside a run's box: glyphs whose centre lies in it, in reading order."""
    x0, y0, x1, y1 = run.locator["box"]
    glyphs = [
        glyph
        for column in range(int(x0 // CELL), int(x1 // CELL) + 1)
        for row in range(int(y0 // CELL), int(y1 // CELL) + 1)
        for glyph in page.get((column, row), ())
        if x0 <= glyph.x <= x1 and y0 <= glyph.y <= y1
    ]
    glyphs.sort(key=lambda glyph: glyph.along)
    return from_right([glyph.text for glyph in glyphs]) if rtl else "".join(glyph.text for glyph in glyphs)


def from_right(texts: list[str]) -> str:
    """Glyphs from left to right as a right-to-left word: turned, but for numbers and Latin letters."""
    pieces: list[str] = []
    run: list[str] = []
    for index, text in enumerate(reversed(texts)):
        digits = bool(run) and run[0].isdigit() and texts[-index - 2 : -index - 1] and texts[-index - 2].isdigit()
        if text[:1].isdigit() or (text in SEPARATORS and digits) or (text[:1].isalpha() and not is_rtl(text)):
            run.insert(0, text)
            continue
        pieces.extend(run)
        run = []
        pieces.append(text)
    return "".join(pieces + run)


def _reads_leftwards(text: str, run: Run) -> bool:
    """Whether a word stands in right-to-left text: its own letters say so, or, if it has none, those around it."""
    word = text[run.start : run.end]
    if any(character.isalpha() for character in word):
        return is_rtl(word)
    around = text[max(0, run.start - CONTEXT) : run.end + CONTEXT]
    return 2 * sum(is_rtl(c) for c in around) > sum(c.isalpha() for c in around)


@lru_cache(maxsize=65536)
def is_rtl(text: str) -> bool:
    """Whether a text has a letter of a right-to-left script."""
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


@lru_cache(maxsize=65536)
def normalised(text: str, rtl: bool) -> str:
    """Text as compared: see `measure`."""
    text = "".join(
        str(unicodedata.digit(c, c)) for c in unicodedata.normalize("NFKC", text).casefold().translate(ALIKE)
    )
    if rtl:
        text = "".join(c for c in text.translate(MIRROR) if not unicodedata.combining(c))
    return "".join(c for c in text if c not in DASHES and not c.isspace() and unicodedata.category(c)[0] not in "CZ")


def second_reading(path: Path, pages: Iterable[int]) -> Iterator[tuple[int, Grid]]:
    """Pages (1-based) as pdfminer.six reads them: glyphs by the cell of a grid that their centre lies in."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage

    wanted = set(pages)
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=None)
    interpreter = PDFPageInterpreter(resources, device)
    with path.open("rb") as stream:
        for number, page in enumerate(PDFPage.get_pages(stream), start=1):
            if number not in wanted:
                continue
            interpreter.process_page(page)
            grid: defaultdict[tuple[int, int], list[Glyph]] = defaultdict(list)
            for glyph in _glyphs(device.get_result(), page.mediabox, page.rotate % 360):
                grid[(int(glyph.x // CELL), int(glyph.y // CELL))].append(glyph)
            yield number, dict(grid)


def _glyphs(item: Any, box: Box, rotate: int) -> Iterator[Glyph]:
    from pdfminer.layout import LTChar, LTContainer

    if isinstance(item, LTChar):
        x, y = (item.x0 + item.x1) / 2, (item.y0 + item.y1) / 2
        text = "\ufffd" if item.get_text().startswith("(cid:") else item.get_text()
        scale = math.hypot(item.matrix[0], item.matrix[1]) or 1.0
        across, up = item.matrix[0] / scale, item.matrix[1] / scale
        yield Glyph(text, *_user_space(x, y, box, rotate), x * across + y * up)
    elif isinstance(item, LTContainer):
        for child in item:
            yield from _glyphs(child, box, rotate)


def _user_space(x: float, y: float, box: Box, rotate: int) -> tuple[float, float]:
    # pdfminer turns pages upright and moves their corner to the origin.
    x0, y0, x1, y1 = box
    return {0: (x + x0, y + y0), 90: (x1 - y, x + y0), 180: (x1 - x, y1 - y), 270: (y + x0, y1 - x)}[rotate]


def main(arguments: list[str]) -> int:
    """Print the report for a folder; 0 where at least 99 in 100 spans hold, else 1.

    Scanned pages are left out: what OCR recognised on them is in no text layer that a second extractor could read.
    """
    os.environ["PALERMO_OCR"] = "off"
    report = measure(Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 2000)
    for name, (spans, equal) in sorted(report.documents.items()):
        sys.stdout.write(f"{name}\t{equal}/{spans}\n")
    for name, code in sorted(report.skipped.items()):
        sys.stdout.write(f"{name}\t{code}\n")
    sys.stdout.write(f"{report.equal} of {report.spans} spans hold: {100 * report.share:.2f} %\n")
    return 0 if report.share >= 0.99 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
