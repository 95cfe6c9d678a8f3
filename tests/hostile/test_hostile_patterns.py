"""Patterns over untrusted text take linear time: google-re2 by its design, those of `re` by being tried here.

Each `re` pattern of the reading code is found in the source, taken apart, and given texts built from its own parts that
would make it go back and forth: what leads up to each repetition, the repeated part many times, and then something that
does not fit. Eight times the text may take eight times as long, and thrice that for noise; quadratic time would be 64
times as long. Both sizes are measured in one run, in processor time, the least of several.
"""

import ast
import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
import re2
from palermo.corpora import documents
from palermo.corpora.documents.language import _scripts
from palermo.corpora.documents.passages.patterns import compiled

FOLDER = Path(documents.__path__[0])
NOT_READING = ("fuzz", "canary", "isolation", "given")
"""Modules that no untrusted document reaches: tools for developers, and the table that the user's own command reads."""
CALLS = ("compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer")
COMPUTED = {"language"}
"""Modules with a pattern made of data; `test_patterns_made_of_data_are_of_one_character` tries those."""
STEPWISE = {"TOKEN"}
"""Patterns that are matched at one place after the other, which is a search."""
SHORT, LONG = 1_000, 8_000
GROWTH = 3 * LONG / SHORT
NOISE = 0.002
"""Processor seconds below which nothing is said of growth."""
ALPHABET = "a1 .\n\t<>[](){}=:;\"'%/\\!?-é§中\u0e01\u3042。\u00b2IVXLCx0\r\x00~"

Part = list[tuple[Any, Any]]


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(FOLDER.rglob("*.py")):
        if not path.name.startswith(NOT_READING):
            parts = path.relative_to(FOLDER).with_suffix("").parts
            name = ".".join(("palermo.corpora.documents", *(part for part in parts if part != "__init__")))
            yield name, path


