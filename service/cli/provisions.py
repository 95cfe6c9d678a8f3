"""`palermo provisions`: the Convention and its Protocols as a tree, or as JSON."""

from __future__ import annotations

import json

import click


@click.command("provisions")
@click.argument("provision", required=False, metavar="[ID]")
@click.option("--depth", type=click.IntRange(1, 6), help="Levels to show; 1: articles.")
@click.option("--labels", is_flag=True, help="Only provisions that the model scores.")
@click.option("--json", "as_data", is_flag=True, help="As JSON, with everything below ID.")
def command(provision: str | None, depth: int | None, labels: bool, as_data: bool) -> None:
    """Show provisions; ID is a provision such as UNTOC.6.1, or an instrument such as TIP."""
    from palermo.corpora.convention import show

    if as_data:
        click.echo(json.dumps(show.as_json(provision), ensure_ascii=False, indent=2))
    else:
        click.echo(show.render(provision, depth=depth, labels_only=labels))
