"""One export: the stored analyses of its documents in a format, as one file; `jobs.runner` calls it in a thread.

Made in a temporary file that has no name, so that neither many documents nor a killed process leave anything behind.
"""

from __future__ import annotations

import logging
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from palermo.corpora.errors import NotFound, PalermoError, StoreError
from palermo.service.exports import FORMATS, Format
from palermo.service.jobs.labelling import as_labelled
from palermo.service.jobs.standing import as_it_stands
from palermo.service.store.analyses import get_analysis
from palermo.service.store.documents import get_document, source
from palermo.service.store.exporting import export_documents, fail_export, fill_export, get_export

if TYPE_CHECKING:
    from palermo.service.store.engine import Store

log = logging.getLogger(__name__)

PART = 1 << 20
"""Bytes of a part, as it is stored and sent."""
MACHINE, PEOPLE = "machine", "people"
"""Whose tags an export holds: what the machine said, or what stands after people's decisions."""
_LABELS = "labels"
MISSING = "not_analysed"


def make(store: Store, id_: int) -> None:
    """Make an export that this process has claimed.

    Raises:
        StoreError: the database does not answer; the export's lease then runs out, and it is begun again.
    """
    try:
        _make(store, id_)
    except StoreError:
        raise
    except NotFound:
        return  # one of its documents was deleted, and the export with it
    except PalermoError as error:
        _fail(store, id_, error)
    except Exception as error:  # the border of a job: only the type is logged, the message might quote a document
        log.exception("unforeseen %s in an export", type(error).__name__, exc_info=False, extra={"export": id_})
        _fail(store, id_, PalermoError("unforeseen error; it has been logged"))


def suffix(format_: Format, documents: int) -> str:
    """Of the file's name: that of the format, or `.zip` where each of several documents has a file of its own."""
    return format_.suffix if format_.collects or documents == 1 else ".zip"


def _make(store: Store, id_: int) -> None:
    with store.read() as session:
        asked, ids = get_export(session, id_), export_documents(session, id_)
    format_ = FORMATS[asked.format]
    tags = _LABELS if format_.needs_reviews else asked.options.get("tags", PEOPLE)
    with tempfile.TemporaryFile() as file:
        if format_.collects:
            format_.many().write((_record(store, one, tags) for one in ids), file)
        elif len(ids) == 1:
            file.write(_one(store, ids[0], tags, format_))
        else:
            _many(store, ids, tags, format_, file)
        file.seek(0)
        with store.write() as session:
            fill_export(session, id_, iter(lambda: file.read(PART), b""))


def _many(store: Store, ids: list[str], tags: str, format_: Format, file: IO[bytes]) -> None:
    """A ZIP with a file a document; what can't be in it is told in `errors.txt`."""
    failed = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in _names(store, ids, format_.suffix):
            try:
                archive.writestr(name, _one(store, one, tags, format_))
            except StoreError:
                raise
            except PalermoError as error:
                failed.append(f"{name}: {error.message}\n")
        if failed:
            archive.writestr("errors.txt", "".join(failed))


def _names(store: Store, ids: list[str], suffix_: str) -> Iterator[tuple[str, str]]:
    """A file name for each document; one whose name is taken gets the start of its id."""
    taken = {"errors.txt"}
    for one in ids:
        with store.read() as session:
            stem = get_document(session, one).name.rpartition(".")[0] or "document"
        name = f"{stem}{suffix_}"
        while name.casefold() in taken:
            stem = f"{stem}-{one[:16]}"
            name = f"{stem}{suffix_}"
        taken.add(name.casefold())
        yield name, one


def _one(store: Store, id_: str, tags: str, format_: Format) -> bytes:
    analysis = _analysis(store, id_, tags)
    data = b""
    if format_.needs_source:
        with store.read() as session:
            data = source(session, id_)
    return format_.render(analysis, data)


def _record(store: Store, id_: str, tags: str) -> dict[str, Any]:
    try:
        return _analysis(store, id_, tags)
    except Missing as error:
        return {"error": error.to_json()}


def _analysis(store: Store, id_: str, tags: str) -> dict[str, Any]:
    with store.read() as session:
        document = get_document(session, id_)
        try:
            analysis = get_analysis(session, id_)
        except NotFound as error:
            raise Missing("it has not been analysed", source=document.name) from error
        if tags == _LABELS:
            return as_labelled(session, analysis, document)
        return analysis if tags == MACHINE else as_it_stands(session, analysis, document)


class Missing(PalermoError):
    """A document of an export that has no analysis."""

    code = MISSING
    status = 409
    retryable = True
    advice = "export again when its batch has ended"


def _fail(store: Store, id_: int, error: PalermoError) -> None:
    with store.write() as session:
        fail_export(session, id_, error)
