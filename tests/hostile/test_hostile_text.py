"""Plain text made to hurt: encodings, controls, characters that hide or turn, strings that hang careless patterns."""

from collections.abc import Callable

import pytest

SENTENCE = "The court finds the accused guilty of laundering. "
Build = Callable[[], bytes]


def text(content: str, encoding: str = "utf-8") -> Build:
    return lambda: content.encode(encoding, "surrogatepass")


FILES: dict[str, tuple[Build, str]] = {
    "5 MB in one line": (text("word " * 1_000_000), "read"),
    "5 MB without a space": (text("x" * 5_000_000), "read"),
    "60,000 tiny paragraphs": (text("a\n\n" * 60_000), "read"),
    "a million lines that are blank": (text("\n" * 1_000_000 + SENTENCE), "read"),
    "100,000 lines of one letter": (text("a\n" * 100_000), "read"),
    "20,000 tiny numbered paragraphs": (text("".join(f"{n}. a.\n\n" for n in range(20_000))), "read"),
    "longer than the limit": (text(SENTENCE * 130_000), "limit_exceeded"),
    "only carriage returns": (text((SENTENCE + "\r") * 1_000), "read"),
    "form feeds and vertical tabs": (text("\f\v".join(SENTENCE * 9)), "read"),
    "right to left overrides": (text("\u202e" + SENTENCE + "\u202d\u2066\u2067" * 1_000), "read"),
    "turns nested 10,000 deep": (text("\u202b" * 10_000 + SENTENCE + "\u202c" * 10_000), "read"),
    "homoglyphs": (text("Тhе соurt fіnds thе ассusеd guіltу. " * 100), "read"),
    "zero-width between all letters": (text("\u200b\u200d\ufeff".join(SENTENCE * 20)), "read"),
    "100,000 combining marks on one letter": (text("a" + "\u0301" * 100_000), "read"),
    "tag characters": (text(SENTENCE + "".join(map(chr, range(0xE0000, 0xE0080))) * 100), "read"),
    "private use and noncharacters": (text("\ue000\uf8ff\ufffe\uffff\U0010ffff" * 1_000), "read"),
    "joined emoji": (text("👨‍👩‍👧‍👦" * 20_000), "read"),
    "NULs between words": (text("\0".join([SENTENCE] * 100)), "read unsupported_format"),
    "NULs only": (lambda: bytes(1_000_000), "empty_document"),
    "white space only": (text(" \u00a0\u2003\t\n" * 10_000), "empty_document"),
    "byte order marks only": (text("\ufeff" * 1_000), "read empty_document"),
    "control characters": (lambda: bytes(range(32)) * 100, "unsupported_format"),
    "escape sequences of terminals": (text("\x1b]0;owned\x07\x1b[2J" + SENTENCE * 99), "read unsupported_format"),
    "half characters": (text(SENTENCE + "\ud800\udfff" * 100), "read"),
    "pairs of half characters": (text(SENTENCE + "\ud83d\ude00" * 100), "read"),
    "UTF-8 longer than need be": (lambda: SENTENCE.encode() + b"\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf" * 100, "read"),
    "UTF-8 beyond Unicode": (lambda: SENTENCE.encode() + b"\xf4\x90\x80\x80\xff\xfe" * 100, "read"),
    "bytes that only continue": (lambda: b"\x80\xbf" * 10_000, "read unsupported_format"),
    "all bytes": (lambda: bytes(range(256)) * 1_000, "unsupported_format"),
    "UTF-16 without a mark": (text(SENTENCE * 99, "utf-16-le"), "read"),
    "UTF-16 the other way without a mark": (text(SENTENCE * 99, "utf-16-be"), "read"),
    "UTF-16 cut in a character": (lambda: ("\ufeff" + SENTENCE * 99).encode("utf-16-le")[:-1], "read"),
    "UTF-16 that begins in the middle of a pair": (
        lambda: b"\xff\xfe" + "\udc00\udc00\ud800".encode("utf-16-le", "surrogatepass") + b"a\0" * 99,
        "read unsupported_format",
    ),
    "a mark of UTF-16 on UTF-8": (lambda: b"\xff\xfe" + SENTENCE.encode() * 99, "read unsupported_format"),
    "a mark of UTF-8 on UTF-16": (
        lambda: b"\xef\xbb\xbf" + SENTENCE.encode("utf-16-le") * 99,
        "read unsupported_format",
    ),
    "two marks": (lambda: b"\xff\xfe\xfe\xff" + SENTENCE.encode("utf-16-le"), "read"),
    "UTF-32": (text(SENTENCE * 99, "utf-32"), "read"),
    "UTF-32 beyond Unicode": (
        lambda: b"\xff\xfe\0\0" + b"\xff\xff\xff\x7f" * 999 + b"a\0\0\0" * 99,
        "read unsupported_format",
    ),
    "UTF-7": (text("<script>+ADw-script+AD4-" + SENTENCE, "utf-8"), "read empty_document"),
    "shift out and in": (lambda: b"\x1b$B" + b"!!" * 10_000 + b"\x1b(B" + SENTENCE.encode(), "read"),
    "GB 18030 cut in a character": (lambda: ("法院认定被告人犯洗钱罪。" * 99).encode("gb18030")[:-1], "read"),
    "half the file in another encoding": (lambda: ("été " * 999).encode() + ("été " * 999).encode("latin-1"), "read"),
    "end of file of DOS": (lambda: SENTENCE.encode() + b"\x1a" * 1_000, "read"),
}

