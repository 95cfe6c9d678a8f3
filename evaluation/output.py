"""Writes a report: `metrics.json`, `per_provision.tsv`, and `report.html`, one self-contained page with plots.

The page alone holds text of passages (the worst ones): keep it apart where the corpus may not be passed on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import ROLES
from palermo.evaluation import svg
from palermo.evaluation.decisions import Curves, Decided, Decisions, Levels
from palermo.evaluation.figures import Group
from palermo.evaluation.report import Report


def write_report(report: Report, folder: Path) -> None:
    """Write the three files into `folder`, made where it is missing.

    Raises:
        DataError: the folder can't be written.
    """
    make_folder(folder)
    _write(folder / "metrics.json", json.dumps(report.to_json(), ensure_ascii=False, indent=1) + "\n")
    _write(folder / "per_provision.tsv", _table(report))
    _write(folder / "report.html", render(report))


def make_folder(folder: Path) -> None:
    """Make the folder and those above it.

    Raises:
        DataError: it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"can't be made: {reason}", source=folder.name, hint="choose another folder") from None


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"can't be written: {reason}", source=path.name, hint="check the folder") from None


COLUMNS = (
    "provision heading level positives predicted precision recall f1 f1_low f1_high "
    "assigned assigned_wrong assigned_recall review recall_with_review looked_per_right "
    "curve curve_right curve_recall curve_score"
)


def _table(report: Report) -> str:
    rows = [
        f"{x.label}\t{heading(x.label)}\t{'article' if x.article else 'finer'}\t{x.positives}\t{x.predicted}\t"
        f"{x.scores.precision:.1f}\t{x.scores.recall:.1f}\t{x.scores.f1:.1f}\t{x.interval.low:.1f}\t{x.interval.high:.1f}\t"
        + "\t".join((*_decided_cells(_decided(report, x.label)), *_curve_cells(report.curves, x.label)))
        for x in report.labels
    ]
    return "\n".join(["\t".join(COLUMNS.split()), *rows]) + "\n"


def _decided_cells(made: Decided | None) -> list[str]:
    """Cells of one label, empty where the predictions have no decisions."""
    if made is None:
        return [""] * 6
    shares = (made.wrong, made.recall, made.recall_with_review, made.looked)
    wrong, recall, with_review, looked = ("" if x is None else f"{x:.1f}" for x in shares)
    return [str(made.assigned), wrong, recall, str(made.review), with_review, looked]


def _curve_cells(curves: Curves, label: str) -> list[str]:
    found = curves.curve(label)
    if found is None:
        return [""] * 4
    name, curve = found
    if curve.reached is None:
        return [name, str(curve.right), "", ""]
    return [name, str(curve.right), f"{100 * curve.reached.recall:.1f}", f"{curve.reached.score:.4f}"]


def heading(label: str) -> str:
    """Heading of the provision (a finer label's description), or an empty string for an id outside the Convention."""
    from palermo.corpora.convention import tree

    if label not in tree():
        return ""
    provision = tree().get(label)
    return provision.description if provision.path else provision.heading


def render(report: Report) -> str:
    """The HTML page; every text is escaped by the template."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("palermo.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plots = {
        "groups": svg.interval_plot([(name, _series(g)) for name, g in report.groups.items()]),
        "reliability": svg.reliability_plot(report.reliability),
        "risk": svg.risk_plot(report.risk),
        "coverage": svg.tags_plot(report.curves.levels, "coverage"),
        "recall": svg.tags_plot(report.curves.levels, "recall"),
    }
    panels = {name: svg.tags_panel(name, curve) for name, curve in report.curves.labels.items()}
    return environment.get_template("report_page.html").render(
        report=report,
        all=report.groups["all"],
        plots={name: Markup(plot) for name, plot in plots.items()},  # noqa: S704 -- built by svg.py, which escapes
        panels={name: Markup(panel) for name, panel in panels.items()},  # noqa: S704 -- as the plots
        bar=lambda interval: Markup(svg.bar(interval)),  # noqa: S704 -- numbers only
        heading=heading,
        roles=(*ROLES, "none"),
        tables=_tables(report),
        decided=_decided_tables(report.decisions),
        label_rows=[(x.label, _decided(report, x.label), report.curves.curve(x.label)) for x in report.labels],
        worst=[(x, report.pairs.passages[x.row]) for x in report.worst],
    )


def _series(group: Group) -> list[tuple[str, Any]]:
    return [
        ("articles, micro", group.article.micro_interval),
        ("articles, macro", group.article.macro_interval),
        ("finer, micro", group.fine.micro_interval),
    ]


def _tables(report: Report) -> list[tuple[str, dict[str, Group]]]:
    return [
        ("By kind and language", report.groups),
        ("By kind", report.kinds),
        ("By language", report.languages),
        ("By jurisdiction", report.jurisdictions),
    ]


def _decided_tables(decisions: Decisions | None) -> list[tuple[str, dict[str, Levels]]]:
    if decisions is None:
        return []
    return [
        ("By kind and language", decisions.groups),
        ("By kind", decisions.kinds),
        ("By language", decisions.languages),
        ("By jurisdiction", decisions.jurisdictions),
    ]


def _decided(report: Report, label: str) -> Decided | None:
    return None if report.decisions is None else report.decisions.labels.get(label)
