"""The page of agreement: who agrees how far, what is open, and that an editor settles it there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.api import create_app
from palermo.service.store import Store
from palermo.service.store.agreement import agreement, disputed
from palermo.service.store.analyses import get_analysis, passages, save_analysis
from palermo.service.store.browse import tag_at
from palermo.service.store.people import add_user
from palermo.service.store.reviews import Step, review, reviews

HTML = {"Accept": "text/html"}
TEXT = b"1. The proceeds of the fraud & <b>more</b> were hidden.\n\n2. Extradition was refused."


@pytest.fixture
def client(tagger: Any, pool: ParserPool, kept: Store) -> TestClient:
    return TestClient(create_app(tagger, limits=Settings(), pool=pool, store=kept), raise_server_exceptions=False)


@pytest.fixture
def tag(kept: Store, fill: Callable[..., str]) -> tuple[str, str]:
    """Document and passage of a tag that two people see differently."""
    document = fill(TEXT, "marlow.txt", title="State v Marlow")
    with kept.write() as session:
        ann, ben = (add_user(session, name, "editor", "$argon2id$x").id for name in ("ann <a>", "ben"))
        passage = next(one.id for one in passages(session, document) if one.number == "1")
        review(session, Step(passage, "UNTOC.6", "accept"), reviewer=ann)
        review(session, Step(passage, "UNTOC.6", "change", "UNTOC.5", comment="a group & no more"), reviewer=ben)
    return document, passage


def send(client: TestClient, passage: str, decision: str, **fields: str) -> Any:
    data = {"passage": passage, "provision": "UNTOC.6", "decision": decision, **fields}
    return client.post("/agreement", data=data, headers=HTML, follow_redirects=False)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_disagreement_is_shown_with_its_words_and_figures(
    client: TestClient, tag: tuple[str, str], language: str
) -> None:
    page = client.get("/agreement", headers={**HTML, "Accept-Language": language}).text
    assert "The proceeds of the fraud &amp; &lt;b&gt;more&lt;/b&gt; were hidden." in page
    assert "State v Marlow" in page
    assert "ann &lt;a&gt;" in page
    assert "a group &amp; no more" in page
    assert f"/documents/{tag[0]}#p" in page
    assert 'value="change UNTOC.5"' in page
    assert client.get("/dashboard", headers=HTML).text.count('href="/agreement"') == 1


def test_an_editor_settles_it(client: TestClient, tag: tuple[str, str], kept: Store) -> None:
    document, passage = tag
    answer = send(client, passage, "reject", comment="not its purpose")
    assert (answer.status_code, answer.headers["location"]) == (303, "/agreement")
    with kept.read() as session:
        assert disputed(session, document) == set()
        assert agreement(session).settled == 1
        last = reviews(session, document=document).items[0]
        assert (last.action, last.adjudication, last.comment) == ("reject", True, "not its purpose")
        shown = tag_at(session, passage, "UNTOC.6")
    assert shown is not None
    assert shown.verdict == "rejected"
    assert "proceeds" not in client.get("/agreement", headers=HTML).text
    # What is settled is settled: the same form, sent once more, is refused.
    assert send(client, passage, "accept").status_code == 409


def test_it_can_be_settled_as_what_one_of_them_changed_it_to(
    client: TestClient, tag: tuple[str, str], kept: Store
) -> None:
    assert send(client, tag[1], "change UNTOC.5").status_code == 303
    with kept.read() as session:
        found = {provision: tag_at(session, tag[1], provision) for provision in ("UNTOC.5", "UNTOC.6")}
    assert {provision: one.verdict for provision, one in found.items() if one} == {
        "UNTOC.5": "accepted",
        "UNTOC.6": "changed",
    }


@pytest.mark.parametrize("decision", ["", "undo", "add", "praise", "change UNTOC.999", "change"])
def test_what_does_not_settle_anything_is_refused(client: TestClient, tag: tuple[str, str], decision: str) -> None:
    assert send(client, tag[1], decision).status_code == 400


def test_a_document_that_another_model_tagged_leads_to_what_it_changed(
    client: TestClient, kept: Store, fill: Callable[..., str]
) -> None:
    document = fill(TEXT, "marlow.txt")
    place = f"/documents/{document}/differences"
    assert place not in client.get(f"/documents/{document}", headers=HTML).text
    assert client.get(place, headers=HTML).status_code == 404
    with kept.write() as session:
        other = get_analysis(session, document)
        other["engine"]["model_sha256"] = "1" * 64
        for passage in other["passages"]:
            passage["tags"] = [{**one, "score": 0.95, "decision": "assigned"} for one in passage["tags"]]
        save_analysis(session, other)
    assert place in client.get(f"/documents/{document}", headers=HTML).text
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", client.get(place, headers=HTML).text, re.DOTALL)
    assert len(rows) == 1  # article 6 was assigned before
    assert "decided otherwise" in rows[0]
    assert client.get(f"{place}?before=x", headers=HTML).status_code == 400
