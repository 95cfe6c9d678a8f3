"""Pages made to hurt: nesting, floods of elements and attributes, markup that never ends."""

from collections.abc import Callable

import pytest

TEXT = "<p>The court finds the accused guilty.</p>"


def page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{TEXT}{body}</body></html>".encode()


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nested 200 deep": (lambda: page("<div>" * 200 + "x"), "read"),
    "nested 100,000 deep": (lambda: page("<div>" * 100_000 + "x"), "unsafe_document"),
    "nested 100,000 deep inline": (lambda: page("<b>" * 100_000 + "x"), "unsafe_document"),
    "tables nested 1,000 deep": (lambda: page("<table><tr><td>" * 1_000 + "x"), "unsafe_document"),
    "lists nested 80 deep": (lambda: page("<ul><li>" * 80 + "x"), "read"),
    "forms in forms": (lambda: page("<form>" * 10_000 + "x"), "read unsafe_document"),
    "anchors never closed": (lambda: page("<a href=x>y" * 10_000), "read unsafe_document"),
    "paragraphs never closed": (lambda: page("<p>x" * 10_000), "read"),
    "fonts never closed": (lambda: page("<font><i><u>x" * 5_000), "read unsafe_document"),
    "only closing tags": (lambda: page("</div></p></b>" * 50_000), "read"),
    "misnested": (lambda: page("<b><i>x</b></i>" * 5_000), "read unsafe_document"),
    "20,000 line breaks": (lambda: page("<br>" * 20_000), "read"),
    "20,000 empty cells": (lambda: page("<table><tr>" + "<td></td>" * 20_000), "read"),
    "a row of 5,000 cells": (lambda: page("<table><tr>" + "<td>x</td>" * 5_000), "read"),
    "3,000 rows": (lambda: page("<table>" + "<tr><td>1</td><td>Text of it.</td></tr>" * 3_000), "read"),
    "columns that span a billion": (lambda: page('<table><tr><td colspan="1000000000" rowspan="99999999">x'), "read"),
    "a list from minus a billion": (lambda: page(f'<ol start="-1{"0" * 5000}"><li>x<li value="1e9">y'), "read"),
    "roman numbers without end": (lambda: page('<ol type="i" start="999999999"><li>x</li></ol>'), "read"),
    "10,000 attributes": (lambda: page(f"<p {' '.join(f'a{n}=1' for n in range(10_000))}>x"), "read"),
    "an attribute of 5 MB": (lambda: page(f'<p title="{"x" * 5_000_000}">x'), "read"),
    "an attribute never closed": (lambda: page('<p title="' + "x" * 1_000_000), "read"),
    "a class of 200,000 names": (lambda: page(f'<p class="{"c " * 200_000}">x'), "read"),
    "a style of 1 MB": (lambda: page(f'<p style="{"display:" * 125_000}">x'), "read"),
    "a tag of 1 MB": (lambda: page(f"<{'x' * 1_000_000}>x"), "read"),
    "a comment never closed": (lambda: page("<!--" + "x" * 1_000_000), "read"),
    "comments never closed": (lambda: page("<!--" * 200_000), "read"),
    "50,000 comments": (lambda: page("<!---->" * 50_000), "read"),
    "a section never closed": (lambda: page("<![CDATA[" * 50_000), "read"),
    "angle brackets": (lambda: page("<" * 500_000), "read"),
    "ampersands": (lambda: page("&" * 500_000), "read"),
    "entities": (lambda: page("&amp;" * 200_000), "read"),
    "entities beyond Unicode": (
        lambda: page("&#xFFFFFFFFFFFF;&#0;&#xD800;&#x80;&NotEqualTilde;&bogus;" * 1_000),
        "read",
    ),
    "entities declared": (lambda: b"<!DOCTYPE html [<!ENTITY a 'b'>]>" + page("&a;"), "read unsafe_document"),
    "document types": (lambda: b"<!DOCTYPE html>" * 50_000 + page(""), "read"),
    "spaces before the document type": (lambda: b" " * 1_000_000 + page(""), "read"),
    "a charset that is a codec of Python": (lambda: page("", "<meta charset=rot13>"), "read"),
    "a charset with NUL": (lambda: page("", "<meta charset='utf-8\0'>"), "read"),
    "a hundred charsets": (lambda: page("", "<meta charset=utf-7>" * 100), "read"),
    "charset= never closed": (lambda: b"<html><meta " + b"charset" * 100_000 + page(""), "read"),
    "a script never closed": (lambda: page("<script>" + "x" * 1_000_000), "read"),
    "plaintext": (lambda: page("<plaintext>" + "</plaintext><b>" * 10_000), "read unsafe_document"),
    "a title of 1 MB": (lambda: page("", f"<title>{'x ' * 500_000}</title>"), "read"),
    "50,000 titles": (lambda: page("", "<title>x</title>" * 50_000), "read"),
    "20,000 meta elements": (lambda: page("", "<meta name=a content=b>" * 20_000), "read"),
    "drawings in formulas": (lambda: page("<svg><foreignObject><math><mi>" * 50 + "x"), "read"),
    "everything hidden": (lambda: b"<html><body hidden>" + TEXT.encode(), "empty_document"),
    "nothing but a script": (lambda: b"<html><script>alert(1)</script></html>", "empty_document"),
    "control characters": (lambda: page("".join(map(chr, range(1, 32))) * 100), "read unsupported_format"),
    "NULs": (lambda: page("\0" * 1_000 + "x"), "read unsupported_format"),
    "NULs in tags": (lambda: page("<p\0>x</p\0><scr\0ipt>y</scr\0ipt>"), "read unsupported_format"),
    "noncharacters": (lambda: page("\ufffe\uffff\U0001fffe" * 1_000), "read"),
    "bytes that are no text": (lambda: page("").replace(b"guilty", bytes(range(128, 256))), "read"),
    "identifiers that repeat": (lambda: page("<p id=a>x</p>" * 5_000), "read"),
    "names like notes": (
        lambda: page("".join(f'<p><a name="_ftn{"1" * 40}">{n}</a> x</p>' for n in range(2_000))),
        "read",
    ),
    **{
        f"cut at {share} %": (
            lambda s=share: page("<table><tr><td>x</td></tr></table>" * 50)[: 19 * s],
            "read empty_document",
        )
        for share in (1, 3, 30, 60, 99)
    },
}


@pytest.mark.parametrize(("build", "expected"), CASES.values(), ids=CASES)
def test_a_page_made_to_hurt_ends_in_text_or_a_reason(
    build: Callable[[], bytes], expected: str, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(), "page.html") in expected.split()
