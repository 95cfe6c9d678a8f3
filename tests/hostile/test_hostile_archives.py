"""Archives made to hurt: bombs, lying headers, names that lead elsewhere, truncation."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest

ZEROS = bytes(20_000_000)
XML_BOMB = b"<w:p/>" * 3_000_000


def with_member(name: str, content: Any = b"x") -> Callable[[Any], bytes]:
    return lambda make: make.zip([*make.docx_members().items(), (name, content)])


def with_main(content: Any) -> Callable[[Any], bytes]:
    return lambda make: make.zip({**make.docx_members(), "word/document.xml": content})


def compressed_as(method: int) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", method) as archive:
            for name, content in make.docx_members().items():
                archive.writestr(name, content)
        return target.getvalue()

    return build


def patched(change: Callable[[bytearray, int, int], object]) -> Callable[[Any], bytes]:
    """A DOCX after `change(data, place of the last local header, place of the last directory entry)`."""

    def build(make: Any) -> bytes:
        data = bytearray(make.docx())
        change(data, data.rindex(b"PK\3\4"), data.rindex(b"PK\1\2"))
        return bytes(data)

    return build


def put(offset: int, form: str, value: int, where: str = "directory") -> Callable[[Any], bytes]:
    def change(data: bytearray, local: int, directory: int) -> None:
        struct.pack_into(form, data, (directory if where == "directory" else local) + offset, value)

    return patched(change)


def method_everywhere(number: int) -> Callable[[Any], bytes]:
    def change(data: bytearray, local: int, directory: int) -> None:
        struct.pack_into("<H", data, local + 8, number)
        struct.pack_into("<H", data, directory + 10, number)

    return patched(change)


def overlapping(make: Any, copies: int = 200) -> bytes:
    """One local file, many directory entries that all point at it (Fifield 2019, "A better zip bomb")."""
    kernel = zlib.compressobj(9, wbits=-15)
    content = kernel.compress(bytes(1_000_000)) + kernel.flush()
    sizes = (zlib.crc32(bytes(1_000_000)), len(content), 1_000_000)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, *sizes, 4, 0) + b"0000" + content
    entries = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, *sizes, 4, 0, 0, 0, 0, 0, 0) + b"%04d" % number
        for number in range(copies)
    )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, copies, copies, len(entries), len(local), 0)
    return local + entries + end


def overlapping_docx(make: Any) -> bytes:
    """All members of a DOCX at the place of its first."""
    data = bytearray(make.docx())
    place = data.find(b"PK\1\2")
    while place >= 0:
        struct.pack_into("<I", data, place + 42, 0)
        place = data.find(b"PK\1\2", place + 4)
    return bytes(data)


def nested(make: Any, depth: int = 12) -> bytes:
    data = make.docx()
    for _ in range(depth):
        data = make.zip({"word/document.xml": data})
    return bytes(data)


def symlink(make: Any) -> bytes:
    link = zipfile.ZipInfo("word/document.xml")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    members = make.docx_members()
    members.pop("word/document.xml")
    return bytes(make.zip([*members.items(), (link, make.path)]))


def lying_size(make: Any) -> bytes:
    """A main part that inflates to 20 MB and says 40 bytes, in both headers."""
    data = bytearray(make.zip([*make.docx_members().items(), ("word/styles.xml", ZEROS)]))
    data = bytearray(make.zip({**make.docx_members(), "word/document.xml": XML_BOMB}))
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", data, data.rindex(signature) + offset, 40)
    return bytes(data)


def rels_to(target: str, kind: str = "officeDocument") -> Callable[[Any], bytes]:
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type='
        f'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
        "</Relationships>"
    )
    member = "_rels/.rels" if kind == "officeDocument" else "word/_rels/document.xml.rels"
    return lambda make: make.zip({**make.docx_members(), member: relation})


def cut(share: float) -> Callable[[Any], bytes]:
    return lambda make: make.docx()[: int(len(make.docx()) * share)]


def two_ends(make: Any) -> bytes:
    """An archive in the comment of an archive: readers that look from either end see different files."""
    inner = make.docx("<w:p><w:r><w:t>Inner.</w:t></w:r></w:p>")
    data = bytearray(make.docx())
    struct.pack_into("<H", data, len(data) - 2, len(inner))
    return bytes(data) + bytes(inner)


CASES: dict[str, tuple[str, Callable[[Any], bytes], str]] = {
    "bomb in the main part": ("a.docx", with_main(XML_BOMB), "unsafe_document"),
    "bomb of zeros in the main part": ("a.docx", with_main(ZEROS), "unsafe_document broken_document"),
    "bomb in a part nobody reads": ("a.docx", with_member("word/media/image1.png", ZEROS), "read unsafe_document"),
    "bomb in the content types": ("a.docx", with_member("docProps/core.xml", XML_BOMB), "unsafe_document"),
    "bomb in the styles": (
        "a.odt",
        lambda m: m.zip(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "content.xml": m.odt_content("<text:p>T</text:p>"),
                "styles.xml": XML_BOMB,
            }
        ),
        "unsafe_document",
    ),
    "bomb behind a small size": ("a.docx", lying_size, "unsafe_document broken_document"),
    "total beyond the limit": (
        "a.docx",
        lambda m: m.zip([*m.docx_members().items(), *((f"word/media/{n}", ZEROS) for n in range(3))]),
        "limit_exceeded",
    ),
    "bomb of overlapping members": ("a.zip", overlapping, "unsupported_format"),
    "bomb of overlapping members called DOCX": ("a.docx", overlapping, "unsupported_format unsafe_document"),
    "DOCX whose members overlap": ("a.docx", overlapping_docx, "unsafe_document broken_document"),
    "archives in archives": ("a.docx", nested, "unsafe_document broken_document"),
    "archive as main part": (
        "a.docx",
        lambda m: m.zip({**m.docx_members(), "word/document.xml": m.docx()}),
        "unsafe_document",
    ),
    "Office container as main part": (
        "a.docx",
        with_main(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)),
        "unsafe_document broken_document",
    ),
    "too many members": (
        "a.docx",
        lambda m: m.zip([*m.docx_members().items(), *((f"x/{n}", b"") for n in range(1_001))]),
        "limit_exceeded",
    ),
    "name up": ("a.docx", with_member("../../etc/cron.d/x"), "unsafe_document"),
    "name up in the middle": ("a.docx", with_member("word/../../x"), "unsafe_document"),
    "name up with backslashes": ("a.docx", with_member("..\\..\\x.exe"), "unsafe_document"),
    "absolute name": ("a.docx", with_member("/etc/passwd"), "unsafe_document"),
    "name with a drive": ("a.docx", with_member("C:/Windows/x.dll"), "unsafe_document"),
    "name on a share": ("a.docx", with_member("\\\\server\\share\\x"), "unsafe_document"),
    "name with a stream": ("a.docx", with_member("x:$DATA"), "unsafe_document"),
    "name with NUL": (
        "a.docx",
        patched(lambda data, local, directory: data.__setitem__(slice(directory + 46, directory + 50), b"a\0b/")),
        "unsafe_document broken_document unsupported_format",
    ),
    "name with line ends": ("a.docx", with_member("word/a\r\nb\x1b[31m"), "read"),
    "name that turns right to left": ("a.docx", with_member("word/\u202efdp.exe"), "read"),
    "name of 60,000 characters": ("a.docx", with_member("x" * 60_000), "read"),
    "name in no encoding": (
        "a.docx",
        patched(lambda data, local, directory: data.__setitem__(slice(directory + 46, directory + 48), b"\xff\xfe")),
        "unsupported_format broken_document",
    ),
    "reserved names": ("a.docx", with_member("CON"), "read"),
    "the same name twice": (
        "a.docx",
        lambda m: m.zip([*m.docx_members().items(), ("word/Document.xml", b"<x/>")]),
        "unsafe_document",
    ),
    "symbolic link as main part": ("a.docx", symlink, "unsafe_document"),
    "folder as main part": (
        "a.docx",
        lambda m: m.zip([("[Content_Types].xml", ""), ("word/document.xml/", b"")]),
        "unsupported_format broken_document",
    ),
    "encrypted flag": ("a.docx", put(8, "<H", 1), "password_protected"),
    "strong encryption flag": ("a.docx", put(8, "<H", 0x41), "password_protected"),
    "encrypted only in the local header": ("a.docx", put(6, "<H", 1, "local"), "password_protected read"),
    "wrong checksum": ("a.docx", put(16, "<I", 1), "broken_document"),
    "local header elsewhere": ("a.docx", put(42, "<I", 0xFFFFFF), "broken_document unsafe_document"),
    "local name differs": (
        "a.docx",
        patched(lambda data, local, directory: data.__setitem__(slice(local + 30, local + 34), b"evil")),
        "broken_document",
    ),
    "compressed size too small": ("a.docx", put(20, "<I", 5), "broken_document"),
    "compressed size beyond the end": ("a.docx", put(20, "<I", 0x7FFFFFFF), "read broken_document"),
    "size of 4 GB": ("a.docx", put(24, "<I", 0xFFFFFFFE), "limit_exceeded"),
    "64-bit size without its field": ("a.docx", put(24, "<I", 0xFFFFFFFF), "broken_document limit_exceeded"),
    "extra field beyond the end": ("a.docx", put(30, "<H", 0xFFFF), "read broken_document"),
    "method BZIP2": ("a.docx", compressed_as(zipfile.ZIP_BZIP2), "broken_document"),
    "method LZMA": ("a.docx", compressed_as(zipfile.ZIP_LZMA), "broken_document"),
    "method Deflate64": ("a.docx", method_everywhere(9), "broken_document"),
    "method AES": ("a.docx", method_everywhere(99), "broken_document password_protected"),
    "method unknown": ("a.docx", method_everywhere(65_000), "broken_document"),
    "disks that are not there": (
        "a.docx",
        patched(lambda data, *_: struct.pack_into("<HH", data, len(data) - 18, 7, 9)),
        "read broken_document",
    ),
    "directory beyond the end": (
        "a.docx",
        patched(lambda data, *_: struct.pack_into("<I", data, len(data) - 6, 2**31)),
        "broken_document",
    ),
    "directory longer than the file": (
        "a.docx",
        patched(lambda data, *_: struct.pack_into("<I", data, len(data) - 10, 2**31)),
        "broken_document",
    ),
    "count of members wrong": (
        "a.docx",
        patched(lambda data, *_: struct.pack_into("<HH", data, len(data) - 14, 60_000, 60_000)),
        "read broken_document",
    ),
    "program before the archive": ("a.docx", lambda m: b"MZ\x90\0" + bytes(500) + m.docx(), "unsupported_format"),
    "archive in the comment": ("a.docx", two_ends, "read unsafe_document broken_document"),
    "only an end": ("a.docx", lambda m: b"PK\5\6" + bytes(18), "unsupported_format broken_document"),
    "only a signature": ("a.docx", lambda m: b"PK\3\4", "broken_document"),
    "no main part": (
        "a.docx",
        lambda m: m.zip({"[Content_Types].xml": "", "word/styles.xml": ""}),
        "unsupported_format broken_document",
    ),
    "main part outside": ("a.docx", rels_to("../../../../etc/passwd"), "read broken_document"),
    "main part is the list of parts": ("a.docx", rels_to("_rels/.rels"), "broken_document"),
    "styles are the main part": ("a.docx", rels_to("document.xml", "styles"), "read"),
    "footnotes outside": ("a.docx", rels_to("../../../etc/passwd", "footnotes"), "read"),
    "numbering is the list of parts": ("a.docx", rels_to("_rels/document.xml.rels", "numbering"), "read"),
    "ODT without content": (
        "a.odt",
        lambda m: m.zip({"mimetype": "application/vnd.oasis.opendocument.text"}),
        "broken_document",
    ),
    "kind of file is a bomb": (
        "a.odt",
        lambda m: m.zip(
            {
                "mimetype": b"application/vnd.oasis.opendocument.text" + ZEROS,
                "content.xml": m.odt_content("<text:p>T</text:p>"),
            }
        ),
        "read unsafe_document",
    ),
    "ODT whose key is encrypted": (
        "a.odt",
        lambda m: m.zip(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                "<m:file-entry "
                'm:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>',
                "content.xml": bytes(range(256)),
            }
        ),
        "password_protected broken_document",
    ),
    **{
        f"cut at {percent} %": ("a.docx", cut(percent / 100), "broken_document")
        for percent in (1, 10, 30, 50, 70, 90, 99)
    },
}


@pytest.mark.parametrize(("name", "build", "expected"), CASES.values(), ids=CASES)
def test_an_archive_made_to_hurt_ends_in_a_reason(
    name: str, build: Callable[[Any], bytes], expected: str, make: Any, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(make), name) in expected.split()
