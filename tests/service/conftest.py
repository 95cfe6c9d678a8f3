"""What the tests of the service share: a tagger that goes by words, samples, and both databases.

`store` is a SQLite file and a database of a PostgreSQL server that is started here, one after the other.
"""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.documents import sandbox
from palermo.corpora.documents.document import Document, Passage
from palermo.corpora.documents.sandbox import ParserPool
from palermo.service import analysis
from palermo.service.store import Store, open_store
from sqlalchemy import create_engine

_number = itertools.count()

JUDGMENT = """IN THE HIGH COURT OF ARDENIA

The State v Marlow

1. The accused moved the proceeds of the fraud through three companies. He knew that the money came from crime.

2. The appeal concerns costs only & nothing <b>else</b>.

3. Extradition to the requesting State was refused by the lower court. The court found that he was reckless.
"""
"""A short judgment in our own words, with characters that a page must escape."""

_WORDS = {
    "proceeds": ("UNTOC.6", "Criminalization of the laundering of proceeds of crime", 0.93, "assigned"),
    "xtradition": ("UNTOC.16", "Extradition", 0.55, "review"),
}
_ELEMENTS = {"knew": ("knowledge", "applied"), "reckless": ("recklessness", "rejected")}


class WordTagger:
    """Tags by words: "proceeds" is article 6, "extradition" is article 16 for review."""

    def __init__(self) -> None:
        self.engine = {"name": "words", "version": "1", "model": "words", "model_sha256": "0" * 64, "taxonomy": "1"}

    def info(self) -> dict[str, Any]:
        return dict(self.engine)

    def tag(self, document: Document) -> dict[str, Any]:
        passages = [_passage(document, passage) for passage in document.passages]
        return {
            "document": {
                "id": document.sha256[:16],
                "sha256": document.sha256,
                "name": document.name,
                "media_type": document.media_type,
                "kind": document.kind,
                "language": document.language,
                "metadata": {
                    k: {"value": v.value, "start": v.start, "end": v.end} for k, v in document.metadata.items()
                },
                "characters": len(document.text),
                "warnings": [warning.to_json() for warning in document.warnings],
            },
            "engine": {**self.engine, "extractor": document.extractor},
            "provisions": _provisions(passages),
            "mens_rea": _standards(passages),
            "passages": passages,
        }


def _passage(document: Document, passage: Passage) -> dict[str, Any]:
    text = document.text[passage.start : passage.end]
    tags = []
    for word, (provision, _, score, decision) in _WORDS.items():
        for found in list(re.finditer(rf"[^.]*{word}[^.]*\.", text))[:1]:
            start, end = found.start() + len(found[0]) - len(found[0].lstrip()), found.end()
            evidence = {
                "start": passage.start + start,
                "end": passage.start + end,
                "text": text[start:end],
                "drop": 0.4,
            }
            tags.append(
                {
                    "provision": provision,
                    "score": score,
                    "predicted": decision == "assigned",
                    "decision": decision,
                    "threshold": 0.6,
                    "sources": ["model"],
                    "evidence": evidence,
                }
            )
    elements = [
        {
            "standard": standard,
            "role": role,
            "start": passage.start + text.index(word),
            "end": passage.start + text.index(word) + len(word),
            "text": word,
            "score": 0.8,
        }
        for word, (standard, role) in _ELEMENTS.items()
        if word in text
    ]
    return {
        "index": passage.index,
        "number": passage.number,
        "heading": passage.heading,
        "language": passage.language,
        "start": passage.start,
        "end": passage.end,
        "text": text,
        "tags": tags,
        "mens_rea": elements,
        "citations": [],
        "anchors": [run.locator for run in document.runs_of(passage.start, passage.end)][:3],
    }


