"""Documents are kept once, saved once, and go without a trace of their text."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.errors import NotFound, UsageError
from palermo.corpora.settings import settings
from palermo.service.store import Store
from palermo.service.store.analyses import analyses, get_analysis, get_passage, load_text, passages, save_analysis
from palermo.service.store.documents import (
    DocumentFilter,
    add_document,
    delete_document,
    documents,
    get_document,
    set_given,
    source,
)
from palermo.service.store.events import events
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.reviews import Step, review, reviews, undo
from palermo.service.store.tables import Base, Element, Prediction, Review
from palermo.service.store.work import create_batch, export_parts, fail_job, jobs, save_export, start_job
from sqlalchemy import LargeBinary, delete, inspect, select, update
from sqlalchemy.exc import IntegrityError

TEXT = "Zanzarella moved the proceeds.\n\nZanzarella was extradited."
SAID = {0: [("UNTOC.6", 0.9, "assigned")], 1: [("UNTOC.16", 0.55, "review")]}


def test_the_same_bytes_are_one_document(store: Store) -> None:
    with store.write() as session:
        first, new = add_document(session, b"words", "a/b.txt", given={"state": "IT"})
        again, newer = add_document(session, b"words", "c.txt")
    assert (new, newer) == (True, False)
    assert first == again
    assert first.id == hashlib.sha256(b"words").hexdigest()
    assert (first.name, first.state, first.bytes) == ("b.txt", "IT", 5)
    with store.read() as session:
        assert source(session, first.id[:16]) == b"words"


def test_an_analysis_saved_twice_changes_nothing_and_says_so(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.read() as session:
        result = get_analysis(session, id_)
        before = tags(session).items
    with store.write() as session:
        saved = save_analysis(session, result)
    assert not saved.created
    with store.read() as session:
        assert tags(session).items == before
        assert [one.id for one in analyses(session, id_)] == [saved.id]
        assert len(session.scalars(select(Prediction)).all()) == 2
        assert len(session.scalars(select(Element)).all()) == 2


def test_an_analysis_comes_back_as_it_was_given(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID, title="R v Zanzarella")
    with store.read() as session:
        assert get_analysis(session, id_)["passages"][1]["tags"][0]["score"] == 0.55
        read = load_text(session, id_)
        assert (read.text, read.metadata["title"].value, read.runs[0].locator["line"]) == (TEXT, "R v Zanzarella", 1)
        assert [read.text[one.start : one.end] for one in read.passages] == TEXT.split("\n\n")
        first = passages(session, id_)[0]
        assert get_passage(session, first.id) == first


def test_an_analysis_of_other_passages_is_refused(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.read() as session:
        result = get_analysis(session, id_)
    result["engine"]["model_sha256"] = "f" * 64
    result["passages"][0]["end"] += 1
    with pytest.raises(UsageError, match="other passages"), store.write() as session:
        save_analysis(session, result)


@pytest.mark.parametrize("table", [Prediction, Review, Element])
def test_what_was_said_can_be_neither_changed_nor_deleted(store: Store, give: Any, table: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        review(session, Step(passages(session, id_)[0].id, "UNTOC.6", "accept"))
    column = table.provision if table is not Element else table.standard
    with pytest.raises(IntegrityError, match="never change"), store.write() as session:
        session.execute(update(table).values({column: "UNTOC.5"}))
    with pytest.raises(IntegrityError, match="with their document only"), store.write() as session:
        session.execute(delete(table))


def test_the_log_can_be_neither_changed_nor_deleted(store: Store, give: Any) -> None:
    give(TEXT, SAID)
    for statement in ("UPDATE events SET action = 'x.y'", "DELETE FROM events"):
        with pytest.raises(IntegrityError, match="never"), store.connection() as connection:
            connection.exec_driver_sql(statement)


def test_given_metadata_wins_over_what_the_text_shows_and_reaches_the_queue(store: Store, give: Any) -> None:
    with store.write() as session:
        add_document(session, TEXT.encode(), "a.txt", given={"state": "KE"})
    id_ = give(TEXT, SAID, state="IT", date="2001-02-03")
    with store.read() as session:
        assert (get_document(session, id_).state, get_document(session, id_).date) == ("KE", "2001-02-03")
    with store.write() as session:
        set_given(session, id_, {"date": "1999"})
    with store.read() as session:
        assert {(one.state, one.date) for one in tags(session).items} == {("KE", "1999")}
        assert documents(session, DocumentFilter(state="KE", date_to="2000")).items[0].id == id_
        assert documents(session, DocumentFilter(state="IT")).items == []


def test_a_file_that_declares_an_absurd_state_or_date_is_kept_without(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID, state=unlike(3000), date=unlike(3000), title="A title")
    with store.read() as session:
        found = get_document(session, id_)
        assert (found.state, found.date, found.title) == (None, None, "A title")
        said = [warning.message for warning in load_text(session, id_).warnings]
        assert [message.split()[1] for message in said] == ["state", "date"]
        assert len(tags(session).items) == 2


def test_the_longest_state_that_can_be_allowed_fits_every_index(
    store: Store, give: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALERMO_STATE_CHARACTERS", "500")
    settings.cache_clear()
    try:
        give(TEXT, SAID, state=unlike(500), date=unlike(40))
        with store.read() as session:
            assert len(tags(session, TagFilter(state=unlike(500))).items) == 2
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def unlike(length: int) -> str:
    """Code points of four bytes that no compression makes shorter."""
    return "".join(chr(0x10000 + int(random.Random(n).random() * 0x80000)) for n in range(length))


@pytest.mark.parametrize("given", [{"date": "yesterday"}, {"colour": "red"}, {"state": "Z" * 101}])
def test_metadata_that_is_none_is_refused(store: Store, given: dict[str, str]) -> None:
    with pytest.raises(UsageError), store.write() as session:
        add_document(session, b"x", "x.txt", given=given)


def test_a_deleted_document_leaves_a_tombstone_and_no_text_anywhere(store: Store, give: Any, url: str) -> None:
    id_ = give(TEXT, SAID, title="R v Zanzarella", state="IT")
    kept = give("Another ruling on proceeds.", {0: [("UNTOC.6", 0.8, "assigned")]})
    with store.write() as session:
        passage = passages(session, id_)[0].id
        step = review(session, Step(passage, "UNTOC.6", "change", replacement="UNTOC.7", comment="Zanzarella again"))
        undo(session, step.id)
        batch = create_batch(session, "b", [id_, kept])
        job = jobs(session, batch.id).items[0].id
        start_job(session, job)
        fail_job(session, job, UsageError("Zanzarella", hint="Zanzarella"))
        export = save_export(session, "csv", [id_, kept], [b"Zanzarella,", b"x"])
    with store.read() as session:
        assert b"".join(export_parts(session, export)) == b"Zanzarella,x"
    with store.write() as session:
        delete_document(session, id_)
    store.scrub()
    with store.read() as session:
        assert cells_with(session, "Zanzarella") == []
        tombstone = get_document(session, id_, deleted=True)
        assert (tombstone.id, tombstone.name, tombstone.title, tombstone.state) == (id_, "", None, None)
        assert tombstone.deleted is not None
        assert [one.document for one in tags(session).items] == [kept]
        assert reviews(session).items == []
        assert events(session, object_=f"document:{id_}").items[0].action == "document.delete"
        for lost in (
            lambda: get_document(session, id_),
            lambda: source(session, id_),
            lambda: get_passage(session, passage),
        ):
            with pytest.raises(NotFound):
                lost()
        with pytest.raises(NotFound):
            list(export_parts(session, export))
    if url.startswith("sqlite"):
        for end in ("", "-wal"):
            assert b"Zanzarella" not in Path(url.removeprefix("sqlite:///") + end).read_bytes()


def cells_with(session: Any, word: str) -> list[str]:
    """Tables and columns in which a word stands, in any column that can hold one."""
    found = []
    for table in inspect(session.connection()).get_table_names():
        if table == "alembic_version":
            continue
        for column in Base.metadata.tables[table].columns:
            values = session.execute(select(column)).scalars().all()
            raw = isinstance(column.type, LargeBinary)
            if any(word in (value.decode("utf-8", "replace") if raw and value else str(value)) for value in values):
                found.append(f"{table}.{column.name}")
    return found


def test_words_of_a_document_can_be_found_before_it_is_deleted(store: Store, give: Any) -> None:
    give(TEXT, SAID, title="R v Zanzarella")
    with store.read() as session:
        assert {"documents.title", "texts.text", "sources.data", "analyses.result"} <= set(
            cells_with(session, "Zanzarella")
        )


def test_a_deleted_document_that_is_given_again_begins_anew(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        delete_document(session, id_)
    assert give(TEXT, SAID) == id_
    with store.read() as session:
        assert len(tags(session, TagFilter(document=id_)).items) == 2


def test_a_job_that_ends_after_the_deletion_stores_nothing(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.read() as session:
        result = get_analysis(session, id_)
    with store.write() as session:
        delete_document(session, id_)
    with pytest.raises(NotFound), store.write() as session:
        save_analysis(session, result)


def test_documents_are_listed_by_page_newest_first(store: Store) -> None:
    with store.write() as session:
        given = [add_document(session, str(n).encode(), f"{n}.txt")[0].id for n in range(7)]
    seen, after = [], None
    with store.read() as session:
        while True:
            page = documents(session, after=after, limit=3)
            seen += [one.id for one in page.items]
            after = page.after
            if after is None:
                break
    assert seen == given[::-1]


def test_names_that_no_database_can_hold_are_made_fit(store: Store) -> None:
    with store.write() as session:
        kept, _ = add_document(session, b"x", "a\0b\ud800.txt")
    assert kept.name == "a\ufffdb\ufffd.txt"


@pytest.mark.parametrize("id_", ["", "abc", "'; DROP TABLE documents", "g" * 64, "f" * 64])
def test_an_id_that_is_none_is_not_found(store: Store, id_: str) -> None:
    with store.read() as session, pytest.raises(NotFound):
        get_document(session, id_)
