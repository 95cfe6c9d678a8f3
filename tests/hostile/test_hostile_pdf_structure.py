"""PDFs of broken or cyclic structure: tables, page trees, lengths, outlines, encryption, truncation."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

Case = tuple[Callable[[Any], bytes], str]
TEXT = b"BT /F 12 Tf 72 700 Td (The court finds the accused guilty.) Tj ET"
NOT_READ = "broken_document no_text_layer"


def pages(tree: bytes, **objects: bytes) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
        font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
        given = {int(key[1:]): value for key, value in objects.items()}
        catalog = b"<</Type/Catalog/Pages 2 0 R>>"
        return bytes(make.pdf({1: catalog, 2: tree, 3: leaf, 4: make.stream(TEXT), 5: font, **given}))

    return build


def replaced(old: bytes, new: bytes) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        data = make.page()
        assert old in data
        return bytes(data.replace(old, new))

    return build


def locked(user: str, algorithm: str) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        from pypdf import PdfReader, PdfWriter

        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make.page())))
        writer.encrypt(user, "owner", algorithm=algorithm)
        target = io.BytesIO()
        writer.write(target)
        return target.getvalue()

    return build


def cut(share: float) -> Callable[[Any], bytes]:
    return lambda make: make.page()[: int(len(make.page()) * share)]


STRUCTURE: dict[str, Case] = {
    "cross-reference at a wrong place": (replaced(b"startxref\n", b"startxref\n9"), "read broken_document"),
    "cross-reference before the start": (replaced(b"startxref\n", b"startxref\n-"), "read broken_document"),
    "cross-reference absent": (replaced(b"xref\n0 6", b"yref\n0 6"), "read broken_document"),
    "cross-reference of a billion objects": (replaced(b"xref\n0 6", b"xref\n0 1000000000"), "read broken_document"),
    "cross-reference with offsets beyond the end": (replaced(b"0000000009", b"9999999999"), "read broken_document"),
    "all objects at one place": (
        lambda m: bytes(re.sub(rb"\d{10} 00000 n", b"0000000009 00000 n", m.page())),
        "read broken_document",
    ),
    "size of the table wrong": (replaced(b"/Size 6", b"/Size 2147483647"), "read broken_document"),
    "size of the table negative": (replaced(b"/Size 6", b"/Size -1"), "read broken_document"),
    "earlier table is this table": (lambda m: m.page(trailer=b"/Prev 9"), "read broken_document"),
    "earlier table in a circle": (
        lambda m: m.page().replace(b"/Root", b"/Prev %d/Root" % m.page().index(b"xref\n0")),
        "read broken_document",
    ),
    "root absent": (replaced(b"/Root 1 0 R", b""), "read broken_document"),
    "root is a page": (replaced(b"/Root 1 0 R", b"/Root 3 0 R"), "read broken_document"),
    "root is itself": (lambda m: m.pdf({1: b"1 0 R"}), "broken_document"),
    "root is a number": (replaced(b"/Root 1 0 R", b"/Root 7"), "read broken_document"),
    "page tree is its own child": (pages(b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), NOT_READ),
    "page tree in a circle": (
        pages(
            b"<</Type/Pages/Kids[6 0 R 3 0 R]/Count 2>>",
            o6=b"<</Type/Pages/Kids[7 0 R]/Count 1/Parent 7 0 R>>",
            o7=b"<</Type/Pages/Kids[6 0 R]/Count 1/Parent 6 0 R>>",
        ),
        "read broken_document",
    ),
    "page tree with a billion pages": (
        pages(b"<</Type/Pages/Kids[3 0 R]/Count 1000000000>>"),
        "read limit_exceeded broken_document",
    ),
    "page tree with minus one page": (pages(b"<</Type/Pages/Kids[3 0 R]/Count -1>>"), "read broken_document"),
    "one page 1,001 times": (pages(b"<</Type/Pages/Kids[" + b"3 0 R " * 1_001 + b"]/Count 1001>>"), "limit_exceeded"),
    "page tree nested 5,000 deep": (
        pages(
            b"<</Type/Pages/Kids[10 0 R]/Count 1>>",
            **{
                f"o{n}": b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>"
                % (n + 1 if n < 5_009 else 3, n - 1 if n > 10 else 2)
                for n in range(10, 5_010)
            },
        ),
        "read broken_document no_text_layer",
    ),
    "page is a number": (pages(b"<</Type/Pages/Kids[7 8 9]/Count 3>>"), NOT_READ),
    "no pages": (pages(b"<</Type/Pages/Kids[]/Count 0>>"), NOT_READ),
    "arrays nested 100,000 deep": (lambda m: m.page(more={6: b"[" * 100_000 + b"]" * 100_000}), "read broken_document"),
    "arrays nested in the catalog": (
        lambda m: m.page(catalog=b"/X" + b"[" * 100_000 + b"]" * 100_000),
        "read broken_document",
    ),
    "dictionaries nested 50,000 deep": (
        lambda m: m.page(catalog=b"/X" + b"<</A" * 50_000 + b"1" + b">>" * 50_000),
        "read broken_document",
    ),
    "an object in the trailer never closed": (
        lambda m: m.page(trailer=b"/X[(" + b"(" * 100_000),
        "read broken_document",
    ),
    "a length that is itself": (
        lambda m: m.page(contents=b"<</Length 4 0 R>>stream\n" + TEXT + b"\nendstream"),
        "read " + NOT_READ,
    ),
    "a length in a circle": (
        lambda m: m.page(
            contents=b"<</Length 6 0 R>>stream\n" + TEXT + b"\nendstream", more={6: b"7 0 R", 7: b"6 0 R"}
        ),
        "read " + NOT_READ,
    ),
    "a length of two billion": (
        lambda m: m.page(contents=b"<</Length 2147483647>>stream\n" + TEXT + b"\nendstream"),
        "read " + NOT_READ,
    ),
    "a length of minus one": (
        lambda m: m.page(contents=b"<</Length -1>>stream\n" + TEXT + b"\nendstream"),
        "read " + NOT_READ,
    ),
    "objects in a stream that is itself": (
        lambda m: m.page(more={6: m.stream(b"6 0 7 9 <<>> <<>>", b"/Type/ObjStm/N 1000000000/First 10/Extends 6 0 R")}),
        "read broken_document",
    ),
    "contents that are the page": (replaced(b"/Contents 4 0 R", b"/Contents 3 0 R"), NOT_READ),
    "contents 20,000 times": (replaced(b"/Contents 4 0 R", b"/Contents[" + b"4 0 R " * 20_000 + b"]"), "read"),
    "annotations in a circle": (replaced(b"/Contents 4 0 R", b"/Contents 4 0 R/Annots[3 0 R 3 0 R]"), "read"),
    "outline in a circle": (
        lambda m: m.page(
            catalog=b"/Outlines 6 0 R",
            more={
                6: b"<</First 7 0 R/Last 7 0 R>>",
                7: b"<</Title(x)/Next 7 0 R/Prev 7 0 R/First 6 0 R/Parent 6 0 R>>",
            },
        ),
        "read",
    ),
    "names in a circle": (
        lambda m: m.page(catalog=b"/Names<</Dests 6 0 R>>", more={6: b"<</Kids[6 0 R 6 0 R]>>"}),
        "read",
    ),
    "structure in a circle": (
        lambda m: m.page(
            catalog=b"/StructTreeRoot 6 0 R/MarkInfo<</Marked true>>",
            more={6: b"<</Type/StructTreeRoot/K[6 0 R]/ParentTree 6 0 R>>"},
        ),
        "read",
    ),
    "title that turns, with NUL and a surrogate": (
        lambda m: m.page(trailer=b"/Info 6 0 R", more={6: b"<</Title<FEFF202E00000041D8000042004300440045>>>"}),
        "read",
    ),
    "title of 1 MB": (
        lambda m: m.page(trailer=b"/Info 6 0 R", more={6: b"<</Title(" + b"Title " * 200_000 + b")>>"}),
        "read",
    ),
    "title is the file": (lambda m: m.page(trailer=b"/Info 6 0 R", more={6: b"<</Title 6 0 R>>"}), "read"),
    "nothing after the header": (lambda m: b"%PDF-1.7\n", "broken_document"),
    "header of a version to come": (replaced(b"%PDF-1.7", b"%PDF-9.9"), "read broken_document"),
    "header behind 900 bytes": (lambda m: b"\n" * 900 + m.page(), "read broken_document"),
    "a million ends": (lambda m: m.page() + b"%%EOF\n" * 200_000, "read broken_document"),
    "zeros behind the end": (lambda m: m.page() + bytes(1_000_000), "read broken_document"),
    "two files in one": (lambda m: m.page() + m.page(), "read broken_document"),
    "encrypted, asks for a password": (locked("secret", "RC4-128"), "password_protected"),
    "encrypted, of another algorithm": (
        replaced(b"/Root 1 0 R", b"/Encrypt<</Filter/Standard/V 99/R 99/O(x)/U(y)/P -1>>/Root 1 0 R"),
        "password_protected broken_document",
    ),
    "encrypted by itself": (
        replaced(b"/Root 1 0 R", b"/Encrypt 1 0 R/Root 1 0 R"),
        "password_protected broken_document",
    ),
    "encryption beyond the end": (
        replaced(b"/Root 1 0 R", b"/Encrypt 99 0 R/Root 1 0 R"),
        "read password_protected broken_document",
    ),
    **{
        f"cut at {percent} %": (cut(percent / 100), "read broken_document no_text_layer")
        for percent in (2, 10, 25, 40, 55, 70, 85, 98)
    },
}


@pytest.mark.parametrize(("build", "expected"), STRUCTURE.values(), ids=STRUCTURE)
def test_a_pdf_of_broken_structure_ends_in_text_or_a_reason(
    build: Callable[[Any], bytes], expected: str, make: Any, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(make), "judgment.pdf") in expected.split()
