"""From a file to its finished analysis, over HTTP: `palermo benchmark upload` prints the seconds."""

from __future__ import annotations

import time
from pathlib import Path

import click
from palermo.evaluation.made import judgment
from palermo.evaluation.serving import LOOK_SECONDS, Client, percentile, read_token, service

NUMBERS = 1_000_000


def upload(client: Client, words: int, number: int) -> float:
    """Seconds from the request that gives one judgment to the end of its batch, seen at most 0.1 s late.

    Raises:
        ClickException: it was refused, or its analysis failed.
    """
    data = judgment(words, number).encode()
    started = time.perf_counter()
    given = client.send_file("/v1/documents", f"judgment-{number}.txt", data)
    if given.status != 202:
        raise click.ClickException(f"refused with {given.status}: {given.body[:300].decode(errors='replace')}")
    batch = given.json()["batch"]["id"]
    while True:
        progress = client.ask("GET", f"/v1/batches/{batch}").json()["progress"]
        if progress["finished"]:
            break
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - started
    if progress["done"] != 1:
        raise click.ClickException("the analysis failed")
    return seconds


@click.command("upload")
@click.option("--words", type=click.IntRange(50), default=10_000, show_default=True, help="Length of a judgment.")
@click.option("--count", type=click.IntRange(1), default=20, show_default=True, help="Judgments measured.")
@click.option("--url", help="A service that runs; default: one of its own, with an empty data folder.")
@click.option(
    "--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Token for --url: scope write."
)
def main(words: int, count: int, url: str | None, token_file: Path | None) -> None:
    """Give judgments one after another, each when the one before is done; one more, not counted, comes first."""
    first = int(time.time()) % NUMBERS * 1000  # a service that runs may have had the same ones before
    with service(url, read_token(token_file)) as found:
        client = found.client()
        upload(client, words, first)
        seconds = []
        for number in range(1, count + 1):
            seconds.append(upload(client, words, first + number))
            click.echo(f"{number:4} {seconds[-1]:8.2f} s", err=True)
        client.close()
    click.echo(
        f"{count} judgments of {words:,} words, from the POST to the finished analysis: "
        f"p50 {percentile(seconds, 50):.2f} s, p95 {percentile(seconds, 95):.2f} s, slowest {max(seconds):.2f} s"
    )
