"""The pages in a real browser: by mouse and keyboard, wide and narrow, light and dark, with an end to every wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from palermo.service.pages import render
from palermo.service.store import Store
from palermo.service.store.analyses import passages
from palermo.service.store.reviews import Step, review
from palermo.service.store.work import create_batch

TEXT = "1. The accused moved the proceeds of the fraud. He knew it.\n\n2. Costs only <script>alert(1)</script>.\n"

CONTRAST = """(() => {
  const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = e => {
    for (let n = e; n; n = n.parentElement) {
      const c = rgb(getComputedStyle(n).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const low = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !e.getClientRects().length || e.closest(":disabled")) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(e.className + " " + ratio.toFixed(2));
  }
  return low;
})()"""
"""Texts whose contrast is below 4.5:1 (WCAG 2.2, 1.4.3)."""

TWICE = """[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, at, all) => all.indexOf(id) !== at)"""
"""Ids that a page has twice."""

UNNAMED = """[...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, dialog, progress, img")].filter(e => !(
    e.textContent.trim() || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.getAttribute("alt")
    || (e.labels && e.labels.length))).map(e => e.outerHTML)"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A small judgment on disk."""
    path = tmp_path / "marlow.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def page(result: dict[str, Any], tmp_path: Path) -> str:
    """The address of an analysis as a file on its own."""
    path = tmp_path / "analysis.html"
    path.write_text(render.analysis_alone(result), "utf-8")
    return path.as_uri()


def test_a_file_is_chosen_sent_and_shown(browser: Any, service: str, document: Path) -> None:
    browser.open(service)
    browser.choose("#file", document)
    browser.wait("document.getElementById('file-name').textContent.startsWith('marlow.txt')")
    browser.evaluate("document.getElementById('send').click()")
    browser.wait("document.querySelector('.analysis')")
    assert "/analyses/" in browser.evaluate("location.pathname")
    browser.wait("document.querySelectorAll('.provision').length === 1")
    evidence = browser.evaluate("document.querySelector('.text mark.evidence').textContent")
    assert evidence.startswith("The accused moved")
    assert "Knowledge" in browser.evaluate("document.querySelector('.element-label').textContent")
    assert "<script>alert(1)</script>" in browser.evaluate("document.querySelector('.text').textContent")
    browser.wait("document.querySelector('.text[data-ready]')")  # the page's script has run
    browser.evaluate("document.querySelector('.provision-button').click()")
    browser.wait("document.querySelectorAll('.passage.chosen').length === 1")
    assert browser.complaints() == []
    assert all(address.startswith(service) for address in browser.requested())


def test_a_result_survives_reload_back_and_forward(browser: Any, service: str, document: Path) -> None:
    browser.open(service)
    browser.choose("#file", document)
    browser.evaluate("document.getElementById('send').click()")
    browser.wait("document.querySelector('.analysis')")
    browser.evaluate("location.reload()")
    browser.wait("document.readyState === 'complete' && document.querySelector('.text[data-ready]')")
    browser.evaluate("history.back()")
    browser.wait("document.getElementById('upload') && document.getElementById('working').hidden")
    browser.evaluate("history.forward()")
    browser.wait("document.querySelector('.analysis')")
    browser.open(f"{service}/analyses/unknown")
    assert browser.evaluate("document.querySelector('main h1').textContent") == "This result is no longer here"


def test_a_dropped_file_is_read_at_once(browser: Any, service: str) -> None:
    browser.open(service)
    browser.wait("document.getElementById('upload').dataset.ready")
    browser.evaluate(
        """(() => {
          const data = new DataTransfer();
          data.items.add(new File(["The proceeds were hidden."], "dropped.txt", { type: "text/plain" }));
          const drop = new DragEvent("drop", { dataTransfer: data, cancelable: true });
          document.getElementById("drop").dispatchEvent(drop);
        })()"""
    )
    browser.wait("document.querySelector('.analysis')")


