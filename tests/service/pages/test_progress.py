"""A batch's page in a real browser follows it to its end, whatever becomes of the line to the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import Busy
from palermo.corpora.settings import Settings
from palermo.service.api import create_app
from palermo.service.store import Store
from palermo.service.store.documents import add_document
from palermo.service.store.work import create_batch, get_batch

Running = Callable[[Any], AbstractContextManager[str]]
ENDED = "document.querySelector('#progress[data-ended=true]')"
ASKED = "performance.getEntriesByType('resource').some(one => one.name.endsWith('/progress'))"


class Line:
    """The way to the service: `events` says what becomes of event streams, `silent` whether nobody answers the page."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.events = "whole"
        self.silent = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path.endswith("/events") and self.events != "whole":
            status = 502 if self.events == "refused" else 200
            head = {"type": "http.response.start", "status": status}
            await send({**head, "headers": [(b"content-type", b"text/event-stream")]})
            await send({"type": "http.response.body", "body": b": here\n\n"})
        elif path.endswith("/progress") and self.silent:
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            await self._app(scope, receive, send)


@pytest.fixture
def line(gate: Any, pool: ParserPool, kept: Store) -> Line:
    """A way to the service whose documents wait at the gate."""
    return Line(create_app(gate, limits=Settings(), pool=pool, store=kept))


@pytest.fixture
def address(line: Line, running: Running) -> Iterator[str]:
    with running(line) as found:
        yield found


def batch_of(kept: Store, *texts: bytes) -> int:
    with kept.write() as session:
        ids = [add_document(session, text, f"{at}.txt")[0].id for at, text in enumerate(texts)]
        return create_batch(session, "one batch", ids).id


@pytest.mark.parametrize("events", ["refused", "cut"])
def test_without_events_the_page_asks(
    browser: Any, address: str, line: Line, gate: Any, kept: Store, events: str
) -> None:
    line.events = events
    with gate.shut():
        batch = batch_of(kept, b"The proceeds were hidden.")
        browser.open(f"{address}/batches/{batch}")
        browser.wait(ASKED)
        assert not browser.evaluate(f"Boolean({ENDED})")
    browser.wait(ENDED)
    browser.wait("document.querySelectorAll('[data-state=done]').length === 1")
    assert browser.evaluate("document.querySelector('#progress progress').position") == 1


def test_a_service_that_is_silent_for_a_while_is_told_and_asked_again(
    browser: Any, address: str, line: Line, gate: Any, kept: Store
) -> None:
    line.events, line.silent = "refused", True
    with gate.shut():
        batch = batch_of(kept, b"The proceeds were hidden.")
        browser.open(f"{address}/batches/{batch}")
        browser.evaluate("AbortSignal.timeout = (wait => () => wait.call(AbortSignal, 50))(AbortSignal.timeout)")
        browser.wait("!document.getElementById('progress-lost').hidden")
        assert "keeps trying" in browser.evaluate("document.getElementById('progress-lost').textContent")
        line.silent = False
        browser.evaluate("AbortSignal.timeout = () => new AbortController().signal")
        browser.wait("document.getElementById('progress-lost').hidden")
    browser.wait(ENDED)


def test_a_batch_that_is_cancelled_ends_with_what_had_begun(browser: Any, address: str, gate: Any, kept: Store) -> None:
    with gate.shut():
        batch = batch_of(kept, *(f"The proceeds of {number}.".encode() for number in range(6)))
        browser.open(f"{address}/batches/{batch}")
        browser.wait("document.body.dataset.ready")
        browser.evaluate("document.querySelector('form[action$=cancel] button').click()")
        browser.wait("!document.querySelector('form[action$=cancel]')")
    browser.wait(f"{ENDED} && document.querySelector('[data-state=cancelled]')")
    with kept.read() as session:
        ended = get_batch(session, batch)
    assert (ended.queued, ended.running) == (0, 0)
    assert ended.stopped >= 4  # two are worked on at once
    assert ended.done + ended.stopped == 6
    words = browser.evaluate("document.getElementById('progress').innerText")
    assert "Cancelled." in words
    assert f"{ended.stopped} cancelled." in words
    assert "6 of 6" in words


class Stumbling:
    """A tagger that has no time for its first document."""

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger
        self._first = True
        self.info = tagger.info

    def tag(self, document: Any) -> dict[str, Any]:
        if self._first:
            self._first = False
            raise Busy("there was no time for it", hint="try again")
        found: dict[str, Any] = self._tagger.tag(document)
        return found


def test_what_failed_is_tried_again(browser: Any, running: Running, tagger: Any, pool: ParserPool, kept: Store) -> None:
    batch = batch_of(kept, b"The proceeds were hidden.")
    with running(create_app(Stumbling(tagger), limits=Settings(), pool=pool, store=kept)) as address:
        browser.open(f"{address}/batches/{batch}")
        browser.wait(f"{ENDED} && document.querySelector('[data-state=failed]') && document.body.dataset.ready")
        words = browser.evaluate("document.getElementById('progress').innerText")
        assert "there was no time for it" in words
        assert "try again" in words
        browser.evaluate("document.querySelector('form[action$=retry] button').click()")
        browser.wait(f"{ENDED} && document.querySelector('[data-state=done]')")
        assert "failed" not in browser.evaluate("document.getElementById('progress').innerText")
        assert browser.complaints() == []


def test_an_export_is_made_and_downloaded(browser: Any, service: str, fill: Any, tmp_path: Path) -> None:
    fill(b"The proceeds were hidden.", "one.txt", language="en")
    browser.open(f"{service}/exports")
    browser.evaluate("document.querySelector('[name=format][value=csv]').click()")
    browser.evaluate("document.querySelector('form.form button').click()")
    browser.wait("document.querySelector('#exports a[download]')")
    path = tmp_path / "down" / "palermo-1.csv"
    path.parent.mkdir()
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(path.parent))
    browser.evaluate("document.querySelector('#exports a[download]').click()")
    browser.until(path.exists)
    assert "UNTOC.6" in path.read_text("utf-8-sig")
