"""Reads one page's glyphs from pdfium and makes words of them; `readers.pdf` calls it page by page.

pdfium is called glyph by glyph through ctypes with buffers made once: its own helpers would cost ten times as much.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from typing import Any

from palermo.corpora.documents.readers.pdf_layout.bidi import is_rtl, logical
from palermo.corpora.documents.readers.pdf_layout.shapes import Box, Page, Segment, Word, rules, turn

SPACES = frozenset([9, 10, 11, 12, 13, 32, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000])
LINE_ENDS = frozenset([10, 13])
PRINTABLE = [chr(code) for code in range(127)]
UNMAPPED = frozenset(["Cc", "Cs", "Co", "Cn"])
IGNORED = frozenset("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
HYPHEN_MARKS = {"\x02": "-", "\ufffe": "-"}  # what pdfium writes for a hyphen at a line's end
WORD_GAP = 0.22
SEGMENT_GAP = 0.9
DIAGONAL = 0.2
FEW_GLYPHS = 500
FORCE_BOLD = 1 << 18
ITALIC = 1 << 6


class Style:
    """Size, weight and direction of the text at one glyph."""

    __slots__ = ("bold", "frame", "italic", "size")

    def __init__(self, frame: int | None, size: float, bold: bool, italic: bool) -> None:
        self.frame = frame
        self.size = size
        self.bold = bold
        self.italic = italic


class GlyphReader:
    """Holds the buffers for pdfium's calls on one text page."""

    def __init__(self, textpage: Any, crop: Box) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._page = textpage
        self._crop = crop
        self._get_unicode = raw.FPDFText_GetUnicode
        self._get_box = raw.FPDFText_GetLooseCharBox
        self._get_origin = raw.FPDFText_GetCharOrigin
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._rect = raw.FS_RECTF()
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(256)
        self._flags = ctypes.c_int()
        self._fonts: dict[tuple[bytes, int], tuple[bool, bool]] = {}

    def count(self) -> int:
        """Glyphs on the page, pdfium's own spaces and line ends included."""
        return max(0, int(self._raw.FPDFText_CountChars(self._page)))

    def code(self, index: int) -> int:
        """The glyph's code point; half a surrogate pair as it is."""
        return int(self._get_unicode(self._page, index))

    def is_real_space(self, index: int) -> bool:
        """Whether a space stands in the file, rather than being pdfium's guess."""
        if self._raw.FPDFText_IsGenerated(self._page, index):
            return False
        self._raw.FPDFText_GetLooseCharBox(self._page, index, self._rect)
        width, height = abs(self._rect.right - self._rect.left), abs(self._rect.top - self._rect.bottom)
        return bool(max(width, height) > 0.1 and min(width, height) > 0.01)

    def place(self, index: int, frame: int) -> tuple[float, float, float] | None:
        """Left, right and baseline in the reading frame; None outside the crop box, where nothing is seen."""
        rect = self._rect
        self._get_box(self._page, index, rect)
        self._get_origin(self._page, index, self._x, self._y)
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        crop = self._crop
        if not (crop[0] <= (left + right) / 2 <= crop[2] and crop[1] <= (bottom + top) / 2 <= crop[3]):
            return None
        if frame == 0:
            return left, right, self._y.value
        (ax, _), (bx, _) = turn(frame, left, bottom), turn(frame, right, top)
        return min(ax, bx), max(ax, bx), turn(frame, self._x.value, self._y.value)[1]

    def height(self) -> float:
        """The longer side of the last glyph placed: a size for fonts that state none."""
        return float(max(1.0, abs(self._rect.top - self._rect.bottom), abs(self._rect.right - self._rect.left)))

    def unmapped(self, index: int) -> bool:
        """Whether the font gives the glyph no character."""
        return bool(self._raw.FPDFText_HasUnicodeMapError(self._page, index) == 1)

    def style(self, index: int) -> Style:
        """The style at a glyph; `frame` is None where the text runs askew."""
        raw = self._raw
        raw.FPDFText_GetMatrix(self._page, index, self._matrix)
        m = self._matrix
        size = raw.FPDFText_GetFontSize(self._page, index) * math.hypot(m.c, m.d)
        angle = math.atan2(m.b, m.a) / (math.pi / 2)
        frame = round(angle) % 4 if abs(angle - round(angle)) <= DIAGONAL else None
        bold, italic = self._font(index)
        return Style(frame, size, bold, italic)

    def _font(self, index: int) -> tuple[bool, bool]:
        self._raw.FPDFText_GetFontInfo(self._page, index, self._name, 256, self._flags)
        key = (self._name.value, self._flags.value)
        if key not in self._fonts:
            name = key[0].lower()
            bold = any(word in name for word in (b"bold", b"black", b"heavy", b"demi")) or bool(key[1] & FORCE_BOLD)
            italic = b"italic" in name or b"oblique" in name or bool(key[1] & ITALIC)
            self._fonts[key] = (bold, italic)
        return self._fonts[key]


