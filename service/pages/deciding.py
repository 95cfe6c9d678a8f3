"""A decision that comes from a page: its fields read and checked, written, and told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from palermo.corpora.errors import Conflict, UsageError
from palermo.service.pages.i18n import Words
from palermo.service.pages.view import label_of
from palermo.service.store.browse import tag_at
from palermo.service.store.reviews import Action, Outdated, Step, review, undo
from sqlalchemy.orm import Session

ACTIONS = ("accept", "reject", "change", "add", "undo")


@dataclass(frozen=True, slots=True)
class Form:
    """What a page sends: the tag by passage and provision, what to do with it, and with which words.

    `seen` is the review behind the tag that the page showed, 0 for none; None: not compared.
    """

    passage: str
    provision: str
    action: str
    replacement: str | None
    selection: tuple[int, int] | None
    comment: str | None
    seen: int | None = None

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Form:
        """From the fields of a form; empty ones count as absent.

        Raises:
            UsageError: a field is missing or not what it should be.
        """
        given = {name: value for name, value in fields.items() if isinstance(value, str) and value.strip()}
        for name in ("passage", "provision", "action"):
            if name not in given:
                raise UsageError("a field is missing", source=name)
        if given["action"] not in ACTIONS:
            raise UsageError(f"the action is one of {', '.join(ACTIONS)}", source="action")
        return cls(
            given["passage"],
            given["provision"],
            given["action"],
            given.get("replacement"),
            _selection(given.get("start"), given.get("end")),
            given.get("comment"),
            _number(given.get("seen"), "seen"),
        )


def decide(session: Session, form: Form, reviewer: int | None, *, adjudication: bool = False) -> None:
    """Write a decision, which may settle a disagreement (`adjudication`), or take the last one on a tag back.

    Raises:
        NotFound, Conflict, Outdated, UsageError: as `palermo.service.store.reviews`.
    """
    if form.action == "undo":
        tag = tag_at(session, form.passage, form.provision)
        stands = None if tag is None else tag.review
        if stands is None:
            refusal = Outdated if form.seen else Conflict
            raise refusal("nobody has decided this tag, or it was taken back before", hint="load the page again")
        undo(session, stands, reviewer=reviewer, seen=form.seen)
        return
    step = Step(
        form.passage,
        form.provision,
        cast("Action", form.action),
        form.replacement if form.action == "change" else None,
        form.selection,
        form.comment,
        adjudication,
        form.seen,
    )
    review(session, step, reviewer=reviewer)


def told(form: Form, words: Words) -> str:
    """The decision in a sentence, for the status line."""
    other = label_of(form.replacement) if form.replacement else ""
    return words.plain(f"said.{form.action}", label=label_of(form.provision), other=other)


def outdated(form: Form, words: Words) -> str:
    """What a page says where another decision came before this one."""
    return words.plain("said.outdated", label=label_of(form.provision))


def _selection(start: str | None, end: str | None) -> tuple[int, int] | None:
    if start is None or end is None:
        return None
    if not (start.isdecimal() and end.isdecimal()) or len(start + end) > 20:
        raise UsageError("offsets are whole numbers", source="start")
    return int(start), int(end)


def _number(text: str | None, source: str) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise UsageError("a whole number is needed", source=source)
    return int(text)
