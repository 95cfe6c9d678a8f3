"""Spoils the structure of XML and JSON, so that what comes out still parses and reaches the readers; for the fuzzer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

_TEXTS = (
    "",
    " ",
    "\n\n",
    "1.",
    "§ 1",
    "\u202e",
    "\u200b",
    "\u0301",
    "\u2028",
    "\x85",
    "x" * 3_000,
    "1" * 5_000,
    "😀",
    "\ufeff",
)
_LARGEST = 2_000
"""Elements up to which a part of a tree is doubled."""


def spoiled_xml(chance: Random, data: bytes, numbers: Sequence[str]) -> bytes:
    """Well-formed XML with one to eight changes of elements, attributes and text; other XML comes back as it is."""
    from lxml import etree

    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return data
    for _ in range(chance.randint(1, 8)):
        elements = [element for element in root.iter() if isinstance(element.tag, str)]
        chance.choice(_CHANGES)(chance, chance.choice(elements), elements, numbers)
    made: bytes = etree.tostring(root, encoding="utf-8")
    return made


def _remove(chance: Random, element: Any, elements: list[Any], numbers: Sequence[str]) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)


def _double(chance: Random, element: Any, elements: list[Any], numbers: Sequence[str]) -> None:
    import copy

    if len(elements) < _LARGEST and len(list(element.iter())) < _LARGEST // 10:
        target = chance.choice(elements)
        target.insert(chance.randrange(len(target) + 1), copy.deepcopy(element))


def _rename(chance: Random, element: Any, elements: list[Any], numbers: Sequence[str]) -> None:
    element.tag = chance.choice(elements).tag


def _wrap(chance: Random, element: Any, elements: list[Any], numbers: Sequence[str]) -> None:
    for _ in range(chance.choice((1, 3, 40))):
        below = list(element)
        inner = element.makeelement(chance.choice(elements).tag, dict(element.attrib))
        inner.text, element.text = element.text, None
        element.append(inner)
        inner.extend(below)
        element = inner


def _attribute(chance: Random, element: Any, elements: list[Any], numbers: Sequence[str]) -> None:
    holders = [one for one in elements if one.attrib] or [element]
    holder = chance.choice(holders)
    names = list(holder.attrib)
    if names and chance.random() < 0.2:
        del holder.attrib[chance.choice(names)]
        return
    name = chance.choice(names) if names else "x"
    other = chance.choice(holders)
    holder.set(name, chance.choice((*numbers, "", *other.attrib.values())))


def _text(chance: Random, element: Any, elements: list[Any], numbers: Sequence[str]) -> None:
    if chance.random() < 0.5:
        element.text = chance.choice((*_TEXTS, *numbers))
    elif element.getparent() is not None:
        element.tail = chance.choice((*_TEXTS, *numbers))


_CHANGES = (_remove, _double, _rename, _wrap, _attribute, _attribute, _text)


def spoiled_json(chance: Random, data: bytes) -> bytes:
    """JSON with one to six values replaced, removed, doubled or nested; what does not parse comes back as it is."""
    try:
        value = json.loads(data)
    except ValueError:
        return data
    for _ in range(chance.randint(1, 6)):
        value = _changed(chance, value)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _changed(chance: Random, value: Any) -> Any:
    """The value with one change, as often as not somewhere below."""
    if isinstance(value, dict) and value and chance.random() < 0.7:
        name = chance.choice(list(value))
        if chance.random() < 0.2:
            return {key: inner for key, inner in value.items() if key != name}
        return value | {name: _changed(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.7:
        index = chance.randrange(len(value))
        return [*value[:index], _changed(chance, value[index]), *value[index + chance.choice((0, 1, 1, 2)) :]]
    others: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        10**18,
        1.5,
        float("nan"),
        "\0",
        "\ud800",
        [],
        {},
        [value],
        {"text": value},
        {"passages": [value]},
    )
    return chance.choice((*others, *_TEXTS))
