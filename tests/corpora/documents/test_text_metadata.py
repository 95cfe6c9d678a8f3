"""Kind, language and metadata are read off the text, each value with the span that shows it."""

import pytest
from palermo.corpora.documents.document import Document, MetadataValue, Passage
from palermo.corpora.documents.kind import kind_of
from palermo.corpora.documents.language import document_language, passage_languages
from palermo.corpora.documents.metadata import metadata


def document(text, kind="judgment"):
    return Document("x.txt", "0" * 64, "text/plain", "text/1", text, kind=kind, language="en")


def test_a_neutral_citation_says_court_and_state():
    text = "Crown v Doe [2015] UKSC 12\n\nDate: 4 March 2015\n\nCase No: A1/2014/0123\n\nThe appeal is allowed."
    found = metadata(document(text))
    assert found["neutral_citation"].value == "[2015] UKSC 12"
    assert found["state"].value == "GB"
    assert found["court"].value == "Supreme Court of the United Kingdom"
    assert found["date"].value == "2015-03-04"
    assert text[found["date"].start : found["date"].end] == "4 March 2015"
    assert text[found["number"].start : found["number"].end] == found["number"].value == "A1/2014/0123"


@pytest.mark.parametrize(
    ("shown", "iso"),
    [
        ("Decided March 4, 2015", "2015-03-04"),
        ("Urteil vom 4. März 2015", "2015-03-04"),
        ("Arrêt du 4 mars 2015", "2015-03-04"),
        ("Dnia 4 marca 2015 roku", "2015-03-04"),
        ("4 de marzo de 2015", "2015-03-04"),
        ("2015年3月4日", "2015-03-04"),
        ("04.03.2015", "2015-03-04"),
    ],
)
def test_dates_of_many_languages_become_iso_dates(shown, iso):
    assert metadata(document(f"Title of the case\n\n{shown}\n\nText follows here."))["date"].value == iso


def test_what_the_text_does_not_show_stays_unknown():
    text = "The witness left on 3 May 2011 and was not seen again in the town where he had lived.\n\nHe wrote twice."
    found = metadata(document("It is so.\n\n" + text))
    assert not {"date", "court", "state", "number", "ecli", "neutral_citation", "section"} & set(found)
    assert "date" not in metadata(document("On 31 February 2015\n\nnothing happened."))


def test_fields_of_the_file_are_kept():
    given = document("Doe v Roe [2015] UKSC 12").with_(metadata={"court": MetadataValue("Other Court")})
    assert metadata(given)["court"] == MetadataValue("Other Court")


@pytest.mark.parametrize(
    ("kind", "language", "text"),
    [
        (
            "judgment",
            "en",
            "The appellant was convicted and argued that the judge erred. We hold that he had no notice.",
        ),
        (
            "statute",
            "en",
            "(1) A person commits an offence if the person contravenes subsection (2). The Minister may regulate.",
        ),
        ("judgment", "de", "Die Revision des Angeklagten hat Erfolg. Das Landgericht hat rechtsfehlerhaft verurteilt."),
        ("statute", "de", "§ 1 (1) Wer eine Sache verbirgt, wird bestraft. Absatz 2 gilt entsprechend."),
        ("statute", "uk", "Стаття 1. Приховування майна карається штрафом у порядку цього Закону."),
        ("judgment", "zh", "公诉机关指控被告人受贿，本院经审理认为罪名成立。"),
    ],
)
def test_kind_is_detected(kind, language, text):
    assert kind_of(text, (), language) == kind


def test_language_is_detected_and_changes_only_in_long_passages():
    english = "The court found that the money had been moved through several accounts to hide its origin. " * 3
    german = (
        "Das Gericht stellte fest, dass das Geld über mehrere Konten verschoben worden war, um es zu verbergen. " * 3
    )
    assert document_language(english * 10) == "en"
    assert document_language("被告人将犯罪所得转移到多个账户。") == "zh"
    assert document_language("12345 --") == "und"
    assert passage_languages([english, german, "Ja."], "en") == ["en", "de", "en"]


def test_every_metadatum_is_read_with_the_span_that_shows_it():
    judgment = (
        "The State v Marlow [2015] UKSC 12\n\nECLI:EU:C:2015:123\n\nDate: 4 March 2015\n\nCase No: A1/2014/0123\n\n"
        "1. The appeal is allowed."
    )
    act = "Proceeds of Crime Act 2020\n\nAssented to 3 June 2020\n\n12. A person commits an offence."
    found = metadata(document(judgment))
    section = metadata(
        document(act, kind="statute").with_(passages=(Passage(0, act.index("12."), len(act), number="12"),))
    )
    shown = {
        **{name: judgment[value.start : value.end] for name, value in found.items()},
        **{name: act[section[name].start : section[name].end] for name in ("statute", "section")},
    }
    assert shown == {
        "title": "The State v Marlow [2015] UKSC 12",
        "neutral_citation": "[2015] UKSC 12",
        "ecli": "ECLI:EU:C:2015:123",
        "court": "ECLI:EU:C:2015:123",
        "state": "ECLI:EU:C:2015:123",
        "date": "4 March 2015",
        "number": "A1/2014/0123",
        "statute": "Proceeds of Crime Act 2020",
        "section": "12",
    }
    assert section["date"].value == "2020-06-03"
