"""The tree of provisions, read from the JSON files beside this module; all that names a provision calls `tree()`.

An id is the instrument, the article and the path as the treaty numbers them (`UNTOC.6.1.b.i`); three facets of UNTOC
article 20 (`.cd`, `.es`, `.uc`) are the only ids outside the numbering. An instrument's id (`TIP`) stands for it all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import takewhile
from typing import Any, Literal

from palermo.corpora.errors import UsageError

Level = Literal["article", "paragraph", "subparagraph", "item", "subitem", "facet"]

_LETTERED: tuple[Level, ...] = ("subparagraph", "item", "subitem")
_FACETS = frozenset({"cd", "es", "uc"})
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Instrument:
    """The Convention or a Protocol.

    Attributes:
        id: `UNTOC`, `TIP`, `SOM` or `FIREARMS`.
        name, short_name: full title and the usual short form, in English.
        adopted, in_force: ISO 8601 dates; `adopted_by` is the resolution that adopted it.
        treaty_series: where the United Nations published it.
    """

    id: str
    name: str
    short_name: str
    adopted: str
    adopted_by: str
    in_force: str
    treaty_series: str


@dataclass(frozen=True, slots=True)
class Provision:
    """A node of the tree.

    Attributes:
        id: as the module explains.
        instrument: id of the instrument.
        article: number of the article.
        path: what follows the article in the id, `("1", "b", "i")`; empty for an article.
        level: what the treaty's drafters would call it; by its place, since `i` is both a letter and a numeral.
        heading: heading of the article in the treaty.
        description: one line in Palermo's own words.
        label: whether the corpus labels it, and the model so scores it.
        covers: ids of sister provisions that the label stands for as well.
    """

    id: str
    instrument: str
    article: int
    path: tuple[str, ...]
    level: Level
    heading: str
    description: str
    label: bool = False
    covers: tuple[str, ...] = ()


def article_of(provision_id: str) -> str:
    """The article that an id belongs to: `UNTOC.6.1.b.i` gives `UNTOC.6`. Works on the text alone."""
    return ".".join(provision_id.split(".", 2)[:2])


class Convention:
    """All provisions in treaty order: UNTOC, then TIP, SOM, FIREARMS; parents before children, facets after paragraphs.

    Attributes:
        instruments: the four instruments.
        labels: ids of the labels, each finer label after its article.
        articles, finer: the labels that are articles (55), and those that are not (24).
        taxonomy: `version+hash`; the hash changes when an id, a heading or a label does, not with a description.
    """

    def __init__(self, version: str, instruments: Sequence[Instrument], provisions: Sequence[Provision]) -> None:
        self.instruments = tuple(instruments)
        self._provisions = {provision.id: provision for provision in provisions}
        self._position = {id_: position for position, id_ in enumerate(self._provisions)}
        self._children: dict[str, list[Provision]] = {instrument.id: [] for instrument in instruments}
        for provision in provisions:
            self._children[provision.id] = []
            self._children[_above(provision.id)].append(provision)
        self.labels = tuple(p.id for p in provisions if p.label)
        self.articles = tuple(p.id for p in provisions if p.label and not p.path)
        self.finer = tuple(p.id for p in provisions if p.label and p.path)
        self.taxonomy = f"{version}+{_digest(provisions)}"
        self._covering = {covered: p.id for p in provisions for covered in p.covers}

    def __contains__(self, id_: object) -> bool:
        return id_ in self._provisions

    def __len__(self) -> int:
        return len(self._provisions)

    def get(self, id_: str) -> Provision:
        """The provision of that id.

        Raises:
            UsageError: there is none; the hint names the nearest ids.
        """
        try:
            return self._provisions[id_]
        except KeyError:
            raise self._unknown(id_) from None

    def instrument(self, id_: str) -> Instrument:
        """The instrument that an id, of an instrument or a provision, belongs to.

        Raises:
            UsageError: no such id.
        """
        self._known(id_)
        return next(i for i in self.instruments if i.id == id_.split(".", 1)[0])

    def children(self, id_: str) -> tuple[Provision, ...]:
        """The provisions directly below a provision or an instrument, in treaty order.

        Raises:
            UsageError: no such id.
        """
        self._known(id_)
        return tuple(self._children[id_])

    def parent(self, id_: str) -> Provision | None:
        """The provision above, or None for an article.

        Raises:
            UsageError: no such id.
        """
        return self._provisions.get(_above(self.get(id_).id))

    def ancestors(self, id_: str) -> tuple[Provision, ...]:
        """The provisions above, nearest first; the last is the article.

        Raises:
            UsageError: no such id.
        """
        found = []
        above = self.parent(id_)
        while above is not None:
            found.append(above)
            above = self.parent(above.id)
        return tuple(found)

    def walk(self, id_: str | None = None) -> Iterator[Provision]:
        """A provision and all below it, all of an instrument, or (None) everything, in treaty order.

        Raises:
            UsageError: no such id.
        """
        if id_ is None:
            return iter(self._provisions.values())
        self._known(id_)
        return self._below(id_)

    def label_for(self, id_: str) -> str | None:
        """The label that speaks for a provision: itself, the one that covers it, or the nearest above; else None.

        Raises:
            UsageError: no such id.
        """
        for provision in (self.get(id_), *self.ancestors(id_)):
            if provision.label:
                return provision.id
            if provision.id in self._covering:
                return self._covering[provision.id]
        return None

    def article_of(self, id_: str) -> str:
        """The id of the article that a provision belongs to.

        Raises:
            UsageError: no such id.
        """
        return article_of(self.get(id_).id)

    def sort_key(self, id_: str) -> int:
        """Position in treaty order, from 0; sorts any list of ids.

        Raises:
            UsageError: no such id.
        """
        return self._position[self.get(id_).id]

    def _below(self, id_: str) -> Iterator[Provision]:
        if id_ in self._provisions:
            yield self._provisions[id_]
        for child in self._children[id_]:
            yield from self._below(child.id)

    def _known(self, id_: str) -> None:
        if id_ not in self._children:
            raise self._unknown(id_)

    def _unknown(self, id_: str) -> UsageError:
        asked = id_[:_SHOWN_CHARACTERS]
        near = _nearest(asked, [known for known in self._children if known != id_])
        hint = f"did you mean {', '.join(near)}" if near else "ids look like UNTOC.6.1.b.i, TIP.3, SOM.6 or FIREARMS.5"
        return UsageError(f"no provision {asked!r} in the Convention or its Protocols", hint=hint)


def _nearest(asked: str, known: Sequence[str]) -> list[str]:
    from difflib import get_close_matches  # only a wrong id needs it

    asked = asked.strip().casefold()
    by_folded = {id_.casefold(): id_ for id_ in known}
    alike = get_close_matches(asked, by_folded, n=12, cutoff=0.6)
    # Of ids as alike, those in the same branch of the tree help most.
    alike.sort(key=lambda folded: _shared_parts(asked, folded), reverse=True)
    return [by_folded[folded] for folded in alike[:3]]


def _shared_parts(first: str, second: str) -> int:
    pairs = zip(first.split("."), second.split("."), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _above(id_: str) -> str:
    return id_.rpartition(".")[0]


def _digest(provisions: Sequence[Provision]) -> str:
    what_tags_mean = [[p.id, p.heading, p.label, list(p.covers)] for p in provisions]
    return hashlib.sha256(json.dumps(what_tags_mean, ensure_ascii=True).encode()).hexdigest()[:12]


def _level(path: Sequence[str]) -> Level:
    if not path:
        return "article"
    if path[-1] in _FACETS:
        return "facet"
    lettered = sum(not part.isdigit() for part in path)
    return _LETTERED[lettered - 1] if lettered else "paragraph"


def _provision(row: dict[str, Any], heading: str) -> Provision:
    instrument, article, *path = row["id"].split(".")
    return Provision(
        id=row["id"],
        instrument=instrument,
        article=int(article),
        path=tuple(path),
        level=_level(path),
        heading=heading,
        description=row["description"],
        label=row.get("label", False),
        covers=tuple(row.get("covers", ())),
    )


def _provisions(rows: Sequence[dict[str, Any]]) -> Iterator[Provision]:
    heading = ""
    for row in rows:
        heading = row.get("heading", heading)
        yield _provision(row, heading)


@lru_cache(maxsize=1)
def tree() -> Convention:
    """The Convention, read once a process (about 5 ms)."""
    folder = files(__package__)
    index = json.loads(folder.joinpath("convention.json").read_bytes())
    instruments: list[Instrument] = []
    provisions: list[Provision] = []
    for entry in index["instruments"]:
        rows = json.loads(folder.joinpath(entry.pop("provisions")).read_bytes())
        provisions += _provisions(rows)
        instruments.append(Instrument(**entry))
    return Convention(index["version"], instruments, provisions)
