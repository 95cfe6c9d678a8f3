"""The benchmark fills what it says and measures pages and figures; how fast, it tells, and no test asks."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from palermo.service.store.bench import FIGURES, combinations, main

EVERY = 97


def test_it_measures_pages_and_figures(tmp_path: Path) -> None:
    options = ["--rows", "200", "--repeats", "2", "--every", str(EVERY), "--database", f"sqlite:///{tmp_path}/b.sqlite"]
    for _ in range(2):
        done = CliRunner().invoke(main, options, catch_exceptions=False)
        found = json.loads(done.output)
        assert found["rows"] == 200
        assert found["combinations"] == len(list(combinations())[::EVERY])
        assert set(found["figures"]) == set(FIGURES)
