"""Metadata that people give in a table: what it may hold, how rows find their documents, how faults are told."""

from pathlib import PurePosixPath

import pytest
from palermo.corpora.documents.document import Document, MetadataValue
from palermo.corpora.documents.given import COLUMNS, LONGEST, read_manifest, with_given
from palermo.corpora.errors import UsageError

TABLE = "file,title,state,date\na/one.pdf,The State v Marlow,GB,2020-03-04\ntwo.pdf,,XX,\n"


def test_a_row_is_found_by_path_or_by_name() -> None:
    manifest = read_manifest(TABLE.encode(), "m.csv")
    assert manifest.of(PurePosixPath("a/one.pdf")) == {
        "title": "The State v Marlow",
        "state": "GB",
        "date": "2020-03-04",
    }
    assert manifest.of(PurePosixPath("b/c/two.pdf")) == {"state": "XX"}
    assert manifest.of(PurePosixPath("b/one.pdf")) == {}


def test_rows_that_no_document_asked_for_are_known() -> None:
    manifest = read_manifest(TABLE.encode(), "m.csv")
    manifest.of(PurePosixPath("two.pdf"))
    assert manifest.unused() == ["a/one.pdf"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them_are_read(delimiter: str) -> None:
    text = '\ufeffFile,Title\r\nx\\one.txt,"A, B; and\r\nC"\r\n,\r\n'.replace("File,Title", f"File{delimiter}Title")
    text = text.replace("one.txt,", f"one.txt{delimiter}").replace("\r\n,\r\n", f"\r\n{delimiter}\r\n")
    assert read_manifest(text.encode(), "m.csv").of(PurePosixPath("x/one.txt")) == {"title": "A, B; and C"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "no column named file"),
        ("name,title\n", "no column named file"),
        ("file,titel\na,b\n", "'titel'"),
        ("file,title,title\n", "a column twice"),
        ("file,title\na,b\n,c\n", "line 3 names no file"),
        ("file,title\na,b\n./a,c\n", "line 3 names a file for the second time: 'a'"),
        ("file,title\na,b,c\n", "line 2 has more cells"),
        ('file,title\na,"b\n', "line 2"),
        ("file,date\na,4 March 2020\n", "'4 March 2020' is no date"),
        ("file,date\na,2020-02-30\n", "'2020-02-30' is no date"),
        ("file,state\na,Great Britain\n", "is no state"),
        ("file,kind\na,act\n", "is no kind"),
        ("file,language\na,English\n", "is no language"),
        ("file,title\na,\u202ex\n", "not printable"),
        ("file,title\na," + "x" * (LONGEST + 1) + "\n", "longer than"),
    ],
)
def test_a_fault_is_told_by_its_line(table: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read_manifest(table.encode(), "m.csv")
    assert said in str(error.value)
    assert error.value.source == "m.csv"


def test_a_table_in_another_encoding_is_refused() -> None:
    with pytest.raises(UsageError, match="UTF-8"):
        read_manifest("file,title\na,é\n".encode("latin-1"), "m.csv")


def test_what_is_given_wins_and_has_a_span_where_the_text_shows_it() -> None:
    text = "The State v Marlow\n\nThe appeal is allowed."
    shown = {"title": MetadataValue("Wrong"), "court": MetadataValue("Court of Appeal")}
    document = Document("a.txt", "0" * 64, "text/plain", "text/1", text, metadata=shown)
    read = with_given(document, {"title": "The State v Marlow", "number": "12/2020", "kind": "judgment"})
    assert read.metadata == {
        "title": MetadataValue("The State v Marlow", 0, 18),
        "court": MetadataValue("Court of Appeal"),
        "number": MetadataValue("12/2020"),
    }
    assert with_given(document, {}) is document


def test_every_metadatum_has_a_column() -> None:
    assert set(COLUMNS) == {
        *("title", "court", "state", "date", "number", "neutral_citation", "ecli", "statute", "section"),
        *("kind", "language"),
    }
