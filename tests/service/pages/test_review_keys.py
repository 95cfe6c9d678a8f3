"""Review by keyboard alone, in a real browser: every key counts once and for the tag that it is meant for, however slow
the service is; and single keys can be switched off (WCAG 2.1.4)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from palermo.corpora.documents.document import Document
from palermo.service.store import Store
from palermo.service.store.documents import delete_document
from palermo.service.store.records import ReviewRecord
from palermo.service.store.reviews import reviews

Fill = Callable[..., str]
OTHER = "UNTOC.12"
WORDS = "untoc 12 confiscation"
IDLE = "document.body.dataset.ready && !document.body.dataset.busy"
HELP = "document.getElementById('help').open"
# A key, the tag that it is about and the tag that is shown then, by their places in the queue.
PLAN = [
    *[("a", 0, 1), ("r", 1, 2), ("c", 2, 3), ("a", 3, 4), ("u", 3, 3), ("r", 3, 4), ("n", 4, 4), ("a", 4, 5)],
    *[("c", 5, 6), ("u", 5, 5), ("a", 5, 6), ("n", 6, 6), ("u", 6, 6), ("r", 6, 7), ("j", 7, 8), ("a", 8, 9)],
    *[("k", 9, 8), ("k", 8, 7), ("r", 7, 9), ("a", 9, 10), ("a", 10, 11), ("n", 11, 11), ("r", 11, 12), ("c", 12, 13)],
]
DECISIONS = [(key, place) for key, place, _ in PLAN if key not in "jk"]
ACTIONS = {"a": "accept", "r": "reject", "c": "change", "n": "add", "u": "undo"}


class ScoringTagger:
    """Gives every tag a score of its own, so that none can be taken for another's."""

    def __init__(self, tagger: Any) -> None:
        self.tagger, self.info = tagger, tagger.info

    def tag(self, document: Document) -> dict[str, Any]:
        result: dict[str, Any] = self.tagger.tag(document)
        for passage in result["passages"]:
            for tag in passage["tags"]:
                tag["score"] = _score(passage["index"])
        return result


@pytest.fixture
def tagger(tagger: Any) -> ScoringTagger:
    return ScoringTagger(tagger)


def _score(index: int) -> float:
    return round(0.59 - index / 100, 2)


def _ruling(passages: int) -> bytes:
    lines = (f"{n}. Extradition of the accused number {n} was granted at once." for n in range(1, passages + 1))
    return "\n\n".join(lines).encode()


@pytest.fixture
def slow(browser: Any) -> Iterator[None]:
    """Every answer takes long enough for keys to come before it."""
    line = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.tab("Network.emulateNetworkConditions", latency=300, **line)
    yield
    browser.tab("Network.emulateNetworkConditions", latency=0, **line)


def written(store: Store) -> list[ReviewRecord]:
    """All reviews, the oldest first."""
    with store.read() as session:
        return list(reversed(reviews(session, limit=200).items))


def await_all(browser: Any, store: Store, condition: str) -> None:
    """Wait for a state as long as decisions keep coming: a busy machine may take its time, a lost key ends them."""
    before = -1
    while before < (now := len(written(store))):
        before = now
        with contextlib.suppress(AssertionError):
            browser.wait(condition)
            return
    browser.wait(condition)


def start(browser: Any, address: str) -> list[tuple[str, str]]:
    """Open the queue; its tags in their order, as passage and provision."""
    browser.open(address)
    browser.wait(IDLE)
    items = browser.evaluate("[...document.querySelectorAll('#queue-list [data-item]')].map(one => one.dataset.item)")
    return [tuple(item.split("~")) for item in items]


def shown(item: tuple[str, str]) -> str:
    """Whether a tag of the queue is the one shown, marked in the list and focused."""
    name = "~".join(item)
    return (
        f"{IDLE} && document.querySelector('#now').dataset.item === '{name}' && document.activeElement.id === 'now'"
        f" && document.querySelector('#queue-list [aria-current]').dataset.item === '{name}'"
    )


def choose(browser: Any) -> None:
    """What is typed into the dialog, without looking whether it is there."""
    for character in WORDS:
        browser.letter(character)
    browser.press("ArrowDown", 40)
    browser.press("Enter", 13)


def check(rows: list[ReviewRecord], items: list[tuple[str, str]], decisions: list[tuple[str, int]]) -> None:
    """The database has these decisions, each once, on its tag, with the machine's score of it."""
    expected: list[tuple[Any, ...]] = []
    before = ""
    for key, place in decisions:
        passage, provision = items[place]
        own = (ACTIONS[key], passage, provision, OTHER if key == "c" else None, _score(place), 0.6)
        other = ("undo" if key == "u" else "add", passage, OTHER, None, None, None)
        # A change gives the other provision too, and taking it back takes that back; an addition is of the other alone.
        alone = key == "n" or (key == "u" and before == "n")
        both = key == "c" or (key == "u" and before == "c")
        expected += [other] if alone else [own, other] if both else [own]
        before = key
    found = [(row.action, row.passage, row.provision, row.replacement, row.score, row.threshold) for row in rows]
    assert found == expected


