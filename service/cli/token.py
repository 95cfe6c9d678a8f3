"""`palermo token`: keys with which programs use the API in a person's name."""

from __future__ import annotations

import click
from palermo.service.cli.user import opened

SCOPES = ("read", "write", "admin")
_DAYS = 90


@click.group("token")
def command() -> None:
    """Add, list and revoke tokens; programs send them as `Authorization: Bearer TOKEN`."""


@command.command("add")
@click.argument("user")
@click.option("--name", required=True, help="What it is for, such as nightly-import.")
@click.option("--scope", type=click.Choice(SCOPES), default="read", show_default=True, help="What it is good for.")
@click.option("--days", type=click.IntRange(1), default=_DAYS, show_default=True, help="How long it works.")
def add(user: str, name: str, scope: str, days: int) -> None:
    """Make a token of USER and print it. It is shown this once and kept nowhere."""
    from palermo.corpora.settings import settings
    from palermo.service.access.managing import make_token, named_user

    with opened() as store:
        token, secret = make_token(store, settings(), named_user(store, user).id, name, scope, days)
    click.echo(secret)
    click.echo(f"palermo: token {token.id}, valid until {token.expires:%Y-%m-%d}; it is not shown again", err=True)


@command.command("list")
@click.option("--user", help="Only those of one person.")
def list_(user: str | None) -> None:
    """List tokens, newest first: number, user, name, scopes, expiry, last use and state, separated by tabs."""
    from palermo.service.access.managing import named_user
    from palermo.service.store.basics import now
    from palermo.service.store.people import tokens, users

    with opened() as store:
        owner = named_user(store, user).id if user else None
        with store.read() as session:
            names = {one.id: one.name for one in users(session)}
            for token in tokens(session, owner):
                over = token.expires is not None and token.expires <= now()
                state = "revoked" if token.revoked else "expired" if over else "works"
                until, used = (f"{day:%Y-%m-%d}" if day else "-" for day in (token.expires, token.last_used))
                cells = (token.id, names[token.owner], token.name, " ".join(sorted(token.scopes)), until, used, state)
                click.echo("\t".join(map(str, cells)))


@command.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End the token NUMBER."""
    from palermo.service.store.people import revoke_token

    with opened() as store, store.write() as session:
        revoke_token(session, number)
    click.echo(f"token {number} no longer works")
