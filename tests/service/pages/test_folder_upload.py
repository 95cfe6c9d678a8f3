"""A folder is dropped or chosen in a real browser: its files arrive with their paths, and the wait always ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from palermo.service.store import Store
from palermo.service.store.browse import browse

ENDED = "document.querySelector('#progress[data-ended=true]') && document.querySelectorAll('[data-state=done]').length"
IDLE = "document.getElementById('many-working').hidden && !document.getElementById('many-send').disabled"
TOLD = f"!document.getElementById('problem').hidden && {IDLE}"


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    """A folder with more files than one request may have: in sub-folders, one of them broken, with a manifest."""
    folder = tmp_path / "lot"
    for number in range(10):
        path = folder / f"year {2000 + number % 2}" / f"arrêt-{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"The proceeds of {number} were hidden.".encode())
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nx")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "year 2000" / ".hidden").write_bytes(b"x")
    table = "file,title,state\nyear 2001/arrêt-3.txt,The third,FR\n"
    (folder / "manifest.csv").write_text(table, "utf-8")
    return folder


@pytest.fixture
def start(browser: Any, service: str) -> str:
    """The start page, at work."""
    browser.size(1400, 1000)
    browser.open(service)
    browser.wait("document.getElementById('many').dataset.ready")
    return service


def drag(browser: Any, selector: str, *paths: Path) -> None:
    """Drag files or folders from the desktop over a place of the page, and let them go there."""
    box = f"document.querySelector('{selector}').getBoundingClientRect()"
    x, y = browser.evaluate(f"(b => [b.left + b.width / 2, b.top + b.height / 2])({box})")
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.tab("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)


def send(browser: Any) -> None:
    browser.evaluate("document.getElementById('many-send').click()")


def arrived(browser: Any, kept: Store) -> None:
    """The batch has ended: all files of `lot` are there, one of them failed, and the page says so."""
    browser.wait(f"{ENDED} === 10")
    words = browser.evaluate("document.getElementById('progress').innerText")
    assert "11 of 11" in words
    assert "1 failed." in words
    assert "broken.pdf" in words
    assert browser.evaluate("document.querySelector('#progress progress').position") == 1
    with kept.read() as session:
        found = {one.document.name: one.document for one in browse(session).items}
    assert set(found) == {"broken.pdf", *(f"arrêt-{number}.txt" for number in range(10))}
    assert (found["arrêt-3.txt"].title, found["arrêt-3.txt"].state) == ("The third", "FR")
    assert browser.complaints() == []


def test_a_folder_is_dropped(browser: Any, start: str, lot: Path, kept: Store) -> None:
    drag(browser, "#many-drop", lot)
    browser.wait(f"document.getElementById('files-name').textContent.startsWith('lot: 12 files') && {IDLE}")
    send(browser)
    arrived(browser, kept)


def test_a_folder_is_chosen(browser: Any, start: str, lot: Path, kept: Store) -> None:
    assert browser.evaluate("document.getElementById('choose-folder').checkVisibility()")
    browser.choose("#folder", lot)
    browser.wait("document.getElementById('files-name').textContent.startsWith('lot: 12 files')")
    send(browser)
    arrived(browser, kept)


def test_files_that_are_chosen_after_a_folder_take_its_place(browser: Any, start: str, lot: Path) -> None:
    browser.choose("#folder", lot)
    browser.wait("document.getElementById('files-name').textContent.startsWith('lot: 12 files')")
    browser.choose("#files", lot / "broken.pdf")
    browser.wait("document.getElementById('files-name').textContent.startsWith('broken.pdf')")


@pytest.mark.parametrize("name", ["broken.pdf", "year 2001/arrêt-3.txt"])
def test_a_file_that_is_gone_ends_the_wait_with_its_name(browser: Any, start: str, lot: Path, name: str) -> None:
    browser.choose("#folder", lot)
    browser.wait("document.getElementById('files-name').textContent.startsWith('lot: 12 files')")
    (lot / name).unlink()
    send(browser)
    browser.wait(TOLD)
    assert browser.evaluate("document.getElementById('problem-title').textContent") == "A file can't be read"
    assert f"lot/{name}" in browser.evaluate("document.getElementById('problem-detail').textContent")
    assert not any(address.endswith("/batches") for address in browser.requested())


def test_a_folder_without_files_says_so(browser: Any, start: str, tmp_path: Path) -> None:
    (tmp_path / "empty" / "below").mkdir(parents=True)
    drag(browser, "#many-drop", tmp_path / "empty")
    browser.wait(TOLD)
    assert browser.evaluate("document.getElementById('problem-title').textContent") == "There is no file in this folder"


def test_an_upload_that_does_not_move_on_ends(browser: Any, start: str, lot: Path) -> None:
    browser.evaluate("XMLHttpRequest.prototype.send = () => {}")  # a line that is up and carries nothing
    browser.evaluate("document.getElementById('many').dataset.seconds = '0.2'")
    browser.choose("#folder", lot)
    browser.wait("document.getElementById('files-name').textContent.startsWith('lot: 12 files')")
    send(browser)
    browser.wait(TOLD)
    assert browser.evaluate("document.getElementById('problem-title').textContent") == "It took too long"


def test_only_one_document_is_read_at_once(browser: Any, start: str, lot: Path) -> None:
    drag(browser, "#drop", lot)
    browser.wait("!document.getElementById('problem').hidden")
    assert browser.evaluate("document.getElementById('problem-title').textContent") == "One document at a time"
    assert not any(address.endswith("/analyses") for address in browser.requested())
