"""A service under the mixed work of several clients: `palermo benchmark load` prints requests, times and memory.

Each client gives texts and sample files, reads, lists, reviews, exports and deletes what it gave itself, so that every
answer but "come back later" (429) has to be a success: any other counts as an error.
"""

from __future__ import annotations

import http.client
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from statistics import median

import click
from palermo.evaluation.made import judgment
from palermo.evaluation.serving import Answer, Client, Service, percentile, read_token, service

MIX = {"upload": 15, "progress": 20, "read": 25, "search": 20, "review": 12, "export": 4, "delete": 4}
"""Kinds of requests, and how often each is chosen of a hundred."""
PENDING, KEPT = 4, 40
"""Documents of a client that may wait for their analysis, and that it keeps before it deletes the oldest."""
WORDS = (100, 1500)
WARM_UP, WINDOW = 0.2, 0.1
"""Parts of the run: the first is the warm-up; memory is compared over the part behind it and over the last one."""
GROWTH = 1.10
RETRY_SECONDS = 1.0
_SEARCHES = (
    "/v1/predictions?decision=review&reviewed=false&sort=uncertainty&text=true",
    "/v1/predictions?provision=UNTOC.6&sort=score&limit=20",
    "/v1/documents?kind=judgment&limit=20",
    "/v1/counts/provisions",
    "/queue",
    "/dashboard",
)


