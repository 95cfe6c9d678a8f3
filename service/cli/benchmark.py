"""`palermo benchmark`: peers, public data, predictions compared, folders read and tagged, a service under load."""

from __future__ import annotations

import importlib

import click

_NAMES = {
    "annif": "palermo.evaluation.annif",
    "baseline": "palermo.evaluation.baseline",
    "compare": "palermo.evaluation.compare",
    "documents": "palermo.evaluation.batch",
    "ecthr": "palermo.evaluation.ecthr",
    "judgments": "palermo.evaluation.judgments",
    "large": "palermo.evaluation.large",
    "load": "palermo.evaluation.load",
    "reading": "palermo.evaluation.reading",
    "tfidf": "palermo.evaluation.baseline",
    "upload": "palermo.evaluation.upload",
}


class _Benchmarks(click.Group):
    """Commands that the modules of `palermo.evaluation` bring along."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now."""
        if cmd_name not in _NAMES:
            return None
        command: click.Command = importlib.import_module(_NAMES[cmd_name]).main
        return command


@click.command("benchmark", cls=_Benchmarks)
def command() -> None:
    """Measure quality against a baseline or another tagger, and whole batches."""
