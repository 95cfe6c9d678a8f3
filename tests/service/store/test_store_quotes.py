"""A quote is found where its words stand now, or nowhere; never on other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.service.store.quotes import QuoteFinder

OLD = "He was tried first.\n\nThe appeal is dismissed with costs to the respondent State.\n\nSo ordered."


def moved(old: str, words: str, new: str, nth: int = 0) -> str:
    """What stands in `new` where the nth `words` of `old` went, or the reason."""
    start = -1
    for _ in range(nth + 1):
        start = old.index(words, start + 1)
    found = QuoteFinder(new).find(QuoteFinder(old).quote(start, start + len(words)))
    return found if isinstance(found, str) else f"{found[0]}:{new[found[0] : found[1]]}"


def test_words_that_moved() -> None:
    new = "A new heading.\n\n" + OLD
    assert moved(OLD, "dismissed with costs", new) == f"{new.index('dismissed')}:dismissed with costs"


def test_words_that_stand_three_times_are_told_apart_by_what_surrounds_them() -> None:
    old = "First count: guilty of fraud. Second count: guilty of theft. Third count: guilty of arson."
    new = "Verdict. " + old.replace("First count", "Count one")
    assert moved(old, "guilty", new, 1) == f"{new.index('guilty of theft')}:guilty"
    assert moved(old, "guilty", new, 2) == f"{new.index('guilty of arson')}:guilty"


def test_words_that_look_the_same_all_around_are_told_apart_by_their_order() -> None:
    old = "\n".join(["The same long line of boilerplate stands here again and again."] * 5)
    new = "Heading.\n" + old
    places = [at for at in range(len(new)) if new.startswith("boilerplate", at)]
    assert moved(old, "boilerplate", new, 2) == f"{places[2]}:boilerplate"
    fewer = "\n".join(old.splitlines()[:4])
    assert moved(old, "boilerplate", fewer, 2) == "ambiguous"


@pytest.mark.parametrize(
    "changed",
    [
        "He was tried first. The appeal  is\ndismissed with\ncosts to the respondent State. So ordered.",
        "He was tried first. THE APPEAL IS DISMISSED WITH COSTS TO THE RESPONDENT STATE.",
        "He was tried first. The appeal is dis-\nmissed with costs to the respondent State. So ordered.",
    ],
)
def test_words_that_changed_in_space_case_or_hyphens_only(changed: str) -> None:
    found = moved(OLD, "dismissed with costs", changed)
    assert found.split(":", 1)[1].replace("-\n", "").replace("\n", " ").casefold() == "dismissed with costs"


def test_ligatures_are_letters() -> None:
    assert (
        moved("It was conﬁscated at the ofﬁce.", "conﬁscated", "It was confiscated at the office.") == "7:confiscated"
    )


@pytest.mark.parametrize(
    ("words", "new"),
    [
        ("dismissed with costs", OLD.replace("dismissed with costs", "allowed without costs")),
        ("The appeal is dismissed", "Nothing of it is left."),
        ("costs", "He counted accosts."),
        ("tried", "An unrelated text in which somebody tried something."),
    ],
)
def test_words_that_changed_or_went_are_gone(words: str, new: str) -> None:
    assert moved(OLD, words, new) == "gone"


@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.text(max_size=40))
def test_a_quote_is_found_in_its_own_text(before: str, words: str, after: str) -> None:
    text = before + words + after
    finder = QuoteFinder(text)
    quote = finder.quote(len(before), len(before) + len(words))
    assert finder.find(quote) == (len(before), len(before) + len(words))


@given(st.text(max_size=60), st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_found_lies_inside_the_text(new: str, words: str, prefix: str, suffix: str) -> None:
    old = QuoteFinder(prefix + words + suffix)
    found = QuoteFinder(new).find(old.quote(len(prefix), len(prefix) + len(words)))
    if not isinstance(found, str):
        assert 0 <= found[0] < found[1] <= len(new)