def found() -> Iterator[tuple[str, "re.Pattern[Any]", bool]]:
    """Each pattern of `re` in the reading code: where it is, itself, and whether it is searched for or only matched."""
    for name, path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        uses = {
            (node.value.id, node.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        names = {id(node.value): node.targets[0].id for node in ast.walk(tree) if _names_a_pattern(node)}
        for node in ast.walk(tree):
            if not _is_call(node) or (name.rpartition(".")[2] in COMPUTED and id(node) not in names):
                continue
            space = vars(importlib.import_module(name))
            pattern = re.compile(*(eval(ast.unparse(argument), space) for argument in _definition(node)))
            target = names.get(id(node))
            methods = {attribute for owner, attribute in uses if owner == target} or {node.func.attr}
            searched = bool(methods - {"match", "fullmatch"}) or target in STEPWISE
            yield f"{name.removeprefix('palermo.corpora.documents.')}:{node.lineno}", pattern, searched


def _is_call(node: ast.AST) -> bool:
    function = getattr(node, "func", None)
    owner = getattr(function, "value", None)
    return isinstance(owner, ast.Name) and owner.id == "re" and function.attr in CALLS


def _names_a_pattern(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and _is_call(node.value) and isinstance(node.targets[0], ast.Name)


def _definition(node: Any) -> list[ast.expr]:
    """The pattern, and the flags of `re.compile`."""
    return node.args if node.func.attr == "compile" else node.args[:1]


def fits(item: tuple[Any, Any], character: str) -> bool:
    """Whether an element of one character matches this one."""
    kind, value = item
    code = ord(character)
    if kind is op.LITERAL:
        return code == value
    if kind is op.NOT_LITERAL:
        return code != value
    if kind is op.RANGE:
        return value[0] <= code <= value[1]
    if kind is op.CATEGORY:
        sign = {"SPACE": r"\s", "DIGIT": r"\d", "WORD": r"\w"}[str(value).rpartition("_")[2]]
        return (re.fullmatch(sign, character) is None) == ("NOT" in str(value))
    return kind is op.ANY


def one(kind: Any, value: Any) -> str:
    """A character for an element that takes one."""
    if kind is op.LITERAL:
        return chr(value)
    items = list(value) if kind is op.IN else [(kind, value)]
    negated = any(item[0] is op.NEGATE for item in items)
    items = [item for item in items if item[0] is not op.NEGATE]
    own = [chr(item[1] if item[0] is op.LITERAL else item[1][0]) for item in items if item[0] in (op.LITERAL, op.RANGE)]
    for character in (*ALPHABET, *own):
        if any(fits(item, character) for item in items) != negated:
            return character
    raise AssertionError(f"no character for {items}")


REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def sample(parts: Part) -> str:
    """A short text that a sequence matches, look-arounds aside."""
    text = ""
    for kind, value in parts:
        if kind in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY):
            text += one(kind, value)
        elif kind in REPEATS:
            text += sample(value[2]) * max(1, min(value[0], 3))
        elif kind is op.SUBPATTERN:
            text += sample(value[3])
        elif kind is op.ATOMIC_GROUP:
            text += sample(value)
        elif kind is op.BRANCH:
            text += sample(value[1][0])
    return text


def pumps(parts: Part, before: str = "") -> Iterator[tuple[str, str]]:
    """For each repetition: what leads up to it, and one round of it."""
    for kind, value in parts:
        if kind in REPEATS:
            yield before, sample(value[2])
            yield from pumps(value[2], before)
        elif kind is op.SUBPATTERN:
            yield from pumps(value[3], before)
        elif kind is op.ATOMIC_GROUP:
            yield from pumps(value, before)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from pumps(value[1], before)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield before, sample(branch)
                yield from pumps(branch, before)
        before += sample([(kind, value)])


def texts(pattern: "re.Pattern[Any]", size: int) -> Iterator[str]:
    parsed = list(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE if _is_bytes(pattern) else pattern.flags))
    whole = sample(parsed) or "a"
    rounds = [*pumps(parsed), ("", whole)]
    for before, pump in rounds:
        times = size // max(1, len(pump)) + 1
        for text in (before + pump * times, pump * times, (before + pump) * (size // len(before + pump) + 1)):
            yield text[:size] + "\x00~"
        if len(pump) == 1:
            yield ((before or " ") + pump * 40) * (size // (len(before or " ") + 40))


def _is_bytes(pattern: "re.Pattern[Any]") -> bool:
    return isinstance(pattern.pattern, bytes)


def spent(pattern: "re.Pattern[Any]", text: str, searched: bool) -> float:
    """Least processor time of up to three passes over a text, as the readers pass over it."""
    subject: Any = text.encode("latin-1", "replace") if _is_bytes(pattern) else text

    def through() -> None:
        if searched:
            for _ in pattern.finditer(subject):
                pass
            return
        position, match = 0, pattern.match(subject)
        while match is not None and match.end() > position:
            position = match.end()
            match = pattern.match(subject, position)

    least = float("inf")
    for _ in range(3):
        started = time.thread_time()
        through()
        least = min(least, time.thread_time() - started)
        if least < NOISE or least > 50 * NOISE:
            break
    return least


def grows_too_fast(pattern: "re.Pattern[Any]", searched: bool) -> str | None:
    """The first text that takes too long, or None."""
    # Smaller pairs first, for what doubles with every character or grows cubically: it would never end at full size.
    for short, long in ((12, 20), (20, 30), (60, 480), (SHORT, LONG)):
        for small, large in zip(texts(pattern, short), texts(pattern, long), strict=True):
            took = spent(pattern, large, searched)
            if took > NOISE and took > GROWTH * spent(pattern, small, searched):
                return large[:60]
    return None


PATTERNS = {where: (pattern, searched) for where, pattern, searched in found()}


def test_the_patterns_of_the_reading_code_are_found() -> None:
    assert len(PATTERNS) >= 25
    assert {where.partition(":")[0] for where in PATTERNS} >= {"detect", "readers.html", "readers.akn", "sentences"}


@pytest.mark.parametrize(("pattern", "searched"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_of_re_takes_linear_time(pattern: "re.Pattern[Any]", searched: bool) -> None:
    assert not grows_too_fast(pattern, searched)


@pytest.mark.parametrize("careless", [r"(a+)+b", r"a*a*b", r"\s+$", r"<!--.*?-->", r"(?:a|aa)+b", r"x*y"])
def test_a_careless_pattern_is_noticed(careless: str) -> None:
    assert grows_too_fast(re.compile(careless, re.DOTALL), searched=True)


def test_patterns_made_of_data_are_of_one_character() -> None:
    for _, pattern, _ in _scripts():
        assert [kind for kind, _ in parser.parse(pattern.pattern)] == [op.IN]


def test_patterns_in_data_files_are_those_of_google_re2() -> None:
    assert isinstance(compiled("a"), type(re2.compile("a")))
    for name, path in modules():
        source = path.read_text(encoding="utf-8")
        if "import re\n" in source and re.search(r"\bre\.\w+\((?:rules|data|formats|_data)\(", source):
            pytest.fail(f"{name} gives a pattern from a data file to re")
