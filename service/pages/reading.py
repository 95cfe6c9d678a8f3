"""A stored document arranged for reading and review: each passage with its marks and tags, what people decided beside
what the machine said.

The routes of documents and of the queue give what the store has; nothing here knows HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from palermo.corpora.convention import tree
from palermo.service.pages.i18n import direction
from palermo.service.pages.view import Piece, label_of, pieces
from palermo.service.store.browse import Decided
from palermo.service.store.records import DocumentRecord, TagRecord

HELD = frozenset({"accepted", "added"})
REFUSED = frozenset({"rejected", "changed"})


@dataclass(frozen=True, slots=True)
class Card:
    """A tag as the page shows it: the machine's score and decision stay, whatever people say.

    Attributes:
        passage: permanent id.
        score, threshold: None for a tag that only a person gave.
        verdict: `open`, `accepted`, `rejected`, `changed` or `added`; `decided` is the review behind it.
        quote: the words that show it; `drop`: how much lower the score is without them.
        seen: the review behind it, by its number; 0: none. A decision says what it was made on.
        sources: `model`, `citation`, `concordance`; empty where only a person gave it.
    """

    passage: str
    index: int
    provision: str
    label: str
    heading: str
    about: str
    score: float | None
    threshold: float | None
    predicted: bool
    decision: str
    verdict: str
    decided: Decided | None
    quote: str
    drop: float | None
    sources: tuple[str, ...]
    replacement: str | None
    seen: int = 0

    @property
    def anchor(self) -> str:
        """Id of the card on a page."""
        return f"t-{self.index}-{self.provision.replace('.', '-')}"

    @property
    def holds(self) -> bool:
        """Whether the passage has the tag now: given by a person, or predicted and not refused."""
        return self.verdict in HELD or (self.verdict == "open" and self.predicted)


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage: its words in pieces, its tags, best first; `start` is its offset in the document."""

    id: str
    index: int
    name: str
    heading: str | None
    language: str
    direction: str
    start: int
    pieces: list[Piece]
    cards: list[Card]
    anchors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Finding:
    """A provision in the side column, with where it is found and how far its review is."""

    provision: str
    label: str
    heading: str
    score: float | None = None
    threshold: float | None = None
    predicted: bool = False
    decision: str = "none"
    waiting: int = 0
    held: int = 0
    refused: int = 0
    places: list[Card] = field(default_factory=list)

    @property
    def applies(self) -> bool:
        """Whether the document applies it, by a person's word or the machine's."""
        return self.held > 0 or (self.predicted and any(card.holds for card in self.places))


def name_of(passage: Mapping[str, Any]) -> str:
    """A passage by its printed number, else by its place."""
    return f"¶ {passage['number']}" if passage["number"] else f"no. {passage['index'] + 1}"


def passages(
    result: Mapping[str, Any],
    ids: Sequence[str],
    tags: Sequence[TagRecord],
    decided: Mapping[int, Decided],
    only: set[int] | None = None,
) -> list[PassageView]:
    """The passages of a document, all or those of `only` (indexes).

    Args:
        result: the newest analysis.
        ids: permanent ids of its passages, in order.
        tags: where the tags of the document stand.
        decided: the reviews behind them.
        only: indexes; None: all.
    """
    by_passage: dict[int, list[TagRecord]] = {}
    for tag in tags:
        by_passage.setdefault(tag.index, []).append(tag)
    return [
        _passage(one, ids[one["index"]], by_passage.get(one["index"], ()), decided)
        for one in result["passages"]
        if only is None or one["index"] in only
    ]


