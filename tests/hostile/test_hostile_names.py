"""Hostile names, files under a wrong name, and files that are two things at once."""

import io
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

TEXT = b"The court finds the accused guilty of laundering."
Outcome = Callable[[bytes, str], str]

NAMES = {
    "empty": "",
    "only an extension": ".txt",
    "a dot": ".",
    "two dots": "..",
    "up": "../../etc/passwd",
    "up with backslashes": "..\\..\\windows\\system.ini",
    "up in percent": "%2e%2e%2fetc%2fpasswd",
    "absolute": "/etc/shadow",
    "a drive": "C:\\boot.ini",
    "a share": "\\\\server\\share\\x.txt",
    "a folder": "folder/",
    "10,000 letters": "x" * 10_000 + ".txt",
    "10,000 dots": "." * 10_000,
    "line ends": "a\r\nSet-Cookie: x\r\n.txt",
    "controls": "a\x00\x07\x1b[2J\x7f.txt",
    "a right-to-left override": "judgment\u202etxt.exe",
    "zero-width": "a\u200b\ufeff.txt",
    "a half character": "a\ud800.txt",
    "reserved": "CON",
    "reserved with an extension": "nul.txt",
    "a stream": "a.txt:hidden",
    "spaces and dots at the end": "a.txt. . ",
    "an option": "--help",
    "a shell": "$(touch x);`id`|a.txt",
    "a script": "<script>alert(1)</script>.txt",
    "a formula": "=cmd|'/C calc'!A0.csv.txt",
    "a format": "{0.__class__}%s%n.txt",
    "emoji": "⚖️.txt",
    "combining marks": "a" + "\u0301" * 5_000 + ".txt",
}


def tar(make: Any) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        link = tarfile.TarInfo("x")
        link.type, link.linkname = tarfile.SYMTYPE, make.path
        archive.addfile(link)
    return target.getvalue()


def html(body: bytes = b"") -> bytes:
    return b"<!DOCTYPE html><html><body><p>" + TEXT + b"</p>" + body + b"</body></html>"


BOTH: dict[str, tuple[str, Callable[[Any], bytes], str]] = {
    "PDF, then DOCX": ("a.pdf", lambda m: m.page() + m.docx(), "read broken_document"),
    "PDF, then DOCX, called DOCX": ("a.docx", lambda m: m.page() + m.docx(), "read broken_document"),
    "DOCX, then PDF": ("a.docx", lambda m: m.docx() + m.page(), "read broken_document"),
    "PDF in the comment of a DOCX": (
        "a.docx",
        lambda m: m.docx()[:-2] + len(m.page()).to_bytes(2, "little") + m.page(),
        "read",
    ),
    "page, then PDF": ("a.html", lambda m: html() + m.page(), "read broken_document"),
    "page before the header of a PDF": (
        "a.pdf",
        lambda m: b"<html><!--" + m.page() + b"--><script>alert(1)</script>",
        "read broken_document empty_document",
    ),
    "PDF that is a page": (
        "a.html",
        lambda m: m.page(b"BT /F 12 Tf 72 700 Td (<html><script>alert\\(1\\)</script>) Tj ET"),
        "read",
    ),
    "GIF that is a script": ("a.gif", lambda m: b"GIF89a/*" + bytes(30) + b"*/=1;alert(1)//", "unsupported_format"),
    "GIF that is a script, as text": ("a.txt", lambda m: b"GIF89a=1;alert('" + TEXT + b"')", "read unsupported_format"),
    "bitmap that is text": ("a.txt", lambda m: b"BM " + TEXT, "read"),
    "JPEG with a page in it": ("a.html", lambda m: b"\xff\xd8\xff\xe0" + html(), "unsupported_format read"),
    "PNG with an archive behind it": ("a.docx", lambda m: m.png(9, 9) + m.docx(), "unsupported_format"),
    "PNG of 2 billion by 2 billion": ("a.png", lambda m: m.png(2**31 - 1, 2**31 - 1), "unsupported_format"),
    "RTF, then archive": ("a.rtf", lambda m: rb"{\rtf1 " + TEXT + b"}" + m.docx(), "read"),
    "RTF in a page": ("a.html", lambda m: b"<html><p>x</p>" + rb"{\rtf1 " + TEXT + b"}", "read"),
    "XML that is JSON": ("a.json", lambda m: b'{"text": "<?xml version=\'1.0\'?><akomaNtoso/>"}', "read"),
    "JSON that is a table": ("a.csv", lambda m: b'["text"]\n["x"]', "read broken_document"),
    "table that is a page": ("a.csv", lambda m: b"text\n" + html(), "read"),
    "script with a header of PDF": ("a.pdf", lambda m: b"#!/bin/sh\n%PDF-1.7\nrm -rf x\n", "read broken_document"),
    "tape archive": ("a.tar", tar, "unsupported_format"),
    "gzip": ("a.txt", lambda m: b"\x1f\x8b\x08" + bytes(99), "unsupported_format"),
    "program": ("a.docx", lambda m: b"\x7fELF" + bytes(999), "unsupported_format"),
    "Java class": ("a.txt", lambda m: b"\xca\xfe\xba\xbe" + bytes(99), "unsupported_format"),
    "database": ("a.csv", lambda m: b"SQLite format 3\0" + bytes(999), "unsupported_format"),
    "spreadsheet called DOCX": (
        "a.docx",
        lambda m: m.zip({"[Content_Types].xml": '<x ContentType="spreadsheetml"/>', "xl/workbook.xml": "<x/>"}),
        "unsupported_format",
    ),
    "Java archive called DOCX": (
        "a.docx",
        lambda m: m.zip({"META-INF/MANIFEST.MF": "x", "A.class": b"\xca\xfe\xba\xbe"}),
        "unsupported_format",
    ),
    "DOCX and ODT in one": (
        "a.odt",
        lambda m: m.zip(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "content.xml": m.odt_content("<text:p>Text.</text:p>"),
                **m.docx_members(),
            }
        ),
        "read",
    ),
    "old Word": (
        "a.docx",
        lambda m: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512) + "WordDocument".encode("utf-16-le"),
        "unsupported_format",
    ),
    "encrypted Word": (
        "a.docx",
        lambda m: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512) + "EncryptedPackage".encode("utf-16-le"),
        "password_protected",
    ),
    "PostScript": ("a.pdf", lambda m: b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n", "unsupported_format"),
    **{
        f"DOCX called {extension}": (f"a.{extension}", lambda m: m.docx(), "read")
        for extension in ("pdf", "txt", "exe", "html")
    },
    **{
        f"PDF called {extension}": (f"a.{extension}", lambda m: m.page(), "read")
        for extension in ("docx", "csv", "json")
    },
    **{
        f"page called {extension}": (f"a.{extension}", lambda m: html(), "read")
        for extension in ("pdf", "rtf", "xml", "docx")
    },
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_hostile_name_is_only_a_name(name: str, outcome: Outcome) -> None:
    assert outcome(TEXT, name) == "read"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_an_error_repeats_no_hostile_name(name: str, outcome: Outcome) -> None:
    assert outcome(b"\x7fELF" + bytes(99), name) == "unsupported_format"


@pytest.mark.parametrize(("name", "build", "expected"), BOTH.values(), ids=BOTH)
def test_a_file_that_is_two_things_or_another_ends_in_text_or_a_reason(
    name: str, build: Callable[[Any], bytes], expected: str, make: Any, outcome: Outcome
) -> None:
    assert outcome(build(make), name) in expected.split()
