"""The API: the same analysis as the command line in every byte, limits before reading, a problem for every error."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import ModelError
from palermo.corpora.settings import Settings
from palermo.service import schemas
from palermo.service.analysis import DeferredTagger
from palermo.service.api import create_app
from palermo.service.api.gate import Busy, Gate

Client = Callable[..., Any]
PROBLEM = jsonschema.Draft202012Validator(schemas.load("problem"))
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.fixture
def client(tagger: Any, pool: ParserPool) -> Iterator[Client]:
    """Makes clients of applications with the given settings."""
    with contextmanager(_clients)(tagger, pool) as make:
        yield make


def _clients(tagger: Any, pool: ParserPool) -> Iterator[Client]:
    def make(**limits: object) -> TestClient:
        app = create_app(tagger, limits=Settings(**limits), pool=pool)
        return TestClient(app, raise_server_exceptions=False)

    yield make


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem details of a response, checked."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    details: dict[str, Any] = response.json()
    PROBLEM.validate(details)
    assert details["status"] == status
    return details


def test_a_file_gives_the_same_bytes_as_the_command_line(
    client: Client, folder: Path, palermo: Callable[..., int], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert palermo("tag", folder / "a/one.txt", "--format", "json") == 0
    expected = capsysbinary.readouterr().out
    response = client().post("/v1/analyses", files={"file": ("one.txt", (folder / "a/one.txt").read_bytes())})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.content == expected


def test_a_text_gives_an_analysis(client: Client) -> None:
    body = {"text": "1. The proceeds were hidden 😀.", "kind": "judgment", "language": "en", "name": "typed.txt"}
    result = client().post("/v1/analyses", json=body).json()
    jsonschema.Draft202012Validator(schemas.load("analysis")).validate(result)
    assert result["document"]["name"] == "typed.txt"
    assert result["provisions"][0]["provision"] == "UNTOC.6"


def test_a_lone_surrogate_in_a_text_is_replaced(client: Client) -> None:
    response = client().post(
        "/v1/analyses", content=rb'{"text": "The proceeds \ud800 went."}', headers={"Content-Type": "application/json"}
    )
    assert "\ufffd" in response.json()["passages"][0]["text"]


def test_folders_in_a_file_name_are_dropped(client: Client) -> None:
    response = client().post("/v1/analyses", files={"file": ("../../etc/x.txt", b"The proceeds were hidden.")})
    assert response.json()["document"]["name"] == "x.txt"


def test_a_broken_document_is_a_problem_that_names_it(client: Client) -> None:
    details = problem(client().post("/v1/analyses", files={"file": ("case.pdf", b"%PDF-1.7\nxx")}), 422)
    assert details["source"] == "case.pdf"
    assert details["code"] == "broken_document"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 415, "unsupported_format"),
        (b"<x/>", {"Content-Type": "application/xml"}, 415, "unsupported_format"),
        (b"{", {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b"[" * 100_000, {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b"[]", {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b'{"text": 7}', {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b'{"text": "x", "kind": "novel"}', {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b'{"text": "x", "kind": {}}', {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b'{"text": "x", "language": "../"}', {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b'{"text": "x", "admin": true}', {"Content-Type": "application/json"}, 422, "invalid_request"),
        (b'{"text": " "}', {"Content-Type": "application/json"}, 422, "empty_document"),
        (b"junk", MULTIPART, 422, "invalid_request"),
        (b"junk", {"Content-Type": "multipart/form-data"}, 422, "invalid_request"),
        (b"--x--\r\n", MULTIPART, 400, "usage"),
    ],
)
def test_a_bad_request_is_a_problem(
    client: Client, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    assert problem(client().post("/v1/analyses", content=body, headers=headers), status)["code"] == code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/provisions/UNTOC.99", 404),
        ("GET", "/assets/../app.py", 404),
        ("GET", "/assets/base.html", 404),
        ("DELETE", "/v1/analyses", 405),
        ("PUT", "/", 405),
    ],
)
def test_a_wrong_address_or_method_is_a_problem(client: Client, method: str, path: str, status: int) -> None:
    response = client().request(method, path)
    problem(response, status)
    if status == 405:
        assert response.headers["allow"]


def test_a_declared_body_above_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    response = client(request_bytes=1000).post("/v1/analyses", files={"file": ("x.txt", b"x" * 2000)})
    assert problem(response, 413)["code"] == "limit_exceeded"
    assert response.headers["connection"] == "close"


def test_a_body_in_chunks_is_counted_while_it_arrives(client: Client) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
        for _ in range(50):
            sent += 1
            yield b"x" * 100

    response = client(request_bytes=1000).post("/v1/analyses", content=chunks(), headers=MULTIPART)
    assert problem(response, 413)["code"] == "limit_exceeded"


def test_a_document_above_its_own_limit_is_refused(tagger: Any) -> None:
    app = create_app(tagger, limits=Settings(document_bytes=10))
    response = TestClient(app).post("/v1/analyses", files={"file": ("x.txt", b"x" * 11)})
    assert problem(response, 413)["source"] == "x.txt"


def test_too_many_files_are_refused(client: Client) -> None:
    files = [("file", (f"{i}.txt", b"x")) for i in range(4)]
    assert problem(client(request_files=3).post("/v1/analyses", files=files), 413)["code"] == "limit_exceeded"
    assert problem(client().post("/v1/analyses", files=files), 400)["code"] == "usage"


def test_a_full_queue_answers_when_to_come_back(tagger: Any, pool: ParserPool) -> None:
    entered, leave = threading.Event(), threading.Event()
    tag = tagger.tag

    def slow(document: Any) -> Any:
        entered.set()
        leave.wait(30)
        return tag(document)

    tagger.tag = slow
    app = create_app(tagger, limits=Settings(parser_workers=1, request_queue=0), pool=pool)
    with TestClient(app) as client:
        answers: list[Any] = []
        body = {"text": "The proceeds were hidden."}
        first = threading.Thread(target=lambda: answers.append(client.post("/v1/analyses", json=body)))
        first.start()
        assert entered.wait(30)
        response = client.post("/v1/analyses", json=body)
        leave.set()
        first.join()
    assert problem(response, 429)["retryable"] is True
    assert int(response.headers["retry-after"]) > 0
    assert answers[0].status_code == 200


def test_a_gate_lets_the_next_in_when_one_leaves() -> None:
    async def scenario() -> list[str]:
        gate, order = Gate(running=1, waiting=1), []

        async def visit(name: str) -> None:
            try:
                async with gate.turn():
                    order.append(name)
                    await asyncio.sleep(0)
            except Busy:
                order.append(f"{name} refused")

        await asyncio.gather(visit("a"), visit("b"), visit("c"))
        await visit("d")
        return order

    assert asyncio.run(scenario()) == ["a", "c refused", "b", "d"]


def test_an_unforeseen_fault_is_a_problem_without_any_detail(
    tagger: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(document: Any) -> Any:
        raise KeyError(document.text)

    tagger.tag = faulty
    response = client().post("/v1/analyses", json={"text": "secret words"})
    assert problem(response, 500)["code"] == "palermo_error"
    assert "secret" not in response.text + caplog.text


def test_the_service_says_whether_it_is_ready(tagger: Any) -> None:
    with TestClient(create_app(tagger)) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/v1/model").json()["name"] == "words"
        assert client.get("/readyz").status_code == 200


def test_a_service_without_a_model_lives_and_tells() -> None:
    def missing() -> Any:
        raise ModelError("weights missing", hint="install them")

    with TestClient(create_app(DeferredTagger(missing))) as client:
        assert client.get("/healthz").status_code == 200
        assert problem(client.get("/readyz"), 503)["code"] == "not_ready"
        assert problem(client.post("/v1/analyses", json={"text": "Some text."}), 500)["detail"] == "weights missing"


def test_provisions_can_be_listed_and_looked_up(client: Client) -> None:
    everything = client().get("/v1/provisions").json()
    one = client().get("/v1/provisions/UNTOC.6").json()
    assert len(everything["provisions"]) > len(one["provisions"]) > 1
    assert one["provisions"][0]["id"] == "UNTOC.6"


def test_the_description_is_openapi_3_1_and_names_every_route(client: Client) -> None:
    description = client().get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    # The routes of documents, batches and the rest are compared with a snapshot: `api/test_api_contract.py`.
    assert set(description["paths"]) >= {
        "/v1/analyses",
        "/v1/provisions",
        "/v1/provisions/{provision}",
        "/v1/model",
        "/healthz",
        "/readyz",
    }
    content = description["paths"]["/v1/analyses"]["post"]["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "application/json"}
    assert "$ref" not in json.dumps(description["paths"]["/v1/analyses"]["post"]["responses"]["200"])


@pytest.mark.parametrize("path", ["/", "/docs", "/nothing", "/assets/palermo.css", "/v1/provisions"])
def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    headers = client().get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(client: Client, path: str) -> None:
    page = client().get(path).text
    assert "//" not in page.replace("<!doctype html>", "").replace("http://127.0.0.1", "").replace("http://www.", "")
    assert "<script>" not in page
    assert "style=" not in page


def test_a_form_without_script_gets_a_page_either_way(client: Client) -> None:
    good = client().post("/analyses", files={"file": ("x.txt", b"The proceeds were hidden.")})
    assert good.status_code == 200
    assert "UNTOC art. 6" in good.text
    bad = client().post("/analyses", files={"file": ("<b>.pdf", b"%PDF-1.7\nxx")})
    assert bad.status_code == 422
    assert bad.headers["content-type"].startswith("text/html")
    assert "&lt;b&gt;.pdf" in bad.text
