"""What filters of lists offer and what a visitor chose in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from palermo.corpora.convention import tree
from palermo.service.pages.view import label_of
from palermo.service.store import counts
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Choices:
    """Values that filters offer: States and languages in use, provisions by instrument as `(id, name)`."""

    states: list[str]
    languages: list[str]
    provisions: list[tuple[str, list[tuple[str, str]]]]


def choices(session: Session) -> Choices:
    """What filters offer now."""
    return Choices(list(counts.states(session)), list(counts.languages(session)), provisions())


@lru_cache(maxsize=1)
def provisions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Labels by instrument, each instrument first as a whole."""
    convention = tree()
    found = []
    for instrument in convention.instruments:
        labels = [one for one in convention.walk(instrument.id) if one.label]
        named = [(one.id, _name(one.id, one.heading, bool(one.path))) for one in labels]
        found.append((instrument.short_name, [(instrument.id, instrument.id), *named]))
    return found


@dataclass(frozen=True, slots=True)
class Option:
    """A provision in the list to choose from: `search` is what typing is compared with."""

    id: str
    name: str
    about: str
    search: str
    label: bool


@lru_cache(maxsize=1)
def options() -> list[Option]:
    """Every provision of the tree in treaty order."""
    found = []
    for one in tree().walk():
        name = label_of(one.id)
        about = one.description if one.path else f"{one.heading}. {one.description}"
        found.append(Option(one.id, name, about, f"{one.id} {name} {one.heading} {about}".lower(), one.label))
    return found


def chosen(query: Mapping[str, str], names: Sequence[str]) -> dict[str, str | None]:
    """Fields of a filter from an address; empty ones count as absent."""
    return {name: (query.get(name) or "").strip() or None for name in names}


def address(path: str, fields: Mapping[str, Any]) -> str:
    """A path with the fields that are set."""
    kept = {name: value for name, value in fields.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


def _name(id_: str, heading: str, finer: bool) -> str:
    return label_of(id_) if finer else f"{label_of(id_)} – {heading}"
