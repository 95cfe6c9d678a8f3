"""The review queue: which tags, in which order, and one of them with the words around it; its routes call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from palermo.corpora.convention import tree
from palermo.corpora.errors import NotFound, UsageError
from palermo.service.pages import reading
from palermo.service.pages.view import label_of
from palermo.service.store.analyses import get_analysis, get_passage, passages
from palermo.service.store.browse import decisions, document_tags
from palermo.service.store.documents import get_document
from palermo.service.store.listing import Sort, TagFilter, tags
from palermo.service.store.records import Page, TagRecord
from sqlalchemy.orm import Session

SORTS = ("uncertainty", "provision", "score", "newest")
DECISIONS = ("review", "assigned", "none", "any")
STANDINGS = ("open", "decided", "any")
ROWS = 25
_SEPARATOR = "~"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the queue."""

    tag: TagRecord
    label: str
    name: str

    @property
    def item(self) -> str:
        """The tag in one word: passage and provision."""
        return f"{self.tag.passage}{_SEPARATOR}{self.tag.provision}"

    @property
    def anchor(self) -> str:
        """Id of the line on the page."""
        return f"q-{self.tag.passage}-{self.tag.provision.replace('.', '-')}"


def row(tag: TagRecord) -> Row:
    """A tag as a line."""
    return Row(tag, label_of(tag.provision), f"¶ {tag.number}" if tag.number else f"no. {tag.index + 1}")


def split_item(item: str) -> tuple[str, str]:
    """Passage and provision of `Row.item`.

    Raises:
        NotFound: it is none.
    """
    passage, separator, provision = item.partition(_SEPARATOR)
    if not separator or provision not in tree():
        raise NotFound("no such tag in the queue")
    return passage, provision


def filter_of(fields: Mapping[str, str | None]) -> TagFilter:
    """The store's filter for the fields of the page; by default what is for review and open.

    Raises:
        UsageError: an unknown value.
    """
    decision, standing = fields["decision"] or "review", fields["standing"] or "open"
    if decision not in DECISIONS:
        raise UsageError(f"the decision is one of {', '.join(DECISIONS)}", source="decision")
    if standing not in STANDINGS:
        raise UsageError(f"the standing is one of {', '.join(STANDINGS)}", source="standing")
    return TagFilter(
        provision=fields["provision"],
        decision=None if decision == "any" else decision,
        reviewed={"open": False, "decided": True, "any": None}[standing],
        state=fields["state"],
        language=fields["language"],
        document=fields["document"],
    )


def rows(session: Session, fields: Mapping[str, str | None], after: str | None) -> Page[Row]:
    """A page of the queue.

    Raises:
        NotFound: no such document.
        UsageError: an unknown value of a field, or a bad cursor.
    """
    sort = fields["sort"] or "uncertainty"
    if sort not in SORTS:
        raise UsageError(f"the sort is one of {', '.join(SORTS)}", source="sort")
    found = tags(session, filter_of(fields), cast("Sort", sort), after, ROWS)
    return Page([row(tag) for tag in found.items], found.after)


def item(session: Session, passage: str, provision: str) -> dict[str, Any]:
    """One tag with its passage, the passages before and after, and the other tags of the passage.

    Raises:
        NotFound: the tag or its document is gone, or the document has been read anew.
    """
    place = get_passage(session, passage)
    record = get_document(session, place.document)
    result = get_analysis(session, record.id)
    every = document_tags(session, record.id)
    mine = [tag for tag in every if tag.passage == passage]
    tag = next((one for one in mine if one.provision == provision), None)
    if tag is None:
        raise NotFound("the passage no longer has this tag", hint="go on with the next one")
    decided = decisions(session, [one.review for one in mine if one.review is not None])
    ids = [one.id for one in passages(session, record.id, result["engine"]["extractor"])]
    around = {place.index - 1, place.index, place.index + 1}
    shown = {one.index: one for one in reading.passages(result, ids, [tag], decided, around)}
    others = reading.passages(result, ids, mine, decided, {place.index})[0].cards
    return {
        "record": record,
        "title": record.title or record.name,
        "row": row(tag),
        "card": _card(shown[place.index], tag, result, ids, decided),
        "passage": shown[place.index],
        "before": shown.get(place.index - 1),
        "after": shown.get(place.index + 1),
        "others": [card for card in others if card.provision != provision],
    }


def _card(
    passage: reading.PassageView, tag: TagRecord, result: Mapping[str, Any], ids: list[str], decided: Mapping[int, Any]
) -> reading.Card:
    """The tag's card, even where the page of a document would leave it out."""
    if passage.cards:
        return passage.cards[0]
    forced = replace(tag, predicted=True)
    card = reading.passages(result, ids, [forced], decided, {tag.index})[0].cards[0]
    return replace(card, predicted=tag.predicted)
