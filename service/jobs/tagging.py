"""One job: a document's bytes become a reading and an analysis in the store; `jobs.runner` calls it in its threads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal, cast

from palermo.corpora.documents.readers import reader_for
from palermo.corpora.documents.reading import read_document_safely
from palermo.corpora.errors import NotFound, PalermoError, StoreError
from palermo.service.analysis import tagged
from palermo.service.store.analyses import has_analysis, listed, load_text, save_analysis, save_text
from palermo.service.store.documents import get_document
from palermo.service.store.queue import still_wanted
from palermo.service.store.work import fail_job, finish_job

if TYPE_CHECKING:
    from palermo.corpora.documents.document import Document, Kind
    from palermo.corpora.documents.sandbox import ParserPool
    from palermo.service.analysis import Tags
    from palermo.service.store.engine import Store
    from palermo.service.store.queue import JobInput

log = logging.getLogger(__name__)
Outcome = Literal["done", "failed", "dropped"]
"""How a job ended here; dropped: its document was deleted, or another process has taken it over."""


def work(store: Store, job: JobInput, worker: str, tagger: Tags, pool: ParserPool | None) -> Outcome:
    """Do a job that `worker` has claimed; whatever is wrong with its document is written down as its failure.

    Raises:
        StoreError: the database does not answer; the job's lease then runs out, and the job is begun again.
    """
    try:
        return _work(store, job, worker, tagger, pool)
    except StoreError:
        raise
    except PalermoError as error:
        return _fail(store, job, worker, error)
    except Exception as error:  # the border of a job: only the type is logged, the message might quote the document
        about = {"job": job.id, "batch": job.batch}
        log.exception("unforeseen %s in a job", type(error).__name__, exc_info=False, extra=about)
        return _fail(store, job, worker, PalermoError("unforeseen error; it has been logged", hint="please report it"))


def _work(store: Store, job: JobInput, worker: str, tagger: Tags, pool: ParserPool | None) -> Outcome:
    read = _stored_reading(store, job.document)
    if read is None:
        kind = cast("Kind | None", job.kind)
        read = read_document_safely(job.data, job.name, kind=kind, language=job.language, pool=pool)
    read = listed(read)
    engine = tagger.info()
    with store.read() as session:
        if not still_wanted(session, job.id, worker):
            return "dropped"
        known = has_analysis(session, job.document, read.extractor, engine)
    result: dict[str, Any] | None = None if known else tagged(read, tagger)
    with store.write() as session:
        save_text(session, read)
        if result is not None:
            save_analysis(session, result)
        finish_job(session, job.id)
    return "done"


def _stored_reading(store: Store, document: str) -> Document | None:
    """The document as this version's reader has read it before: reviews stand in that text, and reading takes time."""
    with store.read() as session:
        try:
            read = load_text(session, document)
            media_type = get_document(session, document).media_type
            current = reader_for(media_type).EXTRACTOR
        except PalermoError:  # not read yet, or by a reader that is no more
            return None
    # What stands after "+" names a helper that took part, such as OCR.
    return read if read.extractor.partition("+")[0] == current else None


def _fail(store: Store, job: JobInput, worker: str, error: PalermoError) -> Outcome:
    with store.write() as session:
        wanted = still_wanted(session, job.id, worker)
        if wanted:
            fail_job(session, job.id, error)
    if not isinstance(error, NotFound):
        log.info("job failed", extra={"job": job.id, "batch": job.batch, "code": error.code})
    return "failed" if wanted else "dropped"