def _provisions(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for provision, heading, score, decision in _WORDS.values():
        where = [p["index"] for p in passages if any(tag["provision"] == provision for tag in p["tags"])]
        if where:
            found.append(
                {
                    "provision": provision,
                    "heading": heading,
                    "score": score,
                    "predicted": decision == "assigned",
                    "decision": decision,
                    "passages": where,
                }
            )
    return found


def _standards(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    standards = dict.fromkeys(span["standard"] for p in passages for span in p["mens_rea"])
    return [
        {"standard": s, "passages": [p["index"] for p in passages if any(x["standard"] == s for x in p["mens_rea"])]}
        for s in standards
    ]


@pytest.fixture(scope="session", autouse=True)
def known_by_the_name_of_the_test_client() -> Iterator[None]:
    """The service answers by the names that it knows; Starlette's client calls it `testserver`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PALERMO_HOSTS", "testserver")
        yield


@pytest.fixture
def tagger() -> WordTagger:
    """A tagger whose results are known."""
    return WordTagger()


@pytest.fixture(scope="session")
def pool() -> Iterator[ParserPool]:
    """Reading processes for all tests of the service."""
    made = ParserPool(workers=2)
    yield made
    made.close()


@pytest.fixture(scope="session")
def result() -> dict[str, Any]:
    """The analysis of JUDGMENT, cut at its numbers."""
    passages = tuple(
        Passage(index, found.start(), found.end(), found[1], None, "en")
        for index, found in enumerate(re.finditer(r"(\d)\. .+", JUDGMENT))
    )
    document = Document("marlow.txt", "0" * 64, "text/plain", "text/1", JUDGMENT, passages=passages, kind="judgment")
    return WordTagger().tag(document.with_(language="en"))


@pytest.fixture
def palermo(monkeypatch: pytest.MonkeyPatch, tagger: WordTagger, pool: ParserPool) -> Callable[..., int]:
    """Runs the command line in this process, with the tagger whose results are known; gives the exit status."""
    from palermo.service import cli

    monkeypatch.setattr(analysis, "load_tagger", lambda *_: tagger)
    monkeypatch.setattr(sandbox, "shared_pool", lambda: pool)

    def run(*arguments: object) -> int:
        with pytest.raises(SystemExit) as caught:
            cli.main([str(argument) for argument in arguments])
        return int(caught.value.code or 0)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three documents in two sub-folders, one of them unreadable."""
    for name, data in {
        "a/one.txt": JUDGMENT.encode(),
        "a/two.txt": JUDGMENT.replace("proceeds", "costs").encode(),
        "b/broken.pdf": b"%PDF-1.7\ngarbage",
    }.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "in"


def _programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((folder for folder in folders if (folder / "initdb").exists()), None)
    on_path = shutil.which("initdb")
    return found or (Path(on_path).parent if on_path else None)


def _as_user() -> tuple[list[str], pwd.struct_passwd | None]:
    """PostgreSQL refuses to run as root: what to put before its programs then, and who it runs as."""
    if os.getuid() != 0:
        return [], None
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"], user


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The beginning and the end of URLs of a PostgreSQL server's databases, with `{}` for the name."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine (Debian package postgresql)")
    prefix, user = _as_user()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path may have 107 bytes only
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), "-D", str(folder / "data"), *arguments]
        with (folder / "said").open("wb") as said:
            done = subprocess.run(command, cwd=folder, stdout=said, stderr=said, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, (folder / "said").read_text(errors="replace")

    run("initdb", "-U", "palermo", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    run("pg_ctl", "-w", "-t", "180", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql+psycopg://palermo@/{{}}?host={folder}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "palermo.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    make_database(postgresql_server, "migrated")
    store = open_store(postgresql_server.format("migrated"))
    store.migrate()
    store.close()
    return "migrated"


def make_database(server: str, name: str, template: str = "template1") -> str:
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    engine.dispose()
    return server.format(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'palermo.sqlite'}"
    return make_database(request.getfixturevalue("postgresql_server"), f"empty{next(_number)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "palermo.sqlite")
        return f"sqlite:///{tmp_path / 'palermo.sqlite'}"
    template = request.getfixturevalue("postgresql_template")
    return make_database(request.getfixturevalue("postgresql_server"), f"test{next(_number)}", template)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()
