"""The documentation: links lead somewhere, commands and options exist, generated tables are fresh."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from palermo.corpora.settings import Settings
from palermo.service.cli import COMMANDS, LazyGroup, group

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("corpora/**/*.md")])
PAGES = [page for page in PAGES if "sources" not in page.parts]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|[`/ ])palermo ([a-z]+)((?:[^\S\n][^`\n|]*)?)", re.MULTILINE)
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(page: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists() or (anchor and anchor not in headings(path)):
            broken.append(target)
    assert not broken


def mentioned() -> list[tuple[str, str, list[str]]]:
    """`(page, command, its options)` for each `palermo COMMAND ...` in code on the pages."""
    found = []
    for page, name in zip(PAGES, IDS, strict=True):
        text = page.read_text(encoding="utf-8")
        code = re.findall(r"```\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
        for piece in code:
            for command, rest in COMMAND.findall(piece):
                found.append((name, command, re.findall(r"(?<!\S)(--[a-z-]+)", rest)))
    return found


def test_commands_and_options_on_the_pages_exist() -> None:
    unknown = []
    for page, name, options in mentioned():
        if name not in COMMANDS:
            unknown.append(f"{page}: palermo {name}")
            continue
        assert isinstance(group, LazyGroup)
        context = click.Context(group)
        command = group.get_command(context, name)
        assert command is not None
        below = command.list_commands(context) if isinstance(command, click.Group) else ()
        commands = [command, *(found for one in below if (found := command.get_command(context, one)))]  # type: ignore
        known = {option for one in commands for param in one.params for option in (*param.opts, *param.secondary_opts)}
        unknown += [f"{page}: palermo {name} {option}" for option in options if option not in {*known, "--help"}]
    assert not unknown


def test_every_command_has_its_place_in_the_reference() -> None:
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    assert not [name for name in COMMANDS if f"`palermo {name}" not in page]


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert not [name for name in Settings.model_fields if f"`PALERMO_{name.upper()}`" not in page]


def test_settings_named_on_the_pages_exist() -> None:
    known = {f"PALERMO_{name.upper()}" for name in Settings.model_fields}
    for page in PAGES:
        assert set(re.findall(r"PALERMO_[A-Z_]+", page.read_text(encoding="utf-8"))) <= known, page.name


def test_tables_made_from_code_are_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/reference_pages.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_every_page_is_reachable_from_the_index() -> None:
    reached, queue = set(), [ROOT / "docs/index.md", ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")))
        queue += [(page.parent / target).resolve() for target in targets if target and "://" not in target]
    assert not [page for page in ROOT.glob("docs/**/*.md") if page not in reached]


def test_scripts_on_the_pages_exist() -> None:
    for page in PAGES:
        for name in re.findall(r"scripts/[a-z_]+(?:\.[a-z]+)?", page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{page.name}: {name}"
