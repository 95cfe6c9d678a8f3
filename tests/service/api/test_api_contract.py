"""The API is what its description says: compared with a snapshot, and asked all that the description allows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.corpora.settings import settings as process_settings
from palermo.service.api import create_app
from palermo.service.intake import Given, take_in
from palermo.service.store import Store, open_store
from palermo.service.store.work import create_batch
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

SNAPSHOT = Path(__file__).with_name("openapi.json")
SAID = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def test_the_description_changes_only_on_purpose() -> None:
    """Remake the snapshot with `.venv/bin/python scripts/openapi.py`, and read the difference."""
    found = create_app().openapi()
    found["info"]["version"] = "0"
    assert found == SAID


@pytest.mark.parametrize("longest", ["100", "7"])
def test_the_longest_state_is_the_one_of_the_setting(
    monkeypatch: pytest.MonkeyPatch, sqlite_template: Path, tmp_path: Path, tagger: Any, pool: ParserPool, longest: str
) -> None:
    """In every body that may name a State: what the description allows is taken, one character more is not."""
    monkeypatch.setenv("PALERMO_STATE_CHARACTERS", longest)
    process_settings.cache_clear()
    store = open_store(f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}")
    try:
        app = create_app(tagger, pool=pool, store=store)
        content = [
            one["schema"]["properties"]
            for path in ("/v1/documents", "/v1/batches")
            for one in app.openapi()["paths"][path]["post"]["requestBody"]["content"].values()
        ]
        said = {properties["state"]["maxLength"] for properties in content if "state" in properties}
        assert said == {int(longest)}
        client = TestClient(app)
        for letters, status in ((said.pop(), 202), (int(longest) + 1, 400)):
            asked = {"text": f"The proceeds of {letters} crimes.", "state": "Z" * letters}
            assert client.post("/v1/documents", json=asked).status_code == status
    finally:
        store.close()
        monkeypatch.undo()
        process_settings.cache_clear()


def test_every_route_says_who_may_use_it_and_what_it_answers() -> None:
    for path, operations in SAID["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert "security" in operation or path in {"/healthz", "/readyz"}, (method, path)


@pytest.fixture
def api_schema(store: Store, tagger: Any, pool: ParserPool) -> Any:
    """The description of a service that has something to give."""
    take_in(store, [Given(b"The proceeds of crime.", "one.txt")], name="lot")
    with store.write() as session:
        create_batch(session, "empty", [])
    limits = Settings(events_seconds=0.1, document_bytes=100_000)
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(tagger, limits=limits, pool=pool, store=store))


def test_whatever_the_description_allows_is_answered_as_it_says(api_schema: Any) -> None:
    asked = 0
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=10, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, timeout=300)

        ask()
        asked += 1
    assert asked == sum(len(operations) for operations in SAID["paths"].values())