def findings(result: Mapping[str, Any], shown: Sequence[PassageView]) -> list[Finding]:
    """Provisions of the side column: those that apply first, then by score, then in treaty order."""
    found: dict[str, Finding] = {}
    for passage in shown:
        for card in passage.cards:
            one = found.setdefault(card.provision, Finding(card.provision, card.label, card.heading))
            one.places.append(card)
            one.threshold = card.threshold if one.threshold is None else one.threshold
            one.held += card.verdict in HELD
            one.refused += card.verdict in REFUSED
            one.waiting += card.verdict == "open" and card.decision == "review"
    for entry in result["provisions"]:
        if (known := found.get(entry["provision"])) is not None:
            known.score, known.predicted, known.decision = entry["score"], entry["predicted"], entry["decision"]
    order = tree().sort_key
    return sorted(found.values(), key=lambda one: (not one.applies, -(one.score or 1), order(one.provision)))


def standards(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Mental elements by standard, with the passages that have them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for passage in result["passages"]:
        for span in passage["mens_rea"]:
            place = {"index": passage["index"], "name": name_of(passage), "role": span["role"], "text": span["text"]}
            found.setdefault(span["standard"], []).append(place)
    return [{"standard": standard, "places": places} for standard, places in found.items()]


def metadata(record: DocumentRecord) -> list[tuple[str, str]]:
    """What the head of the page says of a document."""
    pairs = (("court", record.court), ("state", record.state), ("date", record.date), ("number", record.number))
    return [(name, value) for name, value in pairs if value]


def shows(tag: TagRecord) -> bool:
    """Whether a tag is worth a card: predicted, for review, or decided by a person."""
    return tag.predicted or tag.decision != "none" or tag.verdict != "open"


def _passage(
    passage: Mapping[str, Any], id_: str, tags: Sequence[TagRecord], decided: Mapping[int, Decided]
) -> PassageView:
    said = {tag["provision"]: tag for tag in passage["tags"]}
    cards = [_card(tag, said.get(tag.provision), passage, decided) for tag in tags if shows(tag)]
    cards.sort(key=lambda card: (card.verdict in REFUSED, -(card.score or 1.0), card.provision))
    marks = [(*_words(card, said.get(card.provision), passage), card.provision) for card in cards]
    wanted = [mark for mark, card in zip(marks, cards, strict=True) if card.verdict not in REFUSED]
    whole = (passage["start"], passage["end"])
    wanted = [mark for mark in wanted if mark[:2] != whole]
    return PassageView(
        id=id_,
        index=passage["index"],
        name=name_of(passage),
        heading=passage["heading"],
        language=passage["language"],
        direction=direction(passage["language"]),
        start=passage["start"],
        pieces=pieces(passage["text"], passage["start"], wanted, passage["mens_rea"]),
        cards=cards,
        anchors=passage["anchors"],
    )


def _card(
    tag: TagRecord, said: Mapping[str, Any] | None, passage: Mapping[str, Any], decided: Mapping[int, Decided]
) -> Card:
    review = decided.get(tag.review) if tag.review is not None else None
    start, end = (review.start, review.end) if review else tag.evidence or (tag.start, tag.end)
    provision = tree().get(tag.provision)
    return Card(
        passage=tag.passage,
        index=tag.index,
        provision=tag.provision,
        label=label_of(tag.provision),
        heading=provision.heading,
        about=provision.description,
        score=tag.score,
        threshold=tag.threshold,
        predicted=tag.predicted,
        decision=tag.decision,
        verdict=tag.verdict,
        decided=review,
        quote=passage["text"][start - passage["start"] : end - passage["start"]],
        drop=tag.drop,
        sources=tuple(said["sources"]) if said else (),
        replacement=label_of(review.replacement) if review and review.replacement else None,
        seen=tag.review or 0,
    )


def _words(card: Card, said: Mapping[str, Any] | None, passage: Mapping[str, Any]) -> tuple[int, int]:
    """The words to mark: those that a person chose, else the machine's evidence, else the passage."""
    if card.decided is not None:
        return card.decided.start, card.decided.end
    evidence = said.get("evidence") if said else None
    return (evidence["start"], evidence["end"]) if evidence else (passage["start"], passage["end"])
