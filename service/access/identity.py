"""Who asks, and what they may do; every route, page and template looks at an `Identity`."""

from __future__ import annotations

from dataclasses import dataclass

from palermo.corpora.errors import UsageError
from palermo.service.store.people import Role

ROLES: tuple[Role, ...] = ("reader", "editor", "admin")
"""From the least to the most; a later one may do all that an earlier one may."""

SCOPES = ("read", "write", "admin")
"""What a token may be good for; a later one includes the earlier ones. The n-th is what the n-th role needs."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks.

    Attributes:
        user: key of the user; None in single-user mode.
        name: as people read it.
        role: what the user may do at most.
        scopes: what the token is good for; None without a token: whatever the role may.
    """

    user: int | None
    name: str
    role: Role
    scopes: frozenset[str] | None = None

    def may(self, role: Role, scope: str | None = None) -> bool:
        """Whether role and token suffice; `scope` is by default the one that belongs to `role`."""
        return ROLES.index(self.role) >= ROLES.index(role) and self.in_scope(scope or scope_of(role))

    def in_scope(self, scope: str) -> bool:
        """Whether the token, if there is one, is good for `scope`."""
        return self.scopes is None or not self.scopes.isdisjoint(SCOPES[SCOPES.index(scope) :])


LOCAL = Identity(None, "local", "admin")
"""Everybody in single-user mode."""


def scope_of(role: Role) -> str:
    """The scope that a token needs for what a role may do."""
    return SCOPES[ROLES.index(role)]


def as_role(word: str) -> Role:
    """A word as a role.

    Raises:
        UsageError: it is none.
    """
    found = next((role for role in ROLES if role == word), None)
    if found is None:
        raise UsageError(f"the role is one of {', '.join(ROLES)}", source="role")
    return found
