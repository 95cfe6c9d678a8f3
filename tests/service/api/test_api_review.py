"""The queue, reviews, figures and exports over HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from palermo.service.store.analyses import get_analysis, save_analysis
from palermo.service.store.people import add_user
from palermo.service.store.reviews import Step, review

TEXT = "1. The proceeds of the fraud were hidden. He knew it.\n\n2. Extradition was refused."
OTHER = "1. The proceeds of another crime."


def queue(service: Any, **chosen: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get("/v1/predictions", params=chosen)["items"]
    return found


def decide(service: Any, tag: dict[str, Any], action: str, **fields: Any) -> dict[str, Any]:
    step = {"passage": tag["passage"], "provision": tag["provision"], "action": action, **fields}
    made: dict[str, Any] = service.post("/v1/reviews", 201, json=step)
    return made


def test_the_queue_is_filtered_sorted_and_shows_words(service: Any) -> None:
    service.give(TEXT, OTHER)
    assert [tag["provision"] for tag in queue(service)] == ["UNTOC.16", "UNTOC.6", "UNTOC.6"]
    assert [tag["score"] for tag in queue(service, sort="score")] == [0.93, 0.93, 0.55]
    assert len(queue(service, provision="UNTOC.6")) == 2
    assert len(queue(service, decision="review", reviewed=False)) == 1
    assert len(queue(service, score_from=0.9, language="en")) == 2
    page = service.get("/v1/predictions?text=true&limit=1")
    assert page["texts"][page["items"][0]["passage"]].startswith("2. Extradition")
    assert service.get("/v1/predictions?provision=UNTOC.99", 400)["code"] == "usage"


def test_a_review_is_written_shown_and_taken_back(service: Any) -> None:
    service.give(TEXT)
    tag = queue(service, provision="UNTOC.16")[0]
    made = decide(service, tag, "change", replacement="UNTOC.18", comment="assistance")
    assert queue(service, provision="UNTOC.16")[0]["verdict"] == "changed"
    assert queue(service, provision="UNTOC.18")[0]["verdict"] == "added"
    assert service.get(f"/v1/reviews/{made['id']}")["quote"] == "Extradition was refused."
    history = service.get("/v1/reviews", params={"document": tag["document"]})["items"]
    assert [one["action"] for one in history] == ["add", "change"]
    undo = service.post(f"/v1/reviews/{made['id']}/undo", 201)
    assert undo["undoes"] == made["id"]
    assert queue(service, provision="UNTOC.16")[0]["verdict"] == "open"
    assert service.post(f"/v1/reviews/{made['id']}/undo", 409)["code"] == "conflict"


def test_a_review_that_is_sent_twice_is_written_once(service: Any) -> None:
    service.give(TEXT)
    tag = queue(service, provision="UNTOC.6")[0]
    step = {"passage": tag["passage"], "provision": "UNTOC.6", "action": "accept"}
    headers = {"Idempotency-Key": "one"}
    first = service.post("/v1/reviews", 201, json=step, headers=headers)
    assert service.post("/v1/reviews", 201, json=step, headers=headers) == first
    assert len(service.get("/v1/reviews")["items"]) == 1


def test_a_review_of_what_has_changed_meanwhile_is_refused_where_it_says_what_it_saw(service: Any) -> None:
    service.give(TEXT)
    tag = queue(service, provision="UNTOC.6")[0]
    assert tag["review"] is None
    made = decide(service, tag, "accept", seen=0)
    step = {"passage": tag["passage"], "provision": "UNTOC.6", "action": "reject"}
    assert service.post("/v1/reviews", 409, json={**step, "seen": 0})["code"] == "conflict"
    assert len(service.get("/v1/reviews")["items"]) == 1
    assert queue(service, provision="UNTOC.6")[0]["review"] == made["id"]
    service.post("/v1/reviews", 201, json={**step, "seen": made["id"]})
    service.post("/v1/reviews", 201, json=step)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"provision": "UNTOC.99"}, 400),
        ({"action": "praise"}, 422),
        ({"passage": "0" * 32}, 404),
        ({"provision": "UNTOC.18"}, 404),
        ({"selection": {"start": 0, "end": 10_000}}, 400),
        ({"action": "change"}, 400),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(service: Any, fields: dict[str, Any], status: int) -> None:
    service.give(TEXT)
    tag = queue(service, provision="UNTOC.6")[0]
    step = {"passage": tag["passage"], "provision": "UNTOC.6", "action": "accept", **fields}
    service.post("/v1/reviews", status, json=step)
    assert service.get("/v1/reviews")["items"] == []


def test_figures_follow_the_tags(service: Any) -> None:
    service.give(TEXT, OTHER)
    decide(service, queue(service, provision="UNTOC.16")[0], "reject")
    assert service.get("/v1/counts") == {"documents": 2, "tags": 3, "waiting": 0}
    found = {one["provision"]: one for one in service.get("/v1/counts/provisions")}
    assert found["UNTOC.6"]["counts"]["assigned"] == 2
    assert found["UNTOC.16"]["counts"]["verdicts"] == {"rejected": 1}
    assert service.get("/v1/counts/provisions/UNTOC.6") == found["UNTOC.6"]
    assert service.get("/v1/counts/provisions/TIP.5")["counts"]["predicted"] == 0
    assert service.get("/v1/counts/provisions/TIP.99", 404)["code"] == "not_found"


def test_an_export_has_what_people_decided_and_says_what_made_it(service: Any) -> None:
    ids = service.give(TEXT, OTHER)["documents"]
    service.client.patch(f"/v1/documents/{ids[0]}", json={"title": "Given by a person"})
    tags = {tag["provision"]: tag for tag in queue(service)}
    decide(service, tags["UNTOC.16"], "change", replacement="UNTOC.18")
    lines = [json.loads(line) for line in service.exported({"format": "jsonl", "documents": ids}).splitlines()]
    by_id = {line["document"]["sha256"]: line for line in lines}
    said = by_id[ids[0]]
    assert said["document"]["metadata"]["title"]["value"] == "Given by a person"
    assert said["engine"]["model_sha256"] == "0" * 64
    assert [tag["provision"] for passage in said["passages"] for tag in passage["tags"]] == ["UNTOC.6", "UNTOC.18"]
    assert [one["provision"] for one in said["provisions"]] == ["UNTOC.18", "UNTOC.6"]
    machine = service.exported({"format": "jsonl", "documents": ids, "tags": "machine"}).splitlines()
    assert json.loads(machine[0]) == service.get(f"/v1/documents/{ids[0]}/analyses/newest")


@pytest.mark.parametrize("format_", ["json", "csv", "xlsx", "html", "jsonld", "record", "akn", "webannotation"])
def test_every_format_can_be_exported_of_many(service: Any, format_: str) -> None:
    service.give(TEXT, OTHER)
    data = service.exported({"format": format_, "filter": {}})
    assert data
    if format_ not in {"csv", "xlsx"}:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        assert len(names) == 2
        assert "errors.txt" not in names


def test_an_export_of_one_is_the_file_itself(service: Any) -> None:
    ids = service.give(TEXT)["documents"]
    data = json.loads(service.exported({"format": "json", "documents": ids}))
    assert data["document"]["sha256"] == ids[0]


def test_what_has_no_analysis_is_told_in_the_export(service: Any) -> None:
    files = [("file", ("a.txt", TEXT.encode())), ("file", ("b.pdf", b"%PDF-1.7\ngarbage"))]
    batch = service.post("/v1/documents", 202, files=files)["batch"]["id"]
    service.ended(batch)
    data = service.exported({"format": "jsonl", "filter": {"batch": batch}})
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line["error"]["source"] for line in lines if "error" in line] == ["b.pdf"]


def test_an_export_goes_with_a_document_that_is_deleted(service: Any) -> None:
    ids = service.give(TEXT)["documents"]
    service.exported({"format": "csv", "documents": ids})
    export = service.get("/v1/exports")["items"][0]["id"]
    service.client.delete(f"/v1/documents/{ids[0]}")
    assert service.get(f"/v1/exports/{export}/file", 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"format": "poem"}, 400),
        ({"format": "csv", "documents": ["0" * 64]}, 404),
        ({"format": "csv", "documents": ["0" * 64], "filter": {}}, 400),
        ({"format": "csv", "filter": {"state": "ZZ"}}, 404),
        ({"format": "csv", "filter": {"planet": "earth"}}, 422),
    ],
)
def test_an_export_that_can_never_be_made_is_refused(service: Any, order: dict[str, Any], status: int) -> None:
    service.post("/v1/exports", status, json=order)
    assert service.get("/v1/exports")["items"] == []


def test_agreement_and_disagreements_over_http_and_an_adjudication_that_settles(service: Any) -> None:
    document = service.give(TEXT)["documents"][0]
    tag = queue(service, provision="UNTOC.6")[0]
    with service.app.state.store.write() as session:
        ann, ben = (add_user(session, name, "editor", "$argon2id$x").id for name in ("ann", "ben"))
        review(session, Step(tag["passage"], "UNTOC.6", "accept"), reviewer=ann)
        review(session, Step(tag["passage"], "UNTOC.6", "reject"), reviewer=ben)
    (shown,) = service.get("/v1/reviews/disagreements")["items"]
    assert (shown["tag"]["document"], shown["tag"]["passage"]) == (document, tag["passage"])
    assert shown["text"] == "1. The proceeds of the fraud were hidden. He knew it."
    assert [(one["name"], one["action"]) for one in shown["opinions"]] == [("ann", "accept"), ("ben", "reject")]
    made = decide(service, tag, "accept", adjudication=True)
    assert (made["adjudication"], made["reviewer"]) == (True, None)
    assert service.get("/v1/reviews/disagreements") == {"items": [], "after": None}
    found = service.get("/v1/reviews/agreement")
    assert {key: found[key] for key in ("tags", "agreed", "open", "settled")} == {
        "tags": 1, "agreed": 0, "open": 0, "settled": 1,
    }  # fmt: skip
    assert [(one["first_name"], one["second_name"], one["share"]) for one in found["pairs"]] == [("ann", "ben", 0.0)]
    again = {"passage": tag["passage"], "provision": "UNTOC.6", "action": "reject", "adjudication": True}
    assert service.post("/v1/reviews", 409, json=again)["code"] == "conflict"


def test_differences_between_two_models_over_http(service: Any) -> None:
    document = service.give(TEXT)["documents"][0]
    place = f"/v1/documents/{document}/differences"
    assert service.get(place, 404)["code"] == "not_found"
    decide(service, queue(service, provision="UNTOC.16")[0], "accept")
    with service.app.state.store.write() as session:
        other = get_analysis(session, document)
        other["engine"]["model_sha256"] = "1" * 64
        for passage in other["passages"]:
            passage["tags"] = [one for one in passage["tags"] if one["provision"] != "UNTOC.16"]
        save_analysis(session, other)
    found = service.get(place)
    assert (found["before"]["model_sha256"], found["after"]["model_sha256"]) == ("0" * 64, "1" * 64)
    assert [(one["provision"], one["change"], one["verdict"]) for one in found["items"]] == [
        ("UNTOC.16", "gone", "accepted")
    ]
    assert service.get(f"{place}?before={found['after']['id']}&after={found['after']['id']}")["items"] == []
    assert service.get(f"{place}?after=x", 422)
