"""Small SVG plots for the HTML report, without a plotting package; each returns one `<svg>` element as text.

Every plot has a `<title>` and a `<desc>` for screen readers; the same figures stand in a table of the report. All text
is escaped: names of labels and groups may come from a hostile file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from palermo.evaluation.bootstrap import Interval
from palermo.evaluation.calibration import Bin
from palermo.evaluation.decisions import Curve, TagPoint
from palermo.evaluation.ranking import RiskPoint
from palermo.evaluation.risk import RISK

Across = Literal["coverage", "recall"]
"""What a curve of tags is drawn against: the share of listed tags taken, or of the right ones."""
_ACROSS: dict[Across, str] = {"coverage": "coverage, % of listed tags", "recall": "recall, % of right tags"}


@dataclass(frozen=True, slots=True)
class Frame:
    """A plotting area in pixels, with data ranges on both axes (y grows upwards in data, downwards in pixels)."""

    width: int
    height: int
    left: int = 48
    right: int = 14
    top: int = 12
    bottom: int = 40
    x_max: float = 1.0
    y_max: float = 1.0

    def x(self, value: float) -> float:
        """Pixel of a data value."""
        return self.left + (self.width - self.left - self.right) * value / self.x_max

    def y(self, value: float) -> float:
        """Pixel of a data value."""
        return self.height - self.bottom - (self.height - self.top - self.bottom) * value / self.y_max


def _text(x: float, y: float, content: str, anchor: str = "middle", kind: str = "tick") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(content)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _dot(x: float, y: float, radius: float, tip: str) -> str:
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
    return f'<circle {place} class="dot"><title>{escape(tip)}</title></circle>'


def _svg(frame: Frame, title: str, description: str, parts: Sequence[str]) -> str:
    head = f'<svg viewBox="0 0 {frame.width} {frame.height}" width="{frame.width}" role="img" class="plot">'
    return f"{head}<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"


def _axes(
    frame: Frame, x_label: str, y_label: str, x_scale: float = 1, y_scale: float = 1, steps: int = 5
) -> list[str]:
    """Grid lines at equal steps of both axes with their values, and the names of the axes."""
    parts = []
    for i in range(steps + 1):
        x, y = frame.x_max * i / steps, frame.y_max * i / steps
        parts.append(_line(frame.x(x), frame.y(0), frame.x(x), frame.y(frame.y_max), "grid"))
        parts.append(_line(frame.x(0), frame.y(y), frame.x(frame.x_max), frame.y(y), "grid"))
        parts.append(_text(frame.x(x), frame.y(0) + 16, f"{x * x_scale:g}"))
        parts.append(_text(frame.x(0) - 6, frame.y(y) + 4, f"{round(y * y_scale, 2):g}", "end"))
    parts.append(_text((frame.x(0) + frame.x(frame.x_max)) / 2, frame.height - 6, x_label, kind="name"))
    middle = (frame.y(0) + frame.y(frame.y_max)) / 2
    turned = f'<text transform="translate(13,{middle:.1f}) rotate(-90)" text-anchor="middle" class="name">'
    return [*parts, f"{turned}{escape(y_label)}</text>"]


def reliability_plot(bins: Sequence[Bin]) -> str:
    """Observed frequency against mean score, the area of a dot by the number of pairs; the diagonal is perfect."""
    frame = Frame(360, 330)
    filled = [b for b in bins if b.pairs]
    most = max((b.pairs for b in filled), default=1)
    parts = _axes(frame, "mean score", "observed frequency")
    parts.append(_line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), "ideal"))
    points = " ".join(f"{frame.x(b.score):.1f},{frame.y(b.observed):.1f}" for b in filled)
    parts.append(f'<polyline points="{points}" class="curve"/>')
    for b in filled:
        radius = 3 + 6 * (b.pairs / most) ** 0.5
        tip = f"{b.low:.1f} to {b.high:.1f}: {b.pairs} pairs, score {b.score:.2f}, observed {b.observed:.2f}"
        parts.append(_dot(frame.x(b.score), frame.y(b.observed), radius, tip))
    return _svg(frame, "Reliability diagram", "Observed frequency of article labels by mean score, ten bins.", parts)


def risk_plot(points: Sequence[RiskPoint]) -> str:
    """Share of passages with a wrong article against the share of passages taken, surest first."""
    frame = Frame(360, 330, y_max=_ceiling(max((p.risk for p in points), default=1.0)))
    parts = _axes(frame, "coverage, % of passages, surest first", "risk, % with a wrong article", 100, 100)
    path = " ".join(f"{frame.x(p.coverage):.1f},{frame.y(p.risk):.1f}" for p in points)
    parts.append(f'<polyline points="{path}" class="curve"/>')
    for p in points:
        tip = f"{100 * p.coverage:.0f} % of passages: {100 * p.risk:.1f} % wrong; confidence from {p.confidence:.2f}"
        parts.append(_dot(frame.x(p.coverage), frame.y(p.risk), 3, tip))
    return _svg(frame, "Coverage and risk", "Share of passages with a wrong article by share of passages taken.", parts)


def tags_plot(curves: Mapping[str, Curve], across: Across) -> str:
    """Share of wrong tags, one line a curve, with a dot where it is last at most RISK."""
    highest = max((point.risk for curve in curves.values() for point in curve.points), default=1.0)
    frame = Frame(480, 350, top=34, y_max=_ceiling(highest))
    parts = _axes(frame, f"{_ACROSS[across]}, highest score first", "risk, % of tags wrong", 100, 100)
    parts.append(_limit(frame))
    for i, (name, curve) in enumerate(curves.items()):
        left = frame.left + 110 * i
        parts.append(_line(left, 14, left + 24, 14, f"curve s{i}"))
        parts.append(_text(left + 30, 18, name, "start"))
        parts.append(f"<g>{_tags_line(frame, curve, across, i)}{_reached(frame, curve, across, name, i)}</g>")
    said = "Share of wrong tags among those taken, by falling score; the dashed line is at 5 %."
    return _svg(frame, f"Risk by {across} of tags", said, parts)


def tags_panel(name: str, curve: Curve) -> str:
    """A small plot of one curve of tags, cut off at a risk of a half."""
    frame = Frame(240, 170, left=40, bottom=36, y_max=0.5)
    parts = _axes(frame, _ACROSS["recall"], "% wrong", 100, 100, steps=2)
    x, y = frame.x(0), frame.y(frame.y_max)
    width, height = frame.x(1) - x, frame.y(0) - y
    window = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    view = f'viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}"'
    parts.append(_limit(frame))
    parts.append(f"<svg {window} {view}>{_tags_line(frame, curve, 'recall', 0)}</svg>")
    parts.append(_reached(frame, curve, "recall", name, 0))
    return _svg(frame, f"Risk by recall, {name}", "Share of wrong tags among those taken, by falling score.", parts)


def _limit(frame: Frame) -> str:
    return _line(frame.x(0), frame.y(RISK), frame.x(frame.x_max), frame.y(RISK), "ideal")


def _place(frame: Frame, point: TagPoint, across: Across) -> tuple[float, float]:
    return frame.x(point.coverage if across == "coverage" else point.recall), frame.y(point.risk)


def _tags_line(frame: Frame, curve: Curve, across: Across, series: int) -> str:
    places = (_place(frame, point, across) for point in curve.points)
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" class="curve s{series}"/>'


def _reached(frame: Frame, curve: Curve, across: Across, name: str, series: int) -> str:
    point = curve.reached
    if point is None:
        return ""
    x, y = _place(frame, point, across)
    tip = f"{name}, from {point.score:.2f}: {100 * point.recall:.1f} % of right tags, {100 * point.risk:.1f} % wrong"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="dot s{series}"><title>{escape(tip)}</title></circle>'


def _ceiling(value: float) -> float:
    return next((limit for limit in (0.1, 0.25, 0.5) if value <= limit), 1.0)


def interval_plot(rows: Sequence[tuple[str, Sequence[tuple[str, Interval]]]]) -> str:
    """F1 with its interval: one line a group, one mark a series; `rows` is (group, [(series, interval)])."""
    series = [name for name, _ in rows[0][1]] if rows else []
    step = 16 * max(1, len(series)) + 12
    frame = Frame(760, 66 + step * len(rows), left=118, top=30, x_max=100.0, y_max=1.0)
    parts = []
    for tick in range(0, 101, 10):
        parts.append(_line(frame.x(tick), frame.top, frame.x(tick), frame.height - frame.bottom, "grid"))
        parts.append(_text(frame.x(tick), frame.height - frame.bottom + 16, str(tick)))
    parts.append(_text(frame.x(50), frame.height - 6, "F1, %, with 95 % interval over documents", kind="name"))
    for i, name in enumerate(series):
        parts.append(f'<circle cx="{frame.left + 6 + 150 * i}" cy="14" r="5" class="dot s{i}"/>')
        parts.append(_text(frame.left + 16 + 150 * i, 18, name, "start"))
    for row, (name, intervals) in enumerate(rows):
        top = frame.top + step * row
        parts.append(_text(frame.left - 8, top + step / 2 + 4, name, "end", "name"))
        parts.append(_line(frame.left, top + step, frame.x(100), top + step, "grid"))
        for i, (label, value) in enumerate(intervals):
            parts.append(_whisker(frame, top + 14 + 16 * i, value, f"{name}, {label}", i))
    return _svg(frame, "F1 by group", "Micro and macro F1 of each group of passages with 95 % intervals.", parts)


def _whisker(frame: Frame, y: float, value: Interval, name: str, series: int) -> str:
    tip = escape(f"{name}: {value.value:.1f}, {value.low:.1f} to {value.high:.1f}")
    return (
        f"<g><title>{tip}</title>{_line(frame.x(value.low), y, frame.x(value.high), y, f'whisker s{series}')}"
        f'<circle cx="{frame.x(value.value):.1f}" cy="{y:.1f}" r="5" class="dot s{series}"/></g>'
    )


def bar(interval: Interval, width: int = 150) -> str:
    """A bar of F1 (0 to 100) with its interval, for a table cell; decoration, the cell beside it has the figure."""
    x = [width * value / 100 for value in (interval.value, interval.low, interval.high)]
    return (
        f'<svg viewBox="0 0 {width} 14" width="{width}" height="14" aria-hidden="true">'
        f'<rect width="{width}" height="14" class="track"/><rect width="{x[0]:.1f}" height="14" class="bar"/>'
        f"{_line(x[1], 7, x[2], 7, 'error')}</svg>"
    )
