"""The command line with a tagger that goes by words in the place of the model, for tests of whole processes.

    python served.py LOG_FD ARGUMENT...

With a LOG_FD it tells there what it is about to tag, and reads a byte from standard input before it does, as
`jobs/child.py`; with `-` it tags at once. A text with the word "fault" makes it fail as nobody foresaw, quoting it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from palermo.corpora.documents.document import Document
from palermo.service import analysis

sys.path.insert(0, str(Path(__file__).parents[1] / "jobs"))
from child import TellingTagger


class Tagger(TellingTagger):
    """Tells and asks, or tags at once."""

    def __init__(self, told: str) -> None:
        super().__init__(-1 if told == "-" else int(told))
        self._asks = told != "-"

    def tag(self, document: Document) -> dict[str, Any]:
        if "fault" in document.text:
            raise ValueError(document.text)
        if self._asks:
            return super().tag(document)
        return self.tagged(document)


if __name__ == "__main__":
    analysis.default_tagger = lambda **_: analysis.DeferredTagger(lambda: Tagger(sys.argv[1]))  # type: ignore[assignment]
    from palermo.service.cli import main

    main(sys.argv[2:])
