"""Which model whole processes take: the one installed in the folder of `--data`, whatever the environment says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.settings import settings
from palermo.models import installed, manifest
from palermo.models.installed import Home
from palermo.service.analysis import default_tagger
from palermo.service.cli.serve import in_folder

COMMAND = [sys.executable, "-u", "-c", "from palermo.service.cli import main; main()"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with an installed model: the shipped one under another name."""
    folder = tmp_path / "data"
    _install(folder, tmp_path / "run", "corrected")
    return folder


def _install(data: Path, run: Path, name: str) -> None:
    shutil.copytree(manifest.SHIPPED, run)
    facts: dict[str, Any] = manifest.read(run)
    facts.pop("files")
    (run / "name.txt").write_text(name, encoding="utf-8")  # or it would be the shipped model by its files
    manifest.write(run, {**facts, "name": name})
    installed.install(run, Home(data / "models", manifest.SHIPPED))


def test_the_service_takes_the_model_that_is_installed_in_its_folder(data: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            address = next(found[0] for line in process.stderr if (found := re.search(r"http://127[0-9.:]+", line)))
            body = json.dumps({"text": "The proceeds of the fraud were laundered."}).encode()
            request = urllib.request.Request(f"{address}/v1/analyses", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as response:
                assert json.load(response)["engine"]["model"] == "corrected"
        finally:
            process.terminate()
            process.communicate()


def test_without_a_folder_the_environment_says_where(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        for folder, name in ((data, "corrected"), (data / "another", manifest.read(manifest.SHIPPED)["name"])):
            monkeypatch.setenv("PALERMO_DATA_DIR", str(folder))
            settings.cache_clear()
            assert default_tagger().info()["model"] == name
            assert default_tagger(limits=in_folder(data)).info()["model"] == "corrected"
        monkeypatch.setenv("PALERMO_MODEL_DIR", str(manifest.SHIPPED))  # wins over what the folder has
        settings.cache_clear()
        assert default_tagger(limits=in_folder(data)).info()["model"] == name
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_worker_looks_for_the_model_in_its_folder(tmp_path: Path) -> None:
    note = tmp_path / "models" / installed.NAME
    note.parent.mkdir()
    note.write_text("no note", encoding="utf-8")
    command = [*COMMAND, "worker", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode != 0
    assert installed.NAME in done.stderr
