"""Reading and writing JSON Lines files, plain or gzip, with each line checked against a JSON Schema.

Called by the readers of passages, predictions and whole judgments; the one place that names file and line in errors.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import IO, Any, cast

from palermo.corpora.errors import DataError


@lru_cache(maxsize=8)
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name` ("passage" or "prediction") that ships beside this module."""
    file = resources.files("palermo.corpora.labelled").joinpath(f"{name}.schema.json")
    return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=8)
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(name))


def read_records(path: Path, schema_name: str | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `(line number, object)` for each non-empty line; lines are counted from 1.

    Raises:
        DataError: the file can't be opened or decompressed, is not UTF-8, or a line is not a JSON object or breaks
            the schema; the message names file, line and field, never the content.
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
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(f"line {number} is not JSON", source=path.name, hint="one JSON object a line") from None
    if not isinstance(record, dict):
        raise DataError(f"line {number} is not a JSON object", source=path.name, hint="one JSON object a line")
    if schema_name is not None:
        error = next(_validator(schema_name).iter_errors(record), None)
        if error is not None:
            raise DataError(
                f"line {number}: {_complaint(error)}",
                source=path.name,
                hint=f"see {schema_name}.schema.json",
            )
    return record


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
