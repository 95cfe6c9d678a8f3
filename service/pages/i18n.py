"""Texts of the interface in six languages: which one a visitor reads, and its words, numbers and dates.

Words lie in `words/*.json`, each with every text; a test keeps them whole. Should a language lack one all the same, it
is shown in English and marked as English, so that a screen reader says it right. Routes and `render` call it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("en", "fr", "es", "ar", "zh", "ru")
"""Languages of the interface: the six of the United Nations; the first is the fallback."""
COOKIE = "palermo_language"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "ur", "yi", "dv", "ku"})
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})


def direction(language: str | None) -> str:
    """`rtl` for a language written from right to left, else `ltr`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


class Words:
    """The words of one language; templates have it as `t`."""

    def __init__(self, language: str) -> None:
        from babel import Locale

        self.language = language
        self.direction = direction(language)
        self._locale: Locale = Locale.parse(language)
        self._own = load(language)
        self._english = load("en")

    def __call__(self, key: str, **values: Any) -> Markup:
        """A text for the page, its values escaped; in English and marked so where the language lacks it.

        Raises:
            KeyError: there is no such text.
        """
        text = self._form(self._own.get(key), values)
        if text is not None:
            return self._fill(escape(text), values)
        english = words_of("en")
        text = english._form(self._english[key], values)
        return Markup('<span lang="en" dir="ltr">{}</span>').format(english._fill(escape(text or ""), values))

    def plain(self, key: str, **values: Any) -> str:
        """A text for an attribute or a script, which can't be marked."""
        text = self._form(self._own.get(key), values)
        if text is None:
            return words_of("en").plain(key, **values) if self.language != "en" else str(self._english[key])
        return str(self._fill(escape(text), values).unescape())

    def raw(self, key: str) -> str:
        """A text with its `{places}` left open, for a script to fill."""
        return str(self._own.get(key, self._english[key]))

    def texts(self, prefix: str) -> dict[str, str]:
        """All texts below a prefix without plural forms, for a script."""
        found = {**self._english, **self._own}
        start = f"{prefix}."
        return {key[len(start) :]: text for key, text in found.items() if key.startswith(start) and _is_text(text)}

    def number(self, value: float) -> str:
        """A number as the language groups digits."""
        from babel.numbers import format_decimal

        return str(format_decimal(value, locale=self._locale))

    def score(self, value: float, beside: float | None = None) -> str:
        """A score or threshold with two decimals, or as many more as tell it from another, up to four."""
        from babel.numbers import format_decimal

        digits = 2
        while beside is not None and digits < 4 and value != beside and round(value, digits) == round(beside, digits):
            digits += 1
        return str(format_decimal(value, format=f"0.{'0' * digits}", locale=self._locale))

    def percent(self, value: float) -> str:
        """A share from 0 to 1, in whole per cent."""
        from babel.numbers import format_percent

        return str(format_percent(value, locale=self._locale))

    def moment(self, value: datetime) -> str:
        """A moment, to the minute, in UTC."""
        from babel.dates import format_date, format_time

        day, time = format_date(value, "medium", locale=self._locale), format_time(value, "short", locale=self._locale)
        return f"{day} {time} UTC"

    def span(self, seconds: float) -> str:
        """A stretch of time, in its largest unit."""
        from babel.dates import format_timedelta

        return str(format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=self._locale))

    def bytes(self, count: int) -> str:
        """A size in kB or MB."""
        kilo = count < 1_000_000
        value = max(1, round(count / 1000)) if kilo else round(count / 1_000_000, 1)
        return f"{self.number(value)} {'kB' if kilo else 'MB'}"

    def tongue(self, code: str | None) -> str:
        """The name of a language by its code; the code itself where it has none here."""
        return str(self._locale.languages.get(code, code)) if code else self.plain("document.unknown")

    def state(self, code: str) -> str:
        """The name of a State by its ISO 3166-1 code of two letters; whatever else is stored stays as it is."""
        return str(self._locale.territories.get(code, code)) if len(code) == 2 else code

    def _form(self, text: Any, values: Mapping[str, Any]) -> str | None:
        if isinstance(text, Mapping):
            return str(text.get(self._locale.plural_form(values["n"]), text["other"]))
        return None if text is None else str(text)

    def _fill(self, text: Markup, values: Mapping[str, Any]) -> Markup:
        shown = {name: self.number(one) if _is_number(one) else one for name, one in values.items()}
        return text.format(**shown)


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> Words:
    """The words of a language of LANGUAGES."""
    return Words(language)


@lru_cache(maxsize=len(LANGUAGES))
def load(language: str) -> dict[str, Any]:
    """The file of a language, flat: `{"nav.queue": "Queue"}`; a text with plural forms stays a dictionary."""
    text = files("palermo.service.pages").joinpath(f"words/{language}.json").read_text("utf-8")
    return dict(_flat(json.loads(text), ""))


def choose(asked: str | None, cookie: str | None, accepted: str | None) -> str:
    """The language for a visitor: the one asked for, else the cookie's, else the first accepted that there is.

    Args:
        asked: of `?lang=`.
        cookie: of COOKIE.
        accepted: the header Accept-Language (RFC 9110, 12.5.4).
    """
    for one in (asked, cookie, *_accepted(accepted or "")):
        if one in LANGUAGES:
            return str(one)
    return LANGUAGES[0]


def _accepted(header: str) -> Iterator[str]:
    """Languages of the header without region, best first."""
    weighed = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            weighed.append((float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    return (tag for weight, tag in sorted(weighed, key=lambda one: -one[0]) if weight > 0)


def _flat(texts: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in texts.items():
        if isinstance(value, Mapping) and not value.keys() <= _PLURALS:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
