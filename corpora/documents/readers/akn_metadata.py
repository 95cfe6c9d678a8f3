"""What the `<meta>` part and the marked-up header of Akoma Ntoso say of a document; the XML reader uses it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from palermo.corpora.documents.document import Kind, MetadataValue
from palermo.corpora.documents.readers.formats import formats, language_code
from palermo.corpora.documents.readers.markup import collapsed, local_name
from palermo.corpora.documents.readers.places import placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_TEXT = {
    "title": ("docTitle", "shortTitle"),
    "court": ("courtType",),
    "number": ("docketNumber",),
    "neutral_citation": ("neutralCitation",),
}
"""Metadatum -> elements of the body that show it, best first."""
_PROPRIETARY = {"court": "court", "neutral_citation": "cite", "number": "caseNumber"}
"""Metadatum -> element of `<proprietary>` (Find Case Law)."""


@dataclass(frozen=True, slots=True)
class About:
    """Metadata with their places in the text, and what the file declares outright."""

    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    kind: Kind | None = None
    language: str | None = None


def is_akn(root: _Element) -> bool:
    """Whether a root element is of Akoma Ntoso or LegalDocML, whatever the version."""
    tag = str(root.tag).lower()
    return local_name(root).lower() == "akomantoso" or "akomantoso" in tag or "legaldocml" in tag


def about(root: _Element, text: str) -> About:
    """Metadata, kind and language of an Akoma Ntoso document; nothing for other XML."""
    main = _main(root) if is_akn(root) else None
    if main is None:
        return About()
    meta = next(_named(main, "meta"), None)
    found = _shown(main)
    kind = _kind(main)
    if meta is not None:
        declared = _declared(meta)
        if kind == "judgment":
            # The FRBRnumber of a judgment is that of its neutral citation, not of the case.
            declared.pop("frbr_number", None)
        found = {**declared, **found}
        number = found.pop("frbr_number", "")
        if number:
            found.setdefault("number", number)
    if kind == "statute" and "title" in found:
        found["statute"] = found["title"]
    language = next(_named(meta, "FRBRlanguage"), None) if meta is not None else None
    return About(
        {
            key: MetadataValue(value) if key in ("state", "date") else placed(value, text)
            for key, value in found.items()
        },
        kind,
        language_code(language.get("language", "")) if language is not None else None,
    )


def _main(root: _Element) -> _Element | None:
    if local_name(root).lower() != "akomantoso":
        return root
    return next((child for child in root if local_name(child) not in ("", "components")), None)


def _kind(main: _Element) -> Kind | None:
    kinds: dict[str, Kind] = formats()["xml"]["kind"]
    name = local_name(main)
    return kinds.get((main.get("name") or "").lower() if name == "doc" else name)


def _shown(main: _Element) -> dict[str, str]:
    """What elements of the text are marked up as."""
    found: dict[str, str] = {}
    for key, tags in _TEXT.items():
        value = next((shown for tag in tags for element in _named(main, tag) if (shown := collapsed(element))), "")
        if value:
            found[key] = value
    return found


def _declared(meta: _Element) -> dict[str, str]:
    """What the identification and the publisher's own fields say."""
    found: dict[str, str] = {}
    for proprietary in _named(meta, "proprietary"):
        for key, tag in _PROPRIETARY.items():
            value = collapsed(next(_named(proprietary, tag), None))
            if value:
                found.setdefault(key, value)
    for work in _named(meta, "FRBRWork"):
        for key, tag in (("title", "FRBRname"), ("frbr_number", "FRBRnumber"), ("state", "FRBRcountry")):
            value = next((item.get("value", "").strip() for item in _named(work, tag)), "")
            if value:
                found.setdefault(key, _state(value) if key == "state" else value)
        for alias in _named(work, "FRBRalias"):
            _alias(alias, found)
    date = _date(meta)
    return {**found, "date": date} if date else found


def _date(meta: _Element) -> str:
    """The first date of the work, else of the expression; that of a hearing is not the date of a judgment."""
    for level in ("FRBRWork", "FRBRExpression"):
        for holder in _named(meta, level):
            for item in _named(holder, "FRBRdate"):
                value = item.get("date", "").strip()
                if value and "hear" not in item.get("name", "").lower():
                    return value
    return ""


def _alias(alias: _Element, found: dict[str, str]) -> None:
    value = (alias.get("value") or "").strip()
    if value.upper().startswith("ECLI:"):
        found.setdefault("ecli", value)
    elif value and (alias.get("name") or "").lower() in ("title", "short title", "shorttitle"):
        found.setdefault("title", value)


def _state(code: str) -> str:
    """An ISO 3166 code of a State; "uk" and subdivisions ("GB-UKM") lead to "GB"."""
    state = code.upper().split("-")[0]
    return "GB" if state == "UK" else state


def _named(element: _Element, tag: str) -> Iterator[_Element]:
    return element.iter(f"{{*}}{tag}")
