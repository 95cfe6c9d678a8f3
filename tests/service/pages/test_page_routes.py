"""What the routes of the pages answer, without a browser: empty collections, batches with archives, errors as pages."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.api import create_app
from palermo.service.store import Store
from palermo.service.store.browse import browse

HTML = {"Accept": "text/html"}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def client(tagger: Any, pool: ParserPool, kept: Store) -> TestClient:
    return TestClient(create_app(tagger, limits=Settings(), pool=pool, store=kept), raise_server_exceptions=False)


@pytest.mark.parametrize(
    "path", ["/", "/documents", "/queue", "/queue?sort=provision", "/provisions", "/batches", "/dashboard", "/exports"]
)
@pytest.mark.parametrize("language", ["en", "fr", "ar", "ru"])
def test_every_page_of_an_empty_collection_says_so(client: TestClient, path: str, language: str) -> None:
    answer = client.get(path, headers={**HTML, "Accept-Language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text


def test_an_archive_and_a_manifest_become_documents(client: TestClient, kept: Store) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "The proceeds were hidden.")
        file.writestr("b.txt", "Extradition.")
    files = [
        ("files", ("all.zip", archive.getvalue())),
        ("files", ("c.txt", b"Costs.")),
        ("files", ("manifest.csv", b"file,title,state\nc.txt,Costs case,FR\n")),
    ]
    answer = client.post("/batches", files=files, data={"language": "en"}, headers=SCRIPT)
    assert answer.status_code == 201
    with kept.read() as session:
        found = {one.document.name: one.document for one in browse(session).items}
    assert set(found) == {"a.txt", "b.txt", "c.txt"}
    assert (found["c.txt"].title, found["c.txt"].state, found["a.txt"].language) == ("Costs case", "FR", "en")
    assert "France" in client.get("/documents", headers=HTML).text
    assert client.get(answer.json()["location"], headers=HTML).status_code == 200


@pytest.mark.parametrize(("data", "status"), [({}, 422), ({"kind": "poem"}, 422), ({"language": "English"}, 422)])
def test_files_that_can_not_be_kept_are_refused_with_a_reason(
    client: TestClient, data: dict[str, str], status: int
) -> None:
    content = b"" if not data else b"Costs."
    problem = client.post("/batches", files={"files": ("x.txt", content)}, data=data, headers=SCRIPT)
    assert problem.status_code == status
    assert problem.json()["detail"]
    page = client.post("/batches", files={"files": ("x.txt", content)}, data=data, headers=HTML)
    assert page.status_code == status
    assert problem.json()["detail"] in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/documents/123", 404),
        (f"/documents/{'a' * 64}", 404),
        ("/documents?review=bad", 400),
        ("/documents?after=bad", 400),
        ("/documents?provision=UNTOC.999", 400),
        ("/documents?batch=x", 400),
        ("/queue?item=zzz", 404),
        ("/queue?sort=bad", 400),
        ("/queue?decision=bad", 400),
        ("/batches/9", 404),
        ("/exports/9/file", 404),
        (f"/documents/{'a' * 64}/pages/1.png", 404),
    ],
)
def test_an_error_is_a_page_for_a_browser_and_a_problem_for_a_script(
    client: TestClient, path: str, status: int
) -> None:
    page = client.get(path, headers=HTML)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    problem = client.get(path, headers=SCRIPT)
    assert problem.status_code == status
    assert problem.json()["status"] == status


@pytest.mark.parametrize("action", ["", "explode", "accept"])
def test_a_decision_on_nothing_is_refused(client: TestClient, action: str) -> None:
    fields = {"passage": "x", "provision": "UNTOC.6", "action": action}
    assert client.post("/queue/decide", data=fields, headers=SCRIPT).status_code in {400, 404}


@pytest.mark.parametrize(("size", "shown"), [(49_000, "0.04 MB"), (1_590_000, "1.5 MB"), (25_000_000, "25 MB")])
def test_the_start_page_says_how_large_a_file_may_be(pool: Any, tagger: Any, kept: Any, size: int, shown: str) -> None:
    app = create_app(tagger, limits=Settings(document_bytes=size), pool=pool, store=kept)
    assert f"up to {shown}" in TestClient(app).get("/").text
