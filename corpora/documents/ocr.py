"""Recognises the text of scanned PDF pages with Tesseract; the PDF reader asks for pages through `recogniser`.

Each page has a process of its own (`ocr_child`): confined like a reading process, it draws the page, becomes Tesseract
and writes a table of words. This process only starts it, keeps its time and the size of what it says, and kills it as
a group. A reading process, which can start nothing, asks the process that started it (`ask_through`, `Desk.answer`).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from palermo.corpora.documents.ocr_languages import DETECTOR, chosen, script_in
from palermo.corpora.documents.ocr_processes import Outcome, run
from palermo.corpora.errors import MissingExtra, ParserFailed
from palermo.corpora.settings import Settings, settings

SLICE = 8
"""Pages that the reader asks for at once: what it holds as tables, and what a failure of the reader itself can cost."""

_TURN = threading.Lock()
"""Held by the document whose pages are recognised: `ocr_workers` is for the whole process, however many documents."""

_PLACE_AND_FORM = ["stdin", "stdout", "--psm", "3", "-c", "tessedit_create_tsv=1"]
_SCRIPT_ONLY = ["stdin", "stdout", "--psm", "0", "-l", DETECTOR]
_HINT = "install tesseract-ocr and tesseract-ocr-<language>, or run OCR over the file first"


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """The tables of `ocr.toml`."""
    text = files("palermo.corpora.documents").joinpath("ocr.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Engine:
    """Tesseract as found.

    Attributes:
        path: of the program.
        version: of the program.
        languages: to use, joined by `+`.
        undecided: whether these are only what a document's languages are chosen from, by its script.
    """

    path: str
    version: str
    languages: str
    undecided: bool = False

    @property
    def name(self) -> str:
        """As it stands in the extractor of a document, e.g. `tesseract/5.3.0(eng)`."""
        return f"tesseract/{self.version}({self.languages})"

    def decided(self, script: str | None) -> Engine:
        """With the languages for a document in this script; None: it is not known."""
        return replace(self, languages="+".join(chosen(self.languages.split("+"), script, rules())), undecided=False)


def engine(limits: Settings | None = None) -> Engine:
    """The Tesseract of the search path, as it runs in confinement.

    Raises:
        MissingExtra: OCR is off, there is none, it does not run, or a language that was set is not installed.
    """
    limits = limits or settings()
    if limits.ocr == "off":
        raise MissingExtra("OCR is off (PALERMO_OCR)", hint=_HINT)
    path = shutil.which("tesseract")
    if path is None:
        raise MissingExtra("Tesseract is not installed", hint=_HINT)
    version, installed = _probed(os.path.realpath(path), os.environ.get("TESSDATA_PREFIX"), limits)
    wanted = limits.ocr_languages.split("+") if limits.ocr_languages else []
    lacking = [code for code in wanted if code not in installed]
    if lacking:
        raise MissingExtra(f"Tesseract lacks {', '.join(lacking)}", hint=f"install tesseract-ocr-{lacking[0]}")
    if wanted:
        return Engine(path, version, "+".join(wanted))
    known = [code for code in rules()["engine"]["languages"] if code in installed]
    if not known:
        raise MissingExtra("Tesseract has no language that Palermo reads", hint="install tesseract-ocr-eng")
    found = Engine(path, version, "+".join(known), undecided=len(known) > rules()["choice"]["most"])
    return found if DETECTOR in installed else found.decided(None)


@lru_cache(maxsize=8)
def _probed(path: str, data: str | None, limits: Settings) -> tuple[str, frozenset[str]]:
    """Version and languages of the program."""
    jobs = {index: _job(path, [option], limits) for index, option in enumerate(("--version", "--list-langs"))}
    answers = run(jobs, None, limits, time.monotonic() + limits.ocr_seconds)
    said = [answer.decode("utf-8", "replace") for _, answer in sorted(answers.items()) if isinstance(answer, bytes)]
    version = re.search(r"tesseract v?(\d[\w.-]{0,30})", said[0]) if len(said) == len(jobs) else None
    if version is None:
        raise MissingExtra("Tesseract is installed but does not run", hint="try `tesseract --list-langs`")
    return version[1], frozenset(line.strip() for line in said[1].splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class Recognised:
    """What came of a slice of pages, by 1-based page number.

    Attributes:
        engine: name of the engine, or None where there is none.
        missing: where there is none, why, and what to do.
        tables: Tesseract's TSV of each page read; "" for a blank one.
        failed: why a page could not be read: an `Outcome` that is no bytes, or "pages" for one beyond `ocr_pages`.
    """

    engine: str | None
    missing: str | None = None
    tables: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    def to_message(self) -> dict[str, Any]:
        """As JSON for a reading process."""
        return {
            "engine": self.engine,
            "missing": self.missing,
            "tables": list(self.tables.items()),
            "failed": list(self.failed.items()),
        }

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Recognised:
        """The slice of `to_message`; it comes from the parent, which is trusted."""
        return cls(message["engine"], message["missing"], dict(message["tables"]), dict(message["failed"]))


class Desk:
    """Recognises pages of one document, slice by slice, within the document's limits; `close` it."""

    def __init__(self, data: bytes, limits: Settings | None = None, name: str | None = None) -> None:
        self._data = data
        self._name = name
        self._limits = limits or settings()
        self._source: int | None = None
        self._engine: Engine | None = None
        self._pages = 0
        self._seconds = 0.0

    def read(self, pages: list[int]) -> Recognised:
        """The tables of pages, 1-based; pages beyond `ocr_pages` and `ocr_document_seconds` fail."""
        try:
            found = self._engine or engine(self._limits)
        except MissingExtra as error:
            return Recognised(None, str(error))
        room = max(0, self._limits.ocr_pages - self._pages)
        self._pages += len(pages)
        failed: dict[int, str] = dict.fromkeys(pages[room:], "pages")
        with _TURN:
            started = time.monotonic()
            found, outcomes = self._recognised(found, pages[:room], started)
            self._seconds += time.monotonic() - started
        tables = {number: _text(outcome) for number, outcome in outcomes.items() if isinstance(outcome, bytes)}
        failed |= {number: outcome for number, outcome in outcomes.items() if isinstance(outcome, str)}
        if any(tables.values()):
            self._engine = found
        return Recognised(found.name, None, tables, failed)

    def _recognised(self, found: Engine, pages: list[int], started: float) -> tuple[Engine, dict[int, Outcome]]:
        """The engine with languages for this document, and what it wrote of each page."""
        deadline = started + self._limits.ocr_document_seconds - self._seconds
        if found.undecided:
            found = self._decided(found, pages, deadline)
        jobs = {number: self._page_job(number, [*_PLACE_AND_FORM, "-l", found.languages], found) for number in pages}
        return found, run(jobs, self._opened(), self._limits, deadline) if jobs else {}

    def answer(self, asked: Any) -> dict[str, Any]:
        """The answer to a reading process, which may have been taken over by the document.

        Raises:
            ParserFailed: not a list of at most `SLICE` different pages, or it asks for more than a reader would.
        """
        whole = isinstance(asked, list) and all(type(number) is int and 0 < number < 1 << 31 for number in asked)
        if not whole or not 0 < len(set(asked)) == len(asked) <= SLICE or self._pages > self._limits.ocr_pages:
            raise ParserFailed("the reading process asked for pages that it can't need", source=self._name)
        return self.read(asked).to_message()

    def close(self) -> None:
        """Forget the document."""
        if self._source is not None:
            os.close(self._source)
            self._source = None

    def _opened(self) -> int:
        """The document as a file without a name or a disk, which nobody can change."""
        if self._source is None:
            self._source = os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            left = memoryview(self._data)
            while left:
                left = left[os.write(self._source, left) :]
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
            fcntl.fcntl(self._source, fcntl.F_ADD_SEALS, seals)
        return self._source

    def _decided(self, found: Engine, pages: list[int], deadline: float) -> Engine:
        """The engine with languages for this document, kept for it once a page had something on it."""
        script, asked = None, 0
        for number in pages:
            jobs = {number: self._page_job(number, _SCRIPT_ONLY, found)}
            outcome = run(jobs, self._opened(), self._limits, deadline)[number]
            if outcome == b"":
                continue  # a blank page
            asked += 1
            script = script_in(outcome, rules()) if isinstance(outcome, bytes) else None
            # A page with too few letters fails at once; what hangs or floods would do so on the next page too.
            if script or asked == rules()["choice"]["pages"] or outcome in {"time", "size", "document_time"}:
                break
        decided = found.decided(script)
        if asked:
            self._engine = decided
        return decided

    def _page_job(self, number: int, arguments: list[str], found: Engine) -> dict[str, Any]:
        job = _job(found.path, arguments, self._limits)
        return {**job, "page": number, "dpi": self._limits.ocr_dpi, "pixels": self._limits.ocr_pixels}


