"""JSON Schemas of what the service takes and gives; tests validate every golden example and result against them."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=8)
def load(name: str) -> dict[str, Any]:
    """The schema `name.schema.json` of this folder (JSON Schema 2020-12)."""
    schema: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8"))
    return schema


def inline(name: str) -> dict[str, Any]:
    """The schema without `$id`, `$schema` and `$defs`, references resolved: as it goes into an OpenAPI description."""
    schema = load(name)
    resolved = _resolved({key: value for key, value in schema.items() if not key.startswith("$")}, schema)
    assert isinstance(resolved, dict)
    return resolved


def _resolved(node: Any, root: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_resolved(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolved(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    return {key: _resolved(value, root) for key, value in node.items()}
