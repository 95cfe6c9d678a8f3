"""Promises of format detection: the bytes decide, the name only breaks ties, every refusal says what to do."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from palermo.corpora.documents import detect
from palermo.corpora.documents.readers import DOCX, MODULES, ODT, bare_name, read_bytes, reader_for
from palermo.corpora.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    LimitExceeded,
    PasswordProtected,
    UnsupportedFormat,
)
from palermo.corpora.settings import settings

AKN = '<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><doc/></akomaNtoso>'
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600


def archive(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in members.items():
            file.writestr(name, text)
    return out.getvalue()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"%PDF-1.7\n", "a.txt", "application/pdf"),
        (b"\n\n%PDF-1.4", "a", "application/pdf"),
        (b"{\\rtf1 x}", "a.doc", "application/rtf"),
        (archive({"[Content_Types].xml": f"<Types>{WORD}</Types>", "word/document2.xml": ""}), "a.zip", DOCX),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}), "a", ODT),
        (AKN.encode(), "a.txt", "application/akn+xml"),
        (b"<?xml version='1.0'?><!-- c --><?pi x?>\n" + AKN.encode(), "a.html", "application/akn+xml"),
        (("\ufeff" + AKN).encode("utf-16-le"), "a.xml", "application/akn+xml"),
        (b"<?xml version='1.0'?><Legislation/>", "a.xml", "application/xml"),
        (b"<act xmlns='http://www.akomantoso.org/2.0'/>", "a.xml", "application/akn+xml"),
        (b" \n<!DOCTYPE html>\n<html>", "a.txt", "text/html"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "a.xml", "text/html"),
        (b"<p>The court", "a", "text/html"),
        (b"The <b>court</b>", "a.htm", "text/html"),
        (b"<Name of the accused> was found", "a.txt", "text/plain"),
        (b"[45] The court", "a.txt", "text/plain"),
        (b'[{"text": "a"}]', "a.txt", "application/json"),
        (b'{"text": "a"}\n{"text": "b"}\n', "a.json", "application/x-ndjson"),
        (b'{"text": ', "a.json", "application/json"),
        (b'{"text": ', "a.txt", "text/plain"),
        (b"number,text\n", "a.csv", "text/csv"),
        (b"number\ttext\n", "a.tsv", "text/tab-separated-values"),
        (b"number,text\n", "a.txt", "text/plain"),
        (b"BM and others v Secretary of State", "a.txt", "text/plain"),
        ("Société à l’étranger".encode("cp1252"), "a.txt", "text/plain"),
        ("The court held".encode("utf-16-le"), "a.txt", "text/plain"),
        (b"The court\0 held", "a.txt", "text/plain"),
    ],
)
def test_the_bytes_decide(data: bytes, name: str, expected: str) -> None:
    assert detect.media_type(data, name) == expected


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", EmptyDocument, "nothing"),
        (b"\xef\xbb\xbf \r\n\0", EmptyDocument, "nothing"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, UnsupportedFormat, "OCR"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)), UnsupportedFormat, "JPEG"),
        (b"\x7fELF" + b"\0" * 50, UnsupportedFormat, "program"),
        (b"\x1f\x8b\x08" + b"\0" * 50, UnsupportedFormat, "gzip"),
        (random.Random(7).randbytes(5_000), UnsupportedFormat, "binary"),
        (OLE + "WordDocument".encode("utf-16-le"), UnsupportedFormat, "save it as DOCX"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), PasswordProtected, "password"),
        (OLE, UnsupportedFormat, "DOCX"),
        (archive({"a.txt": "x"}), UnsupportedFormat, "unpack"),
        (archive({"[Content_Types].xml": "spreadsheetml.sheet.main+xml"}), UnsupportedFormat, "spreadsheet"),
        (archive({"word/document.xml": "x" * 500})[:120], BrokenDocument, "truncated"),
        (b"PK\x03\x04" + random.Random(7).randbytes(500), BrokenDocument, "damaged"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(data: bytes, error: type[DocumentError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        detect.media_type(data, "judgment.pdf")
    assert type(caught.value) is error
    assert caught.value.source == "judgment.pdf"


def test_a_wrong_extension_is_a_warning() -> None:
    document = read_bytes(b"<!DOCTYPE html><p>The court</p>", "folder\\judgment.pdf")
    assert (document.name, document.media_type) == ("judgment.pdf", "text/html")
    assert [warning.code for warning in document.warnings] == ["wrong_extension"]
    assert detect.extension_warning("text/plain", "judgment.2020") is None
    assert detect.extension_warning("text/html", "a.xml") is None


def test_a_file_above_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALERMO_DOCUMENT_BYTES", "10")
    settings.cache_clear()
    try:
        with pytest.raises(LimitExceeded, match=r"a\.txt"):
            read_bytes(b"eleven char", "a.txt")
    finally:
        settings.cache_clear()


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\a\\passwd", "pass\0wd", "passwd"])
def test_names_lose_their_folders(name: str) -> None:
    assert bare_name(name) == "passwd"


@pytest.mark.parametrize(
    "media_type", [key for key, module in MODULES.items() if module in ("text", "html", "akn", "records")]
)
def test_a_reader_knows_its_media_types(media_type: str) -> None:
    reader = reader_for(media_type)
    assert media_type in reader.MEDIA_TYPES
    assert reader.EXTRACTOR.partition("/")[2].isdigit()


def test_an_unknown_media_type_has_no_reader() -> None:
    with pytest.raises(UnsupportedFormat):
        reader_for("image/png")


@examples(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.txt", "a.xml", "a.html", "a.json", "a.jsonl", "a.csv", "a"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    refused: DocumentError | None = None
    try:
        media_type = detect.media_type(data, name)
        if MODULES[media_type] in ("text", "html", "akn", "records"):
            reader_for(media_type).read(data, name)
    except DocumentError as error:
        refused = error
    assert refused is None or refused.source == name
