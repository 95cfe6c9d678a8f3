"""JSON, JSON lines and tables made to hurt, and RTF made to hurt."""

import json
from collections.abc import Callable

import pytest

Build = Callable[[], bytes]
TEXT = "The court finds the accused guilty."
RTF = r"{\rtf1\ansi " + TEXT


def rtf(body: str) -> Build:
    return lambda: (RTF + body + r"\par}").encode("latin-1")


def said(value: object) -> Build:
    return lambda: json.dumps(value).encode()


RECORDS: dict[str, tuple[str, Build, str]] = {
    "lists nested 100,000 deep": ("a.json", lambda: b"[" * 100_000 + b"]" * 100_000, "unsafe_document"),
    "objects nested 100,000 deep": ("a.json", lambda: b'{"text":' * 100_000 + b"1" + b"}" * 100_000, "unsafe_document"),
    "lines nested deep": ("a.jsonl", lambda: b'{"text":"x"}\n' + b"[" * 100_000, "unsafe_document broken_document"),
    "lists nested and called text": ("a.txt", lambda: b"[" * 100_000, "read unsafe_document broken_document"),
    "a list nested in a table": ("a.csv", lambda: b"[" * 100_000 + b"\n", "read broken_document unsafe_document"),
    "a number of 100,000 digits": (
        "a.json",
        lambda: b'{"text":"x","number":' + b"9" * 100_000 + b"}",
        "broken_document read",
    ),
    "numbers that are none": ("a.json", lambda: b'[{"text":"x","number":NaN},{"text":"y","number":-Infinity}]', "read"),
    "a number of 1e999": ("a.json", lambda: b'{"text":"x","number":1e999}', "read"),
    "half characters": ("a.json", lambda: b'{"text":"x \\ud800 y \\udfff"}', "read"),
    "half characters in a number and a heading": (
        "a.json",
        lambda: b'[{"text":"x","number":"\\ud800","heading":"\\udfff"},{"text":"y","language":"\\ud800"}]',
        "read",
    ),
    "NUL in text and keys": ("a.json", lambda: b'{"text":"x\\u0000y","a\\u0000":1,"title":"\\u0000"}', "read"),
    "a key given twice": ("a.json", lambda: b'{"text":"x","text":["y"],"text":"z"}', "read"),
    "a key of 1 MB": ("a.json", said({"text": "x", "k" * 1_000_000: 1}), "read"),
    "100,000 keys": ("a.json", said({"text": "x", **{f"k{n}": n for n in range(100_000)}}), "read"),
    "text that is an object": ("a.json", said({"text": {"text": {"text": "x"}}}), "broken_document read"),
    "text that is a list": ("a.json", said([{"text": ["x"]}, {"text": 1}, {"text": None}, {"text": TEXT}]), "read"),
    "fields of other kinds": (
        "a.json",
        said([{"text": TEXT, "number": {"a": []}, "heading": [1], "title": 7, "language": {}, "kind": ["judgment"]}]),
        "read",
    ),
    "a language that is none": (
        "a.json",
        said({"text": TEXT, "language": "../../etc/passwd", "kind": "\u202e"}),
        "read",
    ),
    "a heading of 1 MB": ("a.json", said([{"text": TEXT, "heading": "H" * 1_000_000}]), "read"),
    "a number of 1 MB": ("a.json", said([{"text": TEXT, "number": "1" * 1_000_000}]), "read"),
    "metadata that turn": (
        "a.json",
        said({"text": TEXT, "title": "\u202e\x00\x1b[31m", "court": "\ud800", "ecli": "x" * 9_999}),
        "read",
    ),
    "100,000 records of nothing": ("a.json", lambda: b"[" + b"{}," * 99_999 + b"{}]", "empty_document broken_document"),
    "20,000 records of a letter": ("a.jsonl", lambda: b'{"text":"a"}\n' * 20_000, "read"),
    "cut in the middle": ("a.json", lambda: json.dumps([{"text": TEXT}] * 99).encode()[:999], "broken_document"),
    "only an open bracket": ("a.json", lambda: b"[", "broken_document"),
    "only null": ("a.json", lambda: b"null", "broken_document"),
    "UTF-16": ("a.json", lambda: json.dumps({"text": TEXT}).encode("utf-16"), "read"),
    "comments": ("a.json", lambda: b'/* x */ {"text": "y"} // z', "broken_document"),
    "a prototype": ("a.json", said({"__proto__": {"x": 1}, "constructor": {}, "text": TEXT}), "read"),
    "a reference to elsewhere": ("a.json", said({"$ref": "file:///etc/passwd", "text": TEXT}), "read"),
    "formulas": ("a.csv", lambda: b'text\n"=cmd|\' /C calc\'!A0"\n"+1+1"\n@SUM(1)\n-2\n"\t=1"\n', "read"),
    "formulas that call out": (
        "a.csv",
        lambda: b'text,number\n"=WEBSERVICE(""http://127.0.0.1/"")",1\n"=HYPERLINK(""x"")",2\n',
        "read",
    ),
    "a quotation never closed": ("a.csv", lambda: b'text\n"' + b"x\n" * 200_000, "read broken_document"),
    "quotations": ("a.csv", lambda: b"text\n" + b'"' * 400_001, "read broken_document empty_document"),
    "a field of 4 MB": ("a.csv", lambda: b"text\n" + b"x" * 4_000_000, "read"),
    "100,000 columns": ("a.csv", lambda: b"text," + b"a," * 100_000 + b"\n" + b"x," * 100_000, "read"),
    "100,000 columns of one name": ("a.csv", lambda: b"text," * 100_000 + b"\n" + b"x," * 100_000, "read"),
    "20,000 rows": ("a.csv", lambda: b"text,number\n" + b"a,1\n" * 20_000, "read"),
    "rows of no cells": ("a.csv", lambda: b"text\n" + b"\n" * 100_000 + b"x\n", "read"),
    "commas": ("a.csv", lambda: b"," * 500_000, "broken_document empty_document"),
    "NULs": ("a.csv", lambda: b"text\nx\0y\n\0\n", "read broken_document"),
    "carriage returns in cells": ("a.csv", lambda: b'text\n"a\rb\r\nc"\r', "read"),
    "tabs": ("a.tsv", lambda: b"text\tnumber\n" + b"\t" * 300_000 + b"\nx\t1", "read"),
    "UTF-16 table": ("a.csv", lambda: "text;number\nÉté;1\n".encode("utf-16"), "read"),
}

