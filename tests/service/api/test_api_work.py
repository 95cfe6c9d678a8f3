"""Documents and batches over HTTP: given, tagged, watched, corrected, deleted; full queues and repeated requests."""

from __future__ import annotations

import io
import json
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.api import create_app
from palermo.service.store import Store
from palermo.service.store.documents import documents

Make = Callable[..., Any]
TEXT = "1. The proceeds of the fraud were hidden. He knew it.\n\n2. Extradition was refused."


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "."), data)
    return file.getvalue()


def test_a_document_is_kept_tagged_and_shown_in_every_part(service: Any) -> None:
    accepted = service.give(TEXT, state="ZA", date="2020-01-02")
    place = f"/v1/documents/{accepted['documents'][0]}"
    document = service.get(place)
    assert (document["state"], document["date"], document["name"]) == ("ZA", "2020-01-02", "0.txt")
    assert service.client.get(f"{place}/source").content == TEXT.encode()
    assert service.get(f"{place}/text")["text"] == TEXT
    passages = service.get(f"{place}/passages")
    assert len(passages) == 2
    assert service.get(f"{place}/analyses/newest")["provisions"][0]["provision"] == "UNTOC.6"
    number = service.get(f"{place}/analyses")[0]["id"]
    assert service.get(f"{place}/analyses/{number}") == service.get(f"{place}/analyses/newest")
    view = service.get(f"/v1/passages/{passages[0]['id']}")
    assert view["text"].startswith("1. The proceeds")
    assert [tag["provision"] for tag in view["tags"]] == ["UNTOC.6"]
    assert [one["id"] for one in service.get("/v1/documents?state=ZA&date_from=2020")["items"]] == [document["id"]]
    assert service.get("/v1/documents?state=FR")["items"] == []
    assert service.get("/v1/models") == [{"model_sha256": "0" * 64, "taxonomy": "1", "analyses": 1}]


def test_a_text_as_json_is_a_document_too(service: Any) -> None:
    accepted = service.post("/v1/documents", 202, json={"text": TEXT, "name": "typed.txt", "kind": "judgment"})
    assert service.ended(accepted["batch"]["id"])["done"] == 1
    assert service.get(f"/v1/documents/{accepted['documents'][0]}")["kind"] == "judgment"


def test_a_zip_with_a_manifest_is_a_batch_of_its_files(service: Any) -> None:
    table = b"file,title,state\none.txt,The first,ZA\n"
    data = archive(one__txt=TEXT.encode(), two__txt=b"The proceeds of two.", manifest__csv=table)
    accepted = service.post("/v1/documents", 202, files={"file": ("lot.zip", data)}, data={"name": "lot"})
    assert accepted["batch"]["name"] == "lot"
    assert service.ended(accepted["batch"]["id"])["done"] == 2
    titles = {one["name"]: one["title"] for one in service.get("/v1/documents")["items"]}
    assert titles["one.txt"] == "The first"


def test_lists_are_paged_and_say_where_they_go_on(service: Any) -> None:
    accepted = service.give(*(f"The proceeds of {number}." for number in range(5)))
    seen, after = [], None
    while True:
        page = service.get("/v1/documents", params={"limit": 2, **({"after": after} if after else {})})
        seen += [one["id"] for one in page["items"]]
        if (after := page["after"]) is None:
            break
    assert seen == accepted["documents"][::-1]
    assert len(service.get(f"/v1/batches/{accepted['batch']['id']}/jobs?state=done")["items"]) == 5
    assert service.get("/v1/documents?after=nonsense", 400)["source"] == "after"


@pytest.mark.parametrize("path", ["/v1/documents?stat=ZA", "/v1/predictions?verdit=open", "/v1/events?who=1"])
def test_a_filter_that_does_not_exist_is_refused(service: Any, path: str) -> None:
    assert service.get(path, 422)["code"] == "invalid_request"


