"""The parts of a DOCX package: which member is the main document, its styles, its notes; for the DOCX reader."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.archive import SafeArchive, open_archive
from palermo.corpora.documents.readers.safe_xml import parse_xml
from palermo.corpora.errors import BrokenDocument, UnsupportedFormat

if TYPE_CHECKING:
    from lxml.etree import _Element

CONTENT_TYPES = "[Content_Types].xml"
CORE = "docProps/core.xml"
MAIN = "word/document.xml"
PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/drawingml/2006/picture": "pic",
    "http://purl.oclc.org/ooxml/drawingml/picture": "pic",
    "urn:schemas-microsoft-com:vml": "v",
}
"""Namespaces, transitional and strict (ISO/IEC 29500), to the prefixes by which the reader calls them."""


@lru_cache(maxsize=4096)
def _short(tag: str) -> str:
    namespace, _, local = tag.rpartition("}")
    prefix = PREFIXES.get(namespace[1:], "?")
    return f"{prefix}:{local}"


def short(element: _Element) -> str:
    """An element's name with the reader's own prefix, `"w:p"`; `"?:name"` in a namespace that is not read."""
    tag = element.tag
    return _short(tag) if isinstance(tag, str) else "?:"


def attribute(element: _Element, local: str) -> str | None:
    """An attribute in the element's own namespace, as WordprocessingML has them (`w:val`)."""
    tag = element.tag
    return element.get(f"{tag[: tag.rfind('}') + 1]}{local}")


def child(element: _Element | None, name: str) -> _Element | None:
    """The first child of that short name, or None; children in the element's own namespace are found without a loop."""
    if element is None:
        return None
    prefix, _, local = name.partition(":")
    if short(element).startswith(f"{prefix}:"):
        return element.find(f"{element.tag[: element.tag.rfind('}') + 1]}{local}")
    return next((candidate for candidate in element if short(candidate) == name), None)


def value(element: _Element | None, name: str) -> str | None:
    """`w:val` of the child of that short name, or None."""
    found = child(element, name)
    return None if found is None else attribute(found, "val")


def number(text: str | None) -> int | None:
    """A decimal attribute as an integer, or None where it is missing, malformed or beyond 32 bits."""
    if text is None or len(text) > 11:
        return None
    try:
        return int(text)
    except ValueError:
        return None


def switched(element: _Element | None, name: str) -> bool | None:
    """An on/off property (ST_OnOff): None where it is absent."""
    found = child(element, name)
    if found is None:
        return None
    return (attribute(found, "val") or "true") not in ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class Package:
    """A DOCX archive with the part names resolved.

    Attributes:
        main: name of the main document part.
        related: last segment of the relationship type (`"styles"`, `"footnotes"`) -> part name.
        macros: whether it carries a VBA project.
    """

    archive: SafeArchive
    name: str
    main: str
    related: dict[str, str]
    macros: bool

    def document(self) -> _Element:
        """The root of the main document part.

        Raises:
            BrokenDocument, UnsafeDocument, LimitExceeded: see `parse_xml` and `SafeArchive.read`.
        """
        return parse_xml(self.archive.read(self.main), self.name, self.main)

    def part(self, kind: str) -> _Element | None:
        """The root of a part related to the main document by `kind`, or None where there is none."""
        member = self.related.get(kind)
        if member is None or member not in self.archive.names:
            return None
        return parse_xml(self.archive.read(member), self.name, kind)

    def core(self) -> _Element | None:
        """The root of the core properties, or None."""
        if CORE not in self.archive.names:
            return None
        return parse_xml(self.archive.read(CORE), self.name, CORE)


def open_package(data: bytes, name: str) -> Package:
    """A DOCX package, its main part found.

    Raises:
        UnsupportedFormat: an archive, but not a Word document.
        DocumentError: see `open_archive` and `parse_xml`.
    """
    archive = open_archive(data, name)
    main = _main_part(archive, name)
    related = _relationships(archive, _rels_of(main), posixpath.dirname(main), name)
    macros = any(posixpath.basename(member).lower() == "vbaproject.bin" for member in archive.names)
    return Package(archive, name, main, related, macros)


def _main_part(archive: SafeArchive, name: str) -> str:
    main = _relationships(archive, "_rels/.rels", "", name).get("officeDocument", MAIN)
    if main in archive.names and not main.startswith(("xl/", "ppt/")):
        return main
    if MAIN in archive.names:
        return MAIN
    if CONTENT_TYPES in archive.names and "word/" not in main:
        raise UnsupportedFormat("it is an Office file, but not a Word document", source=name)
    raise BrokenDocument("it has no main document part", source=name, hint="save it again as DOCX")


def _rels_of(part: str) -> str:
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _relationships(archive: SafeArchive, member: str, folder: str, name: str) -> dict[str, str]:
    """Internal relationships of a part; targets outside the package are never followed."""
    if member not in archive.names:
        return {}
    found: dict[str, str] = {}
    for relation in parse_xml(archive.read(member), name, member):
        kind = (relation.get("Type") or "").rpartition("/")[2]
        target = relation.get("Target") or ""
        if relation.get("TargetMode") == "External" or not target:
            continue
        path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        found.setdefault(kind, posixpath.normpath(path))
    return found
