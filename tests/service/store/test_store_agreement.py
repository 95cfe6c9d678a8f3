"""Several people on the same tags: how far they agree, what they disagree on, and what settles it."""

from __future__ import annotations

from typing import Any

import pytest
from palermo.corpora.errors import Conflict, UsageError
from palermo.service.store import Store
from palermo.service.store.agreement import agreement, disagreements, disputed, verdicts
from palermo.service.store.analyses import passages
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.people import add_user
from palermo.service.store.reviews import Action, Step, review, reviews, undo

TEXT = "\n\n".join(f"Paragraph {number} of the judgment speaks of proceeds of crime." for number in range(4))
SAID = {index: [("UNTOC.6", 0.9, "assigned")] for index in range(4)}


class People:
    """Reviewers by name, and the passages of a document that all of them decide."""

    def __init__(self, store: Store, document: str) -> None:
        self.store = store
        self.document = document
        with store.write() as session:
            self.ids = {name: add_user(session, name, "editor", "$argon2id$x").id for name in ("ann", "ben", "cai")}
            self.passages = [one.id for one in passages(session, document)]

    def say(self, name: str, index: int, action: Action, **fields: Any) -> int:
        step = Step(self.passages[index], "UNTOC.6", action, **fields)
        with self.store.write() as session:
            return review(session, step, reviewer=self.ids[name]).id

    def open(self) -> list[int]:
        """Indexes of the passages whose tag is disputed, by either way of asking."""
        with self.store.read() as session:
            listed = [one.tag.index for one in disagreements(session).items]
            assert {(self.passages[index], "UNTOC.6") for index in listed} == disputed(session, self.document)
        return sorted(listed)

    def verdict(self, index: int) -> str:
        with self.store.read() as session:
            found = tags(session, TagFilter(document=self.document, provision="UNTOC.6")).items
        return next(one.verdict for one in found if one.index == index and one.provision == "UNTOC.6")


@pytest.fixture
def people(store: Store, give: Any) -> People:
    return People(store, give(TEXT, SAID))


def test_agreement_is_counted_for_each_two_people_on_what_both_decided(people: People) -> None:
    for index, (ann, ben) in enumerate([("accept", "accept"), ("accept", "reject"), ("reject", "reject")]):
        people.say("ann", index, ann)  # type: ignore[arg-type]
        people.say("ben", index, ben)  # type: ignore[arg-type]
    people.say("ann", 3, "accept")
    people.say("cai", 0, "accept")
    with people.store.read() as session:
        found = agreement(session)
    assert (found.tags, found.agreed, found.open, found.settled) == (3, 2, 1, 0)
    first = found.pairs[0]
    assert (first.first_name, first.second_name, first.tags, first.agreed, first.share) == ("ann", "ben", 3, 2, 0.6667)
    # Observed 2/3; by chance 2/3 * 1/3 + 1/3 * 2/3 = 4/9; (2/3 - 4/9) / (1 - 4/9) = 0.4.
    assert first.kappa == 0.4
    assert [(one.first_name, one.second_name, one.tags, one.kappa) for one in found.pairs[1:]] == [
        ("ann", "cai", 1, None),
        ("ben", "cai", 1, None),
    ]


def test_the_last_word_of_each_counts_and_changing_to_something_else_is_a_no(people: People) -> None:
    people.say("ann", 0, "accept")
    changed = people.say("ben", 0, "change", replacement="UNTOC.5")
    assert people.open() == [0]
    with people.store.read() as session:
        said = verdicts(session, people.document)
    assert said[people.passages[0], "UNTOC.6"] == {people.ids["ann"]: "accept", people.ids["ben"]: "change"}
    people.say("ann", 0, "reject")
    assert people.open() == []
    with people.store.write() as session:
        undo(session, changed, reviewer=people.ids["ben"])
    people.say("ben", 0, "accept")
    assert people.open() == [0]


def test_one_person_who_changes_their_mind_disagrees_with_nobody(people: People) -> None:
    people.say("ann", 0, "accept")
    people.say("ann", 0, "reject")
    assert people.open() == []
    with people.store.read() as session:
        assert agreement(session).tags == 0


