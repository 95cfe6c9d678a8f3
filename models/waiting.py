"""Passages of a stream that wait for the others of their judgment; `Tagger.predict` writes its lines from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from palermo.models.calibration import Calibration
from palermo.models.context import KIND, together
from palermo.models.reading import Reading, result_of, results_of
from palermo.models.results import PassageResult, prediction_line


@dataclass(frozen=True)
class _Held:
    identity: str
    document: str | None
    reading: Reading


class Waiting:
    """Lines in the order in which passages were added.

    A passage that stands alone is ready at once, but never before one that came earlier. A passage of a judgment with a
    `doc_id` waits for the end of the stream, for another may come with the last line.

    Args:
        calibration: of the tagger; one that knows nothing of a judgment's rest lets nobody wait.
    """

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._held: list[_Held] = []
        self._waits = False

    def add(self, passage: Mapping[str, Any], reading: Reading) -> None:
        """Take a passage in the corpus format, and what was read of it."""
        judgment = passage.get("kind") == KIND and self._calibration.context is not None
        named = passage.get("doc_id") if judgment else None
        document = named if isinstance(named, str) and named else None
        self._held.append(_Held(passage["id"], document, reading))
        self._waits = self._waits or document is not None

    def ready(self) -> Iterator[dict[str, Any]]:
        """Lines of all passages added so far, unless one of them waits."""
        if not self._waits:
            yield from self.rest()

    def rest(self) -> Iterator[dict[str, Any]]:
        """Lines of all passages that are left: the stream is at its end."""
        held, self._held = self._held, []
        documents = [one.document for one in held]
        moved: dict[int, PassageResult] = {}
        for rows in together([KIND] * len(held), documents):
            readings = [held[row].reading for row in rows]
            moved.update(zip(rows.tolist(), results_of(readings, self._calibration), strict=True))
        for row, one in enumerate(held):
            result = moved.get(row) or result_of(one.reading, self._calibration)
            yield prediction_line(one.identity, self._calibration.labels, result)
