"""A service with accounts and one person of each role; browsers that are logged in, programs with tokens."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.settings import Settings
from palermo.service.access.passwords import hash_password
from palermo.service.api import create_app
from palermo.service.store import Store, open_store, people
from palermo.service.store.basics import now

PASSWORD = "several unusual words 7"
ROLES = ("reader", "editor", "admin")
SITE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def kept() -> str:
    """The hash of PASSWORD, made once: it takes its time on purpose."""
    return hash_password(PASSWORD)


@dataclass
class Place:
    """A service with accounts: its database, and clients of different people."""

    store: Store
    pool: ParserPool
    limits: Settings
    site: str = SITE
    users: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(limits=self.limits, pool=self.pool, store=self.store)

    def people(self, kept: str) -> None:
        with self.store.write() as session:
            for role in ROLES:
                self.users[role] = people.add_user(session, f"{role}-person", role, kept).id  # type: ignore[arg-type]

    def client(self, **headers: str) -> TestClient:
        """Somebody whom nobody knows."""
        return TestClient(
            self.app, base_url=self.site, headers=headers, follow_redirects=False, raise_server_exceptions=False
        )

    def browser(self, role: str) -> TestClient:
        """Somebody who is logged in, with the word that forms repeat in the header."""
        cookie, word = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self.store.write() as session:
            people.add_session(session, self.users[role], cookie, word, now() + timedelta(hours=1))
        client = self.client(**{"X-CSRF-Token": word})
        client.cookies.set("palermo", cookie, domain="127.0.0.1")
        return client

    def program(self, role: str, scope: str) -> TestClient:
        """A program with a token of somebody."""
        secret = secrets.token_urlsafe(32)
        with self.store.write() as session:
            people.add_token(session, self.users[role], "test", secret, [scope])
        return self.client(Authorization=f"Bearer {secret}")

    def log_in(self, client: TestClient, name: str, password: str, **fields: str) -> Any:
        """Fill in the log-in page and send it."""
        word = word_of(client.get("/login"))
        return client.post("/login", data={"name": name, "password": password, "csrf_token": word, **fields})


def word_of(response: Any) -> str:
    """The word of the last form on a page: the first may be the one that logs out."""
    found: list[str] = re.findall(r'name="csrf_token" value="([^"]+)"', response.text)
    assert found, response.text
    return found[-1]


@pytest.fixture
def word() -> Callable[[Any], str]:
    """The word in a page's form."""
    return word_of


@pytest.fixture
def place(store: Store, pool: ParserPool, kept: str) -> Place:
    """A service with accounts, on either database."""
    made = Place(store, pool, Settings(accounts="on", hosts="", login_tries_name=3, login_tries_address=9))
    made.people(kept)
    return made


@pytest.fixture(scope="module")
def one_place(
    sqlite_template: Path, pool: ParserPool, kept: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One service with accounts for many questions that change nothing."""
    path = tmp_path_factory.mktemp("place") / "palermo.sqlite"
    shutil.copy(sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    made = Place(store, pool, Settings(accounts="on", hosts=""))
    made.people(kept)
    yield made
    store.close()
