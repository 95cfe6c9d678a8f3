"""Chooses the small gold set out of the written passages.

Run by hand: `python -m palermo.corpora.samples.select_gold`. The 120 lines are held out of training (`gold_ids.txt`),
so that `palermo evaluate` on them is honest. The choice is greedy: again and again the line that adds most to what is
still missing (labels, languages, kinds, mental-element standards and roles, look-alikes without any label), ties broken
by a seeded hash. About a fifth of a thin label's lines is wanted at most, so that examples to learn from remain.
"""

from __future__ import annotations

import collections
import hashlib
import json
import math
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WRITTEN = HERE.parent / "labelled" / "written.jsonl"
GOLD = HERE / "gold.jsonl"
GOLD_IDS = HERE / "gold_ids.txt"

SEED = 8
SIZE = 120
UNLABELLED = 30
PER_LABEL = 3
PER_STANDARD = 8
SHARE = 0.2

Line = dict[str, Any]


def features(line: Line) -> set[str]:
    """What a line shows: kind, language with kind, labels, standards with roles, or that nothing applies."""
    found = {
        f"kind:{line['kind']}",
        f"language:{line['language']}",
        f"group:{line['language']}:{line['kind']}",
    }
    found |= {f"label:{label}" for label in line["labels"]} or {"label:none"}
    found |= {f"standard:{span['standard']}" for span in line["mens_rea"]}
    found |= {f"role:{span['standard']}:{span.get('role')}" for span in line["mens_rea"]}
    if line["named"]:
        found.add("named")
    return found


def targets(lines: list[Line]) -> dict[str, int]:
    """How many lines the gold set wants of each feature, from how many there are."""
    counts = collections.Counter(feature for line in lines for feature in features(line))
    wanted = {}
    for feature, count in counts.items():
        prefix = feature.partition(":")[0]
        if feature == "label:none":
            wanted[feature] = UNLABELLED
        elif prefix == "label":
            wanted[feature] = max(1, min(PER_LABEL, math.floor(SHARE * count)))
        elif prefix == "standard":
            wanted[feature] = min(PER_STANDARD, math.floor(SHARE * count))
        elif prefix == "language":
            wanted[feature] = max(2, round(SIZE * math.sqrt(count) / _roots(counts)))
        else:
            wanted[feature] = max(1, min(3, math.floor(SHARE * count)))
    wanted["kind:judgment"] = wanted["kind:statute"] = SIZE // 2
    return wanted


def _roots(counts: collections.Counter[str]) -> float:
    return sum(math.sqrt(n) for feature, n in counts.items() if feature.startswith("language:"))


def select(lines: list[Line]) -> list[Line]:
    """The gold lines, in the order of `lines`; the same input gives the same choice."""
    missing = targets(lines)
    pool = sorted(lines, key=lambda line: hashlib.sha256(f"{SEED}:{line['id']}".encode()).digest())
    traits = {line["id"]: features(line) for line in pool}
    chosen: set[str] = set()
    while len(chosen) < SIZE:
        best = max(
            (line["id"] for line in pool if line["id"] not in chosen),
            key=lambda key: sum(_gain(feature, missing.get(feature, 0)) for feature in traits[key]),
        )
        chosen.add(best)
        missing.update({feature: missing.get(feature, 0) - 1 for feature in traits[best]})
    return [line for line in lines if line["id"] in chosen]


def _gain(feature: str, missing: int) -> float:
    if missing > 0:
        return 2.0 if feature.startswith("label:") else 1.0
    # Languages, kinds and the unlabelled are balanced; going on with a label that has enough does no harm.
    return -2.0 if feature.startswith(("language:", "kind:")) or feature == "label:none" else 0.0


def main() -> None:
    """Write `gold.jsonl` and `gold_ids.txt` beside this file."""
    text = WRITTEN.read_text(encoding="utf-8")
    raw = {json.loads(row)["id"]: row for row in text.splitlines() if row.strip()}
    gold = select([json.loads(row) for row in raw.values()])
    GOLD.write_text("".join(raw[line["id"]] + "\n" for line in gold), encoding="utf-8")
    GOLD_IDS.write_text("".join(f"{line['id']}\n" for line in gold), encoding="utf-8")


if __name__ == "__main__":
    main()
