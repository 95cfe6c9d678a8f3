"""What is given: one file, many, a ZIP, a manifest; what can be refused is refused before anything is kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from palermo.corpora.errors import DocumentError, EmptyDocument, LimitExceeded, UsageError
from palermo.corpora.settings import Settings
from palermo.service.intake import Given, QueueFull, take_in
from palermo.service.store import Store
from palermo.service.store.documents import documents, source
from palermo.service.store.records import DocumentRecord
from palermo.service.store.work import batches, jobs


def zipped(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def kept(store: Store) -> dict[str, DocumentRecord]:
    with store.read() as session:
        return {one.name: one for one in documents(session, limit=500).items}


def nothing_is_kept(store: Store) -> bool:
    with store.read() as session:
        return not documents(session).items and not batches(session).items


def test_each_file_is_a_document_with_a_job_and_the_same_bytes_are_one(store: Store) -> None:
    batch = take_in(store, [Given(b"one", "a/1.txt"), Given(b"two", "2.txt"), Given(b"one", "3.txt")], name="lot")
    assert (batch.queued, batch.name) == (2, "lot")
    assert set(kept(store)) == {"1.txt", "2.txt"}
    again = take_in(store, [Given(b"one", "1.txt")], name="again")
    assert again.queued == 1
    assert len(kept(store)) == 2


def test_a_zip_stands_for_the_files_in_it_and_an_office_document_for_itself(store: Store) -> None:
    office = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    lot = zipped({"b/two.txt": b"two", "one.docx": office, "__MACOSX/._two": b"x", "empty/": b""})
    batch = take_in(store, [Given(lot, "lot.zip"), Given(office, "alone.docx")], name="lot")
    assert batch.queued == 2
    assert set(kept(store)) == {"two.txt", "one.docx"}
    with store.read() as session:
        assert source(session, kept(store)["two.txt"].id) == b"two"


def test_an_archive_in_an_archive_is_kept_as_it_is_and_not_opened(store: Store) -> None:
    inner = zipped({"deep.txt": b"deep"})
    batch = take_in(store, [Given(zipped({"inner.zip": inner}), "outer.zip")], name="lot")
    assert batch.queued == 1
    assert set(kept(store)) == {"inner.zip"}


@pytest.mark.parametrize("member", ["../../etc/passwd", "/etc/passwd", "a/../../b.txt", "C:/x.txt"])
def test_a_name_that_leads_out_of_an_archive_is_refused(store: Store, member: str) -> None:
    with pytest.raises(DocumentError):
        take_in(store, [Given(b"good", "good.txt"), Given(zipped({member: b"x"}), "lot.zip")], name="lot")
    assert nothing_is_kept(store)


def test_a_bomb_is_refused_by_its_ratio_its_size_and_its_members(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from palermo.corpora.settings import settings

    for name, value in {"ARCHIVE_BYTES": 5_000_000, "ARCHIVE_MEMBERS": 3, "DOCUMENT_BYTES": 2_000_000}.items():
        monkeypatch.setenv(f"PALERMO_{name}", str(value))
    settings.cache_clear()
    try:
        for members in (
            {"zeros.txt": b"\0" * 1_900_000},
            {f"{n}.txt": bytes([n]) * 1_900_000 for n in range(3)},
            {f"{n}.txt": bytes([n]) for n in range(4)},
            {"large.txt": b"0" * 2_000_001},
        ):
            with pytest.raises(DocumentError):
                take_in(store, [Given(zipped(members), "bomb.zip")], name="lot")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    with store.read() as session:
        assert not batches(session).items


def test_a_manifest_describes_files_by_path_or_name_and_wins(store: Store) -> None:
    table = "file;title;state;kind\nb/two.txt;Second; ZA ;statute\none.txt;First;;\n"
    lot = zipped({"b/two.txt": b"two", "one.txt": b"one", "three.txt": b"three"})
    take_in(
        store, [Given(lot, "lot.zip")], name="lot", manifest=b"\xef\xbb\xbf" + table.encode(),
        options={"kind": "judgment", "language": "fr"},
    )  # fmt: skip
    found = {name: (one.title, one.state, one.kind, one.language) for name, one in kept(store).items()}
    assert found == {
        "two.txt": ("Second", "ZA", "statute", "fr"),
        "one.txt": ("First", None, "judgment", "fr"),
        "three.txt": (None, None, "judgment", "fr"),
    }


def test_metadata_of_a_document_that_is_kept_already_is_corrected(store: Store) -> None:
    take_in(store, [Given(b"one", "one.txt")], name="lot")
    take_in(store, [Given(b"one", "one.txt", metadata={"state": "FR"})], name="lot")
    assert kept(store)["one.txt"].state == "FR"


@pytest.mark.parametrize(
    "table",
    [
        b"name,title\none.txt,First\n",
        b"file,planet\none.txt,earth\n",
        b"file,date\none.txt,yesterday\n",
        b"file,title\nother.txt,Another\n",
        b"file,ecli\none.txt,ECLI:XX\n",
        b"file,title\n\xff,x\n",
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(store: Store, table: bytes) -> None:
    with pytest.raises(UsageError):
        take_in(store, [Given(b"one", "one.txt")], name="lot", manifest=table)
    assert nothing_is_kept(store)


def test_nothing_and_empty_files_are_refused(store: Store) -> None:
    for uploads in ([], [Given(zipped({}), "empty.zip")], [Given(zipped({"a/": b""}), "folders.zip")]):
        with pytest.raises((UsageError, DocumentError)):
            take_in(store, uploads, name="lot")
    with pytest.raises(EmptyDocument):
        take_in(store, [Given(b"good", "good.txt"), Given(b"", "empty.txt")], name="lot")
    with pytest.raises(UsageError):
        take_in(store, [Given(b"good", "good.txt", metadata={"planet": "earth"})], name="lot")
    assert nothing_is_kept(store)


def test_a_full_queue_takes_nothing_in(store: Store) -> None:
    limits = Settings(job_queue=2, job_retry_seconds=9)
    batch = take_in(store, [Given(b"one", "1.txt")], name="lot", limits=limits)
    with pytest.raises(QueueFull) as caught:
        take_in(store, [Given(b"two", "2.txt"), Given(b"three", "3.txt")], name="lot", limits=limits)
    assert caught.value.seconds == 9
    with pytest.raises(LimitExceeded):
        take_in(store, [Given(bytes([n]), f"{n}.txt") for n in range(3)], name="lot", limits=limits)
    with store.read() as session:
        assert len(jobs(session, batch.id).items) == 1
    assert len(kept(store)) == 1