def test_what_the_client_has_is_not_sent_again(service: Any) -> None:
    id_ = service.give(TEXT)["documents"][0]
    for path in ("", "/source", "/text", "/passages", "/analyses", "/analyses/newest"):
        first = service.client.get(f"/v1/documents/{id_}{path}")
        tag = first.headers["etag"]
        again = service.client.get(f"/v1/documents/{id_}{path}", headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    service.client.patch(f"/v1/documents/{id_}", json={"title": "Another"})
    tag = service.client.get(f"/v1/documents/{id_}").headers["etag"]
    assert tag != first.headers["etag"]


def test_a_source_is_never_shown_by_a_browser(service: Any) -> None:
    accepted = service.post(
        "/v1/documents", 202, files={"file": ('a"é.html', b"<html><body>The proceeds</body></html>")}
    )
    response = service.client.get(f"/v1/documents/{accepted['documents'][0]}/source")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in response.headers["content-security-policy"]


def test_a_deleted_document_is_gone_with_all_that_was_said_of_it(service: Any) -> None:
    id_ = service.give(TEXT)["documents"][0]
    passage = service.get(f"/v1/documents/{id_}/passages")[0]["id"]
    assert service.client.delete(f"/v1/documents/{id_}").status_code == 204
    for path in (f"documents/{id_}", f"documents/{id_}/source", f"documents/{id_}/text", f"passages/{passage}"):
        assert service.get(f"/v1/{path}", 404)["code"] == "not_found"
    assert service.get("/v1/predictions")["items"] == []
    last = service.get(f"/v1/events?object=document:{id_}")["items"][0]
    assert last["action"] == "document.delete"


def test_a_request_that_is_repeated_is_done_once(service: Any, store: Store) -> None:
    files, key = {"file": ("a.txt", TEXT.encode())}, {"Idempotency-Key": "k-1"}
    first = service.client.post("/v1/documents", files=files, headers=key)
    service.ended(first.json()["batch"]["id"])
    service.client.delete(f"/v1/documents/{first.json()['documents'][0]}")
    again = service.client.post("/v1/documents", files=files, headers=key)
    assert (again.status_code, again.headers["location"]) == (202, first.headers["location"])
    with store.read() as session:
        assert documents(session).items == []  # what was deleted meanwhile does not come back
    other = {"file": ("a.txt", b"Other words.")}
    assert service.post("/v1/documents", 409, files=other, headers=key)["code"] == "conflict"
    assert len(service.get("/v1/batches")["items"]) == 1


def test_documents_that_are_kept_can_be_tagged_again(service: Any) -> None:
    ids = service.give(TEXT, "The proceeds of two.")["documents"]
    accepted = service.post("/v1/batches", 202, json={"documents": ids, "name": "again"})
    assert service.ended(accepted["batch"]["id"])["done"] == 2
    assert len(service.get(f"/v1/documents/{ids[0]}/analyses")) == 1
    assert service.post("/v1/batches", 404, json={"documents": ["0" * 64]})["code"] == "not_found"


def test_a_full_queue_says_when_to_come_back(serve: Make, tagger: Any) -> None:
    entered, leave = threading.Event(), threading.Event()
    tag = tagger.tag

    def slow(document: Any) -> Any:
        entered.set()
        assert leave.wait(300)
        return tag(document)

    tagger.tag = slow
    service = serve(job_queue=2, job_workers=1, job_retry_seconds=17)
    try:
        accepted = service.post("/v1/documents", 202, json={"text": "The proceeds of one."})
        assert entered.wait(300)
        service.post("/v1/documents", 202, json={"text": "The proceeds of two."})
        service.post("/v1/documents", 202, json={"text": "The proceeds of three."})
        response = service.client.post("/v1/documents", json={"text": "The proceeds of four."})
        assert (response.status_code, response.headers["retry-after"]) == (429, "17")
        assert response.json()["code"] == "queue_full"
        files = [("file", (f"{number}.txt", b"%d" % number)) for number in range(3)]
        assert service.post("/v1/documents", 413, files=files)["code"] == "limit_exceeded"
        assert len(service.get("/v1/documents")["items"]) == 3
    finally:
        leave.set()
    assert service.ended(accepted["batch"]["id"])["done"] == 1


def test_events_tell_how_far_a_batch_is_while_it_goes_on(store: Store, tagger: Any, pool: ParserPool) -> None:
    leave = threading.Event()
    tag = tagger.tag
    tagger.tag = lambda document: leave.wait(300) and tag(document)
    # A server that listens: the test client hands an answer over only when it has ended.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(tagger, limits=Settings(), pool=pool, store=store)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        said = []
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=300) as client:
                batch = client.post("/v1/documents", json={"text": "The proceeds of one."}).json()["batch"]["id"]
                with client.stream("GET", f"/v1/batches/{batch}/events") as response:
                    assert response.headers["content-type"].startswith("text/event-stream")
                    for name, data in events_of(response.iter_lines()):
                        said.append((name, data))
                        leave.set()
                assert client.get("/v1/batches/999/events").json()["code"] == "not_found"
        finally:
            leave.set()
            server.should_exit = True
            thread.join()
    assert (said[0][0], said[0][1]["finished"]) == ("progress", False)
    assert (said[-1][0], said[-1][1]["done"], said[-1][1]["finished"]) == ("end", 1, True)


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_events_end_by_themselves_where_a_batch_does_not(serve: Make, tagger: Any) -> None:
    leave = threading.Event()
    tag = tagger.tag
    tagger.tag = lambda document: leave.wait(300) and tag(document)
    service = serve(events_seconds=0.1)
    try:
        accepted = service.post("/v1/documents", 202, json={"text": "The proceeds of one."})
        stream = service.client.get(f"/v1/batches/{accepted['batch']['id']}/events").text
    finally:
        leave.set()
    last = stream.rstrip().rpartition("data: ")[2]
    assert json.loads(last)["finished"] is False


