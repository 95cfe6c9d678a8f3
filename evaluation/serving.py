"""A service to measure: one that is started here with a temporary data folder, or one that runs elsewhere.

`palermo benchmark load` and `palermo benchmark upload` use it; both speak HTTP with what Python brings along.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import click
from palermo.evaluation.batch import START, resident

READY_SECONDS = 600.0
ANSWER_SECONDS = 300.0
LOOK_SECONDS = 0.1
_RUNNING = re.compile(r"Uvicorn running on (http://[^ \"]+)")
_MEMORY = re.compile(r"^process_resident_memory_bytes ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, body, and the seconds from the first byte sent to the last received."""

    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON; None where it is none, such as that of an error page of a proxy."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Client:
    """One user's connection to a service, kept open; not for several threads."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = made(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
        self._prefix = parts.path.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: bytes | None = None, media_type: str = "application/json") -> Answer:
        """One request; a connection that the other side has closed meanwhile is opened anew, once.

        Raises:
            OSError, HTTPException: no answer.
        """
        headers = {**self._headers, **({} if body is None else {"Content-Type": media_type})}
        started = time.perf_counter()
        try:
            answer = self._ask(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()
            answer = self._ask(method, path, body, headers)
        return Answer(answer[0], answer[1], time.perf_counter() - started)

    def send_json(self, method: str, path: str, value: Any) -> Answer:
        """A request with a value as JSON."""
        return self.ask(method, path, json.dumps(value).encode())

    def send_file(self, path: str, name: str, data: bytes) -> Answer:
        """A request with one file, as a form sends it."""
        boundary = secrets.token_hex(16)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
        return self.ask("POST", path, body, f"multipart/form-data; boundary={boundary}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, self._prefix + path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()


@dataclass
class Service:
    """A running service.

    Attributes:
        url: where it is reached.
        token: for `Authorization`, or None.
        process: the one that was started here, or None.
        faults: lines of its log at level ERROR.
    """

    url: str
    token: str | None = None
    process: subprocess.Popen[str] | None = None
    faults: list[str] = field(default_factory=list)

    def client(self) -> Client:
        """A new connection."""
        return Client(self.url, self.token)

    def memory(self, client: Client) -> int:
        """Resident memory in bytes: of all processes of a service that was started here, else of the main process.

        0 where the service does not tell.
        """
        if self.process is not None:
            return resident(self.process.pid)
        answer = client.ask("GET", "/metrics")
        found = _MEMORY.search(answer.body.decode(errors="replace")) if answer.status == 200 else None
        return int(float(found[1])) if found else 0


@contextmanager
def service(url: str | None, token: str | None) -> Iterator[Service]:
    """The service at a URL, or a new one with an empty data folder that is gone at the end; ready to tag.

    Raises:
        ClickException: it does not become ready.
    """
    if url is not None:
        found = Service(url, token)
        _until_ready(found)
        yield found
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", START, "serve", "--host", "127.0.0.1", "--port", "0", "--data", folder]
        settings = {"PALERMO_ACCOUNTS": "off", "PALERMO_LOG_FORMAT": "text"}
        environment = {name: value for name, value in os.environ.items() if name != "PALERMO_DATABASE_URL"} | settings
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)  # noqa: S603 - our own
        assert process.stderr is not None
        try:
            made = Service(_address(process.stderr), None, process)
            threading.Thread(target=_read, args=(process.stderr, made.faults), daemon=True).start()
            _until_ready(made)
            yield made
        finally:
            process.terminate()
            process.wait()


def _address(log: IO[str]) -> str:
    said = []
    for line in log:
        if found := _RUNNING.search(line):
            return found[1]
        said.append(line)
    raise click.ClickException("the service did not start: " + "".join(said[-5:]).strip())


def _read(log: IO[str], faults: list[str]) -> None:
    for line in log:
        if " ERROR " in line:
            faults.append(line.rstrip("\n"))


def _until_ready(found: Service) -> None:
    client = found.client()
    until = time.monotonic() + READY_SECONDS
    answer = client.ask("GET", "/readyz")
    while answer.status != 200:
        if time.monotonic() > until:
            raise click.ClickException(f"{found.url} is not ready: {answer.body[:300].decode(errors='replace')}")
        time.sleep(LOOK_SECONDS)
        answer = client.ask("GET", "/readyz")
    client.close()


def read_token(path: Path | None) -> str | None:
    """The token in a file; never an argument, which other users of the machine could see."""
    return None if path is None else path.read_text(encoding="utf-8").strip()


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile of some values; nan of none."""
    if not values:
        return float("nan")
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(0, int(rank) - 1)]
