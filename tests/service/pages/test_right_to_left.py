"""An Arabic judgment in a real browser, narrow and wide, in an English and an Arabic interface: it reads from the
right, and what is marked are the very words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

FIRST = "1. أخفى المتهم عائدات الجريمة في ثلاث شركات خارج البلاد."
SECOND = "وكان يعلم أن الأموال متأتية من الاتجار بالأشخاص (المادة 23) بقيمة 4500 دينار."
TEXT = f"{FIRST} {SECOND}\n\n2. لا شيء سوى المصاريف.\n"
WIDTHS = (360, 1400)


class Arabic:
    """A tagger that finds article 6 in SECOND, and knowledge in one of its words."""

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger
        self.info = tagger.info

    def tag(self, document: Any) -> dict[str, Any]:
        result: dict[str, Any] = self._tagger.tag(document)
        passage = next(one for one in result["passages"] if SECOND in one["text"])
        at = passage["start"] + passage["text"].index(SECOND)
        about = {"provision": "UNTOC.6", "score": 0.9, "predicted": True, "decision": "assigned"}
        evidence = {"start": at, "end": at + len(SECOND), "text": SECOND, "drop": 0.4}
        passage["tags"] = [{**about, "threshold": 0.6, "sources": ["model"], "evidence": evidence}]
        word = at + SECOND.index("يعلم")
        span = {
            "standard": "knowledge",
            "role": "applied",
            "start": word,
            "end": word + 4,
            "text": "يعلم",
            "score": 0.8,
        }
        passage["mens_rea"] = [span]
        heading = "Criminalization of the laundering of proceeds of crime"
        result["provisions"] = [{**about, "heading": heading, "passages": [passage["index"]]}]
        result["mens_rea"] = [{"standard": "knowledge", "passages": [passage["index"]]}]
        return result


@pytest.fixture
def tagger(tagger: Any) -> Arabic:
    return Arabic(tagger)


@pytest.fixture
def document(fill: Callable[..., str]) -> str:
    return fill(TEXT.encode(), "حكم.txt", language="ar", title="النيابة العامة ضد سامر", state="EG")


def words_at(start: int, end: int) -> str:
    """Boxes of characters of the first passage's text, labels left out, as [left, top, right, bottom] by line."""
    return f"""(() => {{
        const walk = document.createTreeWalker(document.querySelector('#p0 .words'), NodeFilter.SHOW_TEXT);
        const range = new Range(); let at = 0;
        while (walk.nextNode()) {{
            const node = walk.currentNode;
            if (node.parentElement.closest('[data-not-text]')) continue;
            if (at <= {start} && {start} < at + node.length) range.setStart(node, {start} - at);
            if (at < {end} && {end} <= at + node.length) range.setEnd(node, {end} - at);
            at += node.length;
        }}
        return [...range.getClientRects()].map(b => [b.left, b.top, b.right, b.bottom]);
    }})()"""


def box(selector: str) -> str:
    return f"(b => [b.left, b.top, b.right, b.bottom])(document.querySelector('{selector}').getBoundingClientRect())"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("interface", ["en", "ar"])
def test_the_words_run_from_the_right_and_the_very_words_are_marked(
    browser: Any, service: str, document: str, width: int, interface: str
) -> None:
    browser.size(width)
    browser.open(f"{service}/documents/{document}?lang={interface}")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.querySelector('#p0 .words').lang") == "ar"
    marked = browser.evaluate("[...document.querySelectorAll('#p0 mark')].map(one => one.textContent)")
    label = browser.evaluate("document.querySelector('#p0 .element-label').textContent")
    assert "".join(marked).replace(label, "") == SECOND
    assert browser.evaluate("document.querySelector('#p0 .element').textContent") == "يعلم"

    left, _, right, _ = browser.evaluate(box("#p0 .words"))
    first, second = browser.evaluate(words_at(0, 1))[0], browser.evaluate(words_at(4, 5))[0]
    assert first[2] > right - 10  # the first character stands at the right edge
    assert second[2] <= first[0]  # and what follows to its left
    # Where SECOND begins, its mark lies; what stands before it, none.
    marks = "[...document.querySelectorAll('#p0 mark')].flatMap(one => [...one.getClientRects()])"
    marks = browser.evaluate(f"{marks}.map(b => [b.left, b.top, b.right, b.bottom])")
    begins = len(FIRST) + 1

    def covered(at: int) -> bool:
        x0, y0, x1, y1 = browser.evaluate(words_at(at, at + 1))[0]
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        return any(a <= x <= c and b <= y <= d for a, b, c, d in marks)

    assert [covered(at) for at in (0, len(FIRST) - 2, begins, begins + 20, begins + len(SECOND) - 2)] == [
        False, False, True, True, True,
    ]  # fmt: skip
    assert all(left - 1 <= a and c <= right + 1 for a, _, c, _ in marks)
    browser.open(f"{service}/?lang=en")


@pytest.mark.parametrize("interface", ["en", "ar"])
def test_findings_stand_at_the_end_of_the_line_where_there_is_room_and_above_the_text_where_not(
    browser: Any, service: str, document: str, interface: str
) -> None:
    browser.size(1400)
    browser.open(f"{service}/documents/{document}?lang={interface}")
    findings, text = browser.evaluate(box(".findings")), browser.evaluate(box("article.text"))
    assert findings[0] >= text[2] if interface == "en" else findings[2] <= text[0]
    browser.size(360)
    findings, text = browser.evaluate(box(".findings")), browser.evaluate(box("article.text"))
    assert findings[3] <= text[1]
    browser.open(f"{service}/?lang=en")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_quote_reads_from_the_right_with_its_rule_beside_its_first_words(
    browser: Any, service: str, document: str, width: int
) -> None:
    browser.size(width)
    browser.open(f"{service}/documents/{document}?lang=en")
    browser.evaluate("document.querySelector('#p0 details.why').open = true")
    quote = "document.querySelector('#p0 blockquote')"
    assert browser.evaluate(f"{quote}.textContent") == SECOND
    look = "(s => [s.direction, s.borderRightWidth, s.borderLeftWidth])"
    assert browser.evaluate(f"{look}(getComputedStyle({quote}))") == ["rtl", "3px", "0px"]
    inside, around = browser.evaluate(box("#p0 blockquote")), browser.evaluate(box("#p0 .tag"))
    assert around[0] <= inside[0]
    assert inside[2] <= around[2]
