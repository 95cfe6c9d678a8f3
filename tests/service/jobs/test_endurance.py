"""The command that shows that killed processes lose nothing shows it, and would show a loss."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.errors import UsageError
from palermo.service.intake import Given, take_in
from palermo.service.jobs import endurance
from palermo.service.jobs.endurance import Report, shortest
from palermo.service.store import Store
from palermo.service.store.analyses import save_analysis, save_text
from palermo.service.store.tables import Job
from sqlalchemy import update

TEXTS = [f"{n}. The proceeds of crime number {n} were hidden.{' He knew it.' * n}" for n in range(8)]


def lines(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def test_the_shortest_texts_are_taken_once_each(tmp_path: Path) -> None:
    path = lines(tmp_path / "given.jsonl", [*TEXTS[::-1], TEXTS[0]])
    assert shortest(path, 3) == TEXTS[:3]
    with pytest.raises(UsageError, match="8 different texts"):
        shortest(path, 9)


def test_a_service_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "given.jsonl", TEXTS)
    command = [sys.executable, "-m", "palermo.service.jobs.endurance", "--documents", str(path), "--count", "8"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert [said[name] for name in ("documents", "analyses", "duplicates", "lost", "failed")] == list("88000")
    assert said["killed_at"] != "[]"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_loss_and_a_needless_start_are_seen(store: Store, tagger: Any, pool: Any) -> None:
    batch = take_in(store, [Given(text.encode(), f"{n}.txt") for n, text in enumerate(TEXTS)], name="lot").id
    with store.write() as session:
        for text in TEXTS[:-1]:  # nobody analyses the last
            read = pool.read(text.encode(), "a.txt")
            save_text(session, read)
            save_analysis(session, tagger.tag(read))
        session.execute(update(Job).values(state="done", attempts=1))
        session.execute(update(Job).where(Job.document == 2).values(attempts=2))
    seen = Report("sqlite", len(TEXTS), 100)
    endurance._examine(store, batch, set(), seen)
    assert (seen.analyses, seen.lost, seen.begun_again, seen.needlessly, seen.good) == (7, 1, 1, 1, False)
    cut_off = Report("sqlite", len(TEXTS), 100)
    endurance._examine(store, batch, {2}, cut_off)
    assert cut_off.needlessly == 0
