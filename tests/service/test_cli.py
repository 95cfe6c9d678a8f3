"""The command line as a whole: quick to start, lazily loaded, clear when something is wrong."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest
from palermo.corpora.errors import DataError, ModelError, UsageError
from palermo.service import cli

HELP = "from palermo.service.cli import main; main(['--help'])"
HEAVY = ("torch", "lxml", "onnxruntime", "pypdfium2", "lingua", "pydantic", "fastapi", "numpy", "jinja2", "tokenizers")


def processor_seconds(code: str) -> float:
    """Least processor time of three runs of Python with `code`, user and system."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(times)


def test_help_costs_little_more_than_starting_python() -> None:
    """Bare Python takes about 0.02 s, so twelve times that keeps `--help` far below 0.4 s of processor time."""
    assert processor_seconds(HELP) < 12 * processor_seconds("pass")


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys\ntry:\n    {HELP}\nexcept SystemExit:\n    print('LOADED', *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert loaded.isdisjoint(HEAVY)
    assert all(name in done.stdout for name in cli.COMMANDS)


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_of_the_table_loads_and_explains_itself(name: str) -> None:
    command = importlib.import_module(f"palermo.service.cli.{cli.COMMANDS[name][0]}").command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("bad option"), 2),
        (DataError("line 3 is not JSON", source="gold.jsonl", hint="one object a line"), 1),
        (ModelError("weights missing"), 1),
    ],
)
def test_every_error_on_purpose_is_one_line(
    error: Exception, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli.group, "main", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main(["doctor"])
    assert caught.value.code == status
    assert capsys.readouterr().err == f"palermo: {error}\n"


def test_a_reader_of_the_pipe_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-c", "from palermo.service.cli import main; main(['provisions'])"],
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b""


def test_provisions_as_a_tree_and_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, expected in (
        (["provisions", "UNTOC.6"], "laundering"),
        (["provisions", "TIP", "--json"], '"TIP.5"'),
    ):
        with pytest.raises(SystemExit):
            cli.main(arguments)
        assert expected in capsys.readouterr().out


def test_an_unknown_provision_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["provisions", "UNTOC.99"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "FILE", "--predictions", "FILE", "--report", "OUT"],
        ["benchmark", "compare", "FILE", "FILE", "FILE"],
        ["benchmark", "tfidf", "--train", "FILE", "--gold", "FILE", "--report", "OUT"],
        ["benchmark", "annif", "--train", "FILE", "--gold", "FILE", "--report", "OUT", "--annif", sys.executable],
        ["benchmark", "ecthr", "--data", "FOLDER"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_malformed_data_is_status_1_and_one_line_everywhere(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text("no JSON\n", "utf-8")
    places = {"FILE": str(file), "FOLDER": str(tmp_path), "OUT": str(tmp_path / "out")}
    assert status_of([places.get(word, word) for word in command]) == 1
    assert capsys.readouterr().err.startswith("palermo: train.jsonl: line 1 is not JSON")


def test_corpus_commands_on_a_small_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passage = {"id": "1", "kind": "statute", "language": "en", "doc_id": "d", "text": "Whoever launders.", "labels": []}
    (tmp_path / "gold.jsonl").write_text(json.dumps(passage) + "\n", "utf-8")
    assert status_of(["corpus", "check", str(tmp_path / "gold.jsonl")]) == 0
    assert status_of(["corpus", "describe", str(tmp_path / "gold.jsonl")]) == 0
    assert json.loads(capsys.readouterr().out)["passages"] == 1
    assert status_of(["corpus", "agreement", str(tmp_path / "gold.jsonl"), str(tmp_path / "gold.jsonl")]) == 0


def status_of(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    return int(caught.value.code or 0)
