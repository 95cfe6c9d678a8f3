"""Small views that the API alone asks for: the text of a passage, the models that have tagged documents."""

from __future__ import annotations

from dataclasses import dataclass

from palermo.corpora.errors import NotFound
from palermo.service.store.tables import Analysis, Passage, Text
from sqlalchemy import func, select
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model that has tagged documents, with the number of its analyses."""

    model_sha256: str
    taxonomy: str
    analyses: int


def models(session: Session) -> list[ModelRecord]:
    """Every model that has an analysis, by hash and taxonomy."""
    columns = (Analysis.model_sha256, Analysis.taxonomy)
    query = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return [ModelRecord(*row) for row in session.execute(query)]


def passage_text(session: Session, id_: str) -> str:
    """The text of a passage, without reading the whole of its document's.

    Raises:
        NotFound: no such passage.
    """
    cut = func.substr(Text.text, Passage.start + 1, Passage.end - Passage.start)
    query = select(cut).select_from(Passage).join(Text, Text.key == Passage.text)
    found = session.scalar(query.where(Passage.id == id_))
    if found is None:
        raise NotFound("no such passage, or its document has been deleted")
    return str(found)