PATTERNS: dict[str, str] = {
    "decimal numbers": "1.1" * 60_000,
    "numbers and stops": "1. " * 60_000,
    "numbers on lines": "1.\n" * 15_000,
    "nested numbers": "1(1)(a)(i)" * 20_000,
    "open brackets": "(" * 200_000,
    "open square brackets": "a " + "[" * 200_000,
    "brackets with numbers": "[1] " * 50_000,
    "years in brackets": "[2020] " * 30_000,
    "section signs": "§" * 200_000,
    "section signs and numbers": "§ 1 § " * 30_000,
    "roman numbers": "IVXLCDM" * 30_000,
    "roman numbers on lines": "IV.\n\n" * 10_000,
    "digits": "9" * 200_000,
    "one letter and stops": "a." * 100_000,
    "capitals and stops": "A. B. " * 30_000,
    "stops": "." * 200_000,
    "stops and spaces": ". " * 100_000,
    "spaces": "a" + " " * 200_000 + "b",
    "spaces before line ends": ("a" + " " * 300 + "\n") * 600,
    "tabs and line ends": "\t\n" * 100_000 + "a",
    "hard spaces": "a" + "\u00a0" * 200_000 + "b",
    "blank lines with spaces": (" " * 300 + "\n") * 600 + "a",
    "dashes": "-" * 200_000,
    "underscores": "_" * 200_000,
    "quotation marks": "\"'“‘" * 50_000,
    "versus": "R v. " * 40_000,
    "citations": "[2020] UKSC 1, [2020] 1 WLR 1; " * 6_000,
    "European case identifiers": "ECLI:EU:C:2020:" * 12_000,
    "European case identifiers without end": "ECLI:" + "A:" * 100_000,
    "case numbers": "No. 1/2020-" * 15_000,
    "dates": "1 January 2020 1/1/2020 " * 8_000,
    "dates without end": "1/" * 100_000,
    "sections": "Section 1. Section " * 10_000,
    "articles": "Art. Art. Article 1 " * 10_000,
    "articles in Arabic": "المادة ١ " * 20_000,
    "articles in Chinese": "第一条" * 40_000,
    "chapters on lines": "CHAPTER\n" * 20_000,
    "contents": ("Title " + "." * 200 + " 1\n") * 800,
    "headings": "HEADING\n\n" * 20_000,
    "prolog of markup": "<!--" * 50_000,
    "document types": "<!DOCTYPE [" * 20_000,
    "markup that never closes": "<a" * 100_000,
    "names of courts": "In the Supreme Court of the " * 8_000,
    "defined terms": '"term" means ' * 15_000,
    "soft hyphens": "a\u00ad" * 100_000,
    "Thai without spaces": "ศาลพิพากษาว่าจำเลยมีความผิด" * 4_000,
    "nested quotations": "“" * 50_000 + "”" * 50_000,
    "letters a careless pattern backtracks on": "a" * 100_000 + "!",
    "addresses": "a@" * 100_000,
    "web addresses": "http://" * 30_000,
}


@pytest.mark.parametrize(("build", "expected"), FILES.values(), ids=FILES)
def test_a_text_made_to_hurt_ends_in_text_or_a_reason(
    build: Build, expected: str, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(), "judgment.txt") in expected.split()


@pytest.mark.parametrize("repeated", PATTERNS.values(), ids=PATTERNS)
def test_no_string_hangs_a_pattern(repeated: str, outcome: Callable[[bytes, str], str]) -> None:
    assert outcome(repeated.encode(), "judgment.txt") == "read"
