"""Passwords: argon2id hashes, their comparison, and which new ones are too easy to guess.

Parameters: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane. A hash made with others is
renewed at the next log-in.
"""

from __future__ import annotations

import re
import threading
import tomllib
import unicodedata
from collections.abc import Set
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from palermo.corpora.errors import PalermoError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_PASSES, _MEMORY_KIB, _LANES = 2, 19 * 1024, 1
_LONGEST = 1000
_FEWEST_DIFFERENT = 5
_TURNS = threading.BoundedSemaphore(4)  # each hash fills its memory; a flood of log-ins must not fill the machine's
_NOBODY = "a password that nobody has"


class WeakPassword(PalermoError):
    """A new password is too short, too long or too easy to guess."""

    code = "weak_password"
    status = 422


def hash_password(password: str) -> str:
    """The encoded argon2id hash of a password; takes some 50 ms on purpose."""
    with _TURNS:
        return _hasher().hash(_plain(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; without a hash the same work is done, and it is not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    nobody = _hash_of_nobody()
    try:
        with _TURNS:
            same = _hasher().verify(nobody if kept is None else kept, _plain(password[:_LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return same and kept is not None and len(password) <= _LONGEST


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


def check_new(password: str, name: str, shortest: int) -> None:
    """Refuse a new password that is too easy to guess (NIST SP 800-63B, 3.1.1.2: length and no common words).

    Args:
        password: as typed.
        name: of the user, which must not be most of it.
        shortest: code points.

    Raises:
        WeakPassword: too short, too long, too uniform, or made of common words, the user's name and digits only.
    """
    if not shortest <= len(password) <= _LONGEST:
        raise WeakPassword(
            f"a password has {shortest} to {_LONGEST} characters", source="password", hint="several words are best"
        )
    letters = re.sub(r"[\W\d_]+", "", password.casefold())
    own = {part for part in re.split(r"[\W\d_]+", name.casefold()) if part}
    if len(set(password)) < _FEWEST_DIFFERENT or _is_made_of(letters, _common() | own):
        raise WeakPassword("this password is easy to guess", source="password", hint="several unusual words are best")


def _is_made_of(letters: str, words: Set[str]) -> bool:
    # No regular expression: with words that begin alike it would try every way to cut the letters.
    ends = {0}
    for at in range(len(letters)):
        if at in ends:
            ends |= {at + len(word) for word in words if letters.startswith(word, at)}
    return len(letters) in ends


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return hash_password(_NOBODY)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = files("palermo.service.access").joinpath("common_words.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["words"])
