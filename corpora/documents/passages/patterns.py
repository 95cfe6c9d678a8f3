"""Reads the pattern files and compiles them with google-re2, once a process; `judgment` and `statute` call it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

import re2


@lru_cache(maxsize=8)
def data(name: str) -> dict[str, Any]:
    """The content of `<name>.toml` beside this module."""
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """A pattern compiled by google-re2, which is linear in the text whatever the pattern."""
    return re2.compile(pattern)
