"""Reading and writing JSON Lines files, plain or gzip, with each line checked against a JSON Schema.

Called by the readers of passages, predictions and whole judgments; the one place that names file and line in errors.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

from palermo.corpora.errors import DataError

if TYPE_CHECKING:
    from jsonschema import ValidationError

_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=8)
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name` ("passage" or "prediction") that ships beside this module."""
    file = resources.files("palermo.corpora.labelled").joinpath(f"{name}.schema.json")
    return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=8)
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"pattern": _pattern})(schema(name))


def _pattern(_validator: Any, pattern: str, value: Any, _rule: dict[str, Any]) -> Iterator[ValidationError]:
    """The keyword `pattern` with `$` at the end of the text only, as in ECMA-262; Python's lets a line feed follow."""
    from jsonschema import ValidationError

    if pattern.endswith("$"):
        pattern = pattern[:-1] + r"\Z"
    if isinstance(value, str) and not re.search(pattern, value):
        yield ValidationError("another pattern")


def read_records(path: Path, schema_name: str | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `(line number, object)` for each non-empty line; lines are counted from 1.

    Lone surrogates become U+FFFD, as in documents. Where the schema asks for an integer, 7.0 is read as 7.

    Raises:
        DataError: the file can't be opened or decompressed, is not UTF-8, or a line is not a JSON object, holds NaN or
            an infinity, or breaks the schema; the message names file, line and field, never the content.
    """
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _checked(line, schema_name, path, number)
    except FileNotFoundError:
        raise DataError("no such file", source=path.name, hint="check the path") from None
    except UnicodeDecodeError:
        raise DataError(f"not UTF-8 after line {number}", source=path.name, hint="save it as UTF-8") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"broken gzip data after line {number}", source=path.name, hint="copy it again") from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"can't be read: {reason}", source=path.name, hint="check the path") from None


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _checked(line: str, schema_name: str | None, path: Path, number: int) -> dict[str, Any]:
    record = _parsed(line, path, number)
    if schema_name is not None:
        _take_whole(record, schema(schema_name))
        error = next(_validator(schema_name).iter_errors(record), None)
        if error is not None:
            raise DataError(
                f"line {number}: {_complaint(error)}",
                source=path.name,
                hint=f"see {schema_name}.schema.json",
            )
    return record


def _parsed(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        record = _DECODER.decode(line)
        if _ESCAPED.search(line):
            record = _without_surrogates(record)
    except _NotFiniteError as constant:
        hint = "leave out what has no finite number"
        raise DataError(f"line {number}: {constant} is not a number", source=path.name, hint=hint) from None
    except (ValueError, RecursionError):
        raise DataError(f"line {number} is not JSON", source=path.name, hint="one JSON object a line") from None
    if not isinstance(record, dict):
        raise DataError(f"line {number} is not a JSON object", source=path.name, hint="one JSON object a line")
    return record


class _NotFiniteError(ValueError):
    """NaN, Infinity or -Infinity, which Python writes and JSON does not have."""


def _refuse(constant: str) -> NoReturn:
    raise _NotFiniteError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _without_surrogates(value: Any) -> Any:
    """The value with U+FFFD for each half of a pair that stands alone, which no file can hold; lengths stay."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


def _take_whole(value: Any, rule: dict[str, Any]) -> Any:
    """The value with an integer for a float such as 7.0 where the rule has type integer; objects change in place."""
    if isinstance(value, float) and value.is_integer() and "integer" in rule.get("type", ()):
        return int(value)
    if isinstance(value, list):
        return [_take_whole(item, rule.get("items", {})) for item in value]
    if isinstance(value, dict):
        for name, inner in rule.get("properties", {}).items():
            if name in value:
                value[name] = _take_whole(value[name], inner)
    return value


def _complaint(error: Any) -> str:
    # jsonschema's own message quotes the content, which may be the text of a judgment.
    where = "/".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"{where + ': ' if where else ''}field {missing[0]!r} is missing"
    rule = f"{error.validator} {json.dumps(error.validator_value)}" if error.validator != "anyOf" else "anyOf"
    return f"field {where!r} breaks the rule {rule}"


def write_records(path: Path, records: Iterable[dict[str, Any]]) -> int:
    """Write one object a line (gzip where the name ends in .gz) and return how many; replaces the file at once.

    The same records give the same bytes. Raises `DataError` where the file can't be written.
    """
    temporary = path.with_name(path.name + ".part")
    count = 0
    try:
        with temporary.open("wb") as raw, _compressed(raw, path) as out:
            for record in records:
                out.write((json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8"))
                count += 1
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror or "unknown reason"
        raise DataError(f"can't be written: {reason}", source=path.name, hint="check the folder") from None
    return count


def _compressed(raw: IO[bytes], path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0))
    return raw
