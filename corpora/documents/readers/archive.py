"""Opens ZIP archives (DOCX, ODT) without trusting a word of their headers; for the readers of those formats.

Everything is counted while it inflates: a member may claim any size it likes. Nothing is ever written to disk.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from palermo.corpora.errors import (
    BrokenDocument,
    DocumentError,
    LimitExceeded,
    PasswordProtected,
    UnsafeDocument,
    UnsupportedFormat,
)
from palermo.corpora.settings import settings

CHUNK = 1 << 16
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCAL_HEADER = 30
LINK = 0o120000
"""The kind "symbolic link" in the Unix mode that a directory entry carries in its upper 16 bits."""
FLOOR = 1 << 20
"""Archives may inflate to this many bytes whatever their ratio: tiny files of plain XML compress well."""


class SafeArchive:
    """A ZIP archive whose members are read by name, each and all together within the limits of the settings."""

    def __init__(self, archive: zipfile.ZipFile, size: int, name: str) -> None:
        self._archive = archive
        self._name = name
        self._budget = min(settings().archive_bytes, max(FLOOR, settings().archive_ratio * size))
        self._spent = 0
        self._members = {_member_name(info): info for info in archive.infolist()}

    @property
    def names(self) -> frozenset[str]:
        """The members' names, with `/` between folders."""
        return frozenset(self._members)

    def size(self, member: str) -> int:
        """The size of a member as the archive states it; `read` gives no more."""
        return self._members[member].file_size

    def read(self, member: str, *, packed: bool = False) -> bytes:
        """The bytes of a member; `packed` says that it may be an archive itself, such as a DOCX in a ZIP.

        Raises:
            BrokenDocument: there is no such member, or it is damaged.
            LimitExceeded, UnsafeDocument: it inflates beyond the limits, or is an archive itself.
        """
        info = self._members.get(member)
        if info is None:
            raise BrokenDocument(f"its part {_shown(member)} is missing", source=self._name)
        try:
            content = self._inflate(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise BrokenDocument(f"its part {_shown(member)} is damaged", source=self._name) from error
        except (RuntimeError, NotImplementedError) as error:
            raise PasswordProtected(f"its part {_shown(member)} is encrypted", source=self._name) from error
        if not packed and content.startswith((b"PK\x03\x04", OLE_MAGIC)):
            raise UnsafeDocument(f"its part {_shown(member)} is an archive where text is expected", source=self._name)
        return content

    def _inflate(self, info: zipfile.ZipInfo) -> bytes:
        parts = []
        with self._archive.open(info) as stream:
            while chunk := stream.read(CHUNK):
                self._spent += len(chunk)
                self._check_budget()
                parts.append(chunk)
        return b"".join(parts)

    def _check_budget(self) -> None:
        if self._spent <= self._budget:
            return
        if self._spent > settings().archive_bytes:
            raise LimitExceeded(f"it inflates to more than {settings().archive_bytes:,} bytes", source=self._name)
        raise UnsafeDocument(f"it inflates to more than {settings().archive_ratio} times its size", source=self._name)


def open_archive(data: bytes, name: str) -> SafeArchive:
    """The archive in `data`, its directory checked: number, names, overlap, encryption and methods of its members.

    Raises:
        BrokenDocument: not a ZIP archive, or a truncated one.
        PasswordProtected: encrypted, as members or as an OLE container of Office.
        LimitExceeded: more members or bytes than the settings allow.
        UnsafeDocument: names that lead out of the archive, doubled names, symbolic links, members that share bytes.
    """
    if data.startswith(OLE_MAGIC):
        raise _ole_error(data, name)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BrokenDocument(
            "its archive is truncated or corrupt", source=name, hint="get a fresh copy of the file"
        ) from error
    _check_count(archive.infolist(), name)
    check_directory(archive, name)
    return SafeArchive(archive, len(data), name)


def check_directory(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """The members of an archive, whose names, places and methods are safe to read.

    Raises:
        PasswordProtected, UnsafeDocument, BrokenDocument: as `open_archive`.
    """
    infos = archive.infolist()
    _check_names(infos, name)
    _check_overlap(infos, name)
    for info in infos:
        _check_member(info, name)
    return infos


def _check_count(infos: list[zipfile.ZipInfo], name: str) -> None:
    if len(infos) > settings().archive_members:
        raise LimitExceeded(f"more than {settings().archive_members:,} members in its archive", source=name)
    if sum(info.file_size for info in infos) > settings().archive_bytes:
        raise LimitExceeded(f"it inflates to more than {settings().archive_bytes:,} bytes", source=name)


def _check_names(infos: list[zipfile.ZipInfo], name: str) -> None:
    seen = set()
    for info in infos:
        member = _member_name(info)
        if "\0" in info.orig_filename or member.startswith("/") or ":" in member.partition("/")[0]:
            raise UnsafeDocument("a member of its archive has an absolute or broken name", source=name)
        if ".." in member.split("/"):
            raise UnsafeDocument("a member of its archive leads out of the archive", source=name)
        if member.casefold() in seen:
            raise UnsafeDocument("two members of its archive have one name", source=name)
        seen.add(member.casefold())


def _check_overlap(infos: list[zipfile.ZipInfo], name: str) -> None:
    """Members that share compressed bytes make bombs that the ratio of the archive does not show."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise UnsafeDocument("members of its archive overlap", source=name)
        end = info.header_offset + LOCAL_HEADER + info.compress_size


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    if info.flag_bits & 0x1:
        raise PasswordProtected("its archive is encrypted", source=name, hint="save a copy without a password")
    if (info.external_attr >> 16) & 0o170000 == LINK:
        raise UnsafeDocument("a member of its archive is a symbolic link", source=name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BrokenDocument("its archive uses a compression that documents do not have", source=name)


def _ole_error(data: bytes, name: str) -> DocumentError:
    if "EncryptedPackage".encode("utf-16-le") in data or "EncryptionInfo".encode("utf-16-le") in data:
        return PasswordProtected("it is encrypted", source=name, hint="save a copy without a password")
    return UnsupportedFormat("it is in the binary format of Office 97-2003", source=name, hint="save it as DOCX")


def _member_name(info: zipfile.ZipInfo) -> str:
    # Some old writers put backslashes between folders.
    return info.filename.replace("\\", "/")


def _shown(member: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in member[-60:])
