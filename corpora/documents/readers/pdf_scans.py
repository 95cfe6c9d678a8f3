"""Reads the scanned pages of a PDF by OCR, slice by slice, and says which could not be read; `readers.pdf` calls it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice

from palermo.corpora.documents import ocr
from palermo.corpora.documents.document import Warning
from palermo.corpora.documents.readers import check_length
from palermo.corpora.documents.readers.pdf_layout.ocr_words import with_text
from palermo.corpora.documents.readers.pdf_layout.scans import Scan
from palermo.corpora.documents.readers.pdf_layout.shapes import Page
from palermo.corpora.settings import settings

_FAILURES = {
    "time": ("ocr_failed", "OCR takes longer than {limits.ocr_seconds:g} s a page"),
    "size": ("ocr_failed", "OCR gives more than {limits.ocr_result_bytes:,} bytes a page"),
    "failed": ("ocr_failed", "OCR failed, perhaps for want of memory"),
    "document_time": ("ocr_limit", "OCR of the document takes longer than {limits.ocr_document_seconds:g} s"),
    "pages": ("ocr_limit", "more than {limits.ocr_pages:,} pages need OCR"),
}


@dataclass(slots=True)
class Recognition:
    """What OCR did to a document.

    Attributes:
        engine: name and version of the engine; None where it added no text.
        warnings: one for each thing to know, with the numbers of its pages.
        hint: where no page has text, what to do.
    """

    engine: str | None = None
    warnings: list[Warning] = field(default_factory=list)
    hint: str | None = None


def recognise(data: bytes, pages: list[Page], scans: list[Scan], name: str) -> Recognition:
    """Put the text of scanned pages into `pages`; a page that can't be read keeps what text it has.

    Raises:
        LimitExceeded: more than `text_characters` with the text found.
    """
    done = Recognition()
    if not scans:
        return done
    places = {page.number: index for index, page in enumerate(pages)}
    characters = sum(page.glyphs for page in pages)
    unread: defaultdict[str, list[int]] = defaultdict(list)
    read: list[int] = []
    with ocr.recogniser(data) as ask:
        waiting = iter(scans[: settings().ocr_pages])
        while part := list(islice(waiting, ocr.SLICE)):
            answer = ask([scan.number for scan in part])
            if answer.engine is None:
                done.hint = answer.missing
                break
            for number, failure in answer.failed.items():
                unread[failure].append(number)
            for scan in part:
                if scan.number not in answer.tables:
                    continue
                index = places[scan.number]
                before = pages[index].glyphs
                pages[index] = with_text(pages[index], scan, answer.tables[scan.number])
                if pages[index].glyphs > before:
                    characters += pages[index].glyphs - before
                    check_length(characters, name)
                    read.append(scan.number)
                    done.engine = answer.engine
    unread["pages"].extend(scan.number for scan in scans[settings().ocr_pages :])
    _judge(done, pages, scans, read, unread)
    return done


def _judge(
    done: Recognition, pages: list[Page], scans: list[Scan], read: list[int], unread: dict[str, list[int]]
) -> None:
    """Say what was read and what was not; of all other scans, a picture without words keeps the reader's warning."""
    if read:
        said = f"{_named(read)} read by OCR, which takes some letters for others."
        done.warnings.append(Warning("text_recognised", said, read[0]))
    if done.hint is not None:
        numbers = [scan.number for scan in scans]
        said = f"{_named(numbers)} not read: an image without a text layer. {done.hint}."
        done.warnings.append(Warning("page_without_text", said, numbers[0]))
    else:
        for failure, numbers in unread.items():
            if numbers:
                code, reason = _FAILURES[failure]
                done.hint = reason.format(limits=settings())
                done.warnings.append(Warning(code, f"{_named(numbers)} not read: {done.hint}.", min(numbers)))
    # A blank sheet lacks nothing; what could not be read has been named.
    named = {number for numbers in unread.values() for number in numbers}
    quiet = {scan.number for scan in scans if scan.sheet or done.hint is not None or scan.number in named}
    for page in pages:
        if page.number in quiet:
            page.drawn = False


def _named(numbers: list[int]) -> str:
    """Page numbers as the subject of a sentence: "Page 3 was", "Pages 1, 4-6 were"."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], number]
        else:
            parts.append([number])
    said = ", ".join("-".join(map(str, part)) for part in parts)
    return f"Pages {said} were" if len(numbers) > 1 else f"Page {said} was"