class WordMaker:
    """Collects glyphs in stream order into words."""

    def __init__(self, reader: GlyphReader, number: int) -> None:
        self._reader = reader
        self._number = number
        self._symbols: dict[str, str] = rules()["symbols"]
        self._glyphs: list[tuple[float, float, str]] = []
        self._style = Style(0, 0.0, False, False)
        self._base = 0.0
        self._x0 = self._x1 = 0.0
        self._separated = True
        self._high = 0
        self.words: list[Word] = []
        self.glyphs = 0
        self.unmapped = 0

    def read(self) -> None:
        """All words of the page into `words`."""
        reader, code_of = self._reader, self._reader.code
        for index in range(reader.count()):
            code = code_of(index)
            if 32 < code < 127:
                self._add(index, PRINTABLE[code])
            elif code in SPACES:
                self._end()
                if code not in LINE_ENDS and reader.is_real_space(index):
                    self._separated = True
            elif 0xD800 <= code < 0xDC00:
                self._high = code
            else:
                self._add(index, self._decoded(code))
                self._high = 0
        self._end()

    def _decoded(self, code: int) -> str:
        """The character of a code outside ASCII; U+FFFD where the font names none, "" where it shows nothing."""
        if 0xDC00 <= code < 0xE000 and self._high:
            code = 0x10000 + ((self._high - 0xD800) << 10) + (code - 0xDC00)
        character = chr(code) if code < 0x110000 else "\ufffd"
        character = HYPHEN_MARKS.get(character, character)
        character = self._symbols.get(character, character)
        if character in IGNORED:
            return ""
        if unicodedata.category(character) in UNMAPPED or character == "\ufffd":
            self.unmapped += 1
            return "\ufffd"
        return character

    def _add(self, index: int, character: str) -> None:
        self.glyphs += 1
        place = self._reader.place(index, self._style.frame or 0) if character else None
        if place is None:
            return
        if not self._glyphs or not self._continues(place[0], place[1], place[2], character):
            self._end()
            self._begin(index)
            place = self._reader.place(index, self._style.frame or 0) or place
            self._x0, self._x1, self._base = place
            if self._style.size <= 0.5:
                self._style.size = self._reader.height()
        x0, x1, _ = place
        self._x0, self._x1 = min(self._x0, x0), max(self._x1, x1)
        self._glyphs.append((x0, x1, character))

    def _begin(self, index: int) -> None:
        self._style = self._reader.style(index)
        if self._reader.unmapped(index):
            self.unmapped += 1

    def _continues(self, x0: float, x1: float, base: float, character: str) -> bool:
        size = self._style.size
        rise, reach = base - self._base, WORD_GAP * size
        if not -0.08 * size <= rise <= 0.08 * size or x0 - self._x1 > reach or self._x0 - x1 > reach:
            return False
        # A jump back over the word's own letters is another word printed over it, unless letters run leftwards.
        return x1 > self._x1 - 0.6 * size or is_rtl(character) or is_rtl(self._glyphs[-1][2])

    def _end(self) -> None:
        if not self._glyphs:
            return
        text, rtl = logical(self._glyphs)
        style = self._style
        if text and style.frame is not None:
            self.words.append(
                Word(text, self._x0, self._x1, self._base, style.size, style.bold, style.italic, rtl,
                     not self._separated, self._number, style.frame)
            )  # fmt: skip
            self._separated = False
        self._glyphs = []


def read_page(page: Any, number: int) -> Page:
    """The words of one pdfium page as segments; `number` is 1-based. pdfium's text page is closed before it returns."""
    left, bottom, right, top = page.get_cropbox()
    textpage = page.get_textpage()
    try:
        maker = WordMaker(GlyphReader(textpage.raw, (left, bottom, right, top)), number)
        maker.read()
    finally:
        textpage.close()
    drawn = maker.glyphs < FEW_GLYPHS and _is_drawn(page, maker.glyphs)
    return arranged(maker.words, number, (left, bottom, right, top), (maker.glyphs, maker.unmapped), drawn)


def arranged(words: list[Word], number: int, crop: Box, glyphs: tuple[int, int], drawn: bool) -> Page:
    """The page of these words; `crop` is its crop box in user space, `glyphs` how many it has and how many unmapped."""
    left, bottom, right, top = crop
    frame = _main_frame(words)
    corners = turn(frame, left, bottom), turn(frame, right, top)
    xs, ys = sorted(c[0] for c in corners), sorted(c[1] for c in corners)
    main = [word for word in words if word.frame == frame]
    side = [word for word in words if word.frame != frame]
    return Page(number, xs[0], ys[0], xs[1], ys[1], segments(main), segments(side), *glyphs, drawn)


def _is_drawn(page: Any, glyphs: int) -> bool:
    from pypdfium2 import raw

    count = raw.FPDFPage_CountObjects(page.raw)
    kinds = {raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page.raw, index)) for index in range(min(count, 1000))}
    return raw.FPDF_PAGEOBJ_IMAGE in kinds or (not glyphs and bool(kinds))


def _main_frame(words: list[Word]) -> int:
    weights = [0, 0, 0, 0]
    for word in words:
        weights[word.frame] += len(word.text)
    return weights.index(max(weights))


def segments(words: list[Word]) -> list[Segment]:
    """Neighbours in the stream that share a baseline, with at most a wide space between."""
    found: list[Segment] = []
    current: Segment | None = None
    for word in words:
        if current is not None and _follows(current, word):
            current.words.append(word)
            current.x0, current.x1 = min(current.x0, word.x0), max(current.x1, word.x1)
            current.size = max(current.size, word.size)
        else:
            current = Segment([word], word.x0, word.x1, word.base, word.size)
            found.append(current)
    return found


def _follows(segment: Segment, word: Word) -> bool:
    last = segment.words[-1]
    if last.frame != word.frame or abs(word.base - segment.base) > 0.1 * segment.size:
        return False
    gap = max(word.x0 - segment.x1, segment.x0 - word.x1)
    return -0.6 * segment.size < gap < SEGMENT_GAP * max(segment.size, word.size)
