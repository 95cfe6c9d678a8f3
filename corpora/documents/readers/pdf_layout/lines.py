"""Segments of a page to lines in reading order: columns first, then rows; `flow` calls it page by page."""

from __future__ import annotations

from statistics import median

from palermo.corpora.documents.readers.pdf_layout.bidi import (
    UNKNOWN,
    balanced,
    char_class,
    in_rtl_line,
    reorder,
    text_class,
    with_mark,
)
from palermo.corpora.documents.readers.pdf_layout.shapes import Line, Segment, Word, rules

BIN = 4.0
COLUMN_LINES = 5
COLUMN_EMS = 10
COLUMN_FILL = 0.6
COLUMN_DEPTH = 3
SAME_ROW = 0.3
GLUE_GAP = 0.12
DIGIT_GAP = 0.35
OVERLAP = -0.03
TABLE_GAP = 2.2
RAISE = 0.12
LARGER = 0.87  # a superscript has at most this share of its line's size


def regions(segments: list[Segment], depth: int = 0) -> list[list[Segment]]:
    """Stretches of the page in reading order; where two columns of prose stand side by side, one after the other.

    A gutter must part at least five lines of prose on either side. What crosses it (a heading over both columns) ends
    the stretch. Tables and captions have short cells, and stay whole: they read row by row.
    """
    if len(segments) < 2 * COLUMN_LINES or depth > COLUMN_DEPTH:
        return [segments] if segments else []
    for gutter in _gutters(segments):
        found = _split(segments, gutter)
        if any(len(stretch) > 1 for stretch in found):
            rtl = _mostly_rtl(segments)
            ordered: list[list[Segment]] = []
            for stretch in found:
                sides = stretch[::-1] if rtl else stretch
                for side in sides:
                    ordered.extend(regions(side, depth + 1) if len(stretch) > 1 else [side])
            return ordered
    return [segments]


def _gutters(segments: list[Segment]) -> list[float]:
    """Places that few segments cross, the emptiest and most central first."""
    left, right = min(s.x0 for s in segments), max(s.x1 for s in segments)
    size = median(s.size for s in segments)
    count = int((right - left) / BIN) + 1
    if right - left < 2 * COLUMN_EMS * size or count > 10_000:
        return []
    cover = [0] * (count + 1)
    for segment in segments:
        cover[max(0, int((segment.x0 - left) / BIN) + 1)] += 1
        cover[min(count, max(0, int((segment.x1 - left) / BIN)))] -= 1
    total, depths = 0, []
    for step in cover[:count]:
        total += step
        depths.append(total)
    most = max(depths)
    inner = range(int(0.15 * count), int(0.85 * count) + 1)
    low = [i for i in inner if i < count and depths[i] <= 0.2 * most]
    low.sort(key=lambda i: (depths[i], abs(i - count / 2)))
    chosen: list[int] = []
    for index in low:
        if all(abs(index - other) * BIN > COLUMN_EMS * size / 2 for other in chosen):
            chosen.append(index)
        if len(chosen) == 3:
            break
    return [left + (index + 0.5) * BIN for index in chosen]


def _split(segments: list[Segment], gutter: float) -> list[list[list[Segment]]]:
    """Stretches from the top, each of one side (whole width) or two (left, right)."""
    stretches: list[list[list[Segment]]] = []
    whole: list[Segment] = []
    left: list[Segment] = []
    right: list[Segment] = []

    def close() -> None:
        nonlocal whole, left, right
        if _is_prose(left) and _is_prose(right):
            if whole:
                stretches.append([whole])
            stretches.append([left, right])
            whole = []
        else:
            whole = whole + left + right
        left, right = [], []

    for segment in sorted(segments, key=lambda s: -s.base):
        if segment.x1 <= gutter + 1:
            left.append(segment)
        elif segment.x0 >= gutter - 1:
            right.append(segment)
        else:
            close()
            whole.append(segment)
    close()
    if whole:
        stretches.append([whole])
    return stretches


def _is_prose(side: list[Segment]) -> bool:
    bases = {round(s.base / 3) for s in side}
    if len(bases) < COLUMN_LINES:
        return False
    width = max(s.x1 for s in side) - min(s.x0 for s in side)
    size = median(s.size for s in side)
    letters = sum(len(word.text) for s in side for word in s.words) / len(bases)
    covered = sum(s.x1 - s.x0 for s in side) / len(bases)
    return width >= COLUMN_EMS * size and covered >= COLUMN_FILL * width and letters >= 15


def _mostly_rtl(segments: list[Segment]) -> bool:
    words = [word for segment in segments for word in segment.words]
    return 2 * sum(word.rtl for word in words) > len(words)


def lines(segments: list[Segment]) -> list[Line]:
    """The rows of one region, from the top; superscripts join the row that they stand on."""
    if not segments:
        return []
    leftwards = _mostly_rtl(segments)
    found = [_line(row, leftwards) for row in _rows(segments)]
    found = [line for line in found if line.words]
    left, right = (min(s.x0 for s in segments), max(s.x1 for s in segments))
    for line in found:
        line.left, line.right = left, right
    return found


def _rows(segments: list[Segment]) -> list[list[Segment]]:
    rows: list[list[Segment]] = []
    anchors: list[Segment] = []
    small: list[Segment] = []
    largest = max(s.size for s in segments)
    for segment in sorted(segments, key=lambda s: (-s.base, s.x0)):
        short = len(segment.words) <= 2 and len(segment.words[0].text) <= 8
        if _is_marks(segment.words[0]) or (short and segment.size < LARGER * largest):
            small.append(segment)
        elif anchors and abs(anchors[-1].base - segment.base) <= SAME_ROW * min(anchors[-1].size, segment.size):
            rows[-1].append(segment)
        else:
            anchors.append(segment)
            rows.append([segment])
    for segment in small:
        home = _home(segment, anchors, rows)
        home = _level(segment, anchors) if home is None else home
        if home is None:
            anchors.append(segment)
            rows.append([segment])
        else:
            rows[home].append(segment)
    order = sorted(range(len(rows)), key=lambda i: -anchors[i].base)
    return [rows[i] for i in order]