@dataclass
class Tally:
    """What all clients met.

    Attributes:
        seconds: of each answer, by kind.
        errors: how often each kind was answered wrongly, by kind and status or exception.
        busy: answers that said to come back later (429).
        memory: (seconds since the start, resident bytes), a sample a second.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    memory: list[tuple[float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, answer: Answer) -> bool:
        """Count an answer; whether it was a success."""
        with self.lock:
            if answer.status == 429:
                self.busy += 1
            elif answer.status >= 400:
                self.errors[f"{kind} {answer.status}"] += 1
            else:
                self.seconds.setdefault(kind, []).append(answer.seconds)
        return answer.status < 400


class User:
    """One client that works until it is told to stop."""

    def __init__(self, number: int, client: Client, tally: Tally, samples: list[Path]) -> None:
        self._number, self._client, self._tally, self._samples = number, client, tally, samples
        self._chosen = random.Random(number)  # noqa: S311 - no secret
        self._made = int(time.time()) * 1000 + number  # other texts than those of a run before
        self._pending: list[tuple[int, str]] = []
        self._done: list[str] = []
        self._exports: list[int] = []

    def work(self, stop: threading.Event) -> None:
        """One request after another; a pause where there is nothing to do but wait."""
        kinds, weights = list(MIX), list(MIX.values())
        while not stop.is_set():
            kind = self._chosen.choices(kinds, weights)[0]
            try:
                step: Callable[[], bool] = getattr(self, f"_{kind}")
                if not step():
                    stop.wait(RETRY_SECONDS)
            except (OSError, http.client.HTTPException) as error:
                with self._tally.lock:
                    self._tally.errors[f"{kind} {type(error).__name__}"] += 1
                self._client.close()
                stop.wait(RETRY_SECONDS)
        self._client.close()

    def _upload(self) -> bool:
        if len(self._pending) >= PENDING:
            return self._progress()
        self._made += 1000
        if not self._samples or self._chosen.random() < 0.8:
            name, data = f"{self._made}.txt", judgment(self._chosen.randint(*WORDS), self._made).encode()
        else:
            path = self._chosen.choice(self._samples)
            # A comment behind its end makes a text or a page another document, with the same work to read it.
            name, data = path.name, path.read_bytes() + f"\n<!-- {self._made} -->\n".encode()
        answer = self._client.send_file("/v1/documents", name, data)
        if self._tally.note("upload", answer):
            given = answer.json()
            self._pending.append((given["batch"]["id"], given["documents"][0]))
        return answer.status < 400

    def _progress(self) -> bool:
        if not self._pending:
            return self._search()
        batch, document = self._pending[0]
        answer = self._client.ask("GET", f"/v1/batches/{batch}")
        if not self._tally.note("progress", answer):
            return False
        progress = answer.json()["progress"]
        if progress["finished"]:
            self._pending.pop(0)
            if progress["done"]:
                self._done.append(document)
            else:
                with self._tally.lock:
                    self._tally.errors["job failed"] += 1
        return bool(progress["finished"])

    def _read(self) -> bool:
        if not self._done:
            return self._progress()
        document = self._chosen.choice(self._done)
        part = self._chosen.choice(("", "/text", "/passages", "/analyses/newest", "/source"))
        page = self._chosen.random() < 0.2
        address = f"/documents/{document}" if page else f"/v1/documents/{document}{part}"
        return self._tally.note("read", self._client.ask("GET", address))

    def _search(self) -> bool:
        return self._tally.note("search", self._client.ask("GET", self._chosen.choice(_SEARCHES)))

    def _review(self) -> bool:
        if not self._done:
            return self._progress()
        query = f"/v1/predictions?document={self._chosen.choice(self._done)}&reviewed=false&limit=5"
        answer = self._client.ask("GET", query)
        if not self._tally.note("search", answer):
            return False
        tags = answer.json()["items"]
        if not tags:
            return True
        tag = self._chosen.choice(tags)
        step = {"passage": tag["passage"], "provision": tag["provision"]}
        step["action"] = self._chosen.choice(("accept", "reject"))
        return self._tally.note("review", self._client.send_json("POST", "/v1/reviews", step))

    def _export(self) -> bool:
        if self._exports:
            return self._fetch()
        if not self._done:
            return self._progress()
        order = {"format": self._chosen.choice(("jsonl", "csv", "xlsx")), "documents": self._done[-3:]}
        answer = self._client.send_json("POST", "/v1/exports", order)
        if self._tally.note("export", answer):
            self._exports.append(answer.json()["id"])
        return answer.status < 400

    def _fetch(self) -> bool:
        """Look whether an export is made, and read its file then."""
        place = f"/v1/exports/{self._exports[0]}"
        answer = self._client.ask("GET", place)
        if not self._tally.note("export", answer):
            self._exports.pop(0)
            return False
        if answer.json()["state"] != "running":
            self._exports.pop(0)
            return self._tally.note("export", self._client.ask("GET", f"{place}/file"))
        return True

    def _delete(self) -> bool:
        # An export goes with its documents, so none may be under way.
        if len(self._done) < KEPT or self._exports:
            return self._read()
        answer = self._client.ask("DELETE", f"/v1/documents/{self._done.pop(0)}")
        return self._tally.note("delete", answer)


def run(found: Service, clients: int, seconds: float) -> Tally:
    """Let clients work for a time, and look at the memory once a second."""
    tally, stop = Tally(), threading.Event()
    folder = Path(str(files("palermo.corpora.samples") / "documents"))
    samples = sorted(path for path in folder.iterdir() if path.suffix in {".txt", ".html"})
    watching = found.client()
    started = time.monotonic()
    tally.memory.append((0.0, found.memory(watching)))
    users = [User(number, found.client(), tally, samples) for number in range(clients)]
    threads = [threading.Thread(target=user.work, args=(stop,), daemon=True) for user in users]
    for thread in threads:
        thread.start()
    while (now := time.monotonic() - started) < seconds:
        stop.wait(min(1.0, seconds - now))
        tally.memory.append((time.monotonic() - started, found.memory(watching)))
    tally.memory.append((time.monotonic() - started, found.memory(watching)))
    stop.set()
    for thread in threads:
        thread.join()
    watching.close()
    return tally


def memory_of(tally: Tally) -> tuple[int, int, int]:
    """Resident bytes at the start, after the warm-up and at the end; the latter two are medians over a tenth."""
    length = tally.memory[-1][0]
    after = [size for at, size in tally.memory if WARM_UP * length <= at <= (WARM_UP + WINDOW) * length]
    end = [size for at, size in tally.memory if at >= (1 - WINDOW) * length]
    return tally.memory[0][1], int(median(after or end)), int(median(end))


def lines(tally: Tally, faults: list[str]) -> list[str]:
    """The table for a terminal."""
    start, warm, end = (size / 2**20 for size in memory_of(tally))
    said = [f"{'kind':10}{'requests':>10}{'p50 ms':>10}{'p95 ms':>10}{'most ms':>10}"]
    for kind in MIX:
        seconds = tally.seconds.get(kind, [])
        if seconds:
            times = (percentile(seconds, 50), percentile(seconds, 95), max(seconds))
            said.append(f"{kind:10}{len(seconds):10,}" + "".join(f"{1000 * one:10,.0f}" for one in times))
    total = sum(map(len, tally.seconds.values())) + tally.errors.total() + tally.busy
    said.append(
        f"{total:,} requests in {tally.memory[-1][0] / 60:.1f} minutes; {tally.busy:,} told to come back (429); "
        f"{tally.errors.total():,} errors; {len(faults)} faults in the log"
    )
    said += [f"ERROR    {what}: {count}" for what, count in tally.errors.most_common()]
    said += [f"FAULT    {line[:300]}" for line in faults[:20]]
    said.append(
        f"memory: {start:.0f} MiB at the start, {warm:.0f} after the warm-up, {end:.0f} at the end: "
        f"{'flat' if flat(tally) else 'NOT FLAT'} (the end may be {GROWTH - 1:.0%} above after the warm-up)"
    )
    return said


def flat(tally: Tally) -> bool:
    """Whether memory at the end is at most ten per cent above that after the warm-up."""
    _, warm, end = memory_of(tally)
    return end <= GROWTH * warm


@click.command("load")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True)
@click.option("--clients", type=click.IntRange(1), default=10, show_default=True, help="Clients at once.")
@click.option("--url", help="A service that runs; default: one of its own, with an empty data folder.")
@click.option(
    "--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Token for --url: scope admin."
)
def main(minutes: float, clients: int, url: str | None, token_file: Path | None) -> None:
    """Let clients work on a service; status 1 where an answer was an error, or memory grew."""
    with service(url, read_token(token_file)) as found:
        tally = run(found, clients, 60 * minutes)
    for line in lines(tally, found.faults):
        click.echo(line)
    sys.exit(0 if not tally.errors and not found.faults and flat(tally) else 1)