def test_a_file_that_can_not_be_read_ends_in_a_reason(browser: Any, service: str, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\ngarbage")
    browser.open(service)
    browser.choose("#file", tmp_path / "broken.pdf")
    browser.evaluate("document.getElementById('send').click()")
    browser.wait("!document.getElementById('problem').hidden")
    browser.wait("document.getElementById('working').hidden && !document.getElementById('send').disabled")
    assert "broken.pdf" in browser.evaluate("document.getElementById('problem-detail').textContent")
    assert browser.evaluate("document.activeElement.id") == "problem"


def test_too_large_a_file_is_told_before_it_is_sent(browser: Any, service: str, tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"x" * 100_001)
    browser.open(service)
    browser.choose("#file", tmp_path / "large.txt")
    browser.evaluate("document.getElementById('send').click()")
    browser.wait("!document.getElementById('problem').hidden")
    assert not any(address.endswith("/analyses") for address in browser.requested())


def test_a_lost_connection_ends_the_wait(browser: Any, service: str, document: Path) -> None:
    browser.open(service)
    browser.choose("#file", document)
    browser.evaluate("document.getElementById('upload').action = 'http://127.0.0.1:9/'")
    browser.evaluate("document.getElementById('send').click()")
    browser.wait("!document.getElementById('problem').hidden && document.getElementById('working').hidden")
    assert "reached" in browser.evaluate("document.getElementById('problem-title').textContent")


def test_an_answer_that_never_comes_ends_the_wait(browser: Any, service: str, document: Path) -> None:
    browser.open(service)
    browser.choose("#file", document)
    browser.evaluate(
        "window.fetch = (_, o) => new Promise((_, no) => o.signal.addEventListener('abort', () => "
        "no(new DOMException('', 'AbortError')))); document.getElementById('cancel').hidden"
    )
    browser.evaluate("document.getElementById('send').click()")
    browser.wait("!document.getElementById('cancel').hidden && !document.getElementById('working').hidden")
    browser.evaluate("document.getElementById('cancel').click()")
    browser.wait("document.getElementById('working').hidden && !document.getElementById('send').disabled")


@pytest.mark.parametrize("form", ["", "many-"])
def test_what_is_cancelled_before_it_is_sent_is_not_sent(browser: Any, service: str, document: Path, form: str) -> None:
    browser.open(service)
    browser.choose("#files" if form else "#file", document)
    browser.evaluate(
        "window.sent = []; window.fetch = () => { sent.push('fetch'); return new Promise(() => 0); };"
        "XMLHttpRequest.prototype.send = () => sent.push('request');"
        f"document.getElementById('{form}send').click(); document.getElementById('{form}cancel').click()"
    )
    browser.wait(f"document.getElementById('{form}working').hidden && !document.getElementById('{form}send').disabled")
    assert browser.evaluate("sent.length + ' ' + document.getElementById('problem').hidden") == "0 true"


def test_an_analysis_is_used_by_keyboard_alone(browser: Any, page: str) -> None:
    browser.open(page)
    for _ in range(20):
        browser.press("Tab", 9)
        if browser.evaluate("document.activeElement.className") == "provision-button":
            break
    browser.press("Enter", 13)
    browser.wait("document.querySelectorAll('.passage.chosen').length === 1")
    assert browser.evaluate("document.activeElement.classList.contains('passage')")
    assert browser.evaluate("document.getElementById('filter-state').textContent") == "UNTOC art. 6: 1 of 3 passages"
    browser.press("Escape", 27)
    browser.wait("document.querySelectorAll('.passage.chosen').length === 0")
    assert browser.evaluate("document.activeElement.className") == "provision-button"


def test_a_link_to_a_passage_takes_the_focus_there(browser: Any, page: str) -> None:
    browser.open(page)
    browser.evaluate("document.querySelector('.places a').click()")
    target = browser.evaluate("document.querySelector('.places a').getAttribute('href').slice(1)")
    assert browser.evaluate("document.activeElement.id") == target


def test_a_page_on_its_own_loads_nothing_and_breaks_no_rule(browser: Any, page: str) -> None:
    browser.open(page)
    assert browser.requested() == [page]
    assert browser.complaints() == []
    assert (
        browser.evaluate("getComputedStyle(document.querySelector('mark.evidence')).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )


WHERE = (
    "start", "docs", "analysis", "documents", "document", "queue", "provisions", "batches", "batch", "dashboard",
    "exports",
)  # fmt: skip


@pytest.fixture
def addresses(service: str, page: str, fill: Any, kept: Store) -> dict[str, str]:
    """Every page, of a service with a document, a batch and a decision."""
    document = fill(TEXT.encode(), "marlow.txt", state="Ardenia", language="en")
    with kept.write() as session:
        batch = create_batch(session, "Batch", [document])
        passage = passages(session, document)[0]
        review(session, Step(passage.id, "UNTOC.6", "accept"))
    found = {name: f"{service}/{name}" for name in WHERE}
    one = {"start": service, "analysis": page, "document": f"{service}/documents/{document}"}
    return {**found, **one, "batch": f"{service}/batches/{batch.id}"}


@pytest.mark.parametrize("where", WHERE)
def test_every_page_reads_well_in_both_schemes_and_at_every_width(
    browser: Any, addresses: dict[str, str], where: str
) -> None:
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        browser.open(addresses[where])
        browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.evaluate(CONTRAST) == []
        assert browser.evaluate(UNNAMED) == []
        assert browser.evaluate("document.querySelectorAll('h1').length") == 1
        assert browser.evaluate(TWICE) == []
    for width in (320, 768, 1400):
        browser.size(width)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


@pytest.mark.parametrize("where", [name for name in WHERE if name != "analysis"])
def test_a_page_in_french_has_no_english_left(browser: Any, addresses: dict[str, str], where: str) -> None:
    browser.open(f"{addresses[where]}?lang=fr")
    assert browser.evaluate("document.documentElement.lang") == "fr"
    heading = "document.querySelector('.foot').textContent"
    assert "personne qui décide" in browser.evaluate(heading)
    assert browser.evaluate("document.querySelector('nav.site-nav a').textContent").strip() == "Accueil"
    browser.open(f"{addresses[where]}?lang=en")


def test_findings_stay_beside_the_text_where_there_is_room(browser: Any, page: str) -> None:
    beside = (
        "document.querySelector('.findings').getBoundingClientRect().left >= "
        "document.querySelector('.text').getBoundingClientRect().right"
    )
    browser.size(1400)
    browser.open(page)
    assert browser.evaluate(beside) is True
    browser.size(400)
    assert browser.evaluate(beside) is False


def test_right_to_left_text_runs_right_to_left(browser: Any, result: dict[str, Any], tmp_path: Path) -> None:
    arabic = {**result, "passages": [{**result["passages"][0], "language": "ar", "tags": [], "mens_rea": []}]}
    (tmp_path / "ar.html").write_text(render.analysis_alone(arabic), "utf-8")
    browser.open((tmp_path / "ar.html").as_uri())
    assert browser.evaluate("getComputedStyle(document.querySelector('.words')).direction") == "rtl"
    assert browser.evaluate("document.querySelector('.words').lang") == "ar"
