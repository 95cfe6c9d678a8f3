"""The log of a whole process: one event a line, and no word of a document, title, name, password or token in it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from palermo.service.access.passwords import hash_password
from palermo.service.logs import Json, Text
from palermo.service.store import open_store, people

PATIENCE = 300.0
CANARY = "Quetzalfenwick"
"""A word that nobody writes, in all that is given."""
TOKEN = f"palermo_{CANARY}"


@pytest.fixture(params=["json", "text"])
def said(request: pytest.FixtureRequest, start: Callable[..., Any], folder: Path) -> tuple[str, list[str]]:
    """The format, and all lines of a service that was used in many ways."""
    store = open_store(f"sqlite:///{folder / 'palermo.sqlite'}")
    store.migrate()
    with store.write() as session:
        user = people.add_user(session, "ann", "admin", hash_password("several unusual words")).id
        people.add_token(session, user, CANARY, TOKEN, ["admin"])
    store.close()
    settings = {"log_format": request.param, "accounts": "on", "metrics_token": f"{CANARY}{CANARY}"}
    process = start("serve", "--port", "0", "--data", str(folder), **settings)
    with httpx.Client(base_url=process.address, timeout=PATIENCE) as client:
        use(client)
    process.terminate()
    assert process.status() == 0
    return request.param, process.lines


def use(client: httpx.Client) -> None:
    """Ask for what works, what fails, and what nobody foresaw; the canary is in every part of it."""
    assert client.get("/v1/documents", headers={"Authorization": f"Bearer {CANARY}"}).status_code == 401
    client.post("/login", data={"name": CANARY, "password": CANARY})
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    headers = {"X-Request-ID": "00000000-0000-4000-8000-00000000abcd"}
    words = {"text": f"1. {CANARY} hid the proceeds.", "title": CANARY, "name": CANARY}
    given = client.post("/v1/documents", json=words, headers=headers)
    files = [
        ("file", (f"{CANARY}.txt", f"1. The fault of {CANARY}.".encode())),
        ("file", (f"{CANARY}.pdf", f"%PDF-1.7 {CANARY}".encode())),
    ]
    failing = client.post("/v1/documents", files=files, data={"name": CANARY})
    for answer, expected in ((given, '"done": 1'), (failing, '"failed": 2')):
        assert answer.status_code == 202, answer.text
        with client.stream("GET", f"/v1/batches/{answer.json()['batch']['id']}/events") as events:
            assert expected in [line for line in events.iter_lines() if line.startswith("data: ")][-1]
    assert client.post("/v1/analyses", json={"text": f"fault {CANARY}", "name": CANARY}).status_code == 500
    assert client.get(f"/v1/documents?state={CANARY}").json()["items"] == []
    assert client.get(f"/{CANARY}?{CANARY}={CANARY}").status_code == 404
    assert client.get(f"/analyses/{CANARY}").status_code in {404, 410}
    assert client.get("/metrics").status_code == 200


def test_no_line_quotes_what_somebody_gave(said: tuple[str, list[str]]) -> None:
    format_, lines = said
    assert not [line for line in lines if CANARY.casefold() in line.casefold()]
    whole = "\n".join(lines)
    for expected in ("unforeseen ValueError", "/v1/documents", "00000000-0000-4000-8000-00000000abcd", "job ended"):
        assert expected in whole
    if format_ == "json":
        events = [json.loads(line) for line in lines]
        assert all({"time", "level", "logger", "event"} <= set(event) for event in events)
        [given] = [event for event in events if event.get("request_id") == "00000000-0000-4000-8000-00000000abcd"]
        assert (given["method"], given["route"], given["status"]) == ("POST", "/v1/documents", 202)
        outcomes = sorted(event["outcome"] for event in events if event["event"] == "job ended")
        assert outcomes == ["done", "failed", "failed"]


@pytest.mark.parametrize("formatter", [Json(), Text()], ids=["json", "text"])
def test_an_exception_is_its_type_and_its_place(formatter: logging.Formatter) -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        info = sys.exc_info()
    message = f"Task exception was never retrieved\nfuture: {CANARY}"
    line = formatter.format(logging.LogRecord("x", logging.ERROR, __file__, 1, message, (), info))
    assert CANARY not in line
    assert "\n" not in line
    assert "KeyError" in line
    assert "test_logs.py" in line
