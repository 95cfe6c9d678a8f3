"""English judgments of any length, made by code in our own words, no two alike; for measurements of time."""

from __future__ import annotations

import random

_WHO = ("the accused", "the first respondent", "the company", "the prosecutor", "the witness", "the trial court")
_DID = (
    "moved the proceeds of the fraud through three accounts",
    "denied any knowledge of where the money came from",
    "asked the requested State for the extradition of the second accused",
    "agreed with others to recruit workers by means of deception",
    "offered an official an undue advantage for the permit",
    "relied on the record of the search of the warehouse",
    "failed to explain the purchase of the building in cash",
    "joined a structured group that had existed for some years",
)
_WHEN = ("in the spring of that year", "before the second hearing", "after the arrest", "on the same evening")
_WHY = (
    "so that nobody could trace the funds",
    "although a bank had warned of it in writing",
    "which the court below did not consider",
    "and the evidence leaves no reasonable doubt about that",
    "but the ground of appeal concerns only the costs",
)


def judgment(words: int, number: int) -> str:
    """A judgment of exactly so many words.

    Args:
        words: in it, separated by white space.
        number: which one; other numbers give other judgments, the same number the same.
    """
    chosen = random.Random(number)  # noqa: S311 - no secret
    parts = [f"IN THE HIGH COURT OF ARDENIA\n\nCase {number} of 2021\n\nThe State v Marlow and others\n\nJUDGMENT"]
    count = len(parts[0].split())
    paragraph = 0
    while count < words:
        paragraph += 1
        sentences = " ".join(_sentence(chosen) for _ in range(chosen.randint(3, 7)))
        text = f"{paragraph}. {sentences}".split()[: words - count]
        parts.append(" ".join(text))
        count += len(text)
    return "\n\n".join(parts) + "\n"


def _sentence(chosen: random.Random) -> str:
    who, did, when, why = (chosen.choice(words) for words in (_WHO, _DID, _WHEN, _WHY))
    amount = f" The sum was {chosen.randint(2, 900)} thousand crowns." if chosen.random() < 0.3 else ""
    return f"{who[0].upper()}{who[1:]} {did} {when}, {why}.{amount}"
