"""PDFs of hostile content: bombs, huge images, endless forms, fonts, letters and coordinates without sense."""

import zlib
from collections.abc import Callable
from typing import Any

import pytest
from palermo.corpora.errors import ParserFailed

Case = tuple[Callable[[Any], bytes], str]
TEXT = b"BT /F 12 Tf 72 700 Td (The court finds the accused guilty.) Tj ET"
NOT_READ = "broken_document no_text_layer"
BOMB = bytes(20_000_000)


def deflated(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


def bomb(filters: bytes, content: bytes) -> Callable[[Any], bytes]:
    return lambda make: make.page(
        contents=b"<</Filter%s/Length %d>>stream\n%s\nendstream" % (filters, len(content), content)
    )


def run_lengths(size: int) -> bytes:
    return b"\x81 " * (size // 128) + b"\x80"


def image(dictionary: bytes, content: bytes = b"x") -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        stream = make.stream(content, b"/Type/XObject/Subtype/Image" + dictionary)
        return bytes(make.page(TEXT + b" q 100 0 0 100 0 0 cm /I Do Q", page=b"/XObject<</I 6 0 R>>", more={6: stream}))

    return build


def form(dictionary: bytes, content: bytes) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        head = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</X 6 0 R>>/Font<</F 5 0 R>>>>"
        return bytes(
            make.page(TEXT + b" /X Do", page=b"/XObject<</X 6 0 R>>", more={6: make.stream(content, head + dictionary)})
        )

    return build


def with_font(font: bytes, content: bytes = TEXT, **more: bytes) -> Callable[[Any], bytes]:
    extra = {int(key[1:]): value for key, value in more.items()}
    return lambda make: make.page(content, font=font, more=extra)


def unicode_map(entries: bytes) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        cmap = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap " + entries + b" endcmap end end"
        font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
        return bytes(make.page(font=font, more={6: make.stream(cmap)}))

    return build


def replaced(old: bytes, new: bytes) -> Callable[[Any], bytes]:
    def build(make: Any) -> bytes:
        data = make.page()
        assert old in data
        return bytes(data.replace(old, new))

    return build


CONTENT: dict[str, Case] = {
    "contents that unpack to 20 MB": (bomb(b"/FlateDecode", deflated(BOMB)), "unsafe_document"),
    "contents that unpack twice": (
        bomb(b"[/FlateDecode/FlateDecode]", deflated(bytes(100_000_000), 2)),
        "unsafe_document",
    ),
    "contents that unpack three times": (
        bomb(b"[/FlateDecode/FlateDecode/FlateDecode]", deflated(bytes(100_000_000), 3)),
        "unsafe_document",
    ),
    "contents in hexadecimal that unpack": (
        bomb(b"[/ASCIIHexDecode/FlateDecode]", deflated(BOMB).hex().encode() + b">"),
        "unsafe_document",
    ),
    "contents in short names that unpack": (
        bomb(b"[/AHx/Fl]", deflated(BOMB).hex().encode() + b">"),
        "unsafe_document",
    ),
    "contents of run lengths": (bomb(b"/RunLengthDecode", run_lengths(20_000_000)), "unsafe_document"),
    "contents of run lengths that unpack": (
        bomb(b"[/FlateDecode/RunLengthDecode]", deflated(run_lengths(20_000_000))),
        "unsafe_document",
    ),
    "contents with a predictor of a billion columns": (
        lambda m: m.page(
            contents=b"<</Filter/FlateDecode/DecodeParms<</Predictor 12"
            b"/Columns 1000000000/Colors 32/BitsPerComponent 16>>/Length %d>>stream\n%s\nendstream"
            % (len(deflated(TEXT)), deflated(TEXT))
        ),
        "read " + NOT_READ,
    ),
    "contents with a thousand filters": (
        bomb(b"[" + b"/FlateDecode" * 1_000 + b"]", deflated(TEXT)),
        "read unsafe_document " + NOT_READ,
    ),
    "contents with a filter that does not exist": (bomb(b"/Bogus", TEXT), "read " + NOT_READ),
    "contents cut off in the middle": (bomb(b"/FlateDecode", deflated(TEXT * 99)[:60]), "read " + NOT_READ),
    "an image of 100,000 by 100,000": (
        image(b"/Width 100000/Height 100000/ColorSpace/DeviceRGB/BitsPerComponent 8"),
        "read",
    ),
    "an image of two billion by two billion": (
        image(b"/Width 2147483647/Height 2147483647/ColorSpace/DeviceCMYK/BitsPerComponent 16"),
        "read",
    ),
    "an image of minus one": (image(b"/Width -1/Height -1/ColorSpace/DeviceGray/BitsPerComponent -8"), "read"),
    "an image that unpacks to 20 MB": (
        image(b"/Width 5000/Height 4000/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode", deflated(BOMB)),
        "read unsafe_document",
    ),
    "an image of JPEG 2000 that is none": (image(b"/Width 9/Height 9/Filter/JPXDecode", bytes(range(256)) * 9), "read"),
    "an image of JBIG2 that is none": (
        image(b"/Width 60000/Height 60000/BitsPerComponent 1/Filter/JBIG2Decode", bytes(999)),
        "read",
    ),
    "an image whose mask is itself": (
        image(b"/Width 9/Height 9/ColorSpace/DeviceGray/SMask 6 0 R/BitsPerComponent 8"),
        "read",
    ),
    "a color space that is itself": (
        image(b"/Width 9/Height 9/ColorSpace[/Indexed 6 0 R 255 6 0 R]/BitsPerComponent 8"),
        "read",
    ),
    "a form that draws itself": (form(b"", TEXT + b" /X Do"), "read"),
    "a form with a matrix of nothing": (form(b"/Matrix[0 0 0 0 0 0]", TEXT), "read"),
    "states saved 500,000 times": (lambda m: m.page(b"q " * 500_000 + TEXT), "read parser_failed"),
    "states restored 500,000 times": (lambda m: m.page(b"Q " * 500_000 + TEXT), "read"),
    "operands without operator": (lambda m: m.page(b"1 " * 1_000_000 + TEXT), "read"),
    "arrays in contents nested 100,000 deep": (lambda m: m.page(b"[" * 100_000 + TEXT), "read " + NOT_READ),
    "dictionaries in contents nested": (lambda m: m.page(b"/A <<" + b"/A <<" * 50_000 + TEXT), "read " + NOT_READ),
    "a string never ended": (lambda m: m.page(TEXT + b" BT (" + b"(" * 100_000), "read"),
    "an inline image of two billion": (
        lambda m: m.page(TEXT + b" BI /W 2147483647 /H 2147483647 /BPC 8 /CS /RGB ID x EI"),
        "read",
    ),
    "an inline image never ended": (lambda m: m.page(TEXT + b" BI /W 9 /H 9 ID " + b"x" * 100_000), "read"),
    "20,000 letters at one place": (
        lambda m: m.page(b"BT /F 12 Tf 72 700 Td " + b"(a) Tj 1 0 0 1 72 700 Tm " * 20_000 + b"ET"),
        "read",
    ),
    "20,000 letters scattered": (
        lambda m: m.page(
            b"BT /F 12 Tf "
            + b"".join(b"1 0 0 1 %d %d Tm (a) Tj " % (n * 7919 % 600, n * 104729 % 780) for n in range(20_000))
            + b"ET"
        ),
        "read",
    ),
    "a line of 50,000 letters": (lambda m: m.page(b"BT /F 1 Tf 0 700 Td (" + b"a" * 50_000 + b") Tj ET"), "read"),
    "letters of size nothing": (lambda m: m.page(TEXT.replace(b"12 Tf", b"0 Tf")), "read " + NOT_READ),
    "letters of size minus twelve": (lambda m: m.page(TEXT.replace(b"12 Tf", b"-12 Tf")), "read"),
    "letters of size 1e9": (lambda m: m.page(TEXT.replace(b"12 Tf", b"1000000000 Tf")), "read " + NOT_READ),
    "letters at 1e38": (lambda m: m.page(TEXT.replace(b"72 700", b"9" * 38 + b" -" + b"9" * 38)), "read " + NOT_READ),
    "letters at a number that is none": (
        lambda m: m.page(TEXT.replace(b"72 700", b"1e400 --5.5.5")),
        "read " + NOT_READ,
    ),
    "letters in a matrix of nothing": (lambda m: m.page(b"0 0 0 0 0 0 cm " + TEXT), "read " + NOT_READ),
    "letters in a matrix of 1e30": (
        lambda m: m.page(b"1%s 0 0 1%s 0 0 cm " % (b"0" * 30, b"0" * 30) + TEXT),
        "read " + NOT_READ,
    ),
    "letters turned upside down": (lambda m: m.page(TEXT.replace(b"72 700 Td", b"-1 0 0 -1 300 300 Tm")), "read"),
    "letters at every angle": (
        lambda m: m.page(
            b"BT /F 12 Tf "
            + b"".join(
                b"%f %f %f %f 300 300 Tm (turned words) Tj " % (n / 90, 1 - n / 90, n / 90 - 1, n / 90)
                for n in range(90)
            )
            + b"ET"
        ),
        "read",
    ),
    "letters that are not shown": (lambda m: m.page(TEXT.replace(b"Tj", b"3 Tr Tj")), "read " + NOT_READ),
    "spacing of a billion": (
        lambda m: m.page(TEXT.replace(b"12 Tf", b"12 Tf 1000000000 Tc -1000000000 Tw 0 Tz")),
        "read " + NOT_READ,
    ),
    "a page of nothing": (lambda m: m.page(box=b"[0 0 0 0]"), "read " + NOT_READ),
    "a page of 1e30": (lambda m: m.page(box=b"[0 0 1%s 1%s]" % (b"0" * 30, b"0" * 30)), "read " + NOT_READ),
    "a page inside out": (lambda m: m.page(box=b"[612 792 0 0]"), "read " + NOT_READ),
    "a page whose box is a name": (lambda m: m.page(box=b"/Box"), "read " + NOT_READ),
    "a page turned by 17 degrees": (replaced(b"/Type/Page/Parent", b"/Type/Page/Rotate 17/Parent"), "read"),
    "a page turned by two billion": (replaced(b"/Type/Page/Parent", b"/Type/Page/Rotate 2147483647/Parent"), "read"),
    "a page of a million units": (replaced(b"/Type/Page/Parent", b"/Type/Page/UserUnit 1000000/Parent"), "read"),
    "a font absent": (replaced(b"/F 5 0 R", b"/F 99 0 R"), "read " + NOT_READ),
    "a font that is its page": (replaced(b"/F 5 0 R", b"/F 3 0 R"), "read " + NOT_READ),
    "a font that is composed of itself": (
        with_font(b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[5 0 R]>>"),
        "read " + NOT_READ,
    ),
    "a font whose letters draw the font": (
        with_font(
            b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]"
            b""
            b"/CharProcs<</a 4 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[1]"
            b"/Resources<</Font<</F 5 0 R>>>>>>",
            b"BT /F 12 Tf 72 700 Td (aaaa) Tj ET",
        ),
        "read " + NOT_READ,
    ),
    "a font with widths beyond any": (
        with_font(b"<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar -5/LastChar 2147483647/Widths[1e99 -1e99]>>"),
        "read " + NOT_READ,
    ),
    "a font file that is none": (
        with_font(
            b"<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor 6 0 R>>",
            o6=b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 4 0 R/FontFile 4 0 R/FontFile3 4 0 R>>",
        ),
        "read " + NOT_READ,
    ),
    "a map from letters to half characters": (
        unicode_map(b"1 beginbfrange <00> <ff> <D800> endbfrange"),
        "read " + NOT_READ,
    ),
    "a map from letters to NUL": (unicode_map(b"1 beginbfrange <00> <ff> <0000> endbfrange"), "read " + NOT_READ),
    "a map from letters to controls": (
        unicode_map(b"256 beginbfchar " + b"".join(b"<%02x> <%04x> " % (n, n % 32) for n in range(256)) + b"endbfchar"),
        "read " + NOT_READ,
    ),
    "a map from letters to turns": (unicode_map(b"1 beginbfrange <00> <ff> <202E> endbfrange"), "read " + NOT_READ),
    "a map from letters to nothing": (unicode_map(b"1 beginbfrange <00> <ff> <FFFF> endbfrange"), "read " + NOT_READ),
    "a map from one letter to ten thousand": (
        unicode_map(b"1 beginbfrange <00> <ff> [" + (b"<" + b"0041" * 10_000 + b">") * 99 + b"] endbfrange"),
        "read " + NOT_READ,
    ),
    "a map of four billion letters": (
        unicode_map(
            b"1 begincodespacerange <00000000> <ffffffff> endcodespacerange 1 beginbfrange "
            b"<00000000> <ffffffff> <0041> endbfrange"
        ),
        "read " + NOT_READ,
    ),
}


EXHAUSTING: dict[str, Callable[[Any], bytes]] = {
    "a form that draws itself a thousand times": form(b"", b"/X Do " * 1_000),
    "marked content never ended": lambda m: m.page(b"/P BMC " * 100_000 + TEXT),
}


@pytest.mark.parametrize("build", EXHAUSTING.values(), ids=EXHAUSTING)
def test_a_pdf_that_exhausts_its_process_costs_no_other(
    build: Callable[[Any], bytes], make: Any, hostile_pool: Any
) -> None:
    """What pdfium does when memory or stack ends is its own; here it has a reason and ends with one process."""
    with pytest.raises(ParserFailed) as caught:
        hostile_pool.read(build(make), "judgment.pdf")
    assert caught.value.hint
    assert hostile_pool.read(b"Guilty.", "next.txt").text == "Guilty."


@pytest.mark.parametrize(("build", "expected"), CONTENT.values(), ids=CONTENT)
def test_a_pdf_of_hostile_content_ends_in_text_or_a_reason(
    build: Callable[[Any], bytes], expected: str, make: Any, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(make), "judgment.pdf") in expected.split()
