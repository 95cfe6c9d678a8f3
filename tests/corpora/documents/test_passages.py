"""Cutting keeps every character, numbers, headings and limits, for judgments and statutes in many languages."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from palermo.corpora.documents.document import Block, Document
from palermo.corpora.documents.passages import cut
from palermo.corpora.documents.passages.sequence import in_sequence, key


def document(text, kind=None, language=None, blocks=None):
    blocks = (Block(0, len(text)),) if blocks is None and text else blocks or ()
    return Document("x.txt", "0" * 64, "text/plain", "text/1", text, blocks, kind=kind, language=language)


def check(cut_document):
    """The promises that hold for every document."""
    text, passages = cut_document.text, cut_document.passages
    kept = [(p.start, p.end) for p in passages]
    kept += [(b.start, b.end) for b in cut_document.blocks if b.type in {"heading", "title"}]
    covered = bytearray(len(text))
    for start, end in kept:
        covered[start:end] = b"\1" * (end - start)
    assert all(covered[i] or c.isspace() for i, c in enumerate(text))
    assert [p.index for p in passages] == list(range(len(passages)))
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))
    assert all(a.end <= b.start for a, b in zip(cut_document.blocks, cut_document.blocks[1:], strict=False))
    for passage in passages:
        quote = text[passage.start : passage.end]
        assert quote
        assert quote == quote.strip()
        assert len(quote) <= 4000


SENTENCE = "The defendant moved the money through four accounts in order to hide where it had come from. "
JUDGMENT = "\n\n".join(
    [
        "Crown v Doe",
        "Background",
        *(f"[{n}] {SENTENCE * 4}" for n in range(1, 4)),
        "Knowledge",
        f"[4] {SENTENCE * 3}He said:",
        f"“{SENTENCE * 4}”",
        f"[5] {SENTENCE * 30}",
        "[6]",
        SENTENCE * 3,
    ]
)


def test_a_judgment_is_cut_by_numbered_paragraph():
    found = cut(document(JUDGMENT, "judgment", "en"))
    check(found)
    assert [p.number for p in found.passages if p.number is not None][:4] == ["1", "2", "3", "4"]
    assert {p.heading for p in found.passages if p.number == "2"} == {"Background"}
    assert {p.heading for p in found.passages if p.number == "4"} == {"Knowledge"}
    assert sum(p.number == "5" for p in found.passages) > 1
    assert found.text[next(p for p in found.passages if p.number == "6").end - 5 :].strip() == "from."


@pytest.mark.parametrize(
    "style", ["[{}] ", "{}. ", "{}) ", "¶ {} ", "({}) ", "{} - ", "Rn. {} ", "Rdnr. {} ", "§ {} ", "{}  "]
)
def test_printed_numbers_of_many_styles_are_kept(style):
    text = "\n\n".join(style.format(n) + SENTENCE * 3 for n in range(1, 9))
    found = cut(document(text, "judgment", "en"))
    check(found)
    assert [p.number for p in found.passages] == [str(n) for n in range(1, 9)]


STATUTES = {
    "en": ("Section {}. Short heading\n", "A person who hides the proceeds of crime commits an offence."),
    "fr": ("Article {}\n", "Le fait de dissimuler le produit d'un crime est puni."),
    "es": ("Artículo {}. Objeto\n", "Quien oculte el producto de un delito será castigado."),
    "de": ("§ {} Geldwäsche\n", "Wer einen Gegenstand verbirgt, wird bestraft."),
    "it": ("Art. {}\n", "Chiunque occulta il provento di un delitto è punito."),
    "pt": ("Art. {} ", "Ocultar o produto de crime será punido com multa."),
    "nl": ("Artikel {}\n", "Hij die de opbrengst verbergt, wordt gestraft."),
    "cs": ("§ {}\n", "Kdo zastírá původ věci, bude potrestán."),
    "et": ("§ {}. Rahapesu\n", "Raha päritolu varjamise eest karistatakse."),
    "uk": ("Стаття {}. Легалізація\n", "Приховування походження майна карається."),
    "ru": ("Статья {}. Легализация\n", "Сокрытие происхождения имущества наказывается."),
    "zh": ("第{}条 ", "明知是犯罪所得而掩饰、隐瞒其来源的，处罚金。"),
    "ja": ("第{}条　", "犯罪収益の取得を仮装した者は、罰金に処する。"),
    "ko": ("제{}조(목적) ", "범죄수익을 은닉한 자는 벌금에 처한다."),
    "ar": ("المادة {}\n", "يعاقب كل من أخفى متحصلات الجريمة."),
    "tr": ("Madde {} - ", "Suç gelirini gizleyen kişi cezalandırılır."),
    "el": ("Άρθρο {}\n", "Όποιος αποκρύπτει έσοδα τιμωρείται."),
    "pl": ("Art. {}. ", "Kto ukrywa korzyści, podlega karze."),
    "da": ("§ {}. ", "Den, der skjuler udbytte, straffes."),
    "no": ("§ {}. Heleri\n", "Den som skjuler utbytte, straffes."),
    "fi": ("{} §\n", "Joka kätkee hyödyn, on tuomittava."),
    "lv": ("{}. pants. Mērķis\n", "Par līdzekļu slēpšanu soda."),
    "lt": ("{} straipsnis. Tikslas\n", "Kas slepia pajamas, baudžiamas."),
    "hr": ("Članak {}.\n", "Tko prikriva dobit, kaznit će se."),
    "sr": ("Члан {}.\n", "Ко прикрива добит, казниће се."),
    "sk": ("§ {}\n", "Kto zastiera pôvod veci, potrestá sa."),
    "sl": ("{}. člen\n", "Kdor prikriva premoženje, se kaznuje."),
    "is": ("{}. gr.\n", "Hver sem leynir ávinningi skal sæta sektum."),
    "bg": ("Чл. {}. ", "Който прикрива имущество, се наказва."),
    "vi": ("Điều {}. ", "Người nào che giấu tài sản thì bị phạt tiền."),
    "ka": ("მუხლი {}. მიზანი\n", "დამალვა ისჯება ჯარიმით."),
    "hu": ("{}. §\n", "Aki a vagyont elrejti, büntetendő."),
}


@pytest.mark.parametrize("language", sorted(STATUTES))
def test_statutes_are_cut_by_section_in_every_language(language):
    marker, body = STATUTES[language]
    text = "\n\n".join(f"{marker.format(n)}{body}" for n in (1, 2, 3, 5, 12))
    found = cut(document(text, "statute", language))
    check(found)
    assert [p.number for p in found.passages] == ["1", "2", "3", "5", "12"]


def test_contents_are_not_sections_and_headings_are_kept():
    entries = "".join(f"{n}. Heading {'abcdef'[n]}\n" for n in range(1, 6))
    body = "".join(
        f"{n}. Heading {'abcdef'[n]}\n(1) A person commits an offence.\n(2) So does another.\n" for n in range(1, 6)
    )
    found = cut(document(f"AN ACT\n\nARRANGEMENT OF SECTIONS\n{entries}\nPART I\nOFFENCES\n{body}", "statute", "en"))
    check(found)
    numbered = [(p.number, p.heading) for p in found.passages if p.number]
    assert numbered == [(str(n), f"Heading {'abcdef'[n]}") for n in range(1, 6)]
    headings = [found.text[b.start : b.end] for b in found.blocks if b.type == "heading"]
    assert "PART I\nOFFENCES" in headings
    assert "1. Heading b" in headings


def test_a_long_section_is_split_at_its_subsections_with_number_and_heading():
    parts = "\n".join(f"({n}) " + "A person must report what is known of the funds. " * 20 for n in range(1, 8))
    text = f"Section 9. Reports\n{parts}\n\nSection 10. Penalty\nA fine is due from the person who does not."
    found = cut(document(text, "statute", "en"))
    check(found)
    ninth = [p for p in found.passages if p.number == "9"]
    assert len(ninth) > 1
    assert {p.heading for p in ninth} == {"Reports"}
    assert all(text[p.start] == "(" for p in ninth[1:])


def test_a_cross_reference_at_a_line_start_begins_no_section():
    text = "\n".join(
        [
            "Article 1",
            "Whoever acts under",
            "Article 50 of the Code is liable.",
            "Article 2",
            "Article 3 applies to them.",
            "Article 3",
            "It ends.",
        ]
    )
    found = cut(document(text, "statute", "en"))
    check(found)
    assert [p.number for p in found.passages] == ["1", "2", "3"]


PIECES = st.sampled_from(
    [
        "\n",
        "\n\n",
        " ",
        "Section 1. ",
        "§ 2",
        "[3] ",
        "4. ",
        "A b. ",
        "(a) ",
        "PART I",
        "\U0001d54f",
        "e\u0301",
        "第三条",
        "\ufffd",
        "x" * 60,
        ". ",
        "1. Title\n",
        "\t",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PIECES, max_size=60).map("".join),
    st.sampled_from(["judgment", "statute"]),
    st.sampled_from(["en", "de", "zh"]),
)
def test_nothing_is_lost_whatever_the_text(text, kind, language):
    halves = [b for b in (Block(0, len(text) // 2), Block(len(text) // 2, len(text), "heading")) if b.start < b.end]
    for blocks in ((), tuple(halves)):
        found = cut(document(text, kind, language, blocks))
        assert found.text == text
        check(found)


@pytest.mark.parametrize("kind", ["judgment", "statute"])
@pytest.mark.parametrize("unit", [SENTENCE, "x", "1. a\n", "。"])
def test_a_very_long_line_takes_linear_time(kind, unit):
    def seconds(characters):
        text = unit * (characters // len(unit))
        start = time.process_time()
        check(cut(document(text, kind, "en")))
        return time.process_time() - start

    seconds(10_000)
    short = min(seconds(60_000) for _ in range(2))
    assert seconds(480_000) < 20 * short + 0.5


def test_numbers_that_jump_are_outliers_and_counts_may_start_again():
    assert in_sequence(["1", "2", "50", "3", "4", "1", "2"]) == [True, True, False, True, True, True, True]
    assert key("12A") > key("12")
    assert key("113-10") > key("113-9")
    assert key("百二十三") == key("123") == ((123, ""),)
    assert key("XIV") == ((14, ""),)


def test_a_megabyte_of_digits_is_no_number() -> None:
    assert in_sequence(["1", "9" * 1_000_000, "2", "三" * 1_000_000, "3"]) == [True, False, True, False, True]
