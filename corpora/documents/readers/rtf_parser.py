"""Carries out the control words of an RTF file: groups, destinations, fonts, Unicode, revisions; for the RTF reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from palermo.corpora.documents.readers.layout import Item, Piece, joined, trimmed
from palermo.corpora.documents.readers.numerals import printed
from palermo.corpora.documents.readers.rtf_story import RtfStory, RtfStyle
from palermo.corpora.documents.readers.rtf_tokens import FALLBACK, Token, codec_of, codec_of_charset, words
from palermo.corpora.documents.readers.symbols import symbol
from palermo.corpora.errors import UnsafeDocument

DEEPEST = 1_000
"""Groups within groups; word processors stay below fifty."""
SYMBOL_CHARSET = 2
BODY, LABEL, PASS, FONTS, STYLES, TITLE = "body", "label", "pass", "fonts", "styles", "title"
BREAKS = frozenset({"par", "sect", "cell", "nestcell", "row", "nestrow"})


@dataclass(slots=True)
class _State:
    """What a group inherits and its end takes back."""

    destination: str = BODY
    outer: str = BODY
    story: bool = False
    starred: bool = False
    font: int | None = None
    uc: int = 1
    hidden: bool = False
    deleted: bool = False
    in_table: bool = False
    depth: int = 1
    style: int = 0
    outline: int | None = None


@dataclass(slots=True)
class _Font:
    name: str = ""
    codec: str | None = None
    is_symbol: bool = False


class RtfParser:
    """Feed it tokens, then `finish`; `notes` and `tally` are full after that."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.tally: Counter[str] = Counter()
        self.title = ""
        self.closed = False
        self._state = _State()
        self._stack: list[_State] = []
        self._stories = [RtfStory("body")]
        self._notes: dict[str, list[Item]] = {"footnotes": [], "endnotes": []}
        self._formats = {"footnotes": "decimal", "endnotes": "decimal"}
        self._counts = {"footnotes": 0, "endnotes": 0}
        self._mark: str | None = None
        self._paragraph = 0
        self._codec = FALLBACK
        self._fonts: dict[int, _Font] = {}
        self._default_font: int | None = None
        self._styles: dict[int, RtfStyle] = {}
        self._current_style = RtfStyle()
        self._style_number = 0
        self._bytes = bytearray()
        self._skip = 0
        self._high: int | None = None

    def feed(self, token: Token) -> None:
        """Carry out one token.

        Raises:
            UnsafeDocument: groups nested deeper than any word processor does.
        """
        if self.closed:
            return
        if token.kind == "brace":
            self._skip = 0
            self._flush()
            self._open() if token.content == b"{" else self._close()
        elif token.kind in ("text", "hex"):
            content = token.content[self._skip :]
            self._skip -= len(token.content) - len(content)
            if self._state.destination != PASS:
                self._bytes += content
        elif self._skip and self._is_character(token):
            self._skip -= 1
        else:
            self._skip = 0
            self._flush(keep_high=token.name == "u")
            self._word(token) if token.kind == "word" else self._symbol(token.content)

    @staticmethod
    def _is_character(token: Token) -> bool:
        """Whether a word or symbol may stand for a Unicode character to readers that know none."""
        return token.kind == "symbol" or token.name in words()["characters"]

    def finish(self) -> list[Item]:
        """All blocks: the body, the footnotes, the endnotes."""
        self._flush()
        while self._stack:
            self._close()
        return [*self._stories[0].finish(), *self._notes["footnotes"], *self._notes["endnotes"]]

    # Groups

    def _open(self) -> None:
        if len(self._stack) >= DEEPEST:
            raise UnsafeDocument(f"groups nested deeper than {DEEPEST:,}", source=self._name)
        self._stack.append(self._state)
        self._state = replace(self._state, story=False, starred=False)

    def _close(self) -> None:
        if not self._stack:
            return
        ended, self._state = self._state, self._stack.pop()
        if ended.story:
            self._end_story()
        if ended.destination == STYLES:
            self._current_style.name = " ".join(self._current_style.name.strip("; ").lower().split())
            self._styles.setdefault(self._style_number, self._current_style)
            self._current_style, self._style_number = RtfStyle(), 0
        self.closed = not self._stack

    def _begin_story(self, part: str) -> None:
        if self._state.destination != BODY or self._state.deleted or self._state.hidden:
            self._state.destination = PASS
            return
        self._state.story = True
        self._stories.append(RtfStory(part))
        self._reset_paragraph()

    def _end_story(self) -> None:
        story = self._stories.pop()
        items = story.finish()
        self._paragraph += 1
        if story.part == "body":
            self._stories[-1].boxes.extend(items)
            return
        pieces = trimmed(joined(items))
        mark, self._mark = self._mark, None
        if pieces:
            if mark is not None:
                gap = "" if pieces[0].text[0].isspace() else " "
                pieces = [Piece(mark + gap, story.part, pieces[0].paragraph), *pieces]
            self._notes[story.part].append(Item(pieces, "footnote", mark))

    # Text

    def _flush(self, *, keep_high: bool = False) -> None:
        """Decode the bytes that have come together; a double-byte character may have come in two tokens."""
        if self._high is not None and (self._bytes or not keep_high):
            self._high = None
            self._emit("\ufffd")
        if not self._bytes:
            return
        content, self._bytes = bytes(self._bytes), bytearray()
        font = self._fonts.get(self._state.font if self._state.font is not None else -1)
        if self._state.destination in (BODY, LABEL) and font is not None and font.is_symbol:
            self._emit("".join(symbol(code, font.name.strip("; ")) for code in content))
            return
        codec = font.codec if font is not None and font.codec is not None else self._codec
        self._emit(content.decode(codec, "replace"))

    def _unicode(self, number: int) -> None:
        self._skip = self._state.uc
        code = number & 0xFFFF
        if 0xD800 <= code < 0xDC00:
            high, self._high = self._high, code
            self._emit("\ufffd" if high is not None else "")
        elif 0xDC00 <= code < 0xE000:
            high, self._high = self._high, None
            self._emit(chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00) if high is not None else "\ufffd")
        else:
            high, self._high = self._high, None
            font = self._fonts.get(self._state.font if self._state.font is not None else -1)
            is_symbol = font is not None and font.is_symbol and 0xF000 <= code <= 0xF0FF
            shown = symbol(code, font.name.strip("; ")) if font is not None and is_symbol else chr(code)
            self._emit(("\ufffd" if high is not None else "") + shown)

    def _emit(self, text: str) -> None:
        state = self._state
        if not text:
            return
        if state.destination in (BODY, LABEL):
            if not state.hidden and not state.deleted:
                is_label = state.destination == LABEL
                text = text.replace("\r\n", "\n").replace("\r", "\n")
                self._stories[-1].add(text, self._paragraph, label=is_label, in_table=state.in_table)
        elif state.destination == TITLE:
            self.title += text
        elif state.destination == STYLES:
            self._current_style.name += text
        elif state.destination == FONTS:
            self._font_name(text)

    def _font_name(self, text: str) -> None:
        font = self._fonts.setdefault(self._state.font if self._state.font is not None else -1, _Font())
        font.name += text

    def _symbol(self, sign: bytes) -> None:
        if sign == b"*":
            self._state.starred = True
        elif sign in (b"\r", b"\n"):
            self._break("par")
        elif sign in (b"\\", b"{", b"}"):
            self._emit(sign.decode("ascii"))
        else:
            self._emit(words()["symbols"].get(sign.decode("latin-1"), ""))

    # Words

    def _word(self, token: Token) -> None:
        name, number, state = token.name, token.number, self._state
        starred, state.starred = state.starred, False
        if name in words()["comments"]:
            self.tally["comments"] += state.destination != PASS
            state.destination = PASS
        elif name == "ud":
            state.destination = state.outer
        elif name in words()["passed_by"] or (starred and name not in words()["looked_into"]):
            state.destination = PASS
        elif name == "upr":
            # Two renderings: one in the code page, passed by, and one in Unicode, marked \ud.
            state.outer, state.destination = state.destination, PASS
        elif name == "u":
            self._unicode(number or 0)
        elif name in BREAKS:
            self._break(name)
        elif name in words()["characters"]:
            self._emit(words()["characters"][name])
        else:
            self._property(name, 1 if number is None else number, plain=number is None)

    def _break(self, name: str) -> None:
        state, story = self._state, self._stories[-1]
        if state.destination == PASS and name != "nestrow":
            return
        if state.destination not in (BODY, PASS) or (state.deleted and name in ("par", "sect")):
            return
        style = self._styles.get(state.style, RtfStyle())
        depth = state.depth if state.in_table else 0
        if name in ("par", "sect"):
            story.end_paragraph(depth, style, state.outline)
        elif name in ("cell", "nestcell"):
            story.end_cell(1 if name == "cell" else max(depth, 2), style, state.outline)
        else:
            story.end_row(1 if name == "row" else max(depth, 2))
        self._paragraph += 1

    def _reset_paragraph(self) -> None:
        state = self._state
        state.in_table, state.depth, state.style, state.outline = False, 1, 0, None

    def _property(self, name: str, number: int, *, plain: bool) -> None:  # noqa: PLR0912 - one case a word
        state = self._state
        match name:
            case "pard":
                self._reset_paragraph()
            case "plain":
                state.hidden = state.deleted = False
                state.font = self._default_font
            case "intbl":
                state.in_table = True
            case "itap":
                state.in_table, state.depth = number > 0, max(number, 1)
            case "s" if not plain:
                state.style = self._style_number = number
            case "outlinelevel":
                state.outline = number
                if state.destination == STYLES:
                    self._current_style.outline = number
            case "v":
                state.hidden = bool(number)
                self.tally["hidden_text"] += bool(number) and state.destination == BODY
            case "deleted":
                state.deleted = bool(number)
                self.tally["deletions"] += bool(number) and state.destination == BODY
            case "revised":
                self.tally["insertions"] += bool(number) and state.destination == BODY
            case "listtext" | "pntext" if state.destination == BODY:
                state.destination = LABEL
            case "shptxt" | "dptxbxtext":
                self._begin_story("body")
            case "footnote":
                self._begin_story("footnotes")
            case "ftnalt" if state.story:
                self._stories[-1].part = "endnotes"
            case "chftn" if len(self._stories) > 1 and state.destination == BODY:
                self._number_note()
            case "fonttbl" | "stylesheet":
                state.destination = FONTS if name == "fonttbl" else STYLES
            case "info":
                state.destination = PASS
            case "title" if state.destination == PASS:
                state.destination = TITLE
            case _:
                self._encoding(name, number)

    def _number_note(self) -> None:
        part = self._stories[-1].part
        if part in self._counts and self._mark is None:
            self._counts[part] += 1
            self._mark = printed(self._counts[part], self._formats[part])

    def _encoding(self, name: str, number: int) -> None:
        state = self._state
        match name:
            case "uc":
                state.uc = max(number, 0)
            case "ansicpg":
                self._choose(codec_of(number))
            case "mac":
                self._choose(codec_of(10000))
            case "pc" | "pca":
                self._choose(codec_of(437 if name == "pc" else 850))
            case "deff":
                self._default_font = state.font = number
            case "f":
                state.font = number
            case "fcharset" if state.destination == FONTS:
                font = self._fonts.setdefault(state.font if state.font is not None else -1, _Font())
                font.codec, font.is_symbol = codec_of_charset(number), number == SYMBOL_CHARSET
            case "cpg" if state.destination == FONTS:
                self._fonts.setdefault(state.font if state.font is not None else -1, _Font()).codec = codec_of(number)
            case _ if name.removeprefix("a").startswith("ftnn"):
                part = "endnotes" if name.startswith("a") else "footnotes"
                found = words()["note_formats"].get(name.removeprefix("a").removeprefix("ftnn"))
                self._formats[part] = found or self._formats[part]

    def _choose(self, codec: str | None) -> None:
        self.tally["unknown_codepage"] += codec is None
        self._codec = codec or FALLBACK
