"""What people decide is written once, counts until undone, and follows its words into a newer reading."""

from __future__ import annotations

from typing import Any

import pytest
from palermo.corpora.errors import Conflict, NotFound, UsageError
from palermo.service.store import Store
from palermo.service.store.agreement import verdicts
from palermo.service.store.analyses import passages
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.people import add_user
from palermo.service.store.reanchor import reanchor, settle_unplaced, unplaced
from palermo.service.store.reviews import Outdated, Step, current_state, get_review, review, reviews, undo

TEXT = "The accused moved the proceeds of crime abroad.\n\nThe second ground is the surrender of the accused."
SAID = {0: [("UNTOC.6", 0.9, "assigned")], 1: [("UNTOC.16", 0.55, "review")]}


def standings(store: Store, document: str) -> dict[str, str]:
    with store.read() as session:
        return {one.provision: one.verdict for one in tags(session, TagFilter(document=document)).items}


def test_a_review_keeps_the_score_the_model_and_the_words(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        passage = passages(session, id_)[1]
        made = review(session, Step(passage.id, "UNTOC.16", "accept", comment="clear"))
        line = tags(session, TagFilter(document=id_, provision="UNTOC.16")).items[0]
        assert current_state(session, line.prediction or 0).verdict == "accepted"
    assert (made.score, made.threshold, made.model_sha256, made.decision) == (0.55, 0.5, "a" * 64, "review")
    assert (made.prediction, made.comment, made.extractor) == (line.prediction, "clear", "text/1")
    assert made.quote == TEXT[passage.start : passage.start + 10]
    assert made.prefix + made.quote + made.suffix in TEXT
    assert made.prefix.endswith("crime abroad.\n\n")


def test_change_gives_the_other_provision_and_undo_takes_both_back(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        passage = passages(session, id_)[1].id
        made = review(session, Step(passage, "UNTOC.16", "change", replacement="UNTOC.17"))
    assert standings(store, id_) == {"UNTOC.6": "open", "UNTOC.16": "changed", "UNTOC.17": "added"}
    with store.write() as session:
        undo(session, made.id)
    assert standings(store, id_) == {"UNTOC.6": "open", "UNTOC.16": "open"}
    with store.read() as session:
        assert [one.action for one in reviews(session, document=id_).items] == ["undo", "undo", "add", "change"]
        assert get_review(session, made.id).undone


def test_a_decision_on_a_standing_that_has_changed_is_refused(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        passage = passages(session, id_)[1].id
        first = review(session, Step(passage, "UNTOC.16", "accept", seen=0))
        for seen in (0, first.id + 1):
            with pytest.raises(Outdated):
                review(session, Step(passage, "UNTOC.16", "reject", seen=seen))
            with pytest.raises(Outdated):
                undo(session, first.id, seen=seen)
        second = review(session, Step(passage, "UNTOC.16", "reject", seen=first.id))
        with pytest.raises(Outdated):
            undo(session, first.id, seen=first.id)
        undo(session, second.id, seen=second.id)
        # What counted before counts again, so a decision on it is not outdated; and who does not say is not asked.
        review(session, Step(passage, "UNTOC.16", "reject", seen=first.id))
        review(session, Step(passage, "UNTOC.16", "accept"))
        assert [one.action for one in reversed(reviews(session).items)] == [
            "accept",
            "reject",
            "undo",
            "reject",
            "accept",
        ]


def test_a_tag_is_added_by_selecting_its_words(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    start = TEXT.index("second ground")
    with store.write() as session:
        passage = passages(session, id_)[1].id
        made = review(session, Step(passage, "TIP.5", "add", selection=(start, start + 13)))
    assert (made.quote, made.prediction, made.score) == ("second ground", None, None)
    with store.read() as session:
        line = tags(session, TagFilter(provision="TIP")).items[0]
    assert (line.verdict, line.score, line.prediction, line.review) == ("added", None, None, made.id)


def test_the_last_review_counts_and_undo_brings_back_the_one_before(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        users = [add_user(session, name, "editor", "$argon2id$x").id for name in ("ann", "ben")]
        passage = passages(session, id_)[0].id
        review(session, Step(passage, "UNTOC.6", "accept"), reviewer=users[0])
        second = review(session, Step(passage, "UNTOC.6", "reject"), reviewer=users[1])
        assert verdicts(session, id_) == {(passage, "UNTOC.6"): {users[0]: "accept", users[1]: "reject"}}
    assert standings(store, id_)["UNTOC.6"] == "rejected"
    with store.write() as session:
        undo(session, second.id, reviewer=users[1])
        with pytest.raises(Conflict):
            undo(session, second.id)
    assert standings(store, id_)["UNTOC.6"] == "accepted"


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ({"provision": "UNTOC.7", "action": "accept"}, NotFound),
        ({"provision": "UNTOC.6", "action": "add"}, Conflict),
        ({"provision": "UNTOC.99", "action": "add"}, UsageError),
        ({"provision": "UNTOC.6", "action": "change"}, UsageError),
        ({"provision": "UNTOC.6", "action": "change", "replacement": "UNTOC.6"}, UsageError),
        ({"provision": "UNTOC.6", "action": "undo"}, UsageError),
        ({"provision": "UNTOC.7", "action": "add", "selection": (0, 500)}, UsageError),
        ({"provision": "UNTOC.7", "action": "add", "selection": (5, 5)}, UsageError),
    ],
)
def test_steps_that_make_no_sense_are_refused(store: Store, give: Any, step: Any, error: type[Exception]) -> None:
    id_ = give(TEXT, SAID)
    with pytest.raises(error), store.write() as session:
        review(session, Step(passage=passages(session, id_)[0].id, **step))


def test_reviews_stay_when_a_new_model_tags_the_same_reading(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        first, second = (one.id for one in passages(session, id_))
        review(session, Step(first, "UNTOC.6", "reject"))
        review(session, Step(second, "UNTOC.16", "accept"))
    give(TEXT, {0: [("UNTOC.6", 0.6, "review"), ("UNTOC.5", 0.9, "assigned")]}, model="b")
    assert standings(store, id_) == {"UNTOC.6": "rejected", "UNTOC.5": "open", "UNTOC.16": "accepted"}
    with store.read() as session:
        kept = tags(session, TagFilter(document=id_, provision="UNTOC.16")).items[0]
        assert (kept.prediction, kept.score) == (None, None)
        assert tags(session, TagFilter(document=id_, provision="UNTOC.6")).items[0].score == 0.6


def test_reviews_follow_their_words_into_a_newer_reading(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        first, second = (one.id for one in passages(session, id_))
        made = review(session, Step(first, "UNTOC.6", "accept"))
        review(session, Step(second, "UNTOC.16", "change", replacement="UNTOC.18"))
        undone = review(session, Step(first, "UNTOC.5", "add"))
        undo(session, undone.id)
    newer = "A heading that the old reader lost.\n\n" + TEXT
    said = {1: SAID[0], 2: SAID[1]}
    give(newer, said, data=TEXT.encode(), extractor="text/2")
    assert standings(store, id_) == {"UNTOC.6": "accepted", "UNTOC.16": "changed", "UNTOC.18": "added"}
    with store.write() as session:
        moved = next(one for one in reviews(session, document=id_).items if one.carried_from == made.id)
        assert (moved.extractor, moved.quote, newer[moved.start : moved.end]) == ("text/2", made.quote, made.quote)
        assert moved.passage == passages(session, id_)[1].id
        assert moved.score == made.score
        assert unplaced(session) == []
        assert reanchor(session, id_).moved == 0
        change = next(
            one for one in reviews(session, document=id_).items if one.action == "change" and one.carried_from
        )
        undo(session, change.id)
    assert standings(store, id_) == {"UNTOC.6": "accepted", "UNTOC.16": "open"}
    with pytest.raises(Conflict, match="older reading"), store.write() as session:
        review(session, Step(first, "UNTOC.6", "reject"))


def test_reviews_without_a_place_are_listed_and_placed_when_their_words_come_back(store: Store, give: Any) -> None:
    id_ = give(TEXT, SAID)
    with store.write() as session:
        review(session, Step(passages(session, id_)[1].id, "UNTOC.16", "accept"))
    broken = TEXT.split("\n\n", maxsplit=1)[0]
    give(broken, {}, data=TEXT.encode(), extractor="text/2")
    with store.write() as session:
        (lost,) = unplaced(session, id_)
        assert (lost.reason, lost.provision, lost.action, lost.extractor) == ("gone", "UNTOC.16", "accept", "text/2")
        assert len(reviews(session, document=id_).items) == 1
    give(TEXT + " ", SAID, data=TEXT.encode(), extractor="text/3")
    assert standings(store, id_) == {"UNTOC.6": "open", "UNTOC.16": "accepted"}
    with store.write() as session:
        settle_unplaced(session, lost.id)
        assert unplaced(session, id_) == []
        assert len(unplaced(session, id_, settled=True)) == 1
