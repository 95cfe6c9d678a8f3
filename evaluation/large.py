"""Two very large documents, made by code and read: `palermo benchmark large` prints time and peak memory.

A statute of five million characters as plain text, and a judgment of a thousand pages as PDF.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import click
from palermo.evaluation.reading import Reader

CHARACTERS = 5_000_000
PAGES = 1_000
MOST_BYTES = 1 << 30
"""Resident memory that the reading process may need."""

_LINES = 44
_SUBSECTIONS = (
    "A person who converts property, knowing that it is the proceeds of crime, commits an offence.",
    "It is a defence that the person had no reasonable ground to suspect where the property came from.",
    "The court may order that the property be forfeited, but nothing that is owned by somebody else in good faith.",
    "An authority of another State may request assistance under this section in writing.",
)
_TEXT = (
    "the court finds that the accused moved money through several companies and knew that it came from crime while "
    "the defence argues that no link to a predicate offence has been shown by any of the records before us"
)


def statute(characters: int = CHARACTERS) -> bytes:
    """An act of numbered sections, at least so many characters long, as plain text."""
    parts = ["Proceeds of Crime (Consolidation) Act 2020\n"]
    length = len(parts[0])
    section = 0
    while length < characters:
        section += 1
        lines = [f"\n{section}. Offences of kind {section}\n"]
        lines += [f"({number}) {text}\n" for number, text in enumerate(_SUBSECTIONS * 2, 1)]
        parts.append("".join(lines))
        length += len(parts[-1])
    return "".join(parts).encode()


def judgment(pages: int = PAGES) -> bytes:
    """A PDF of so many pages, each full of text in numbered paragraphs, with a running head and a page number."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(pages))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
    ]
    for page in range(pages):
        content = zlib.compress("\n".join(_drawn(page)).encode())
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>"
            % (5 + 2 * page)
        )
        objects.append(b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content))
    return _file(objects)


def _drawn(page: int) -> Iterator[str]:
    """Drawing operators of a page: lines of about 90 characters, a new paragraph every eleven."""
    yield f"BT /F 9 Tf 64 800 Td (The State v Marlow) Tj ET BT /F 9 Tf 290 40 Td ({page + 1}) Tj ET"
    y, text = 770, _TEXT.split()
    for line in range(_LINES):
        first = (page * _LINES + line) * 7 % len(text)
        words = " ".join(text[(first + n) % len(text)] for n in range(16))
        if line % 11 == 0:
            y -= 8
            words = f"{page * (_LINES // 11) + line // 11 + 1}. The matter is that {words}"
        yield f"BT /F 11 Tf 64 {y} Td ({words}{'.' if line % 11 == 10 else ''}) Tj ET"
        y -= 15


def _file(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


@click.command("large")
@click.option("--characters", default=CHARACTERS, show_default=True, help="Length of the statute.")
@click.option("--pages", default=PAGES, show_default=True, help="Pages of the judgment.")
def main(characters: int, pages: int) -> None:
    """Read a statute of 5,000,000 characters and a PDF of 1,000 pages; exit 1 where one fails or needs over 1 GiB."""
    click.echo("| document | bytes | characters | passages | seconds | peak memory |\n|---|---:|---:|---:|---:|---:|")
    good = True
    for name, data in (("statute.txt", statute(characters)), ("judgment.pdf", judgment(pages))):
        reader = Reader()
        reading = reader.read(data, name)
        reader.close()
        if reading.document is None:
            click.echo(str(reading.error), err=True)
            good = False
            continue
        about = f"{len(data):,} | {len(reading.document.text):,} | {len(reading.document.passages):,}"
        click.echo(f"| {name} | {about} | {reading.seconds:.1f} | {reading.peak / 2**20:,.0f} MiB |")
        good = good and reading.peak < MOST_BYTES
    raise SystemExit(0 if good else 1)
