"""A real browser for the tests of the pages: headless Chromium, spoken to over its DevTools pipe."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.api import create_app
from palermo.service.store import Store, open_store
from palermo.service.store.analyses import save_analysis, save_text
from palermo.service.store.documents import add_document

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
SECONDS = 300


LEAVING = ("navigated or closed", "context was destroyed", "Cannot find context")


class Left(Exception):
    """The page went while it was asked something."""


class Browser:
    """One tab of headless Chromium; `evaluate` runs JavaScript in it."""

    def __init__(self, program: str, profile: Path) -> None:
        down, self._send = os.pipe()
        self._receive, up = os.pipe()
        arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
        ]

        def wire() -> None:
            # Chromium reads commands from descriptor 3 and writes answers to 4, each message ended by NUL.
            commands, answers = (fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 10) for pipe in (down, up))
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        self._process = subprocess.Popen(
            [program, *arguments, "--remote-debugging-pipe", "about:blank"],
            preexec_fn=wire,  # noqa: PLW1509 - descriptors are its only business
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(down)
        os.close(up)
        self._answers = os.fdopen(self._receive, "rb", buffering=0)
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tab(f"{domain}.enable")

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """A DevTools command and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if any(words in answer.get("error", {}).get("message", "") for words in LEAVING):
                    raise Left
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def tab(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to the tab."""
        return self.call(method, self._session, **params)

    def open(self, address: str) -> None:
        """Go to an address and wait until it is loaded."""
        self.events.clear()
        self.tab("Page.navigate", url=address)
        self.evaluate(
            "new Promise(done => document.readyState === 'complete' ? done(1) : "
            "addEventListener('load', () => done(1)))"
        )

    def evaluate(self, script: str) -> Any:
        """The value of an expression; a promise is waited for."""
        found = self.tab("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true, for at most SECONDS, also while one page gives way to another."""
        script = f"""new Promise(done => {{
            const end = Date.now() + 2000;
            const holds = () => {{ try {{ return Boolean({condition}); }} catch {{ return false; }} }};
            (function look() {{
                if (holds()) done(true);
                else if (Date.now() > end) done(false);
                else setTimeout(look, 30);
            }})();
        }})"""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(Left):
                if self.evaluate(script):
                    return
        shown = self.evaluate("document.querySelector('main').innerText.slice(0, 600)")
        raise AssertionError(f"never: {condition}; the page says: {shown}")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds outside the page, for at most SECONDS, while the browser goes on."""
        until = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < until, "never"
            self.evaluate("new Promise(done => setTimeout(done, 30))")

    def choose(self, selector: str, *paths: Path) -> None:
        """Put files into a file input, as a person does."""
        root = self.tab("DOM.getDocument")["root"]["nodeId"]
        node = self.tab("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.tab("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def press(self, key: str, code: int) -> None:
        """Press a key."""
        text = {"Enter": "\r", " ": " "}.get(key)
        extra = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.tab("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **extra)

    def letter(self, key: str, code: str = "", *, shift: bool = False) -> None:
        """Type a character; `code` names the key's place on a keyboard."""
        place = {"code": code, "modifiers": 8 * shift, "windowsVirtualKeyCode": ord(key.upper())}
        self.tab("Input.dispatchKeyEvent", type="keyDown", key=key, text=key, **place)
        self.tab("Input.dispatchKeyEvent", type="keyUp", key=key, **place)

    def size(self, width: int, height: int = 900) -> None:
        """Set the size of the window."""
        self.tab("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        """Prefer `light` or `dark`."""
        self.tab("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, path: Path) -> None:
        """What the window shows, as PNG."""
        path.write_bytes(base64.b64decode(self.tab("Page.captureScreenshot")["data"]))

    def complaints(self) -> list[str]:
        """Errors that the browser logged since `open`: scripts, and what the content policy refused."""
        self.evaluate("1")
        texts = [
            event["params"]["entry"]["text"]
            for event in self.events
            if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"
        ]
        thrown = [str(event["params"]) for event in self.events if event.get("method") == "Runtime.exceptionThrown"]
        return texts + thrown

    def requested(self) -> list[str]:
        """Addresses asked for since `open`."""
        sent = (event for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        os.close(self._send)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = self._answers.read(1 << 16)
            assert chunk, "the browser has gone"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of the pages."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    made = Browser(program, tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows."""
    path = tmp_path_factory.mktemp("empty") / "palermo.sqlite"
    made = open_store(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture
def kept(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    """The database of the running service."""
    shutil.copy(empty_database, tmp_path / "palermo.sqlite")
    opened = open_store(f"sqlite:///{tmp_path / 'palermo.sqlite'}")
    yield opened
    opened.close()


@contextlib.contextmanager
def _running(app: Any, browser: Browser) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        browser.open("about:blank")  # or its page would still ask, and complain in the next test
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def running(browser: Browser) -> Callable[[Any], contextlib.AbstractContextManager[str]]:
    """Runs an ASGI application, with its jobs, for the browser; gives its address."""
    return lambda app: _running(app, browser)


@pytest.fixture
def service(
    tagger: Any, pool: ParserPool, kept: Store, running: Callable[[Any], contextlib.AbstractContextManager[str]]
) -> Iterator[str]:
    """The address of a running service whose tagger goes by words, with its database and its jobs."""
    with running(create_app(tagger, limits=Settings(document_bytes=100_000), pool=pool, store=kept)) as address:
        yield address


class Gate:
    """A tagger that waits at a gate: `with gate.shut():` holds all documents back until the block ends."""

    def __init__(self, tagger: Any) -> None:
        self._tagger = tagger
        self._open = threading.Event()
        self._open.set()

    def info(self) -> dict[str, Any]:
        """What the tagger behind it is."""
        found: dict[str, Any] = self._tagger.info()
        return found

    def tag(self, document: Any) -> dict[str, Any]:
        """The tagger's answer, once the gate is open."""
        self._open.wait()
        found: dict[str, Any] = self._tagger.tag(document)
        return found

    @contextlib.contextmanager
    def shut(self) -> Iterator[None]:
        """Hold documents back until the block ends."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()


@pytest.fixture
def gate(tagger: Any) -> Gate:
    """A gate before the tagger that goes by words."""
    return Gate(tagger)


@pytest.fixture
def fill(kept: Store, tagger: Any, pool: ParserPool) -> Callable[..., str]:
    """Stores a document with what the tagger says of it, and gives its id."""

    def fill(data: bytes, name: str, **metadata: str) -> str:
        read = pool.read(data, name, language=metadata.pop("language", None))
        with kept.write() as session:
            add_document(session, data, name, given=metadata)
            save_text(session, read)
            save_analysis(session, tagger.tag(read))
        return read.sha256

    return fill
