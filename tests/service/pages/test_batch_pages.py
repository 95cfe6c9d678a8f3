"""Batches in a real browser: many files go in, progress is seen to its end, what failed says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from palermo.service.store import Store
from palermo.service.store.browse import browse
from palermo.service.store.documents import add_document
from palermo.service.store.work import create_batch, get_batch


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Two documents that can be read and one that can't."""
    texts = {
        "one.txt": b"The proceeds were hidden.",
        "two.txt": b"Extradition was refused.",
        "three.pdf": b"%PDF-1.7\nx",
    }
    for name, data in texts.items():
        (tmp_path / name).write_bytes(data)
    return [tmp_path / name for name in texts]


def test_many_files_are_sent_tagged_and_listed(browser: Any, service: str, three: list[Path], kept: Store) -> None:
    browser.open(service)
    browser.wait("document.getElementById('many').dataset.ready")
    browser.choose("#files", *three)
    browser.wait("document.getElementById('files-name').textContent.startsWith('3 files')")
    browser.evaluate("document.getElementById('many-send').click()")
    # At the end the page is loaded anew, for its list: only then does what it says stay.
    browser.wait("document.querySelectorAll('[data-state=done]').length === 2")
    browser.wait("document.querySelector('#progress[data-ended=true]')")
    words = browser.evaluate("document.getElementById('progress').innerText")
    assert "3 of 3" in words
    assert "1 failed." in words
    assert "three.pdf" in words
    assert "not a PDF that can be opened" in words
    with kept.read() as session:
        lines = {one.document.name: one for one in browse(session).items}
    assert [one.provision for one in lines["one.txt"].applied] == ["UNTOC.6"]
    assert lines["two.txt"].waiting == 1
    assert browser.complaints() == []


def test_a_batch_is_cancelled_or_has_ended(browser: Any, service: str, kept: Store) -> None:
    with kept.write() as session:
        document, _ = add_document(session, b"The proceeds were hidden.", "one.txt")
        batch = create_batch(session, "late", [document.id])
    browser.open(f"{service}/batches/{batch.id}")
    browser.wait(
        "document.querySelector('#progress[data-ended=true]') || document.querySelector('form[action$=cancel] button')"
    )
    browser.evaluate("document.querySelector('form[action$=cancel] button')?.click()")
    browser.wait("document.querySelector('#progress[data-ended=true]')")
    with kept.read() as session:
        assert get_batch(session, batch.id).queued == 0


def test_too_many_files_are_told_before_they_are_sent(browser: Any, service: str, three: list[Path]) -> None:
    browser.open(service)
    browser.wait("document.getElementById('many').dataset.ready")
    browser.evaluate("document.getElementById('many').dataset.files = '2'")
    browser.choose("#files", *three)
    browser.evaluate("document.getElementById('many-send').click()")
    browser.wait("!document.getElementById('problem').hidden")
    assert "ZIP" in browser.evaluate("document.getElementById('problem-hint').textContent")
    assert not any(address.endswith("/batches") for address in browser.requested())


def test_an_export_is_asked_for_made_and_fetched(browser: Any, service: str, fill: Any) -> None:
    fill(b"The proceeds were hidden.", "one.txt", language="en")
    browser.open(f"{service}/exports")
    browser.evaluate("document.querySelector('[name=format][value=csv]').click()")
    browser.evaluate("document.querySelector('form.form').requestSubmit()")
    browser.wait("document.querySelector('#exports a[download]')")
    text = browser.evaluate("fetch(document.querySelector('#exports a[download]').href).then(answer => answer.text())")
    assert "UNTOC.6" in text
    assert browser.complaints() == []
