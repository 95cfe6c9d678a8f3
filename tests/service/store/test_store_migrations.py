"""A database that is in use takes the shape of a newer Palermo: nothing in it is lost, and it works as before."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from palermo.corpora.errors import Conflict
from palermo.service.store import Store, migrations, open_store
from palermo.service.store.analyses import analyses, get_analysis, save_analysis
from palermo.service.store.documents import delete_document
from palermo.service.store.listing import tags
from palermo.service.store.migrations.versions.v0003_tallies import FILL
from palermo.service.store.people import add_user, user_by_name
from palermo.service.store.reviews import reviews
from sqlalchemy import Connection, MetaData, insert
from sqlalchemy.exc import DBAPIError

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
TEXT = "The proceeds were hidden."
IDS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(3)]
VERSIONS = ("2", None, "1")
"""Of the tagger that analysed each document; None: one that did not name its version."""


def packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value).encode())


def result(number: int, version: str | None) -> dict[str, Any]:
    said = {"provision": "UNTOC.6", "score": 0.9, "threshold": 0.5, "predicted": True, "decision": "assigned"}
    tag = {**said, "sources": ["model"], "evidence": None}
    return {
        "document": {"sha256": IDS[number], "name": "a.txt"},
        "engine": {"extractor": "text/1", "model_sha256": "a" * 64, "taxonomy": "1"}
        | ({} if version is None else {"tagger": version}),
        "passages": [{"start": 0, "end": len(TEXT), "text": TEXT, "tags": [tag], "mens_rea": []}],
    }


def fill(connection: Connection) -> None:
    """Three documents, each analysed once and the first reviewed, as version 5 of the database keeps them."""
    tables = MetaData()
    tables.reflect(connection)

    def put(table: str, **values: Any) -> None:
        connection.execute(insert(tables.tables[table]).values(**values))

    for id_, name in enumerate(("ann", "Ben", "ANN", "ben", "Ann"), start=1):
        put("users", id=id_, name=name, role="editor", password=HASH, created=THEN)
    for number, version in enumerate(VERSIONS):
        key, id_ = number + 1, 10 * (number + 1)
        put("documents", key=key, id=IDS[number], name="a.txt", media_type="text/plain", bytes=1, characters=len(TEXT),
            created=THEN)  # fmt: skip
        put("texts", key=key, document=key, extractor="text/1", text=TEXT, warnings=packed([]), shown=packed({}),
            anchors=packed([]), blocks=packed([]), created=THEN)  # fmt: skip
        put(
            "passages", key=key, id=f"{key:032}", document=key, text=key, index=0, language="en", start=0, end=len(TEXT)
        )
        put("analyses", id=id_, document=key, text=key, extractor="text/1", model_sha256="a" * 64, taxonomy="1",
            result=packed(result(number, version)), created=THEN)  # fmt: skip
        said = {"provision": "UNTOC.6", "score": 0.9, "predicted": True, "decision": "assigned"}
        put("predictions", id=key, analysis=id_, document=key, passage=key, threshold=0.5, sources="model", **said)
        put("elements", id=key, analysis=id_, document=key, passage=key, standard="knowledge", role="applied", start=0,
            end=3, score=0.8)  # fmt: skip
        open_ = {"verdict": "open", "reviewed": False, "uncertainty": 0.4, "language": "en"}
        put("tags", id=key, document=key, passage=key, prediction=key, **said, **open_)
    where = {"extractor": "text/1", "start": 0, "end": 12, "quote": TEXT[:12], "prefix": "", "suffix": ""}
    put("reviews", id=1, document=1, passage=1, provision="UNTOC.6", prediction=1, action="accept", score=0.9,
        threshold=0.5, decision="assigned", model_sha256="a" * 64, reviewer=1, created=THEN, **where)  # fmt: skip
    tags_ = tables.tables["tags"]
    connection.execute(tags_.update().where(tags_.c.id == 1).values(verdict="accepted", reviewed=True, review=1))
    for statement in FILL:
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "sqlite":  # an analysis more was made, and deleted with its document
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'analyses'")
    else:
        for table in ("analyses", "predictions", "elements", "tags", "users"):
            connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', 40)")


@pytest.fixture
def grown(empty_url: str) -> Iterator[Store]:
    """A database that was filled at version 5 and then brought to the newest."""
    store = open_store(empty_url)
    with store.connection() as connection:
        command.upgrade(migrations._config(connection), "v0005")
        fill(connection)
    assert not store.ready()
    store.migrate()
    assert store.ready()
    yield store
    store.close()


def test_analyses_tags_and_reviews_are_there_with_the_version_of_their_tagger(grown: Store) -> None:
    with grown.read() as session:
        for number, version in enumerate(VERSIONS):
            (found,) = analyses(session, IDS[number])
            assert (found.id, found.tagger, found.created) == (10 * (number + 1), version or "", THEN)
            assert get_analysis(session, IDS[number]) == result(number, version)
        assert sorted((tag.document, tag.verdict) for tag in tags(session).items) == sorted(
            zip(IDS, ("accepted", "open", "open"), strict=True)
        )
        assert [review.action for review in reviews(session, document=IDS[0]).items] == ["accept"]


def test_a_new_version_tags_again_the_same_does_not_and_reviews_stay(grown: Store) -> None:
    with grown.write() as session:
        assert not save_analysis(session, result(0, "2")).created
        again = save_analysis(session, result(0, "3"))
        assert again.created
        assert again.id > 40  # numbers of what was deleted are not given again
        assert [one.tagger for one in analyses(session, IDS[0])] == ["3", "2"]
        (tag,) = [tag for tag in tags(session).items if tag.document == IDS[0]]
        assert (tag.verdict, tag.provision) == ("accepted", "UNTOC.6")


def test_what_was_said_still_never_changes_and_goes_with_its_document_only(grown: Store) -> None:
    for statement in ("UPDATE analyses SET taxonomy = '2'", "DELETE FROM analyses"):
        with pytest.raises(DBAPIError), grown.connection() as connection:
            connection.exec_driver_sql(statement)
    for id_ in IDS:
        with grown.write() as session:
            delete_document(session, id_)
    with grown.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM analyses").scalar() == 0


def test_keys_hold_between_all_tables(grown: Store) -> None:
    said = "provision, score, threshold, predicted, decision, sources"
    foreign = f"INSERT INTO predictions (analysis, document, passage, {said}) SELECT 11, document, passage, {said}"
    with pytest.raises(DBAPIError), grown.connection() as connection:
        connection.exec_driver_sql(f"{foreign} FROM predictions LIMIT 1")
    if grown.dialect == "sqlite":
        with grown.read() as session:
            assert session.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_names_that_differ_in_capitals_stay_and_no_other_is_added(grown: Store) -> None:
    with grown.write() as session:
        assert [user_by_name(session, name) is not None for name in ("ann", "ANN", "Ann", "Ben", "ben")] == [True] * 5
        for name in ("aNN", "BEN"):
            with pytest.raises(Conflict, match="taken"):
                add_user(session, name, "reader", HASH)
        assert add_user(session, "Cara", "reader", HASH).name == "Cara"
