"""Review without JavaScript: what a browser that runs no script can send with the forms of the pages, and what it gets.

The service has accounts, so each form needs the word that it repeats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.access.passwords import hash_password
from palermo.service.api import create_app
from palermo.service.store import Store, people
from palermo.service.store.reviews import reviews
from palermo.service.store.work import create_batch

PASSWORD = "several unusual words 7"
TEXT = b"1. The accused moved the proceeds of the fraud.\n\n2. Extradition was refused.\n"


@dataclass
class Form:
    """A form as a browser without scripts knows it: where it goes, its fields, and the buttons that send it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page; what is hidden from people or can only be pressed by a script is left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get"))
            self.found.append(self._open)
        elif self._open is not None and tag == "input" and "name" in given:
            self._open.fields[given["name"]] = given.get("value", "")
        elif self._open is not None and tag == "button" and "hidden" not in given and given.get("type") != "button":
            self._open.buttons.append((given.get("name", ""), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@pytest.fixture(scope="module")
def hashed() -> str:
    """The hash of PASSWORD, made once: it takes its time on purpose."""
    return hash_password(PASSWORD)


@pytest.fixture
def person(tagger: Any, pool: ParserPool, kept: Store, hashed: str) -> TestClient:
    """An editor who is logged in, and whose browser runs no script."""
    with kept.write() as session:
        people.add_user(session, "editor-person", "editor", hashed)
    app = create_app(tagger, limits=Settings(accounts="on"), pool=pool, store=kept)
    client = TestClient(app, base_url="http://127.0.0.1:8000", headers={"Accept": "text/html"})
    (form,) = forms(client, "/login", "/login")
    answer = press(client, form, name="editor-person", password=PASSWORD)
    assert answer.status_code == 200
    return client


def forms(client: TestClient, path: str, action: str) -> list[Form]:
    """The forms of a page that go to an address."""
    answer = client.get(path)
    assert answer.status_code == 200
    return [one for one in Forms(answer.text).found if one.action == action]


def press(client: TestClient, form: Form, button: str = "", **fields: str) -> Any:
    """Send a form by a button; the page that the browser is led to."""
    name, value = next(one for one in form.buttons if one[1] == button)
    data = {**form.fields, **fields, **({name: value} if name else {})}
    return client.request(form.method, form.action, data=data)


def done(kept: Store) -> list[tuple[str, str]]:
    with kept.read() as session:
        return [(one.action, one.provision) for one in reversed(reviews(session).items)]


def test_tags_of_a_document_are_decided_and_taken_back(person: TestClient, fill: Any, kept: Store) -> None:
    path = f"/documents/{fill(TEXT, 'one.txt', language='en')}"
    first, second = forms(person, path, f"{path}/reviews")
    answer = press(person, first, "accept")
    assert answer.status_code == 200
    assert answer.url.path == path
    assert answer.url.fragment == "p0"  # back at the passage
    assert "Accepted" in answer.text
    assert press(person, second, "reject").status_code == 200
    first, second = forms(person, path, f"{path}/reviews")
    assert {value for _, value in first.buttons} == {"reject", "undo"}
    assert {value for _, value in second.buttons} == {"accept", "undo"}
    assert press(person, second, "undo").status_code == 200
    assert done(kept) == [("accept", "UNTOC.6"), ("reject", "UNTOC.16"), ("undo", "UNTOC.16")]


@pytest.mark.parametrize("button", ["accept", "reject"])
def test_a_form_of_before_another_decision_writes_nothing(
    person: TestClient, fill: Any, kept: Store, button: str
) -> None:
    path = f"/documents/{fill(TEXT, 'one.txt', language='en')}"
    form = forms(person, path, f"{path}/reviews")[1]
    (of_queue,) = forms(person, "/queue", "/queue/decide")
    assert press(person, form, "accept").status_code == 200
    for late in (form, of_queue):
        answer = press(person, late, button)
        assert answer.status_code == 409
        assert "somebody has decided this tag meanwhile" in answer.text
    undo = forms(person, path, f"{path}/reviews")[1]
    assert press(person, undo, "undo").status_code == 200
    assert press(person, undo, "undo").status_code == 409
    assert done(kept) == [("accept", "UNTOC.16"), ("undo", "UNTOC.16")]


def test_the_queue_is_worked_through(person: TestClient, fill: Any, kept: Store) -> None:
    fill(TEXT, "one.txt", language="en")
    (form,) = forms(person, "/queue", "/queue/decide")
    answer = press(person, form, "reject")
    assert answer.status_code == 200
    assert answer.url.path == "/queue"
    assert done(kept) == [("reject", "UNTOC.16")]


def test_a_decision_without_the_word_of_the_form_is_refused(person: TestClient, fill: Any, kept: Store) -> None:
    path = f"/documents/{fill(TEXT, 'one.txt', language='en')}"
    form = forms(person, path, f"{path}/reviews")[0]
    assert form.fields.pop("csrf_token")
    assert press(person, form, "accept").status_code == 403
    assert press(person, form, "accept", csrf_token="another").status_code == 403
    assert done(kept) == []


def test_a_batch_is_cancelled_and_an_export_asked_for(person: TestClient, fill: Any, kept: Store) -> None:
    document = fill(TEXT, "one.txt", language="en")
    with kept.write() as session:
        batch = create_batch(session, "one", [document]).id
    (form,) = forms(person, f"/batches/{batch}", f"/batches/{batch}/cancel")
    assert "Cancelled." in press(person, form).text
    (form,) = forms(person, "/exports", "/exports")
    answer = press(person, form, format="csv", tags="people")
    assert answer.url.path == "/exports"
    assert "Being made" in answer.text