WORDS: dict[str, tuple[Build, str]] = {
    "groups nested 100,000 deep": (rtf("{" * 100_000 + "}" * 100_000), "read unsafe_document"),
    "groups never closed": (rtf("{" * 100_000), "read unsafe_document"),
    "groups closed too often": (rtf("}" * 100_000), "read"),
    "bytes beyond the end": (rtf(r"\bin2147483647 x"), "read"),
    "bytes of minus one": (rtf(r"\bin-2147483648 x"), "read"),
    "a control word of 1 MB": (rtf("\\" + "a" * 1_000_000), "read"),
    "a parameter of 1 MB": (rtf("\\fs" + "9" * 1_000_000), "read"),
    "backslashes": (rtf("\\" * 200_001), "read"),
    "characters of minus 32,768": (rtf(r"\u-32768?\u-1?\u99999?\u0?\u2147483647?"), "read"),
    "half characters": (rtf(r"\u-10240?\u-9216?" * 1_000 + r"\u55296?"), "read"),
    "200,000 characters by number": (rtf(r"\u233?" * 200_000), "read"),
    "two billion characters to skip": (rtf(r"\uc2147483647\u233 x"), "read"),
    "minus two billion to skip": (rtf(r"\uc-2147483648\u233 x"), "read"),
    "hexadecimal that is none": (rtf(r"\'zz\'\'9" * 10_000), "read"),
    "a picture of 3 MB": (rtf(r"{\pict\pngblip " + "ff" * 1_500_000 + "}"), "read"),
    "an object of 3 MB": (rtf(r"{\object\objemb{\*\objdata " + "d0cf11e0" * 375_000 + "}}"), "read"),
    "a font table of 20,000": (
        rtf(r"{\fonttbl" + "".join(rf"{{\f{n}\fcharset255 F;}}" for n in range(20_000)) + "}"),
        "read",
    ),
    "fonts of no code page": (rtf(r"{\fonttbl{\f0\fcharset-1\cpg99999 F;}}\f0\'e9\f99999\'e9"), "read"),
    "a code page of minus one": (lambda: rb"{\rtf1\ansicpg-1 caf\'e9 " + TEXT.encode() + b"}", "read"),
    "a code page that is a codec of Python": (lambda: rb"{\rtf1\ansicpg65000 +AGE- " + TEXT.encode() + b"}", "read"),
    "fields in fields": (rtf(r"{\field{\*\fldinst X}{\fldrslt " * 500 + "x" + "}}" * 500), "read unsafe_document"),
    "notes in notes": (rtf(r"{\footnote x" * 500 + "}" * 500), "read unsafe_document"),
    "tables in tables": (rtf(r"\trowd\intbl\itap9 x\nestcell\nestrow" * 2_000 + r"\cell\row"), "read"),
    "cells without end": (rtf(r"\trowd" + r"\intbl x\cell" * 20_000 + r"\row"), "read"),
    "rows without cells": (rtf(r"\row" * 50_000), "read"),
    "20,000 paragraphs": (rtf(r"x\par " * 20_000), "read"),
    "levels without end": (rtf(r"\outlinelevel2147483647\ls2147483647\ilvl-1 x\par"), "read"),
    "versions beside each other": (rtf(r"{\upr{x}{\*\ud{y}}}" * 10_000), "read"),
    "unknown destinations": (rtf(r"{\*\bogus " * 1_000 + "x" + "}" * 1_000), "read unsafe_document"),
    "hidden text only": (lambda: rb"{\rtf1\v hidden}", "empty_document"),
    "a title that turns": (rtf("{\\info{\\title \\u8238?\\u0?" + "x" * 100_000 + "}}"), "read"),
    "NULs": (rtf("\0" * 10_000), "read"),
    "bytes of no meaning": (rtf("".join(map(chr, range(128, 256))) * 100), "read"),
    **{
        f"cut at {n} bytes": (lambda n=n: (RTF + r"{\b bold}\par}").encode()[:n], "read empty_document broken_document")
        for n in (5, 6, 7, 12, 20, 50)
    },
}


@pytest.mark.parametrize(("name", "build", "expected"), RECORDS.values(), ids=RECORDS)
def test_records_made_to_hurt_end_in_text_or_a_reason(
    name: str, build: Build, expected: str, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(), name) in expected.split()


@pytest.mark.parametrize(("build", "expected"), WORDS.values(), ids=WORDS)
def test_rtf_made_to_hurt_ends_in_text_or_a_reason(
    build: Build, expected: str, outcome: Callable[[bytes, str], str]
) -> None:
    assert outcome(build(), "judgment.rtf") in expected.split()
