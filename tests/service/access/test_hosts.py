"""Without accounts only this machine gets in, and no page of another site through its browser."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.access.hosts import HostGuard
from palermo.service.api import create_app
from starlette.responses import PlainTextResponse

TEXT = {"text": "The proceeds were hidden.", "language": "en"}


@pytest.fixture
def alone(tagger: Any, pool: ParserPool) -> TestClient:
    """A service without accounts."""
    app = create_app(tagger, limits=Settings(hosts=""), pool=pool)
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.8.9.1", "a.localhost"]
)
def test_a_loopback_name_gets_in(alone: TestClient, host: str) -> None:
    assert alone.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "[",
        "10.0.0.1",
        "user@localhost@x",
        "::1",
    ],
)
def test_another_name_for_this_machine_does_not(alone: TestClient, host: str) -> None:
    answer = alone.get("/healthz", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["source"] == "Host"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    ],
)
def test_another_site_changes_nothing(alone: TestClient, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/analyses"), ("POST", "/analyses"), ("DELETE", "/v1/provisions")):
        assert alone.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://127.0.0.1:8000"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_its_own_pages_and_programs_do(alone: TestClient, headers: dict[str, str]) -> None:
    assert alone.post("/v1/analyses", json=TEXT, headers=headers).status_code == 200


def test_a_link_of_another_site_leads_to_the_page(alone: TestClient) -> None:
    assert alone.get("/v1/provisions", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


async def answered(limits: Settings, host: str, server: str) -> int:
    """The status of a request to a socket."""
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())], "server": (server, 80),
    }  # fmt: skip
    await HostGuard(PlainTextResponse("in"), limits)(scope, receive, send)
    return statuses[0]


@pytest.mark.parametrize(
    ("settings", "host", "server", "status"),
    [
        ({}, "localhost", "127.0.0.1", 200),
        ({}, "localhost", "::1", 200),
        ({}, "localhost", "192.0.2.1", 403),
        ({"hosts": "a.example, b.example"}, "B.example:80", "127.0.0.1", 200),
        ({"hosts": "a.example"}, "c.example", "127.0.0.1", 403),
        ({"hosts": "a.example"}, "a.example", "192.0.2.1", 403),
        ({"accounts": "on"}, "any.example", "192.0.2.1", 200),
        ({"accounts": "on", "hosts": "a.example"}, "a.example", "192.0.2.1", 200),
        ({"accounts": "on", "hosts": "a.example"}, "c.example", "192.0.2.1", 403),
        ({"accounts": "on", "hosts": "a.example"}, "127.0.0.1", "127.0.0.1", 200),
    ],
)
@pytest.mark.anyio
async def test_names_and_sockets(settings: dict[str, str], host: str, server: str, status: int) -> None:
    assert await answered(Settings(**{"hosts": "", **settings}), host, server) == status  # type: ignore[arg-type]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_without_accounts_the_pages_of_people_say_so_and_change_nothing(alone: TestClient) -> None:
    assert alone.get("/login", follow_redirects=False).headers["location"] == "/"
    for path in ("/account", "/people"):
        assert "PALERMO_ACCOUNTS=on" in alone.get(path).text
    fields = {"name": "ann", "role": "admin", "password": "several unusual words"}
    for path in ("/people", "/people/1/role", "/people/1/disabled", "/people/1/password", "/account/tokens"):
        assert alone.post(path, data=fields).status_code == 409
    assert alone.post("/people", data=fields).status_code == 409
