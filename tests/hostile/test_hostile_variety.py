"""The hostile files are many and of every kind that is promised."""

import importlib.util
from pathlib import Path

FOLDER = Path(__file__).parent
TABLES = ("CASES", "NAMES", "BOTH", "CONTENT", "STRUCTURE", "EXHAUSTING", "RECORDS", "WORDS", "FILES", "PATTERNS")
KINDS = {
    "zip bombs": ("archives", "bomb in the main part"),
    "bombs of overlapping members": ("archives", "bomb of overlapping members"),
    "archives in archives": ("archives", "archives in archives"),
    "path traversal in names": ("archives", "name up"),
    "names of files that lead out": ("names", "up with backslashes"),
    "external entities": ("external", "entity in AKN"),
    "external document types": ("external", "document type in DOCX"),
    "billion laughs": ("xml", "billion laughs in AKN"),
    "quadratic blow-up": ("xml", "quadratic blow-up in ODT"),
    "deep nesting of XML": ("xml", "nested 300,000 deep in AKN"),
    "deep nesting of pages": ("html", "nested 100,000 deep"),
    "deep nesting of JSON": ("records", "lists nested 100,000 deep"),
    "deep nesting of RTF": ("records", "groups nested 100,000 deep"),
    "polyglots": ("names", "PDF, then DOCX"),
    "huge images": ("pdf_content", "an image of two billion by two billion"),
    "streams that unpack without end": ("pdf_content", "contents that unpack three times"),
    "broken cross-references": ("pdf_structure", "cross-reference at a wrong place"),
    "cyclic cross-references": ("pdf_structure", "earlier table in a circle"),
    "right-to-left overrides": ("text", "right to left overrides"),
    "homoglyphs": ("text", "homoglyphs"),
    "NULs": ("text", "NULs between words"),
    "lone surrogates": ("text", "half characters"),
    "strings for careless patterns": ("text", "letters a careless pattern backtracks on"),
}


def test_there_are_hundreds_of_hostile_files_of_every_kind() -> None:
    named = {}
    for path in FOLDER.glob("test_hostile_*.py"):
        if path.stem.endswith(("patterns", "variety")):
            continue
        spec = importlib.util.spec_from_file_location(f"variety_of_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tables = [vars(module)[table] for table in TABLES if isinstance(vars(module).get(table), dict)]
        named[path.stem.removeprefix("test_hostile_")] = {case for table in tables for case in table}
    assert sum(map(len, named.values())) >= 500
    missing = [kind for kind, (file, case) in KINDS.items() if case not in named[file]]
    assert not missing
