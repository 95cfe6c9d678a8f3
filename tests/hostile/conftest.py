"""What hostile files are made with and judged by: makers, a canary nobody may open, a server nobody may call."""

from __future__ import annotations

import io
import socket
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from palermo.corpora.documents import canary as canaries
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.reading import read_document_safely
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import DocumentError
from palermo.corpora.settings import Settings

GOOD = b"1. The court finds the accused guilty of laundering the proceeds of crime."
LIMITS = {
    "parser_seconds": 120.0,
    "parser_cpu_seconds": 15,
    "parser_memory_bytes": 1_500_000_000,
    "parser_workers": 2,
    "pdf_stream_bytes": 8_000_000,
    "pdf_pages": 1_000,
    "text_characters": 6_000_000,
    "archive_members": 1_000,
    "archive_bytes": 50_000_000,
}
FAULTS = ("the reader failed with", "crashed", "stopped answering", "ended with status", "malformed answer")
"""What `parser_failed` says where a reader is at fault, and not the limits at work."""

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns"

Content = str | bytes
Outcome = Callable[[bytes, str], str]


class Canary(canaries.Canary):
    """The file that no reader may open, and a loopback port that no reader may call; both tell."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "canary.txt")
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)

    @property
    def file_url(self) -> str:
        return self.path.as_uri()

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}/canary"

    def touched(self) -> list[str]:
        """Which of the two were touched since the last call."""
        found = ["the canary file was opened"] if self.opened() else []
        try:
            self._server.accept()[0].close()
            found.append("the server was called")
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        super().close()
        self._server.close()


class Make:
    """Makers of files around the hostile part that a case gives."""

    def __init__(self, canary: Canary) -> None:
        self.file_url, self.http_url, self.path = canary.file_url, canary.http_url, str(canary.path)

    @staticmethod
    def zip(members: dict[str, Content] | Iterable[tuple[str | zipfile.ZipInfo, Content]]) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items() if isinstance(members, dict) else members:
                archive.writestr(name, content)
        return target.getvalue()

    @staticmethod
    def docx_members(body: str = "<w:p><w:r><w:t>Text.</w:t></w:r></w:p>", rels: str = "") -> dict[str, Content]:
        return {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE}/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{rels}</Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{OFFICE}/relationships">'
            f"<w:body>{body}</w:body></w:document>",
        }

    def docx(self, body: str = "<w:p><w:r><w:t>Text.</w:t></w:r></w:p>", rels: str = "", **members: Content) -> bytes:
        parts = {name.replace("__", "/") + ".xml": content for name, content in members.items()}
        return self.zip({**self.docx_members(body, rels), **parts})

    @staticmethod
    def odt_content(body: str) -> str:
        return (
            f'<office:document-content xmlns:office="{ODF}:office:1.0" xmlns:text="{ODF}:text:1.0" '
            f'xmlns:table="{ODF}:table:1.0" xmlns:draw="{ODF}:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink">'
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
        )

    def odt(self, body: str = "<text:p>Text.</text:p>", content: Content | None = None) -> bytes:
        kind = "application/vnd.oasis.opendocument.text"
        return self.zip({"mimetype": kind, "content.xml": content or self.odt_content(body)})

    @staticmethod
    def akn(body: str = "<p>Text.</p>", prolog: str = "", attributes: str = "") -> bytes:
        return (
            f'{prolog}<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0" {attributes}><judgment '
            f'name="x"><judgmentBody><decision>{body}</decision></judgmentBody></judgment></akomaNtoso>'
        ).encode()

    @staticmethod
    def stream(content: bytes, head: bytes = b"", deflate: bool = False) -> bytes:
        if deflate:
            content, head = zlib.compress(content, 9), head + b"/Filter/FlateDecode"
        return b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(content), content)

    @staticmethod
    def pdf(objects: dict[int, bytes], trailer: bytes = b"", root: bytes = b"1 0 R") -> bytes:
        """A PDF of these numbered objects, with a right cross-reference table."""
        out, places = bytearray(b"%PDF-1.7\n"), {}
        for number, content in objects.items():
            places[number] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        start, size = len(out), max(objects) + 1
        out += b"xref\n0 %d\n0000000000 65535 f \n" % size
        for number in range(1, size):
            out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
        out += b"trailer\n<</Size %d/Root %s%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, start)
        return bytes(out)

    def page(
        self,
        content: bytes = b"BT /F 12 Tf 72 700 Td (The court finds the accused guilty.) Tj ET",
        page: bytes = b"",
        catalog: bytes = b"",
        font: bytes = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        contents: bytes | None = None,
        box: bytes = b"[0 0 612 792]",
        more: dict[int, bytes] | None = None,
        trailer: bytes = b"",
    ) -> bytes:
        """A PDF of one page (object 3) with its contents (4) and font (5)."""
        return self.pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
                2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                3: b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>"
                % (box, page),
                4: contents or self.stream(content),
                5: font,
                **(more or {}),
            },
            trailer,
        )

    @staticmethod
    def png(width: int, height: int) -> bytes:
        """A PNG that claims this size and holds nothing of it."""

        def chunk(kind: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    one = Canary(tmp_path_factory.mktemp("outside"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def make(canary: Canary) -> Make:
    return Make(canary)


@pytest.fixture(scope="session")
def hostile_pool() -> Iterator[ParserPool]:
    """Small limits, so that a limit that is meant to stop a file is met soon."""
    pool = ParserPool(limits=Settings(**LIMITS))
    yield pool
    pool.close()


@pytest.fixture
def outcome(hostile_pool: ParserPool, canary: Canary) -> Outcome:
    """Reads a file and says how that ended: "read", or the code of the error; checks every promise on the way."""

    def end(data: bytes, name: str) -> str:
        started = time.monotonic()
        found = _ended(data, name, hostile_pool)
        assert time.monotonic() - started < LIMITS["parser_seconds"] + 5
        assert not canary.touched()
        assert read_document_safely(GOOD, "next.txt", pool=hostile_pool).text == GOOD.decode(), "the batch goes on"
        return found

    return end


def _ended(data: bytes, name: str, pool: ParserPool) -> str:
    result = _result(data, name, pool)
    if isinstance(result, DocumentError):
        _check_error(result)
        return result.code
    assert canaries.WORDS not in repr(result)
    # Metadata may be derived (a date, a State); the parent has checked that their spans are in the text.
    assert check(result.with_(metadata={})) == []
    return "read"


def _result(data: bytes, name: str, pool: ParserPool) -> Document | DocumentError:
    try:
        return read_document_safely(data, name, pool=pool)
    except DocumentError as error:
        return error


def _check_error(error: DocumentError) -> None:
    assert canaries.WORDS not in str(error)
    assert error.message.isprintable()
    assert error.hint
    assert error.source
    assert error.source.isprintable()
    assert not [fault for fault in FAULTS if fault in error.message], error.message
