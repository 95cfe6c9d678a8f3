"""Texts of the interface: whole in all six languages, no text in a template, a language for every visitor."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale
from palermo.service.pages import i18n

PAGES = Path(i18n.__file__).parent
TEMPLATES = sorted(PAGES.glob("templates/**/*.html"))
SAID = re.compile(r"""\bt(?:\.plain|\.raw)?\(\s*["']([a-z_.]+)["']\s*[,)]""")
PREFIX = re.compile(r"""\bt(?:\.plain|\.raw)?\(\s*["']([a-z_.]+)\.["']\s*~""")
SPOKEN = {"aria-label", "title", "placeholder", "alt"}
NAMES = {"palermo", "openapi", "utc", "n"}


def forms(text: Any) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [text]


def places(text: Any) -> set[str]:
    return {name for form in forms(text) for _, name, _, _ in Formatter().parse(form) if name}


class Texts(HTMLParser):
    """What a person reads or hears of a template."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attributes if name in SPOKEN]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_language_has_every_text_with_the_same_places_to_fill(language: str) -> None:
    english, other = i18n.load("en"), i18n.load(language)
    assert list(other) == list(english)
    assert {key: places(text) for key, text in other.items()} == {key: places(text) for key, text in english.items()}
    assert {key for key, text in other.items() if not all(forms(text))} == set()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_text_that_counts_has_a_form_for_every_number_of_its_language(language: str) -> None:
    plural = Locale.parse(language).plural_form
    wanted = {plural(number) for number in range(1001)} | {"other"}
    counting = {key: set(text) for key, text in i18n.load(language).items() if isinstance(text, dict)}
    assert counting
    assert {key: found for key, found in counting.items() if found != wanted} == {}
    assert {key for key, text in i18n.load("en").items() if isinstance(text, dict)} == set(counting)


def test_arabic_is_written_from_right_to_left() -> None:
    assert [one for one in i18n.LANGUAGES if i18n.words_of(one).direction == "rtl"] == ["ar"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(path: Path) -> None:
    bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text("utf-8"), flags=re.DOTALL)
    reader = Texts()
    reader.feed(re.sub(r"<(script|style|svg|code|pre|kbd)\b.*?</\1>", " ", bare, flags=re.DOTALL))
    words = {word.lower() for text in reader.found for word in re.findall(r"[^\W\d_]{2,}", text)}
    assert words <= NAMES


def test_every_text_that_a_template_asks_for_is_there() -> None:
    known = i18n.load("en")
    for path in TEMPLATES:
        source = path.read_text("utf-8")
        assert {key for key in SAID.findall(source) if key not in known} == set(), path.name
        for prefix in PREFIX.findall(source):
            assert any(key.startswith(f"{prefix}.") for key in known), (path.name, prefix)


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "language"),
    [
        (None, None, None, "en"),
        ("fr", "ru", "ar", "fr"),
        ("xx", "ru", "ar", "ru"),
        (None, None, "de, ar;q=0.4, fr-CA;q=0.8", "fr"),
        (None, None, "zh-Hans-CN", "zh"),
        (None, None, "fr;q=nonsense, es;q=0", "en"),
        ("<script>", "../en", "*", "en"),
    ],
)
def test_a_visitor_reads_what_was_asked_for_else_kept_else_accepted(
    asked: str | None, cookie: str | None, accepted: str | None, language: str
) -> None:
    assert i18n.choose(asked, cookie, accepted) == language


def test_what_a_language_lacks_is_english_and_says_so() -> None:
    words = i18n.Words("ar")
    words._own = {"nav.queue": "المراجعة"}
    assert words("nav.queue") == "المراجعة"
    assert words("documents.decided", n=3) == '<span lang="en" dir="ltr">3 decided</span>'
    assert words.plain("documents.decided", n=1) == "1 decided"


def test_values_are_escaped_and_counted_in_the_language() -> None:
    english, french = i18n.words_of("en"), i18n.words_of("fr")
    assert english("tag.by", name="<b>") == "by &lt;b&gt;"
    assert english.plain("tag.by", name="<b>") == "by <b>"
    assert english("documents.totals", n=1) == "1 document"
    assert english("documents.totals", n=12000) == "12,000 documents"
    assert french("documents.totals", n=0) == "0 document"
    arabic, russian = i18n.words_of("ar"), i18n.words_of("ru")
    assert arabic.plain("queue.waiting", n=2) == "وسمان بانتظار المراجعة"
    assert [russian.plain("documents.totals", n=n) for n in (1, 3, 5, 21)] == [
        "1 документ", "3 документа", "5 документов", "21 документ"
    ]  # fmt: skip
    assert french.score(0.5) == "0,50"
    assert french.tongue("ar") == "arabe"
    assert english.moment(datetime(2026, 3, 4, 15, 6, tzinfo=UTC)).startswith("Mar 4, 2026")


def test_a_score_is_told_from_a_threshold_beside_it() -> None:
    english = i18n.words_of("en")
    assert english.score(0.4987) == "0.50"
    assert english.score(0.4987, 0.5) == "0.499"
    assert english.score(0.5, 0.4987) == "0.500"
    assert english.score(0.5, 0.5) == "0.50"
