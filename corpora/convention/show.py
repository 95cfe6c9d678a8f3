"""The tree of provisions as text for the terminal (`palermo provisions`) and as JSON (`/v1/provisions`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from palermo.corpora.convention.tree import Convention, Instrument, Provision, tree

_INDENT = "  "


def render(id_: str | None = None, *, depth: int | None = None, labels_only: bool = False) -> str:
    """The tree as indented lines, one a provision; labels carry an asterisk; no final line feed.

    Args:
        id_: a provision (what is above it is shown first), an instrument, or None for all four instruments.
        depth: levels below the start to show (None: all); articles are one level below their instrument.
        labels_only: leave out provisions that are not labels.

    Raises:
        UsageError: no such id.
    """
    convention = tree()
    if id_ is not None and id_ in convention:
        return "\n".join(_provision_lines(convention, id_, depth, labels_only))
    chosen = convention.instruments if id_ is None else (convention.instrument(id_),)
    return "\n\n".join("\n".join(_instrument_lines(convention, i, depth, labels_only)) for i in chosen)


def as_json(id_: str | None = None) -> dict[str, Any]:
    """The same as data (`listing.schema.json`): a provision with all below it, an instrument, or everything.

    Raises:
        UsageError: no such id.
    """
    convention = tree()
    chosen = convention.instruments if id_ is None else (convention.instrument(id_),)
    return {
        "taxonomy": convention.taxonomy,
        "instruments": [_instrument_json(instrument) for instrument in chosen],
        "provisions": [_provision_json(convention, provision) for provision in convention.walk(id_)],
    }


def _instrument_lines(
    convention: Convention, instrument: Instrument, depth: int | None, labels_only: bool
) -> Iterator[str]:
    yield f"{instrument.id}  {instrument.name}"
    yield f"{_INDENT}adopted {instrument.adopted}, in force {instrument.in_force}; {instrument.treaty_series}"
    for provision in convention.walk(instrument.id):
        if _wanted(provision, len(provision.path) + 1, depth, labels_only):
            yield _line(provision, _steps(provision, labels_only) + 1)


def _provision_lines(convention: Convention, id_: str, depth: int | None, labels_only: bool) -> Iterator[str]:
    start = convention.get(id_)
    for above in reversed(convention.ancestors(id_)):
        if above.label or not labels_only:
            yield _line(above, _steps(above, labels_only))
    for provision in convention.walk(id_):
        if _wanted(provision, len(provision.path) - len(start.path), depth, labels_only):
            yield _line(provision, _steps(provision, labels_only))


def _wanted(provision: Provision, below: int, depth: int | None, labels_only: bool) -> bool:
    return (depth is None or below <= depth) and (provision.label or not labels_only)


def _steps(provision: Provision, labels_only: bool) -> int:
    # Between an article and its finer labels, what is not a label is left out: one step, not four.
    return min(len(provision.path), 1) if labels_only else len(provision.path)


def _line(provision: Provision, steps: int) -> str:
    mark = "*" if provision.label else " "
    heading = "" if provision.path else f"{provision.heading}. "
    return f"{_INDENT * steps}{provision.id} {mark} {heading}{provision.description}"


def _instrument_json(instrument: Instrument) -> dict[str, Any]:
    return {name: getattr(instrument, name) for name in Instrument.__slots__}


def _provision_json(convention: Convention, provision: Provision) -> dict[str, Any]:
    parent = convention.parent(provision.id)
    return {
        "id": provision.id,
        "instrument": provision.instrument,
        "parent": parent.id if parent else None,
        "level": provision.level,
        "heading": provision.heading,
        "description": provision.description,
        "label": provision.label,
        "covers": list(provision.covers),
    }