Ask = Callable[[list[int]], Recognised]

_asked: ContextVar[Ask | None] = ContextVar("_asked", default=None)


def ask_through(ask: Ask) -> None:
    """From now on `recogniser` gives `ask`: this process can't start programs, another does it for it."""
    _asked.set(ask)


@contextmanager
def recogniser(data: bytes) -> Iterator[Ask]:
    """What recognises pages (at most `SLICE` at a time) of the document in `data`."""
    ask = _asked.get()
    if ask is not None:
        yield ask
        return
    desk = Desk(data)
    try:
        yield desk.read
    finally:
        desk.close()


def _job(path: str, arguments: list[str], limits: Settings) -> dict[str, Any]:
    """What `ocr_child` is told, as JSON."""
    real, places = os.path.realpath(path), rules()["engine"]
    prefix = os.path.dirname(os.path.dirname(real))
    data = os.environ.get("TESSDATA_PREFIX")
    # A Tesseract outside /usr has its libraries and data beside its own folder.
    own = [] if prefix in {"/", "/usr"} else [os.path.join(prefix, name) for name in ("lib", "share")]
    return {
        "program": real,
        "arguments": arguments,
        "memory": limits.ocr_memory_bytes,
        "seconds": limits.ocr_seconds,
        "run": [real, *places["run"], *own],
        "read": [*places["data"], *([data] if data else [])],
        "environment": {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", **({"TESSDATA_PREFIX": data} if data else {})},
    }


def _text(outcome: Outcome) -> str:
    return outcome.decode("utf-8", "replace") if isinstance(outcome, bytes) else ""
