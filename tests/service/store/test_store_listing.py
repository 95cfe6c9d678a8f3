"""The queue: pages that miss and repeat nothing, filters, sorts, counts."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from palermo.corpora.errors import UsageError
from palermo.service.store import Store
from palermo.service.store.analyses import passages
from palermo.service.store.counts import counts_by_provision, states_by_provision, totals
from palermo.service.store.cursors import decode_cursor, encode_cursor
from palermo.service.store.listing import Sort, TagFilter, excerpts, tags
from palermo.service.store.records import TagRecord
from palermo.service.store.reviews import Step, review

FIRST = {
    0: [("UNTOC.6", 0.9, "assigned"), ("UNTOC.6.1.a.i", 0.55, "review")],
    1: [("UNTOC.16", 0.45, "review"), ("TIP.5", 0.2, "none")],
}
SECOND = {0: [("UNTOC.6", 0.5, "review")], 1: [("SOM.6", 0.7, "assigned")]}


@pytest.fixture
def two(give: Any) -> tuple[str, str]:
    """Two documents with six tags."""
    return (
        give("First ruling on laundering.\n\nFirst ruling on surrender.", FIRST, state="IT", date="2001-05-06"),
        give("Second ruling on laundering.\n\nSecond ruling on boats.", SECOND, state="KE", date="2010-01-01"),
    )


def found(store: Store, chosen: TagFilter | None = None, sort: Sort = "uncertainty") -> list[str]:
    """Provision and score of every tag, by pages of two."""
    return [f"{one.provision} {one.score}" for one in walk(store, chosen, sort)]


def walk(store: Store, chosen: TagFilter | None, sort: Sort) -> list[TagRecord]:
    seen: list[TagRecord] = []
    after = None
    while True:
        with store.read() as session:
            page = tags(session, chosen, sort, after, 2)
        seen += page.items
        after = page.after
        if after is None:
            return seen


def test_the_queue_begins_with_what_is_nearest_to_its_threshold(store: Store, two: Any) -> None:
    order = ["UNTOC.6 0.5", "UNTOC.6.1.a.i 0.55", "UNTOC.16 0.45", "SOM.6 0.7", "TIP.5 0.2", "UNTOC.6 0.9"]
    assert found(store) == order
    assert found(store, sort="score") == sorted(order, key=lambda one: -float(one.split()[1]))
    assert found(store, sort="newest")[-1] == "UNTOC.6 0.9"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (TagFilter(provision="UNTOC.6"), ["UNTOC.6 0.5", "UNTOC.6.1.a.i 0.55", "UNTOC.6 0.9"]),
        (TagFilter(provision="UNTOC.6.1"), ["UNTOC.6.1.a.i 0.55"]),
        (TagFilter(provision="UNTOC"), ["UNTOC.6 0.5", "UNTOC.6.1.a.i 0.55", "UNTOC.16 0.45", "UNTOC.6 0.9"]),
        (TagFilter(decision="review"), ["UNTOC.6 0.5", "UNTOC.6.1.a.i 0.55", "UNTOC.16 0.45"]),
        (TagFilter(decision="review", provision="UNTOC.16"), ["UNTOC.16 0.45"]),
        (TagFilter(score_from=0.5, score_to=0.7), ["UNTOC.6 0.5", "UNTOC.6.1.a.i 0.55", "SOM.6 0.7"]),
        (TagFilter(state="KE"), ["UNTOC.6 0.5", "SOM.6 0.7"]),
        (TagFilter(state="KE", decision="assigned"), ["SOM.6 0.7"]),
        (TagFilter(date_from="2005", date_to="2010-12-31"), ["UNTOC.6 0.5", "SOM.6 0.7"]),
        (TagFilter(date_to="2005"), ["UNTOC.6.1.a.i 0.55", "UNTOC.16 0.45", "TIP.5 0.2", "UNTOC.6 0.9"]),
        (TagFilter(language="fr"), []),
        (TagFilter(verdict="accepted"), []),
        (TagFilter(language="en", reviewed=False, provision="SOM"), ["SOM.6 0.7"]),
    ],
)
def test_filters(store: Store, two: Any, chosen: TagFilter, expected: list[str]) -> None:
    assert found(store, chosen) == expected
    assert sorted(found(store, chosen, "score")) == sorted(expected)
    assert sorted(found(store, chosen, "newest")) == sorted(expected)


def test_a_document_has_its_own_list(store: Store, two: tuple[str, str]) -> None:
    assert found(store, TagFilter(document=two[1])) == ["UNTOC.6 0.5", "SOM.6 0.7"]


def test_reviewed_and_not_reviewed_are_apart(store: Store, two: tuple[str, str]) -> None:
    with store.write() as session:
        review(session, Step(passages(session, two[1])[1].id, "SOM.6", "reject"))
    assert found(store, TagFilter(reviewed=True)) == ["SOM.6 0.7"]
    assert found(store, TagFilter(verdict="rejected")) == ["SOM.6 0.7"]
    assert len(found(store, TagFilter(reviewed=False))) == 5


@pytest.mark.parametrize("sort", ["uncertainty", "score", "newest"])
def test_pages_show_every_tag_once_while_others_are_stored(store: Store, give: Any, sort: Sort) -> None:
    def said(n: int) -> dict[int, list[tuple[str, float, str]]]:
        # Scores repeat, so that pages end between equal ones.
        return {0: [("UNTOC.6", 0.3 + (n % 3) / 10, "review"), ("UNTOC.5", 0.5, "review")]}

    for n in range(6):
        give(f"Ruling number {n} of the first lot.", said(n))
    with store.read() as session:
        before = {one.id for one in tags(session, sort=sort, limit=100).items}
    seen: list[int] = []
    after, n = None, 0
    while True:
        with store.read() as session:
            page = tags(session, None, sort, after, 3)
        seen += [one.id for one in page.items]
        after, n = page.after, n + 1
        if after is None:
            break
        if n < 4:
            give(f"Ruling number {n} of the second lot.", said(n))
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_a_line_says_what_a_page_needs(store: Store, two: tuple[str, str]) -> None:
    with store.read() as session:
        first = tags(session, TagFilter(document=two[0], provision="UNTOC.16")).items[0]
        text = excerpts(session, [first])[first.passage]
    assert text == "First ruling on surrender."
    assert (first.document, first.name, first.number, first.threshold, first.drop) == (
        two[0],
        "ruling.txt",
        "2",
        0.5,
        0.3,
    )
    assert first.evidence is not None
    assert text[first.evidence[0] - first.start : first.evidence[1] - first.start] == "First ruli"


def test_excerpts_count_code_points(store: Store, give: Any) -> None:
    text = "\U0001f4dc\u0627\u0644\u062d\u0643\u0645 one two.\n\n\U0001d7d9 \u00e9e\u0301 three four."
    id_ = give(text, {1: [("UNTOC.6", 0.9, "assigned")]})
    with store.read() as session:
        line = tags(session, TagFilter(document=id_)).items[0]
        assert excerpts(session, [line])[line.passage] == text.split("\n\n")[1]


def test_counts(store: Store, two: tuple[str, str]) -> None:
    with store.write() as session:
        first, second = (passages(session, id_) for id_ in two)
        review(session, Step(first[0].id, "UNTOC.6", "accept"))
        review(session, Step(second[0].id, "UNTOC.6", "reject"))
        review(session, Step(second[1].id, "UNTOC.9", "add"))
    with store.read() as session:
        counts = counts_by_provision(session)
        states = states_by_provision(session)
        assert totals(session) == {"documents": 2, "tags": 7, "waiting": 2}
    six = counts["UNTOC.6"]
    assert (six.assigned, six.review, six.predicted, six.right, six.wrong) == (1, 1, 2, 1, 1)
    assert six.verdicts == {"accepted": 1, "rejected": 1}
    assert states["UNTOC.6"] == {"IT": 1}
    assert states["UNTOC.9"] == {"KE": 1}
    assert "UNTOC.16" not in states


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "%%%",
        "é",
        "AAAA",
        base64.urlsafe_b64encode(b'["uncertainty", NaN, 1]').decode(),
        base64.urlsafe_b64encode(b'["uncertainty", "x", 1]').decode(),
        base64.urlsafe_b64encode(b"[" * 200).decode(),
        encode_cursor("score", 0.5, 3),
        encode_cursor("uncertainty", 3),
        encode_cursor("uncertainty", 0.5, 0.5),
        encode_cursor("uncertainty", 0.5, 2**70),
    ],
)
def test_a_cursor_that_is_none_is_refused(store: Store, cursor: str) -> None:
    with store.read() as session, pytest.raises(UsageError, match="cursor"):
        tags(session, None, "uncertainty", cursor)


def test_a_cursor_keeps_its_place_to_the_last_digit() -> None:
    assert decode_cursor(encode_cursor("score", 0.1 + 0.2, 7), "score", 2) == [0.1 + 0.2, 7]


@pytest.mark.parametrize("wrong", [TagFilter(decision="maybe"), TagFilter(provision="UNTOC.99")])
def test_unknown_values_are_refused(store: Store, wrong: TagFilter) -> None:
    with store.read() as session, pytest.raises(UsageError):
        tags(session, wrong)
    with store.read() as session, pytest.raises(UsageError):
        tags(session, limit=0)
