"""Rules of the whole tree: who may import whom, sizes, names that must not appear, docstrings, no borrowed text."""

import ast
import gzip
import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from palermo.corpora.convention import tree

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
PARTS = ("corpora", "models", "evaluation", "training", "service")
MAY_IMPORT = {
    "corpora": {"corpora"},
    "models": {"corpora", "models"},
    "evaluation": {"corpora", "models", "evaluation"},
    "training": {"corpora", "models", "evaluation", "training"},
    "service": set(PARTS),
}
TOP_LEVEL = {
    *PARTS, "tests", "scripts", "docs", "Dockerfile", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md",
}  # fmt: skip
COURTS = "corpora/documents/courts.toml"
URL = r"https?://\S+"
ADDRESS = re.compile(
    rf"github:[\w.-]+/[\w.-]+:[^\t]{{1,160}}\.\w{{1,5}}(@[0-9a-f]{{40}}|#\S+)?( \((\w+ )?\S+\))?|{URL}"
    r"|[\w./-]+#[\w-]+|[\w.-]+(/[\w.-]+)*/\w+\.json"
)
LONGEST_FILE = 400
SHINGLE = 8

TITLES = (
    "Protocol to Prevent, Suppress and Punish Trafficking in Persons, Especially Women and Children, supplementing the"
    " United Nations Convention against Transnational Organized Crime",
    "Protocol against the Illicit Manufacturing of and Trafficking in Firearms, Their Parts and Components and"
    " Ammunition, supplementing the United Nations Convention against Transnational Organized Crime",
    "Protocol against the Smuggling of Migrants by Land, Sea and Air, supplementing the United Nations Convention"
    " against Transnational Organized Crime",
    "en la Convención de las Naciones Unidas contra la Delincuencia Organizada Transnacional y",
    "additionnel à la Convention des Nations unies contre la criminalité transnationale organisée",
)
MENTIONS = re.compile(
    # One letter of each in brackets: the pattern is the same, and the file does not name what it looks for.
    r"/wor[k]/|/tmp/bas[h]|/home/[a-z]+/|issues sho[w]|scratch/BRIE[F]|\.librar[y]|pypi-mor[e]"
    r"|files\.pythonhoste[d]|localhost:314[1]",
)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def modules() -> list[Path]:
    return sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_point_one_way() -> None:
    wrong = []
    for path in modules():
        part = path.relative_to(ROOT).parts[0]
        for module in imported(path):
            words = module.split(".")
            if words[0] in PARTS:
                wrong.append(f"{name_of(path)} imports {module}: say palermo.{module}")
            elif words[0] == "palermo" and len(words) > 1 and words[1] not in MAY_IMPORT[part]:
                wrong.append(f"{name_of(path)} imports {module}")
    assert not wrong


def test_no_source_file_is_longer_than_400_lines() -> None:
    suffixes = {".py", ".js", ".css", ".html", ""}
    excluded = {"LICENSE"}
    long = [
        f"{name_of(path)}: {len(text.splitlines())}"
        for path in tracked()
        if path.suffix in suffixes and path.name not in excluded and "samples/documents" not in name_of(path)
        if (text := text_of(path)) is not None and len(text.splitlines()) > LONGEST_FILE
    ]
    assert not long


def test_the_top_level_is_what_the_design_says() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_nothing_names_the_machine_that_it_was_made_on() -> None:
    found = []
    for path in tracked():
        text = text_of(path)
        if text is None or path == Path(__file__):
            continue
        found += [f"{name_of(path)}: {match[0]}" for match in MENTIONS.finditer(text)]
    assert not found


def public_nodes(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    yield "module", tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                        yield f"{node.name}.{inner.name}", inner


def test_every_public_module_class_and_function_has_a_docstring() -> None:
    bare = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        bare += [
            f"{name_of(path)}: {name}"
            for name, node in public_nodes(ast.parse(text))
            if text.strip() and not ast.get_docstring(node)  # type: ignore[arg-type]
        ]
    assert not bare


def test_no_unfinished_work_is_marked() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert not [name_of(path) for path in modules() if marks.search(path.read_text(encoding="utf-8"))]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def shingles(tokens: list[str]) -> set[int]:
    return {hash(tuple(tokens[at : at + SHINGLE])) for at in range(len(tokens) - SHINGLE + 1)}


def borrowed_texts() -> Iterator[str]:
    """Texts of the data folder, every n-th of the long files; about 12 million words are too many for each run."""
    for name, step in (
        ("corpus/train", 3),
        ("corpus/dev", 1),
        ("convention/provisions", 1),
        ("documents/laundering", 4),
    ):
        path = SHARED / f"{name}.jsonl.gz"
        if not path.is_file():
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in itertools.islice(lines, 0, None, step):
                row = json.loads(line)
                yield row.get("text") or ""


def is_title(tokens: list[str], titles: list[str]) -> bool:
    """Names of the instruments and headings of articles, led by their number or not, are facts, and free to use."""
    name = " ".join(tokens[1:] if tokens[0].isdigit() else tokens)
    return any(name in title for title in titles) or sum(map(str.isdigit, tokens)) * 2 >= len(tokens)


def without_addresses(table: str) -> str:
    """The list of sources without its addresses in other people's repositories, which name Acts and cases in places.

    A cell of the last two columns is left out only if an address is all that it is; else it is read with the rest.
    """
    rows = [line.split("\t") for line in table.splitlines()]
    return "\n".join("\t".join([*row[:-2], *(x for x in row[-2:] if not ADDRESS.fullmatch(x))]) for row in rows)


def test_only_addresses_are_left_out_of_the_list_of_sources() -> None:
    kept = without_addresses("a\tb\tgithub:me/laws:acts/an act 1994.md\thttps://x.example/y\nc\td\tthe act says\t")
    assert kept == "a\tb\nc\td\tthe act says\t"
    left = without_addresses((ROOT / "corpora/labelled/sources.tsv").read_text(encoding="utf-8"))
    assert {word for line in left.splitlines()[1:] for word in line.split("\t")[6:]} <= {"", "passage"}


@pytest.mark.shared
def test_no_text_of_the_data_folder_is_in_the_repository() -> None:
    if not SHARED.is_dir():
        pytest.skip("the labelled data folder is not beside this checkout")
    written = ROOT / "corpora/labelled/written.jsonl"
    own = shingles(words(written.read_text(encoding="utf-8")))
    theirs: set[int] = set()
    for text in borrowed_texts():
        theirs |= shingles(words(text))
    theirs -= own
    titles = [" ".join(words(title)) for title in (*TITLES, *(provision.heading for provision in tree().walk()))]
    found = []
    for path in tracked():
        name = name_of(path)
        text = text_of(path)
        if text is None or path.name == "LICENSE" or path.suffix in {".jsonl", ".lock"}:
            continue
        # Names of courts are facts, some of them long; the file that lists them has one a line, and may.
        allowed = titles + [" ".join(words(line)) for line in text.splitlines()] if name == COURTS else titles
        if name == "corpora/labelled/sources.tsv":
            text = without_addresses(text)
        tokens = words(text)
        for at in range(len(tokens) - SHINGLE + 1):
            window = tokens[at : at + SHINGLE]
            if hash(tuple(window)) in theirs and not is_title(window, allowed):
                found.append(f"{name}: {' '.join(window)}")
    assert not found, f"{len(found)} runs of {SHINGLE} words"
