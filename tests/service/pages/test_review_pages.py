"""Review in a real browser: by keyboard alone, with the machine's score in sight, and every step can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from palermo.service.store import Store
from palermo.service.store.reviews import Step, review, reviews

Fill = Callable[..., str]
RULING = b"""1. The accused moved the proceeds of the fraud. He knew it.

2. Extradition to the requesting State was refused. The court found that he was reckless.

3. Extradition of the second accused was granted.

4. Costs only.
"""
OPTIONS = "document.getElementById('picker').open && document.querySelectorAll('.option').length > 600"


@pytest.fixture
def document(fill: Fill) -> str:
    return fill(RULING, "ruling.txt", state="Ardenia", language="en")


def verdict(index: int) -> str:
    return f"document.querySelector('#p{index} .tag')?.className"


def done(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        return [(one.action, one.provision) for one in reversed(reviews(session).items)]


def search(words: str) -> str:
    return (
        "(() => { const box = document.getElementById('picker-search');"
        f" box.value = {words!r}; box.dispatchEvent(new Event('input')); }})()"
    )


def select(index: int, start: int, end: int) -> str:
    """Select characters of the first piece of a passage."""
    return (
        f"(() => {{ const node = document.querySelector('#p{index} .words').firstChild; const range = new Range();"
        f" range.setStart(node, {start}); range.setEnd(node, {end});"
        " getSelection().removeAllRanges(); getSelection().addRange(range); })()"
    )


def test_a_document_is_reviewed_by_keys_and_undone(browser: Any, service: str, document: str, kept: Store) -> None:
    browser.open(f"{service}/documents/{document}")
    browser.wait("document.body.dataset.ready")
    browser.letter("j")
    assert browser.evaluate("document.activeElement.dataset.provision") == "UNTOC.6"
    browser.letter("j")
    assert browser.evaluate("document.activeElement.closest('.passage').id") == "p1"
    browser.letter("a")
    browser.wait(f"{verdict(1)} === 'tag accepted'")
    browser.wait("document.activeElement.closest('#p1 .tag')")
    shown = browser.evaluate("document.querySelector('#p1 .tag').innerText")
    assert "0.55" in shown  # the machine's score
    assert "For review" in shown
    assert "Accepted" in shown
    assert browser.evaluate("document.getElementById('status').textContent") == "Accepted UNTOC art. 16."
    browser.letter("u")
    browser.wait(f"{verdict(1)} === 'tag open'")
    browser.letter("r")
    browser.wait(f"{verdict(1)} === 'tag rejected'")
    browser.wait("!document.querySelector('#p1 mark.evidence')")
    assert done(kept) == [("accept", "UNTOC.16"), ("undo", "UNTOC.16"), ("reject", "UNTOC.16")]
    assert browser.complaints() == []


@pytest.mark.parametrize("where", ["queue", "document"])
def test_a_decision_that_came_first_is_shown_and_nothing_written(
    browser: Any, service: str, document: str, kept: Store, where: str
) -> None:
    """Another tab has decided the tag; then the same key decides on what is shown now."""
    browser.open(f"{service}/queue" if where == "queue" else f"{service}/documents/{document}")
    browser.wait("document.body.dataset.ready")
    if where == "document":
        browser.letter("j")
    shown = "document.querySelector('#now, #p0 .tag, #p1 .tag:focus')"
    tag = "document.activeElement" if where == "document" else shown
    provision = browser.evaluate(f"{tag}.dataset.provision")
    passage = browser.evaluate(f"{tag}.querySelector('[name=passage]').value")
    with kept.write() as session:
        review(session, Step(passage, provision, "accept", comment="first"))
    browser.letter("r")
    browser.wait("!document.getElementById('problem').hidden && !document.body.dataset.busy")
    assert "decided by somebody meanwhile" in browser.evaluate("document.getElementById('problem').innerText")
    assert browser.evaluate(f"{shown}.className") == "tag accepted"
    assert "first" in browser.evaluate(f"{shown}.innerText")
    assert done(kept) == [("accept", provision)]
    browser.letter("r")
    browser.wait("document.getElementById('problem').hidden && !document.body.dataset.busy")
    assert done(kept) == [("accept", provision), ("reject", provision)]


def test_chosen_words_get_a_tag_at_their_place(browser: Any, service: str, document: str, kept: Store) -> None:
    browser.open(f"{service}/documents/{document}")
    browser.wait("document.body.dataset.ready")
    browser.evaluate(select(3, 3, 8))
    browser.wait("!document.getElementById('add-here').hidden")
    browser.letter("n")
    browser.wait(OPTIONS)
    assert browser.evaluate("document.getElementById('picker-words').textContent") == "Costs"
    browser.evaluate(search("untoc 12 confiscation"))
    browser.press("ArrowDown", 40)
    assert browser.evaluate("document.activeElement.value") == "UNTOC.12"
    browser.press("Enter", 13)
    browser.wait(f"{verdict(3)} === 'tag added'")
    assert browser.evaluate("document.querySelector('#p3 mark.evidence').textContent") == "Costs"
    with kept.read() as session:
        written = reviews(session).items[0]
    assert (written.action, written.provision, written.quote) == ("add", "UNTOC.12", "Costs")
    assert browser.evaluate("document.querySelector('#side [data-provision=\"UNTOC.12\"]') !== null")


def test_offsets_pass_over_labels_and_count_code_points(browser: Any, service: str, fill: Fill, kept: Store) -> None:
    document = fill("1. 𝕏 knew of the money 𝕐 and the end.\n\n2. More.\n".encode(), "points.txt", language="en")
    browser.open(f"{service}/documents/{document}")
    browser.wait("document.body.dataset.ready")
    # From inside the mental element, over its label, to the last words.
    browser.evaluate(
        "(() => { const range = new Range(); const words = document.querySelector('#p0 .words');"
        " range.setStart(words.querySelector('.element').firstChild, 0);"
        " const last = words.lastChild; range.setEnd(last, last.data.indexOf(' and'));"
        " getSelection().removeAllRanges(); getSelection().addRange(range); })()"
    )
    browser.letter("n")
    browser.wait(OPTIONS)
    browser.evaluate(search("untoc 12 confiscation"))
    browser.press("ArrowDown", 40)
    browser.press("Enter", 13)
    browser.wait(f"{verdict(0)} === 'tag added'")
    with kept.read() as session:
        assert reviews(session).items[0].quote == "knew of the money 𝕐"