def test_a_batch_is_cancelled_and_what_failed_is_tried_again_where_that_can_help(service: Any) -> None:
    files = [("file", ("a.txt", TEXT.encode())), ("file", ("b.pdf", b"%PDF-1.7\ngarbage"))]
    batch = service.post("/v1/documents", 202, files=files)["batch"]["id"]
    assert service.ended(batch)["failed"] == 1
    failed = service.get(f"/v1/batches/{batch}/jobs?state=failed")["items"][0]
    assert (failed["name"], failed["error_code"]) == ("b.pdf", "broken_document")
    assert service.post(f"/v1/batches/{batch}/retry", 200)["queued"] == 0
    assert service.post(f"/v1/batches/{batch}/cancel", 200)["cancelled"] is not None
    assert service.post(f"/v1/batches/{batch}/retry", 409)["code"] == "conflict"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": 1}, 422),
        ({"text": "x", "surprise": 1}, 422),
        ({"text": "x", "kind": "poem"}, 422),
        ({"text": "x", "date": "yesterday"}, 400),
        ({"text": "x", "title": "y" * 1001}, 422),
        ({"text": "x", "state": "Z" * 101}, 400),
        ({"text": ""}, 422),
    ],
)
def test_a_document_that_is_none_is_refused_and_nothing_is_kept(service: Any, fields: Any, status: int) -> None:
    service.post("/v1/documents", status, json=fields)
    assert service.get("/v1/documents")["items"] == []
    assert service.get("/v1/batches")["items"] == []


def test_the_service_is_ready_once_model_and_database_are(service: Any, store: Store) -> None:
    service.ended(service.post("/v1/documents", 202, json={"text": TEXT})["batch"]["id"])  # the model is loaded
    assert service.get("/readyz") == {"status": "ready"}
    with store.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v0001'")
    assert service.get("/readyz", 503)["code"] == "not_ready"
