"""`palermo user`, `palermo token`, and what `palermo serve` asks for before it lets others in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.settings import settings
from palermo.service.access.passwords import matches
from palermo.service.store import open_store, people

Run = Callable[..., tuple[int, str, str]]
WORDS = "several unusual words 7"


@pytest.fixture
def run(
    palermo: Callable[..., int], url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command on a database, with lines on standard input; gives status, output and complaints."""
    monkeypatch.setenv("PALERMO_DATABASE_URL", url)
    settings.cache_clear()

    def work(*arguments: str, say: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(say))
        status = palermo(*arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    yield work
    monkeypatch.undo()
    settings.cache_clear()


def test_the_first_admin_is_made_here_with_a_password_from_standard_input(run: Run, url: str) -> None:
    status, out, err = run("user", "add", "ann", "--role", "admin", say=f"{WORDS}\n")
    assert (status, out) == (0, "ann can log in as admin\n")
    assert "PALERMO_ACCOUNTS=on" in err
    store = open_store(url)
    with store.read() as session:
        found = people.user_by_name(session, "ann")
        assert people.admins(session) == 1
    store.close()
    assert found is not None
    assert matches(found.password, WORDS)
    assert WORDS not in out + err


def test_people_are_listed_changed_and_given_another_password(run: Run) -> None:
    for name, role in (("ben", "editor"), ("ann", "admin")):
        run("user", "add", name, "--role", role, say=WORDS)
    assert run("user", "change", "ben", "--role", "reader", "--disable")[:2] == (0, "ben is reader, disabled\n")
    rows = [line.split("\t")[:3] for line in run("user", "list")[1].splitlines()]
    assert rows == [["ann", "admin", "active"], ["ben", "reader", "disabled"]]
    assert run("user", "change", "ben", "--enable")[:2] == (0, "ben is reader\n")
    assert run("user", "password", "ben", say="quite another phrase 9\n")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "say", "status", "says"),
    [
        (("user", "add", "ann", "--role", "admin"), WORDS, 1, "taken"),
        (("user", "add", "ben", "--role", "admin"), "short", 1, "12"),
        (("user", "add", "ben", "--role", "admin"), "", 1, "12"),
        (("user", "add", " ", "--role", "admin"), WORDS, 2, "name"),
        (("user", "add", "ben"), WORDS, 2, "--role"),
        (("user", "add", "ben", "--role", "admin", "--password", "x"), WORDS, 2, "--password"),
        (("user", "change", "ann"), "", 2, "--role"),
        (("user", "change", "ann", "--disable"), "", 1, "no admin"),
        (("user", "change", "nobody", "--disable"), "", 1, "no such user"),
        (("token", "add", "ann", "--name", "x", "--days", "4000"), "", 2, "365"),
        (("token", "add", "nobody", "--name", "x"), "", 1, "no such user"),
        (("token", "revoke", "7"), "", 1, "no such token"),
    ],
)
def test_what_can_not_be_done_is_one_clear_line(
    run: Run, arguments: tuple[str, ...], say: str, status: int, says: str
) -> None:
    run("user", "add", "ann", "--role", "admin", say=WORDS)
    found, out, err = run(*arguments, say=say)
    assert (found, out) == (status, "")
    assert says in err


def test_a_token_is_printed_once_listed_without_its_secret_and_revoked(run: Run, url: str) -> None:
    run("user", "add", "ann", "--role", "editor", say=WORDS)
    status, secret, _ = run("token", "add", "ann", "--name", "nightly", "--scope", "write", "--days", "30")
    assert status == 0
    assert secret.startswith("palermo_")
    store = open_store(url)
    with store.read() as session:
        found = people.find_token(session, secret.strip())
    store.close()
    assert found is not None
    assert found.scopes == {"write"}
    listed = run("token", "list", "--user", "ann")[1]
    assert listed.split("\t")[:4] == [str(found.id), "ann", "nightly", "write"]
    assert secret.strip() not in listed
    assert run("token", "revoke", str(found.id))[0] == 0
    assert run("token", "list")[1].strip().endswith("revoked")


def test_serve_refuses_to_let_others_in_without_accounts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it must not start")

    monkeypatch.setattr("uvicorn.Server.run", never)
    for host in ("0.0.0.0", "::", "192.0.2.1", "palermo.example"):
        status, _, err = run("serve", "--host", host)
        assert status == 2
        assert "PALERMO_ACCOUNTS=on" in err
        assert "palermo user add" in err


def test_help_of_the_commands_names_no_password_option(run: Run) -> None:
    assert "--password" not in run("user", "add", "--help")[1]


def test_the_database_is_made_where_there_is_none(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALERMO_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'p.sqlite'}")
    settings.cache_clear()
    assert run("user", "list")[:2] == (0, "")
