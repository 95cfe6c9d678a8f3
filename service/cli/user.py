"""`palermo user`: who may log in to the service; the first admin is made here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from palermo.service.store import Store

ROLES = ("reader", "editor", "admin")


@click.group("user")
def command() -> None:
    """Add, list and change the people who may log in to the service (setting PALERMO_ACCOUNTS).

    A password is asked for on the terminal, or read as one line from standard input; never from an argument, which
    other users of the machine can see.
    """


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the person may do.")
def add(name: str, role: str) -> None:
    """Add a person."""
    from palermo.corpora.settings import settings
    from palermo.service.access.managing import make_user

    with opened() as store:
        made = make_user(store, settings(), name, role, ask_password())
    click.echo(f"{made.name} can log in as {made.role}")
    if settings().accounts == "off":
        click.echo("palermo: accounts are off; start the service with PALERMO_ACCOUNTS=on", err=True)


@command.command("list")
def list_() -> None:
    """List all people: name, role, state, and since when, separated by tabs."""
    from palermo.service.store.people import users

    with opened() as store, store.read() as session:
        for user in users(session):
            state = "disabled" if user.disabled else "active"
            click.echo(f"{user.name}\t{user.role}\t{state}\t{user.created:%Y-%m-%d}")


@command.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), help="What the person may do from now on.")
@click.option("--disable/--enable", "disabled", default=None, help="Whether the person may no longer log in, or again.")
def change(name: str, role: str | None, disabled: bool | None) -> None:
    """Change a person's role, or disable the person: sessions end and tokens are revoked."""
    from palermo.service.access.identity import as_role
    from palermo.service.access.managing import named_user
    from palermo.service.store.people import change_user

    if role is None and disabled is None:
        raise click.UsageError("say --role, --disable or --enable")
    with opened() as store:
        user = named_user(store, name)
        with store.write() as session:
            now = change_user(session, user.id, role=as_role(role) if role else None, disabled=disabled)
    click.echo(f"{now.name} is {now.role}" + (", disabled" if now.disabled else ""))


@command.command("password")
@click.argument("name")
def password(name: str) -> None:
    """Give a person another password; their sessions end."""
    from palermo.corpora.settings import settings
    from palermo.service.access.managing import named_user, set_password

    with opened() as store:
        user = named_user(store, name)
        set_password(store, settings(), user, ask_password())
    click.echo(f"{user.name} has another password")


@contextmanager
def opened() -> Iterator[Store]:
    """The service's database, in the shape that this Palermo needs."""
    from palermo.service.store import open_store

    store = open_store()
    try:
        store.migrate()
        yield store
    finally:
        store.close()


def ask_password() -> str:
    """A password: asked for twice on a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")
