"""`palermo corpus`: labelled passages checked, described, compared, rebuilt from stand-off files, exported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from palermo.corpora.errors import UsageError
from palermo.corpora.targets import check_file, check_folder, keep_inputs

if TYPE_CHECKING:
    from palermo.corpora.labelled.rebuild import Problem

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_NEW = click.Path(path_type=Path)
PROBLEMS = "problems.tsv"


@click.group("corpus")
def command() -> None:
    """Check, describe, compare, rebuild and export labelled passages."""


@command.command("check")
@click.argument("files", type=_FILE, nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    """Look for faults in FILES; exit status 1 where there are any."""
    from palermo.corpora.labelled.checks import check as findings_of

    count = 0
    for file in files:
        for finding in findings_of(file):
            count += 1
            click.echo(f"{file.name}: {finding.id}: {finding.code}: {finding.message}")
    raise SystemExit(1 if count else 0)


@command.command("describe")
@click.argument("file", type=_FILE)
def describe(file: Path) -> None:
    """Counts of FILE as JSON."""
    from palermo.corpora.labelled.checks import describe as counts_of
    from palermo.corpora.labelled.passages import read_passages

    click.echo(json.dumps(counts_of(read_passages(file)), ensure_ascii=False, indent=2))


@command.command("agreement")
@click.argument("first", type=_FILE)
@click.argument("second", type=_FILE)
@click.option("--decided-only", is_flag=True, help="Leave out decisions that either annotator doubts.")
def agreement(first: Path, second: Path, decided_only: bool) -> None:
    """Agreement between two annotations of the same passages, as JSON."""
    from palermo.corpora.labelled.agreement import agreement as compare

    click.echo(json.dumps(compare(first, second, doubtful=not decided_only).to_json(), indent=2))


@command.command("standoff")
@click.argument("passages", type=_FILE)
@click.option("--documents", type=_FOLDER, required=True, help="Folder with the documents' full texts (JSON Lines).")
@click.option("--output", type=_NEW, required=True, help="File of annotations, .jsonl or .jsonl.gz.")
def standoff(passages: Path, documents: Path, output: Path) -> None:
    """Write the annotations of PASSAGES without any words: hashes and offsets into the documents."""
    from palermo.corpora.labelled.jsonl import write_records
    from palermo.corpora.labelled.standoff import standoff as annotations

    check_file(output)
    keep_inputs([output], [passages, *_texts(documents)])
    output.parent.mkdir(parents=True, exist_ok=True)
    lines = list(annotations(passages, documents))
    write_records(output, lines)
    unheld = sum(line["document_sha256"] is None for line in lines)
    click.echo(f"{output.name}: {len(lines)} passages, {unheld} of them in none of the documents")


@command.command("sources")
@click.argument("standoff_files", metavar="STANDOFF...", type=_FILE, nargs=-1, required=True)
@click.option("--documents", type=_FOLDER, required=True, help="Folder with the documents' full texts (JSON Lines).")
@click.option("--output", type=_NEW, required=True, help="Folder for sources.tsv and licences.tsv.")
def sources(standoff_files: tuple[Path, ...], documents: Path, output: Path) -> None:
    """List the documents that STANDOFF files point at, with source, licence and hash."""
    from palermo.corpora.labelled.rebuild import fulltexts_for
    from palermo.corpora.labelled.sources import LICENCE_COLUMNS, SOURCE_COLUMNS, source_rows, write_table
    from palermo.corpora.labelled.standoff import read_standoff

    check_folder(output)
    outputs = [output / name for name in ("sources.tsv", "licences.tsv")]
    keep_inputs(outputs, standoff_files)
    lines = [line for file in standoff_files for line in read_standoff(file)]
    listed, licences = source_rows(lines, fulltexts_for(lines, documents))
    output.mkdir(parents=True, exist_ok=True)
    write_table(outputs[0], SOURCE_COLUMNS, listed)
    write_table(outputs[1], LICENCE_COLUMNS, licences)
    click.echo(f"{len(listed)} documents, {len(licences)} licences")


@command.command("build")
@click.argument("standoff_files", metavar="[STANDOFF]...", type=_FILE, nargs=-1)
@click.option("--from", "documents", type=_FOLDER, required=True, help="Folder with the documents' full texts.")
@click.option("--output", type=_NEW, required=True, help="Folder for the passages, one file for each STANDOFF.")
@click.option("--absent", type=_FILE, help="Table of what the documents lack; default: that of Palermo's corpus.")
def build(standoff_files: tuple[Path, ...], documents: Path, output: Path, absent: Path | None) -> None:
    """Rebuild passages from STANDOFF files (default: Palermo's corpus) and the documents' full texts.

    Exit status 1 where a document is missing or its text differs, unless it is known to be missing from every
    collection of these documents; DIR/problems.tsv names every passage concerned.
    """
    from palermo.corpora.labelled.absent import read_absent, split
    from palermo.corpora.labelled.jsonl import write_records
    from palermo.corpora.labelled.rebuild import fulltexts_for, rebuild
    from palermo.corpora.labelled.sources import write_table
    from palermo.corpora.labelled.standoff import read_standoff

    files = standoff_files or _shipped_standoff()
    if absent is None and not standoff_files:
        absent = files[0].parents[1] / "absent.tsv"
    _check_build(files, documents, output, absent)
    known = read_absent(absent) if absent is not None else {}
    annotations = {file.name: read_standoff(file) for file in files}
    texts = fulltexts_for([line for lines in annotations.values() for line in lines], documents)
    output.mkdir(parents=True, exist_ok=True)
    problems = []
    for name, lines in annotations.items():
        rebuilt = rebuild(lines, texts)
        write_records(output / name, rebuilt.passages)
        click.echo(f"{name}: {len(rebuilt.passages)} of {rebuilt.total} passages")
        problems += rebuilt.problems
    rows = [(p.code, p.source or "", p.doc_id, p.id, known.get((p.code, p.id), "")) for p in problems]
    write_table(output / PROBLEMS, ("problem", "file", "doc_id", "passage", "known"), rows)
    unexpected, explained = split(problems, known)
    _say_known(explained)
    _say_problems(unexpected)
    raise SystemExit(1 if unexpected else 0)


def _check_build(files: Sequence[Path], documents: Path, output: Path, absent: Path | None) -> None:
    """Refuse a build whose files would take the place of each other or of what it reads."""
    names = [file.name for file in files] + [PROBLEMS]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        hint = "passages are written under the name of their STANDOFF; build them into folders of their own"
        raise UsageError("more than one file of this name would be written", source=twice, hint=hint)
    check_folder(output)
    read = [*files, *_texts(documents)] + ([absent] if absent is not None else [])
    keep_inputs([output / name for name in names], read)


def _texts(documents: Path) -> Iterator[Path]:
    """Whatever lies in the folder of full texts, or in a folder "documents" in it."""
    from palermo.corpora.labelled.fulltexts import DOCUMENTS

    yield from documents.iterdir()
    yield from (documents / DOCUMENTS).glob("*")


def _shipped_standoff() -> tuple[Path, ...]:
    from palermo.corpora import labelled

    folder = Path(labelled.__file__).parent / "standoff"
    files = tuple(sorted(folder.glob("*.jsonl.gz")))
    if not files:
        raise UsageError("no stand-off files came with this installation", hint="name them, from Palermo's repository")
    return files


def _say_known(explained: Mapping[str, int]) -> None:
    from palermo.corpora.labelled.absent import REASONS

    for reason, count in explained.items():
        click.echo(f"{count} passages, as expected: {REASONS[reason]} ({reason} in problems.tsv)")


def _say_problems(problems: Sequence[Problem]) -> None:
    """Documents whose text differs by name, everything else by count; standard error."""
    from palermo.corpora.labelled.rebuild import REASONS

    refused = sorted({(p.code, p.doc_id) for p in problems if p.code in ("wrong_hash", "wrong_text")})
    for wrong, doc_id in refused:
        click.echo(f"palermo: {doc_id}: {REASONS[wrong]}; get the text that sources.tsv names", err=True)
    for kind, reason in REASONS.items():
        count = sum(p.code == kind for p in problems)
        if count:
            click.echo(f"palermo: {count} passages: {reason} ({kind} in problems.tsv)", err=True)


@command.command("export")
@click.argument("passages", type=_FILE)
@click.option(
    "--format",
    "form",
    type=click.Choice(["hf", "docbin"]),
    required=True,
    help="Hugging Face or spaCy DocBin.",
)
@click.option("--output", type=_NEW, required=True, help="A new folder (hf) or a file (docbin).")
def export(passages: Path, form: str, output: Path) -> None:
    """Write PASSAGES for other tools; needs the extra [train] (hf) or [spacy] (docbin)."""
    from palermo.corpora.labelled.exports import export_docbin, export_hf
    from palermo.corpora.labelled.passages import read_passages

    (check_folder if form == "hf" else check_file)(output)
    keep_inputs([output], [passages])
    output.parent.mkdir(parents=True, exist_ok=True)
    write = export_hf if form == "hf" else export_docbin
    write(read_passages(passages), output)
