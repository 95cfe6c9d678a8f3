"""A running service over both databases, and what is asked of it again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service import schemas
from palermo.service.api import create_app
from palermo.service.store import Store

PATIENCE = 300.0
"""Seconds after which a test that waits has failed; nothing is measured by it."""
PROBLEM = jsonschema.Draft202012Validator(schemas.load("problem"))


class Service:
    """A client of a running service.

    Attributes:
        client: of it.
        app: the application.
    """

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.app: Any = client.app

    def get(self, path: str, status: int = 200, **arguments: Any) -> Any:
        """The JSON of an answer."""
        return checked(self.client.get(path, **arguments), status)

    def post(self, path: str, status: int, **arguments: Any) -> Any:
        """The JSON of an answer."""
        return checked(self.client.post(path, **arguments), status)

    def give(self, *texts: str, **fields: str) -> dict[str, Any]:
        """Gives texts as files, and waits until they are tagged."""
        files = [("file", (f"{number}.txt", text.encode())) for number, text in enumerate(texts)]
        accepted: dict[str, Any] = self.post("/v1/documents", 202, files=files, data=fields)
        self.ended(accepted["batch"]["id"])
        return accepted

    def ended(self, batch: int) -> dict[str, Any]:
        """A batch's progress at its end."""
        jobs = self.app.state.jobs
        assert jobs.wait_for(lambda: jobs.progress(batch).finished, PATIENCE)
        found: dict[str, Any] = self.get(f"/v1/batches/{batch}")["progress"]
        return found

    def exported(self, order: dict[str, Any]) -> bytes:
        """The file of an export."""
        asked = self.post("/v1/exports", 202, json=order)
        place = f"/v1/exports/{asked['id']}"
        assert self.app.state.jobs.wait_for(lambda: self.get(place)["state"] != "running", PATIENCE)
        assert self.get(place)["state"] == "done", self.get(place)
        return bytes(self.client.get(f"{place}/file").content)


def checked(response: Any, status: int) -> Any:
    """The body of an answer with a status; an error is a problem as it should be."""
    assert response.status_code == status, response.text
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        PROBLEM.validate(response.json())
    return response.json() if response.content else None


@pytest.fixture
def serve(store: Store, tagger: Any, pool: ParserPool) -> Iterator[Callable[..., Service]]:
    """Starts services with the given settings."""
    with ExitStack() as stack:

        def make(**limits: Any) -> Service:
            app = create_app(tagger, limits=Settings(**limits), pool=pool, store=store)
            return Service(stack.enter_context(TestClient(app, raise_server_exceptions=False)))

        yield make


@pytest.fixture
def service(serve: Callable[..., Service]) -> Service:
    """A service with the default settings."""
    return serve()
