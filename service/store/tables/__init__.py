"""Every table of the service's database, typed; the functions of `palermo.service.store` and its migrations use it."""

from palermo.service.store.tables.base import Base
from palermo.service.store.tables.documents import (
    Analysis,
    Document,
    Element,
    Passage,
    Prediction,
    Source,
    Tag,
    Text,
)
from palermo.service.store.tables.people import Event, LoginSession, Token, Try, User
from palermo.service.store.tables.reviews import Review, Unplaced
from palermo.service.store.tables.tallies import LanguageCount, MonthCount, ProvisionCount, StateCount
from palermo.service.store.tables.work import Batch, Export, ExportDocument, ExportPart, IdempotencyKey, Job

__all__ = [
    "Analysis",
    "Base",
    "Batch",
    "Document",
    "Element",
    "Event",
    "Export",
    "ExportDocument",
    "ExportPart",
    "IdempotencyKey",
    "Job",
    "LanguageCount",
    "LoginSession",
    "MonthCount",
    "Passage",
    "Prediction",
    "ProvisionCount",
    "Review",
    "Source",
    "StateCount",
    "Tag",
    "Text",
    "Token",
    "Try",
    "Unplaced",
    "User",
]
