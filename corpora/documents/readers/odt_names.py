"""Names of OpenDocument elements and attributes with the prefixes that the standard uses; for the ODT reader."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

ODF = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = {
    "office": f"{ODF}:office:1.0",
    "text": f"{ODF}:text:1.0",
    "table": f"{ODF}:table:1.0",
    "style": f"{ODF}:style:1.0",
    "draw": f"{ODF}:drawing:1.0",
    "svg": f"{ODF}:svg-compatible:1.0",
    "meta": f"{ODF}:meta:1.0",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


@lru_cache(maxsize=4096)
def _short(tag: str) -> str:
    namespace, _, local = tag.rpartition("}")
    return f"{PREFIXES.get(namespace[1:], '?')}:{local}"


def short(element: _Element) -> str:
    """An element's name, `"text:p"`; `"?:name"` in a namespace that is not read."""
    tag = element.tag
    return _short(tag) if isinstance(tag, str) else "?:"


@lru_cache(maxsize=1024)
def clark(name: str) -> str:
    """`"text:p"` as lxml writes it, `"{urn:...}p"`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def get(element: _Element, name: str) -> str | None:
    """An attribute by its prefixed name, or None."""
    return element.get(clark(name))


def integer(element: _Element, name: str, default: int | None = None) -> int | None:
    """A whole number of up to nine digits, or `default`."""
    text = get(element, name) or ""
    return int(text) if text.isdecimal() and len(text) <= 9 else default
