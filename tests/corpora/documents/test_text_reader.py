"""Promises of the plain-text reader: nothing is changed, every block and line points into the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from palermo.corpora.documents.builder import canonical
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import text
from palermo.corpora.errors import EmptyDocument, LimitExceeded
from palermo.corpora.settings import settings

ODD = st.sampled_from(
    ["\r\n", "\r", "\n", "\n\n", "\0", "\ufeff", "\U0001d11e", "e\u0301", "\u202e", "\u2028", "\x85", "\f", "\t", " "]
)
TEXTS = st.lists(st.one_of(ODD, st.text(max_size=20)), min_size=1, max_size=40).map("".join)


def blocks(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


@examples(deadline=None)
@given(TEXTS)
def test_any_text_is_kept_as_it_is_and_all_offsets_hold(source: str) -> None:
    source = source.encode("utf-8", errors="replace").decode()
    if not canonical(source).strip():
        with pytest.raises(EmptyDocument):
            text.read(source.encode(), "a.txt")
        return
    document = text.read(b"\xef\xbb\xbf" + source.encode(), "a.txt")
    assert document.text == canonical(source)
    assert check(document) == []
    for run in document.runs:
        line = document.text.split("\n")[run.locator["line"] - 1]
        assert document.text[run.start : run.end] == line.strip()


def test_blank_lines_separate_paragraphs_and_wrapped_lines_stay_together() -> None:
    document = text.read(b"  [1] The court\nheld so. \n \n\n[2] The appeal\r\nfails.\n", "a.txt")
    assert blocks(document) == ["[1] The court\nheld so.", "[2] The appeal\nfails."]
    assert [block.number for block in document.blocks] == ["1", "2"]


def test_a_paragraph_that_occurs_three_times_has_three_places() -> None:
    document = text.read(b"So ordered.\n\nSo ordered.\n\nSo ordered.", "a.txt")
    assert [(block.start, block.end) for block in document.blocks] == [(0, 11), (13, 24), (26, 37)]


def test_without_blank_lines_each_long_line_is_a_paragraph() -> None:
    line = "The accused knew that the money came from the sale of narcotics and moved it through four accounts. "
    document = text.read("\n".join(f"{n}. {line * 2}" for n in range(1, 31)).encode(), "a.txt")
    assert [block.number for block in document.blocks] == [str(n) for n in range(1, 31)]


def test_without_blank_lines_wrapped_lines_are_joined_up_to_the_next_number() -> None:
    lines = [
        f"{n}. The accused knew that the money came\nfrom the sale of narcotics and moved it" for n in range(1, 21)
    ]
    document = text.read("\n".join(lines).encode(), "a.txt")
    assert blocks(document) == lines


def test_five_megabytes_in_one_line_are_one_block() -> None:
    document = text.read(b"The court held that he knew. " * 180_000, "a.txt")
    assert len(document.blocks) == len(document.runs) == 1
    assert check(document) == []


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("[45] The court", "45"),
        ("12A. Laundering", "12A"),
        ("§ 261 Geldwäsche", "261"),
        ("§165. (1) Wer", "165"),
        ("3.1 Intent", "3.1"),
        ("7.\u00a0Knowledge", "7"),
        ("[2025] HKCA 943", None),
        ("12. März 2020 fand", None),
        ("3.5 million euros", None),
        ("(a) whoever", None),
        ("2020 was the year", None),
    ],
)
def test_only_evident_numbers_are_taken(line: str, number: str | None) -> None:
    assert text.read(line.encode(), "a.txt").blocks[0].number == number


SENTENCES = {
    "utf-16": "The court held that the accused knew.",
    "utf-16-le": "The court held that the accused knew.",
    "utf-16-be": "The court held that the accused knew.",
    "utf-32": "The court held that the accused knew.",
    "utf-32-be": "The court held that the accused knew.",
    "cp1252": "Le tribunal a jugé que l’accusé était coupable à l’égard de la société.",
    "iso8859-1": "Das Gericht hält die Geldwäsche für erwiesen; § 261 StGB.",
    "cp1250": "Sąd uznał oskarżonego za winnego prania pieniędzy.",
    "cp1251": "Суд установил, что подсудимый легализовал денежные средства.",
    "koi8-u": "Суд встановив, що обвинувачений легалізував кошти.",
    "cp1253": "Το δικαστήριο έκρινε ένοχο τον κατηγορούμενο.",
    "cp1254": "Mahkeme sanığın malvarlığı değerlerini akladığına hükmetti.",
    "cp1256": "حكمت المحكمة بإدانة المتهم بغسل الأموال.",
    "gb18030": "法院认定被告人犯洗钱罪，判处有期徒刑。",
    "big5": "法院認定被告人犯洗錢罪，判處有期徒刑。",
    "cp932": "裁判所は被告人が資金洗浄を行ったと認定した。",
    "euc_jp": "裁判所は被告人が資金洗浄を行ったと認定した。",
    "euc_kr": "법원은 피고인이 자금을 세탁하였다고 판단하였다.",
}


@pytest.mark.parametrize("encoding", SENTENCES)
def test_other_encodings_are_read_with_a_warning_that_names_them(encoding: str) -> None:
    document = text.read(SENTENCES[encoding].encode(encoding), "a.txt")
    assert document.text == SENTENCES[encoding]
    assert [warning.code for warning in document.warnings] == ["not_utf8"]


def test_a_few_bad_bytes_do_not_make_utf8_another_encoding() -> None:
    document = text.read("Le juge a conclu à la culpabilité. ".encode() * 100 + b"\xff", "a.txt")
    assert document.text.startswith("Le juge a conclu à la culpabilité.")
    assert document.text.endswith("\ufffd")
    assert [warning.code for warning in document.warnings] == ["not_utf8"]


def test_text_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALERMO_TEXT_CHARACTERS", "10")
    settings.cache_clear()
    try:
        with pytest.raises(LimitExceeded, match=r"a\.txt"):
            text.read(b"eleven char", "a.txt")
    finally:
        settings.cache_clear()
