"""Archives made to harm, and broken ones, are refused with the right error before they cost anything."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from palermo.corpora.documents.readers import docx, odt
from palermo.corpora.documents.readers.archive import open_archive
from palermo.corpora.documents.readers.safe_xml import parse_xml
from palermo.corpora.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    LimitExceeded,
    NoTextLayer,
    PasswordProtected,
    UnsafeDocument,
    UnsupportedFormat,
)

Make = Callable[..., bytes]
PARAGRAPH = "<w:p><w:r><w:t>Text</w:t></w:r></w:p>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def raw_zip(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore", UserWarning)
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def test_members_are_read_by_name_also_with_backslashes() -> None:
    archive = open_archive(raw_zip(("a/b.xml", b"one"), ("c\\d.xml", b"two")), "x")
    assert archive.names == {"a/b.xml", "c/d.xml"}
    assert (archive.read("a/b.xml"), archive.read("c/d.xml")) == (b"one", b"two")
    with pytest.raises(BrokenDocument, match=r"x: its part no\.xml is missing"):
        archive.read("no.xml")


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "a/../../b", "C:/x", "..\\up.xml", "word/../../x"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(UnsafeDocument):
        open_archive(raw_zip((name, b"x")), "x")


def test_doubled_names_are_refused() -> None:
    with pytest.raises(UnsafeDocument):
        open_archive(raw_zip(("a.xml", b"x"), ("A.xml", b"y")), "x")


def test_a_bomb_is_stopped_by_its_ratio() -> None:
    archive = open_archive(raw_zip(("a.xml", bytes(50_000_000))), "x")
    with pytest.raises(UnsafeDocument, match="100 times"):
        archive.read("a.xml")


def test_a_bomb_that_claims_to_be_small_inflates_no_further_than_it_claims() -> None:
    data = raw_zip(("a.xml", bytes(50_000_000)))
    lying = data.replace(struct.pack("<L", 50_000_000), struct.pack("<L", 10))
    with pytest.raises(BrokenDocument):
        open_archive(lying, "x").read("a.xml")


def test_members_that_share_bytes_are_refused() -> None:
    data = raw_zip(("a.xml", bytes(2_000_000)))
    directory = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[directory:end]
    twin = entry.replace(b"a.xml", b"b.xml")
    both = data[:directory] + entry + twin
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entry) * 2, directory, 0)
    with pytest.raises(UnsafeDocument, match="overlap"):
        open_archive(both + tail, "x")


def test_an_archive_within_is_refused() -> None:
    inner = raw_zip(("a.xml", b"x"))
    with pytest.raises(UnsafeDocument, match="archive where text is expected"):
        open_archive(raw_zip(("word/document.xml", inner)), "x").read("word/document.xml")


def test_too_many_members_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        open_archive(raw_zip(*((f"{i}", b"") for i in range(10_001))), "x")


def test_encrypted_members_and_containers_ask_for_the_password() -> None:
    data = bytearray(raw_zip(("a.xml", b"x")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(PasswordProtected):
        open_archive(bytes(data), "x")
    with pytest.raises(PasswordProtected):
        docx.read(OLE + "EncryptedPackage".encode("utf-16-le"), "x")
    with pytest.raises(UnsupportedFormat):
        docx.read(OLE + "WordDocument".encode("utf-16-le"), "x")


def test_other_compressions_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.xml", "x")
    with pytest.raises(BrokenDocument):
        open_archive(target.getvalue(), "x")


def test_a_dtd_is_refused_before_its_entities_are_read() -> None:
    laughs = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a b="&y;">&y;</a>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnsafeDocument, match="document type"):
            parse_xml(laughs.encode(encoding), "x", "part")
    with pytest.raises(UnsafeDocument):
        parse_xml(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "x", "part")


def test_deep_nesting_is_refused_and_depth_up_to_the_limit_is_not() -> None:
    assert parse_xml(b"<a>" * 200 + b"</a>" * 200, "x", "part").tag == "a"
    for depth in (257, 5_000, 100_000):
        with pytest.raises(UnsafeDocument):
            parse_xml(b"<a>" * depth + b"</a>" * depth, "x", "part")


@pytest.mark.parametrize(
    "data", [b"", b"<a>", b"<a></b>", b"no xml", b"<a>&undefined;</a>", b'<?xml version="1.0" encoding="x"?><a/>']
)
def test_malformed_parts_are_broken(data: bytes) -> None:
    with pytest.raises(BrokenDocument):
        parse_xml(data, "x", "part")


def test_a_truncated_document_is_broken(make_docx: Make) -> None:
    data = make_docx(PARAGRAPH * 50)
    for length in (0, 4, len(data) // 2, len(data) - 5):
        with pytest.raises(BrokenDocument):
            docx.read(data[:length], "x")


def test_other_office_files_are_named_as_such(make_zip: Make) -> None:
    sheet = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": '<R><Relationship Type="x/officeDocument" Target="xl/workbook.xml"/></R>',
        "xl/workbook.xml": "<workbook/>",
    }
    with pytest.raises(UnsupportedFormat):
        docx.read(make_zip(sheet), "x")
    with pytest.raises(BrokenDocument):
        docx.read(make_zip({"a.txt": "x"}), "x")


def test_a_main_part_outside_the_package_is_not_followed(make_zip: Make) -> None:
    relations = '<R><Relationship Type="x/officeDocument" Target="../../etc/passwd" TargetMode="External"/></R>'
    with pytest.raises(BrokenDocument):
        docx.read(make_zip({"_rels/.rels": relations, "a": "b"}), "x")


def test_documents_without_text_say_why(make_docx: Make) -> None:
    with pytest.raises(EmptyDocument):
        docx.read(make_docx("<w:p><w:r><w:t> </w:t></w:r></w:p>"), "x")
    with pytest.raises(NoTextLayer):
        docx.read(make_docx("<w:p><w:r><w:drawing><pic:pic/></w:drawing></w:r></w:p>"), "x")


def test_nested_tables_and_boxes_up_to_the_limit_are_read(make_docx: Make) -> None:
    tables = 60
    body = "<w:tbl><w:tr><w:tc>" * tables + PARAGRAPH + "</w:tc></w:tr></w:tbl>" * tables
    assert docx.read(make_docx(body), "x").text == "Text"
    boxes = 50
    body = "<w:p><w:r><w:pict><w:txbxContent>" * boxes + PARAGRAPH + "</w:txbxContent></w:pict></w:r></w:p>" * boxes
    assert docx.read(make_docx(body), "x").text == "Text"


def test_text_that_is_multiplied_by_references_is_read_once(make_docx: Make) -> None:
    note = f'<w:footnote w:id="1"><w:p><w:r><w:t>{"n" * 10_000}</w:t></w:r></w:p></w:footnote>'
    body = "<w:p><w:r><w:t>x</w:t><w:footnoteReference w:id='1'/></w:r></w:p>" * 1_000
    assert len(docx.read(make_docx(body, footnotes=note), "x").text) < 20_000


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_mutated_document_is_read_or_refused_but_never_crashes(
    make_docx: Make, make_odt: Make, data: st.DataObject
) -> None:
    reader, source = data.draw(
        st.sampled_from([(docx.read, make_docx(PARAGRAPH * 3)), (odt.read, make_odt("<text:p>Text</text:p>" * 3))])
    )
    mutated = bytearray(source)
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DocumentError):
        assert reader(bytes(mutated), "x").text
