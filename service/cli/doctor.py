"""`palermo doctor`: whether everything that Palermo needs is here and works, as a table."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

import click
from palermo.corpora.errors import PalermoError

OK, NOTE, FAULT = "ok", "note", "FAULT"

_TEXT = (
    "1. The accused moved the proceeds of the fraud through three companies in order to disguise their origin.\n\n"
    "2. He knew that the money came from a serious offence."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `state` is OK, NOTE (works, but less well or less safely) or FAULT."""

    name: str
    state: str
    about: str


@click.command("doctor")
def command() -> None:
    """Check Python, packages, model, isolation, and one document from end to end; exit status 1 on a fault."""
    found: list[Finding] = []
    for check in CHECKS:
        for finding in _findings(check):
            found.append(finding)
            click.echo(f"{finding.state:6} {finding.name:12} {finding.about}")
    raise SystemExit(1 if any(finding.state == FAULT for finding in found) else 0)


def _findings(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    name = check.__name__.strip("_")
    try:
        yield from check()
    except PalermoError as error:
        yield Finding(name, FAULT, str(error))
    except Exception as error:  # noqa: BLE001 - a doctor tells, it does not fall ill
        yield Finding(name, FAULT, f"{type(error).__name__}: {error}")


def _python() -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", OK if sys.version_info >= (3, 11) else FAULT, f"{version} on {sys.platform}")


def _packages() -> Iterator[Finding]:
    missing = [name for name in _required() if not _installed(name)]
    about = f"missing: {', '.join(missing)}" if missing else f"palermo {metadata.version('palermo')}, all it needs"
    yield Finding("packages", FAULT if missing else OK, about)


def _required() -> list[str]:
    """Names of the packages of the base install."""
    lines = [line for line in metadata.requires("palermo") or () if "extra ==" not in line]
    return [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in lines]


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _model() -> Iterator[Finding]:
    from palermo.models import installed, manifest

    folder = installed.current()
    manifest.verify(folder)
    yield Finding("model", OK, f"{folder.name}: every file has the hash of its manifest")


def _engine() -> Iterator[Finding]:
    from palermo.service.analysis import load_tagger

    info = load_tagger(None, None).info()
    yield Finding("engine", OK, ", ".join(f"{key} {value}" for key, value in info.items() if value and key != "files"))


def _isolation() -> Iterator[Finding]:
    from palermo.corpora.documents.sandbox import ParserPool
    from palermo.corpora.documents.sandbox_limits import LAYERS

    pool = ParserPool(workers=1)
    try:
        pool.read(_TEXT.encode(), "check.txt")
        taken = pool.layers or []
    finally:
        pool.close()
    lacking = [layer for layer in LAYERS if layer not in taken]
    about = f"has {', '.join(taken)}" + (f"; this system refuses {', '.join(lacking)}" if lacking else "")
    yield Finding("isolation", NOTE if lacking else OK, about)


def _scans() -> Iterator[Finding]:
    from palermo.corpora.documents.ocr import engine
    from palermo.corpora.errors import MissingExtra

    try:
        found = engine()
    except MissingExtra as error:
        yield Finding("scans", NOTE, f"scanned pages are not read: {error}")
        return
    yield Finding("scans", OK, f"Tesseract {found.version} reads scanned pages; installed: {found.languages}")


def _tagging() -> Iterator[Finding]:
    from palermo.service.analysis import analyse, load_tagger

    result = analyse(_TEXT.encode(), "check.txt", "judgment", "en", load_tagger(None, None))
    found = [entry["provision"] for entry in result["provisions"] if entry["predicted"]]
    expected = "UNTOC.6" in found
    about = f"a text about laundering gives {', '.join(found) or 'nothing'}"
    yield Finding("tagging", OK if expected else FAULT, about)


CHECKS = (_python, _packages, _model, _engine, _isolation, _scans, _tagging)
"""The checks, in the order of what each needs."""