def _home(segment: Segment, anchors: list[Segment], rows: list[list[Segment]]) -> int | None:
    """The row that a small segment belongs to: it stands between its baseline and its top, next to one of its words."""
    best, nearest = None, 1.0
    marks = _is_marks(segment.words[0])
    lowest = -0.7 if marks else -0.3
    for index, anchor in enumerate(anchors):
        rise = (segment.base - anchor.base) / anchor.size
        if not lowest <= rise <= 0.7 or (not marks and segment.size > LARGER * anchor.size):
            continue
        for other in rows[index]:
            gap = max(segment.x0 - other.x1, other.x0 - segment.x1, 0.0) / anchor.size
            if gap + abs(rise) / 4 < nearest:
                best, nearest = index, gap + abs(rise) / 4
    return best


def _level(segment: Segment, anchors: list[Segment]) -> int | None:
    """The row on the same baseline."""
    for index, anchor in enumerate(anchors):
        if abs(anchor.base - segment.base) <= SAME_ROW * min(anchor.size, segment.size):
            return index
    return None


def _line(row: list[Segment], leftwards: bool) -> Line:
    words = [word for segment in row for word in segment.words]
    main = max(row, key=lambda s: (round(s.size, 1), s.x1 - s.x0))
    letters = [word for word in words if word.size >= 0.8 * main.size] or words
    strong = [text_class(word.text) for word in words]
    right, left = strong.count("R"), strong.count("L")
    # A line of numbers alone runs as the text around it does.
    rtl = right > left or (leftwards and right == left == 0)
    if rtl:
        words = _marks_home(words)
    words.sort(key=lambda word: word.x0 + word.x1 if rtl else word.x0)
    if rtl:
        words = _whole_numbers(words)
    table = _mark_gaps(words, main.size, rtl)
    for word in words:
        _raise(word, main)
    words = (
        reorder(words, lambda word: text_class(word.text), rtl=rtl, letters=False) if rtl or "R" in strong else words
    )
    if rtl:
        words = _settled_rtl(words)
    return Line(
        words, min(w.x0 for w in words), max(w.x1 for w in words), main.base, main.size,
        all(w.bold for w in letters), rtl, table
    )  # fmt: skip


def _is_marks(word: Word) -> bool:
    return all(char_class(c) == "M" or c == UNKNOWN for c in word.text)


def _marks_home(words: list[Word]) -> list[Word]:
    """Vowel signs that the stream keeps apart go to the word that they stand over."""
    marks = [word for word in words if _is_marks(word)]
    if not marks or len(marks) == len(words):
        return words
    others = [word for word in words if not any(word is mark for mark in marks)]
    for mark in marks:
        middle = (mark.x0 + mark.x1) / 2
        home = min(others, key=lambda word: max(word.x0 - middle, middle - word.x1))
        if mark.text != UNKNOWN and home.rtl:
            home.text = with_mark(home.text, mark.text, (home.x1 - middle) / max(home.x1 - home.x0, 0.1))
    return others


def _whole_numbers(words: list[Word]) -> list[Word]:
    """Words from left to right, digits without a space between joined: a box of "1" can be as narrow as its stroke."""
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        gap = word.x0 - last.x1 if last else 0.0
        if last and last.text[-1].isdigit() and word.text[0].isdigit() and word.glued and gap <= DIGIT_GAP * word.size:
            last.take(word)
        else:
            joined.append(word)
    return joined


def _settled_rtl(words: list[Word]) -> list[Word]:
    """Words in logical order with their neutrals and brackets set right, and the parts of one word joined.

    Letters of Arabic lean over their neighbours: two boxes side by side would each hold a part of the other's letters.
    """
    for word in words:
        if text_class(word.text) in {"D", "N"}:
            word.text = in_rtl_line(word.text)
    for word, text in zip(words, balanced([word.text for word in words]), strict=True):
        word.text = text
    joined: list[Word] = []
    for word in words:
        if joined and word.glue and abs(word.base - joined[-1].base) < SAME_ROW * word.size:
            last = joined[-1]
            last.take(word)
            last.rtl = last.rtl or word.rtl
        else:
            joined.append(word)
    return joined


def _mark_gaps(words: list[Word], size: float, rtl: bool) -> bool:
    """Set `glue` on words that touch the one before; says whether the row has gaps as wide as a table's."""
    wide = 0
    for index, word in enumerate(words):
        if index == 0:
            continue
        before = words[index - 1]
        gap = word.x0 - before.x1
        later = before if rtl else word
        # Letters that overlap are one word, whatever spaces the file has (Arabic files put some after vowel signs).
        later.glue = -size < gap <= (GLUE_GAP if later.glued else OVERLAP) * size
        # A gap after a number or a letter in brackets is a label's; one between words is a table's.
        label = before.text if not rtl else word.text
        if gap > TABLE_GAP * size and not (index == (1 if not rtl else len(words) - 1) and len(label) <= 7):
            wide += 1
    return wide > 0


def _raise(word: Word, main: Segment) -> None:
    if word.size <= 0.85 * main.size and word.base >= main.base + RAISE * main.size:
        word.raised = True
        signs: dict[str, str] = rules()["superscripts"]
        if all(character in signs for character in word.text):
            word.text = "".join(signs[character] for character in word.text)
