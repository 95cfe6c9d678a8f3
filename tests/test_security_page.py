"""The security page: every test that it names exists, and every requirement has a row."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in NAMED.findall(PAGE)
        if not (ROOT / file).is_file() or name not in functions(ROOT / file)
    ]
    assert not missing
    assert len(NAMED.findall(PAGE)) > 40


def test_every_requirement_has_a_row() -> None:
    files = ["5.1.1", *(f"5.2.{n}" for n in range(1, 7)), *(f"5.3.{n}" for n in range(1, 4)), "5.4.1", "5.4.2", "5.4.3"]
    risks = [f"API{number}" for number in range(1, 11)]
    for requirement in (*files, *risks):
        assert any(re.search(rf"\b{re.escape(requirement)}\b", row.split("|")[1]) for row in ROWS), requirement


def test_a_row_without_a_proof_says_that_it_does_not_apply_or_is_not_done() -> None:
    for row in ROWS:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if re.match(r"5\.|API\d", cells[0]):
            assert NAMED.search(cells[2]) or re.match(r"(does not apply|not yet done|not done): ", cells[1]), cells[0]


def test_every_hostile_file_of_tests_is_on_the_page() -> None:
    for path in (ROOT / "tests/hostile").glob("test_*.py"):
        assert f"tests/hostile/{path.name}::" in PAGE
