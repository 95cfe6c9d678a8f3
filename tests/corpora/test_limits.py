"""Every limit on what is read: its default, and that a document beyond it is refused with a reason."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from palermo.corpora.documents.fuzz_seeds import seeds
from palermo.corpora.documents.reading import read_document
from palermo.corpora.errors import DocumentError
from palermo.corpora.settings import Settings, settings

SEEDS = seeds()
DEFAULTS = {
    "request_bytes": 60_000_000,
    "request_files": 10,
    "document_bytes": 60_000_000,
    "text_characters": 20_000_000,
    "archive_members": 10_000,
    "archive_bytes": 500_000_000,
    "archive_ratio": 100,
    "pdf_pages": 10_000,
    "pdf_stream_bytes": 75_000_000,
    "xml_depth": 256,
    "parser_seconds": 120,
    "parser_cpu_seconds": 120,
}
PREFIXES = ("document_", "text_", "archive_", "pdf_", "xml_")


def padded_docx() -> bytes:
    """A DOCX whose text is mostly white space: it inflates to over a hundred times its size, and over 2 MB."""
    source = zipfile.ZipFile(io.BytesIO(SEEDS["docx"][0]))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                content = content.replace(b"</w:body>", b" " * 2_000_000 + b"</w:body>")
            archive.writestr(name, content)
    return target.getvalue()


def two_pages() -> bytes:
    import pypdfium2 as pdfium

    made, page = pdfium.PdfDocument.new(), pdfium.PdfDocument(SEEDS["pdf"][0])
    for _ in range(2):
        made.import_pages(page, [0])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def long_stream() -> bytes:
    content = zlib.compress(b" " * 1_000_000)
    return SEEDS["pdf"][0] + b"\n99 0 obj\n<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n" % (
        len(content),
        content,
    )


def nested() -> bytes:
    depth = 12
    inner = "<section>" * depth + "<p>Text.</p>" + "</section>" * depth
    return f"<akomaNtoso><act><body>{inner}</body></act></akomaNtoso>".encode()


CASES: list[tuple[str, int, str, bytes]] = [
    *(("document_bytes", 100, name, files[0]) for name, files in SEEDS.items()),
    *(("text_characters", 50, name, files[0]) for name, files in SEEDS.items()),
    ("archive_members", 2, "docx", SEEDS["docx"][0]),
    ("archive_bytes", 1_000, "docx", SEEDS["docx"][0]),
    ("archive_bytes", 1_000, "odt", SEEDS["odt"][0]),
    ("archive_ratio", 2, "docx", padded_docx()),
    ("pdf_pages", 1, "pdf", two_pages()),
    ("pdf_stream_bytes", 100_000, "pdf", long_stream()),
    ("xml_depth", 10, "xml", nested()),
]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    name, value = request.param
    monkeypatch.setenv(f"PALERMO_{name.upper()}", str(value))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(
    ("limited", "extension", "data"),
    [((name, value), extension, data) for name, value, extension, data in CASES],
    indirect=["limited"],
    ids=[f"{name}-{extension}" for name, _, extension, _ in CASES],
)
def test_a_document_beyond_a_limit_is_refused(limited: Any, extension: str, data: bytes) -> None:
    with pytest.raises(DocumentError) as refused:
        read_document(data, f"large.{extension}")
    assert refused.value.code in ("limit_exceeded", "unsafe_document")
    assert refused.value.source == f"large.{extension}"
    assert refused.value.hint


@pytest.mark.parametrize(("extension", "data"), [("docx", SEEDS["docx"][0]), ("pdf", two_pages()), ("xml", nested())])
def test_the_same_documents_are_read_within_the_limits(extension: str, data: bytes) -> None:
    assert read_document(data, f"large.{extension}").text.strip()


def test_every_limit_on_documents_is_tried() -> None:
    assert {name for name, *_ in CASES} == {name for name in Settings.model_fields if name.startswith(PREFIXES)}


def test_the_defaults_are_those_that_are_promised() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert {name: defaults[name] for name in DEFAULTS} == DEFAULTS
