"""Ways to spoil a file: bytes, chunks, words of its format, numbers, members of archives; `fuzz` calls it."""

from __future__ import annotations

import io
import re
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

from palermo.corpora.documents.fuzz_seeds import zipped
from palermo.corpora.documents.fuzz_trees import spoiled_json, spoiled_xml

LONGEST = 1_000_000
"""Bytes at which a mutant is cut: size alone is what the limits are for, and is tested there."""
CANARY = Path(tempfile.gettempdir()) / "palermo-canary.txt"
"""A file that mutants refer to and no reader may open; always the same, so that a mutant can be made again."""
ARCHIVES = ("docx", "odt")
TREES = ("xml", "docx", "odt")
_NUMBER = re.compile(rb"-?\d{1,20}")
_MOST_STEPS = 6

Change = Callable[[Random, bytes, str, list[bytes]], bytes]


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    words = resources.files(__package__).joinpath("fuzz_words.toml").read_text("utf-8")
    return tomllib.loads(words.replace("CANARY", CANARY.as_posix()))


def mutant(chance: Random, name: str, files: list[bytes]) -> bytes:
    """One of `files`, spoiled in one to six ways.

    Args:
        chance: decides everything.
        name: the format, an extension of `fuzz_words.toml`.
        files: start documents of the format; more than one are spliced too.
    """
    data = chance.choice(files)
    if name in ARCHIVES and chance.random() < 0.8:
        return _in_archive(chance, data, name)[:LONGEST]
    return _spoiled(chance, data, name, files)[:LONGEST]


def _spoiled(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    """Half of what has a structure is spoiled in that, or a parser would refuse nearly all of it."""
    if name in TREES and chance.random() < 0.6:
        return spoiled_xml(chance, data, _tables()["numbers"] + _tables()["references"])
    if name == "json" and chance.random() < 0.6:
        return spoiled_json(chance, data)
    if name == "jsonl" and chance.random() < 0.6:
        return b"\n".join(spoiled_json(chance, line) if chance.random() < 0.5 else line for line in data.split(b"\n"))
    for _ in range(chance.randint(1, _MOST_STEPS)):
        data = chance.choice(_CHANGES)(chance, data, name, files)[:LONGEST]
    return data


def _place(chance: Random, data: bytes, most: int) -> slice:
    """A stretch of up to `most` bytes, short ones more often."""
    start = chance.randrange(len(data) + 1)
    return slice(start, start + int(most ** chance.random()))


def _flip(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16)) if out else 0):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _overwrite(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    where = _place(chance, data, 64)
    new = chance.choice((chance.randbytes, bytes, lambda size: b"\xff" * size))(where.stop - where.start)
    return data[: where.start] + new + data[where.stop :]


def _remove(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    where = _place(chance, data, max(2, len(data) // 2))
    return data[: where.start] + data[where.stop :]


def _repeat(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    where = _place(chance, data, 2_000)
    times = int(1_000 ** chance.random())
    return data[: where.start] + data[where] * min(times, LONGEST // 2_000) + data[where.stop :]


def _move(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    where = _place(chance, data, 2_000)
    rest = data[: where.start] + data[where.stop :]
    target = chance.randrange(len(rest) + 1)
    return rest[:target] + data[where] + rest[target:]


def _cut(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _splice(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    other = chance.choice(files)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _word(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    words = _tables()["words"][name]
    where = chance.randrange(len(data) + 1)
    times = 1 if chance.random() < 0.8 else int(3_000 ** chance.random())
    new = "".join(chance.choice(words) for _ in range(chance.choice((1, 1, 2, 5)))).encode() * times
    return data[:where] + new + data[where:]


def _head(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    """A word behind an XML declaration, or in front of everything: where a document type would stand."""
    where = data.find(b"?>", 0, 200) + 2 if b"?>" in data[:200] else 0
    new: str = chance.choice(_tables()["heads"])
    return data[:where] + new.encode() + data[where:]


def _word_for_word(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    old, new = (chance.choice(_tables()["words"][name]).encode() for _ in range(2))
    return data.replace(old, new, chance.choice((1, 3, -1)))


def _number(chance: Random, data: bytes, name: str, files: list[bytes]) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    match = chance.choice(found)
    new: bytes = chance.choice(_tables()["numbers"]).encode()
    return data[: match.start()] + new + data[match.end() :]


_CHANGES: tuple[Change, ...] = (
    _flip,
    _overwrite,
    _remove,
    _repeat,
    _move,
    _cut,
    _splice,
    _word,
    _word,
    _head,
    _word_for_word,
    _number,
    _number,
)


def _in_archive(chance: Random, data: bytes, name: str) -> bytes:
    """Spoil the members of an archive and close it again; now and then the whole of it too."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(member, archive.read(member)) for member in archive.namelist()]
    for _ in range(chance.choice((1, 1, 2))):
        chance.choice(_MEMBERS)(chance, members, name)
    packed = zipped(members)
    return _flip(chance, packed, name, [packed]) if chance.random() < 0.1 else packed


Members = list[tuple[str, bytes]]


def _spoil_member(chance: Random, members: Members, name: str) -> None:
    if not members:
        return
    # The parts that carry text are the ones that matter; the rest gets its share.
    telling = [i for i, (member, _) in enumerate(members) if member.endswith(("document.xml", "content.xml"))]
    index = chance.choice(telling) if telling and chance.random() < 0.6 else chance.randrange(len(members))
    member, content = members[index]
    members[index] = member, _spoiled(chance, content, name, [content for _, content in members])


def _drop_member(chance: Random, members: Members, name: str) -> None:
    if members:
        members.pop(chance.randrange(len(members)))


def _double_member(chance: Random, members: Members, name: str) -> None:
    if members:
        members.insert(chance.randrange(len(members) + 1), chance.choice(members))


def _swap_members(chance: Random, members: Members, name: str) -> None:
    if members:
        one, other = chance.randrange(len(members)), chance.randrange(len(members))
        members[one], members[other] = (members[one][0], members[other][1]), (members[other][0], members[one][1])


def _rename_member(chance: Random, members: Members, name: str) -> None:
    if members:
        index = chance.randrange(len(members))
        new = chance.choice(("../x", "/x", "x\\y", "X" * 300, members[index][0].upper(), "mimetype", "a:b", "\u202ex"))
        members[index] = new, members[index][1]


_MEMBERS = (_spoil_member,) * 6 + (_drop_member, _double_member, _swap_members, _rename_member)
