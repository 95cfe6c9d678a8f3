"""What another model sees otherwise, and that it leaves what people decided as it was."""

from __future__ import annotations

from typing import Any

import pytest
from palermo.corpora.errors import Conflict, NotFound
from palermo.service.store import Store
from palermo.service.store.analyses import analyses, passages
from palermo.service.store.differences import differences
from palermo.service.store.reviews import Step, review

TEXT = "The accused moved the proceeds of crime abroad.\n\nThe second ground is the surrender of the accused."
FIRST = {
    0: [("UNTOC.6", 0.9, "assigned"), ("UNTOC.5", 0.7, "review"), ("UNTOC.8", 0.2, "none")],
    1: [("UNTOC.16", 0.55, "review")],
}
SECOND = {
    0: [("UNTOC.6", 0.92, "assigned"), ("UNTOC.5", 0.9, "assigned"), ("UNTOC.8", 0.1, "none")],
    1: [("UNTOC.16", 0.3, "none"), ("TIP.5", 0.8, "review")],
}


@pytest.fixture
def twice(give: Any) -> str:
    """A document that two models have tagged."""
    id_: str = give(TEXT, FIRST)
    give(TEXT, SECOND, model="b")
    return id_


def test_new_gone_and_changed_tags_are_told_apart(store: Store, twice: str) -> None:
    with store.read() as session:
        found = differences(session, twice)
        ids = [one.id for one in passages(session, twice)]
    assert (found.before.model_sha256, found.after.model_sha256) == ("a" * 64, "b" * 64)
    assert [(one.passage, one.provision, one.change) for one in found.items] == [
        (ids[0], "UNTOC.5", "changed"),
        (ids[1], "UNTOC.16", "gone"),
        (ids[1], "TIP.5", "new"),
    ]
    assert [(one.before and one.before.decision, one.after and one.after.decision) for one in found.items] == [
        ("review", "assigned"),
        ("review", "none"),
        (None, "review"),
    ]


def test_what_people_decided_stays_and_is_shown_beside(store: Store, give: Any) -> None:
    id_ = give(TEXT, FIRST)
    with store.write() as session:
        passage = passages(session, id_)[1].id
        review(session, Step(passage, "UNTOC.16", "accept"))
    give(TEXT, {0: FIRST[0]}, model="b")
    with store.read() as session:
        (gone,) = differences(session, id_).items
    assert (gone.provision, gone.change, gone.after, gone.verdict) == ("UNTOC.16", "gone", None, "accepted")


def test_any_two_analyses_of_one_reading_can_be_compared(store: Store, give: Any, twice: str) -> None:
    give(TEXT, FIRST, model="c")
    with store.read() as session:
        newest, middle, oldest = (one.id for one in analyses(session, twice))
        assert differences(session, twice, oldest, newest).items == []
        assert [one.change for one in differences(session, twice, middle, newest).items] == ["changed", "new", "gone"]
        assert differences(session, twice, after=middle).before.id == oldest


def test_what_can_not_be_compared_is_refused(store: Store, give: Any) -> None:
    id_ = give(TEXT, FIRST)
    with store.read() as session, pytest.raises(NotFound, match="once only"):
        differences(session, id_)
    give(TEXT + " ", FIRST, data=TEXT.encode(), extractor="text/2")
    with store.read() as session:
        newer, older = (one.id for one in analyses(session, id_))
        with pytest.raises(NotFound, match="once only"):
            differences(session, id_)
        with pytest.raises(Conflict, match="different readings"):
            differences(session, id_, older, newer)
        with pytest.raises(NotFound, match="no such analysis"):
            differences(session, id_, 999)
