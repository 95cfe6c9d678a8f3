"""`palermo tag`: documents in, analyses out, in any export format."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click
from palermo.corpora.errors import DocumentError, UsageError
from palermo.service import analysis
from palermo.service.cli import complain, inputs
from palermo.service.cli.job import TagJob
from palermo.service.cli.options import model_options
from palermo.service.exports import FORMATS, Format

if TYPE_CHECKING:
    from palermo.corpora.documents.given import Manifest

_FORMATS = {name: one for name, one in FORMATS.items() if not one.needs_reviews}
_NAME = click.Choice(list(_FORMATS))


@click.command("tag")
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--text", help="Tag this text instead of files.")
@click.option("--name", help="What to call standard input or the text; its suffix may tell the format.")
@click.option("--format", "format_name", type=_NAME, help="Default: by OUTPUT's suffix, or json.")
@click.option("--output", type=click.Path(path_type=Path), help="A folder, or a file; default: standard output.")
@click.option("--kind", type=click.Choice(["judgment", "statute"]), help="What all documents are; default: detected.")
@click.option("--language", help="ISO 639-1 code of all documents; default: detected by passage.")
@click.option(
    "--manifest", type=click.Path(path_type=Path), help="CSV with a column file and metadata that win over the text's."
)
@click.option("--jobs", type=click.IntRange(1, 64), help="Documents read at once.")
@click.option("--resume", is_flag=True, help="Skip documents whose result in OUTPUT still holds (json and jsonl).")
@model_options
def command(paths: tuple[str, ...], text: str | None, format_name: str | None, **options: Any) -> None:
    """Tag judgments and statutes with the provisions they apply.

    PATH is a file, a folder (walked), a glob, or - for standard input. A folder as OUTPUT gets one file a document,
    sub-folders kept. Exit status: 0 done, 1 some documents failed, 2 bad usage.
    """
    chosen = _format(format_name, options["output"])
    manifest = _manifest(options.pop("manifest"))
    sources = _sources(paths, text, options["name"], options["output"])
    tagger = analysis.default_tagger(options.pop("model"), options.pop("engine"))
    del options["name"]
    job = TagJob(chosen, sources, tagger, manifest=manifest, **options)
    for file in manifest.unused() if manifest else ():
        complain(UsageError("a row of the manifest, but no document that is tagged"), file)
    raise SystemExit(1 if job.run() else 0)


def _manifest(path: Path | None) -> Manifest | None:
    from palermo.corpora.documents.given import read_manifest
    from palermo.corpora.settings import settings

    if path is None:
        return None
    source = inputs.Source(str(path), PurePosixPath(path.name), path)
    try:
        return read_manifest(source.read(settings().document_bytes), path.name)
    except DocumentError as error:
        raise UsageError(error.message, source=str(path)) from error


def _format(name: str | None, output: Path | None) -> Format:
    if name is None and output is not None:
        matching = [one for one in _FORMATS.values() if output.name.endswith(one.suffix)]
        return max(matching, key=lambda one: len(one.suffix), default=_FORMATS["json"])
    return _FORMATS[name or "json"]


def _sources(paths: tuple[str, ...], text: str | None, name: str | None, output: Path | None) -> list[inputs.Source]:
    if (text is None) == (not paths):
        raise UsageError("give files, folders or -, or else --text", hint="see palermo tag --help")
    if text is not None:
        label = name or "text.txt"
        return [inputs.Source(label, PurePosixPath(Path(label).name), content=analysis.text_bytes(text))]
    found = inputs.find(paths, name, exclude=output if output is not None and output.is_dir() else None)
    if not found:
        raise UsageError("there is no document in it", source=" ".join(paths))
    return found
