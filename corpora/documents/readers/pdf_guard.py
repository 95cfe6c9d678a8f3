"""Looks for PDF streams that unpack to far more than they should, before pdfium meets them; `readers.pdf` calls it."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator

from palermo.corpora.errors import UnsafeDocument

CHUNK = 1 << 20
HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x48\x89", b"\x68\x81")
DICTIONARY = 2_048
"""Bytes before a stream in which its filters are looked for."""
MOST_FILTERS = 16
SMALLEST = 32
"""Bytes of a stream too short for any harm, however many filters it has."""

_FILTER = re.compile(rb"/Filter[\s\0]{0,99}(?:\[([^\]]{0,999})\]|(/\w{1,30}))")
_NAME = re.compile(rb"/(\w{1,30})")
_SHORT = {b"Fl": b"FlateDecode", b"AHx": b"ASCIIHexDecode", b"A85": b"ASCII85Decode", b"RL": b"RunLengthDecode"}

Chunks = Iterator[bytes]


def check_streams(data: bytes, name: str, limit: int) -> None:
    """Unpack each stream that could pass `limit` bytes, filter by filter, throwing away what comes out.

    Streams that can't pass the limit at the best ratio of their filters are not touched. Filters other than Flate,
    RunLength, ASCIIHex and ASCII85 end the check of a stream; the limits of the reading process bound those.

    Raises:
        UnsafeDocument: a stream unpacks to more than `limit` bytes, or has more than `MOST_FILTERS` filters.
    """
    position = data.find(b"stream")
    while position >= 0:
        start = position + len(b"stream")
        end = data.find(b"endstream", start)
        end = len(data) if end < 0 else end
        start += 2 if data[start : start + 2] == b"\r\n" else 1
        if end - start >= SMALLEST and _bomb(data, position, start, end, limit):
            raise UnsafeDocument(
                f"a stream in the PDF unpacks to more than {limit} bytes",
                source=name,
                hint="files like this are made to exhaust memory",
            )
        position = data.find(b"stream", end + len(b"endstream"))


def _bomb(data: bytes, position: int, start: int, end: int, limit: int) -> bool:
    filters = _filters(data[max(0, position - DICTIONARY) : position], data[start : start + 2])
    if len(filters) > MOST_FILTERS:
        return True
    return _may_pass(end - start, filters, limit) and _passes(data, start, end, filters, limit)


def _filters(before: bytes, head: bytes) -> list[bytes]:
    """Filters by the dictionary; where it does not say, Flate if the stream begins like that."""
    said = list(_FILTER.finditer(before[before.rfind(b"endobj") + 1 :]))
    if said:
        names = _NAME.findall(said[-1][1] or said[-1][2] or b"")
        return [_SHORT.get(filter_, filter_) for filter_ in names]
    return [b"FlateDecode"] if head in HEADERS else []


def _may_pass(size: int, filters: list[bytes], limit: int) -> bool:
    for filter_ in filters:
        if filter_ not in _DECODERS:
            break
        size *= _DECODERS[filter_][1]
    return size > limit


def _passes(data: bytes, start: int, end: int, filters: list[bytes], limit: int) -> bool:
    view = memoryview(data)
    chunks: Chunks = (bytes(view[place : min(place + CHUNK, end)]) for place in range(start, end, CHUNK))
    stages: list[_Counted] = []
    for filter_ in filters:
        if filter_ not in _DECODERS:
            break
        stages.append(_Counted(_DECODERS[filter_][0](chunks), limit))
        chunks = iter(stages[-1])
    try:
        for _ in chunks:
            pass
    except (zlib.error, ValueError):
        pass  # pdfium, too, takes what came before the damage
    return any(stage.total > limit for stage in stages)


class _Counted:
    """Passes chunks on and ends when they are more than `limit` bytes together."""

    def __init__(self, chunks: Chunks, limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self.total = 0

    def __iter__(self) -> Chunks:
        for chunk in self._chunks:
            self.total += len(chunk)
            if self.total > self._limit:
                return
            yield chunk


def _flate(chunks: Chunks) -> Chunks:
    unpacker = zlib.decompressobj()
    for chunk in chunks:
        rest = chunk
        while rest and not unpacker.eof:
            yield unpacker.decompress(rest, CHUNK)
            rest = unpacker.unconsumed_tail


def _run_length(chunks: Chunks) -> Chunks:
    """PDF 32000-1, 7.4.5: a length, then so many bytes, or above 128 one byte 257 minus length times."""
    held = b""
    for chunk in chunks:
        held += chunk
        out = bytearray()
        place = 0
        while place < len(held) and held[place] != 128:
            length = held[place]
            size = 2 if length > 128 else length + 2
            if place + size > len(held):
                break
            out += held[place + 1 : place + 2] * (257 - length) if length > 128 else held[place + 1 : place + size]
            place += size
        if out:
            yield bytes(out)
        if place < len(held) and held[place] == 128:
            return
        held = held[place:]


def _hexadecimal(chunks: Chunks) -> Chunks:
    held = b""
    for chunk in chunks:
        digits, end, _ = chunk.partition(b">")
        held += b"".join(digits.split())
        even = len(held) - len(held) % 2
        yield bytes.fromhex(held[:even].decode("ascii"))
        held = held[even:]
        if end:
            return


def _base85(chunks: Chunks) -> Chunks:
    content = b"".join(chunks).partition(b"~>")[0]
    yield base64.a85decode(content)


_DECODERS: dict[bytes, tuple[Callable[[Chunks], Chunks], int]] = {
    b"FlateDecode": (_flate, 1032),
    b"RunLengthDecode": (_run_length, 64),
    b"ASCIIHexDecode": (_hexadecimal, 1),
    b"ASCII85Decode": (_base85, 4),
}
"""Filter -> its decoder, and how many bytes at most come of one (deflate: zlib's technical notes)."""