def test_a_disagreement_is_shown_with_its_words_and_who_said_what(people: People) -> None:
    people.say("ann", 2, "reject", comment="only the predicate offence")
    people.say("ben", 2, "accept")
    with people.store.read() as session:
        (shown,) = disagreements(session).items
    assert shown.text == "Paragraph 2 of the judgment speaks of proceeds of crime."
    assert (shown.tag.document, shown.tag.passage, shown.tag.provision) == (
        people.document,
        people.passages[2],
        "UNTOC.6",
    )
    assert [(one.name, one.action, one.comment) for one in shown.opinions] == [
        ("ann", "reject", "only the predicate offence"),
        ("ben", "accept", None),
    ]


def test_an_adjudication_settles_and_is_a_review_that_can_be_taken_back(people: People) -> None:
    people.say("ann", 0, "reject")
    people.say("ben", 0, "accept")
    before = people.say("cai", 1, "accept")
    made = people.say("cai", 0, "reject", adjudication=True)
    assert (people.open(), people.verdict(0)) == ([], "rejected")
    with people.store.read() as session:
        history = reviews(session, document=people.document).items
        assert [(one.id, one.adjudication) for one in history][:2] == [(made, True), (before, False)]
        assert len(history) == 4
        found = agreement(session)
    # It settles the tag, and changes nothing of how far the two agreed.
    assert (found.open, found.settled) == (0, 1)
    assert [(one.first_name, one.second_name, one.agreed, one.tags) for one in found.pairs] == [("ann", "ben", 0, 1)]
    with people.store.write() as session:
        undo(session, made, reviewer=people.ids["cai"])
    assert (people.open(), people.verdict(0)) == ([0], "accepted")


def test_who_adjudicates_may_be_one_of_the_two_and_keeps_their_opinion(people: People) -> None:
    people.say("ann", 0, "reject")
    people.say("ben", 0, "accept")
    people.say("ann", 0, "accept", adjudication=True)
    assert (people.open(), people.verdict(0)) == ([], "accepted")
    with people.store.read() as session:
        assert verdicts(session, people.document)[people.passages[0], "UNTOC.6"] == {
            people.ids["ann"]: "reject",
            people.ids["ben"]: "accept",
        }


def test_who_contradicts_an_adjudication_opens_it_again_and_who_repeats_it_does_not(people: People) -> None:
    people.say("ann", 0, "reject")
    people.say("ben", 0, "accept")
    people.say("cai", 0, "accept", adjudication=True)
    people.say("ann", 0, "accept")
    assert people.open() == []
    people.say("ben", 0, "reject")
    assert people.open() == [0]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_there_is_nothing_to_settle_where_nobody_disagrees(people: People, index: int) -> None:
    people.say("ann", 0, "accept")
    people.say("ben", 0, "accept")
    people.say("ann", 1, "accept")
    with pytest.raises(Conflict, match="nobody disagrees"):
        people.say("cai", index, "reject", adjudication=True)


def test_disagreements_and_what_settled_them_go_into_a_newer_reading(people: People, give: Any) -> None:
    for index in (0, 1):
        people.say("ann", index, "reject")
        people.say("ben", index, "accept")
    people.say("cai", 1, "reject", adjudication=True)
    newer = "A heading that the old reader lost.\n\n" + TEXT
    give(newer, {index + 1: said for index, said in SAID.items()}, data=TEXT.encode(), extractor="text/2")
    with people.store.read() as session:
        assert [one.tag.index for one in disagreements(session).items] == [1]
        found = agreement(session)
    assert (found.tags, found.open, found.settled) == (2, 1, 1)


def test_disagreements_come_page_by_page(people: People) -> None:
    for index in range(3):
        people.say("ann", index, "reject")
        people.say("ben", index, "accept")
    with people.store.read() as session:
        first = disagreements(session, limit=2)
        rest = disagreements(session, first.after, 2)
        assert rest.after is None
        assert [one.tag.index for one in (*first.items, *rest.items)] == [2, 1, 0]
        with pytest.raises(UsageError):
            disagreements(session, limit=0)