def test_twenty_reviews_in_a_row_by_keyboard(browser: Any, service: str, fill: Fill, kept: Store) -> None:
    """Looking at the page before every key; every step is in the database when the page shows it."""
    fill(_ruling(14), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    done: list[tuple[str, int]] = []
    for key, place, then in PLAN:
        browser.letter(key)
        if key in "cn":
            browser.wait("document.getElementById('picker').open")
            choose(browser)
        if key not in "jk":
            done.append((key, place))
        browser.wait(shown(items[then]))
        check(written(kept), items, done)
    assert len(done) >= 20
    assert browser.complaints() == []


def test_twenty_reviews_without_waiting_for_the_page(
    browser: Any, service: str, fill: Fill, kept: Store, slow: None
) -> None:
    """All keys at once, the words for the dialog before it is open, on a slow line: none is lost, none counts twice."""
    fill(_ruling(14), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    for key, _, _ in PLAN:
        browser.letter(key)
        if key in "cn":
            choose(browser)
    await_all(browser, kept, shown(items[13]))
    check(written(kept), items, DECISIONS)
    assert len(DECISIONS) >= 20
    assert browser.complaints() == []


def test_words_selected_by_keyboard_get_the_tag(browser: Any, service: str, fill: Fill, kept: Store) -> None:
    fill(_ruling(3), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    browser.letter("j")
    browser.wait(shown(items[1]))
    # What the browser's own search leaves selected; then Shift and an arrow make it longer.
    assert browser.evaluate("window.find('accused number 2')")
    right = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39, "modifiers": 8}
    for _ in range(4):
        browser.tab("Input.dispatchKeyEvent", type="keyDown", commands=["MoveRightAndModifySelection"], **right)
        browser.tab("Input.dispatchKeyEvent", type="keyUp", **right)
    browser.letter("n")
    browser.wait("document.getElementById('picker').open")
    assert browser.evaluate("document.getElementById('picker-words').textContent") == "accused number 2 was"
    choose(browser)
    browser.wait(f"{IDLE} && document.getElementById('undo-last')")
    (row,) = written(kept)
    assert (row.action, row.passage, row.provision, row.quote) == ("add", items[1][0], OTHER, "accused number 2 was")


def test_the_queue_goes_on_beyond_its_first_page(
    browser: Any, service: str, fill: Fill, kept: Store, slow: None
) -> None:
    fill(_ruling(28), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    assert len(items) == 25
    for _ in range(27):
        browser.letter("a")
    browser.letter("u")
    browser.letter("r")
    await_all(browser, kept, f"{IDLE} && document.querySelectorAll('#queue-list li.open').length === 1")
    rows = written(kept)
    assert [row.action for row in rows] == ["accept"] * 27 + ["undo", "reject"]
    assert len({row.passage for row in rows}) == 27
    assert [row.passage for row in rows][:25] == [passage for passage, _ in items]
    assert len({row.passage for row in rows[-3:]}) == 1
    # `k` leads back over the seam of the two pages.
    for _ in range(5):
        browser.letter("k")
    browser.wait(shown(items[22]))


def test_a_key_that_is_held_down_decides_once(browser: Any, service: str, fill: Fill, kept: Store) -> None:
    fill(_ruling(4), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    browser.letter("a")
    for _ in range(20):
        browser.tab("Input.dispatchKeyEvent", type="keyDown", key="a", windowsVirtualKeyCode=65, autoRepeat=True)
    browser.letter("j")
    browser.wait(shown(items[2]))
    check(written(kept), items, [("a", 0)])


def test_after_a_step_that_fails_no_key_counts(browser: Any, service: str, fill: Fill, kept: Store, slow: None) -> None:
    """What was pressed meant a page that has not come."""
    gone = fill(_ruling(1), "gone.txt", language="en")
    fill(b"1. Costs.\n\n2. Extradition again.\n", "stays.txt", language="en")
    items = start(browser, f"{service}/queue")
    with kept.write() as session:
        delete_document(session, gone)
    for key in "aja":
        browser.letter(key)
    browser.wait(f"{IDLE} && !document.getElementById('problem').hidden")
    assert written(kept) == []
    browser.letter("j")
    browser.letter("a")
    browser.wait(f"{IDLE} && document.querySelector('#queue-list li.accepted')")
    assert [(row.action, row.passage) for row in written(kept)] == [("accept", items[1][0])]


def test_a_document_takes_keys_without_waiting(browser: Any, service: str, fill: Fill, kept: Store, slow: None) -> None:
    document = fill(_ruling(6), "ruling.txt", language="en")
    browser.open(f"{service}/documents/{document}")
    browser.wait(IDLE)
    for key in "jajrjn":
        browser.letter(key)
    choose(browser)
    for key in "ujjajjcjk":  # the last two are typed into the dialog
        browser.letter(key)
    for _ in "jk":
        browser.press("Backspace", 8)
    choose(browser)
    await_all(
        browser,
        kept,
        f"{IDLE} && document.activeElement.id === 't-5-UNTOC-16' && document.querySelector('#p5 .changed')",
    )
    rows = written(kept)
    assert [(row.action, row.provision) for row in rows] == [
        ("accept", "UNTOC.16"),
        ("reject", "UNTOC.16"),
        ("add", OTHER),
        ("undo", OTHER),
        ("accept", "UNTOC.16"),
        ("change", "UNTOC.16"),
        ("add", OTHER),
    ]
    assert [row.score for row in rows] == [_score(0), _score(1), None, None, _score(3), _score(5), None]
    assert browser.complaints() == []


@pytest.mark.parametrize("where", ["queue", "document"])
def test_single_keys_are_switched_off_and_on(browser: Any, service: str, fill: Fill, kept: Store, where: str) -> None:
    """As often as one likes, the next key coming at once: the help opens again, and no key decides meanwhile."""
    document = fill(_ruling(2), "ruling.txt", language="en")
    browser.open(f"{service}/queue" if where == "queue" else f"{service}/documents/{document}")
    browser.wait(IDLE)
    for _ in range(4):
        browser.letter("?")
        assert browser.evaluate(f"{HELP} && document.activeElement.id") == "keys-on"
        browser.press(" ", 32)
        assert browser.evaluate("document.getElementById('keys-on').checked") is False
        browser.press("Escape", 27)
        for key in "jarcnu?":
            browser.letter(key)
            browser.letter("\u0444", f"Key{key.upper()}")
        browser.letter("\u061f", "Slash", shift=True)
        assert browser.evaluate(f"({IDLE}) && !document.getElementById('picker').open && !({HELP})")
        by_button(browser)
        browser.press(" ", 32)
        assert browser.evaluate("document.getElementById('keys-on').checked") is True
        browser.press("Escape", 27)
    assert written(kept) == []
    browser.letter("?")
    browser.press(" ", 32)
    browser.open(f"{service}/queue")  # it holds for all pages, and is shown as it is
    browser.wait(IDLE)
    browser.letter("a")
    by_button(browser)
    assert browser.evaluate(f"{HELP} && document.getElementById('keys-on').checked") is False
    browser.press(" ", 32)
    browser.press("Escape", 27)
    browser.letter("r")
    browser.wait(f"{IDLE} && document.querySelector('#queue-list li.rejected')")
    assert [row.action for row in written(kept)] == ["reject"]


def by_button(browser: Any) -> None:
    """Open the keys' help without a key of a single character: go to its button by Tab, and press Enter."""
    for _ in range(80):
        if browser.evaluate("document.activeElement.matches('[data-help]')"):
            break
        browser.press("Tab", 9)
    browser.press("Enter", 13)
    assert browser.evaluate(f"{HELP} && document.activeElement.id") == "keys-on"


@pytest.mark.parametrize(
    ("script", "keys"),
    [
        ("Arabic", {"j": "ت", "k": "ن", "a": "ش", "r": "ق", "c": "ؤ", "n": "ى", "u": "ع", "?": "؟"}),
        ("Cyrillic", {"j": "о", "k": "л", "a": "ф", "r": "к", "c": "с", "n": "т", "u": "г", "?": ","}),
        ("Greek", {"j": "ξ", "k": "κ", "a": "α", "r": "ρ", "c": "ψ", "n": "ν", "u": "θ", "?": "?"}),
    ],
)
def test_keys_of_other_scripts_count_by_their_place(
    browser: Any, service: str, fill: Fill, kept: Store, slow: None, script: str, keys: dict[str, str]
) -> None:
    """Also while they wait, and what is typed into the dialog stays what it is."""
    fill(_ruling(14), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    for key, _, _ in PLAN:
        browser.letter(keys[key], f"Key{key.upper()}")
        if key in "cn":
            browser.letter(keys["k"], "KeyK")
            browser.press("Backspace", 8)
            choose(browser)
    await_all(browser, kept, shown(items[13]))
    check(written(kept), items, DECISIONS)
    if script != "Cyrillic":  # whose question mark is on a digit, and typed as it is
        browser.letter(keys["?"], "Slash", shift=True)
        assert browser.evaluate(HELP)


def test_the_character_counts_before_the_place(browser: Any, service: str, fill: Fill, kept: Store) -> None:
    """AZERTY has `a` where QWERTY has `q`, Dvorak `r` where it has `o`; what stands in those places decides nothing."""
    fill(_ruling(4), "ruling.txt", language="en")
    items = start(browser, f"{service}/queue")
    browser.letter("q", "KeyA")
    browser.letter("p", "KeyR")
    browser.letter(";", "KeyA")
    browser.letter("¶", "KeyR")  # a symbol, as AltGr types them
    browser.letter("a", "KeyQ")
    browser.wait(shown(items[1]))
    browser.letter("r", "KeyO")
    browser.wait(shown(items[2]))
    check(written(kept), items, [("a", 0), ("r", 1)])
