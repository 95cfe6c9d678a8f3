"""A page of tags is read by an index, whatever is filtered and however it is sorted, and shows what it should."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.convention import tree
from palermo.service.store import Store, open_store
from palermo.service.store.bench import combinations
from palermo.service.store.bench_fill import fill
from palermo.service.store.counts import counts_by_provision, languages, states, states_by_provision, totals
from palermo.service.store.listing import TagFilter, tags
from palermo.service.store.tables import LanguageCount, MonthCount, ProvisionCount, StateCount, Tag
from palermo.service.store.watch import explain, watch
from sqlalchemy import select, update

ROWS = 3000
MILLION = 1_000_000 // ROWS
SAMPLE = 9  # each ninth combination; 9 shares no factor with the numbers of choices but that of the states


@pytest.fixture(scope="module")
def many(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Some thousand tags, whose figures say that they are a million: so they are read as a million would be."""
    path = tmp_path_factory.mktemp("many") / "palermo.sqlite"
    shutil.copy(sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    fill(store, ROWS)
    with store.write() as session:
        for table in (ProvisionCount, StateCount, LanguageCount, MonthCount):
            session.execute(update(table).values(tags=table.tags * MILLION))
    yield store
    store.close()


@pytest.fixture(scope="module")
def every(many: Store) -> list[Any]:
    """All tags, to filter and sort by hand."""
    with many.read() as session:
        return list(session.scalars(select(Tag)))


CASES = list(itertools.islice(combinations(), 0, None, SAMPLE))


def test_every_page_is_read_by_an_index_and_none_sorts_the_whole_table(many: Store) -> None:
    for chosen, sort in CASES:
        with many.read() as session:
            with watch(session) as seen:
                tags(session, TagFilter(**chosen), sort)
            for statement, parameters in seen.statements:
                plan = explain(session, statement, parameters)
                assert_indexed(plan, f"{sort} {chosen}\n{statement}\n{plan}")


def assert_indexed(plan: list[str], told: str) -> None:
    reads = [line for line in plan if re.search(r"\btags\b", line)]
    whole = [line for line in reads if not line.startswith("SEARCH tags USING")]
    # In the order of the list a page may begin at the end of the table itself, or of an index.
    assert all(line == "SCAN tags" or line.startswith("SCAN tags USING COVERING INDEX") for line in whole), told
    if any("TEMP B-TREE" in line for line in plan):
        assert not whole, told
        by = re.compile(r"ix_tags_(state|language|date|provision|document|queue|score) \((\w+)[=<>]|PRIMARY KEY")
        assert all(by.search(line) for line in reads), told


def test_pages_show_what_filtering_and_sorting_by_hand_shows(many: Store, every: list[Any]) -> None:
    for chosen, sort in CASES:
        expected = [one.id for one in sorted(filter(passing(chosen), every), key=KEYS[sort])]
        with many.read() as session:
            first = tags(session, TagFilter(**chosen), sort, limit=20)
            shown = [one.id for one in first.items]
            if first.after is not None:
                shown += [one.id for one in tags(session, TagFilter(**chosen), sort, first.after, 500).items]
        assert shown == expected[: len(shown)], (chosen, sort)
        assert len(shown) == min(len(expected), 520), (chosen, sort)


KEYS: dict[str, Any] = {
    "uncertainty": lambda one: (one.uncertainty, one.id),
    "score": lambda one: (-one.score, -one.id),
    "newest": lambda one: -one.id,
    "provision": lambda one: (tree().sort_key(one.provision), one.uncertainty, one.id),
}


def passing(chosen: dict[str, Any]) -> Any:
    """Whether a tag passes a filter."""
    below = {one.id for one in tree().walk(chosen["provision"])} if "provision" in chosen else None

    def passes(one: Tag) -> bool:
        named = ("decision", "verdict", "reviewed", "state", "language")
        return (
            (below is None or one.provision in below)
            and all(getattr(one, name) == chosen[name] for name in named if name in chosen)
            and chosen.get("date_from", "") <= (one.date or "") <= chosen.get("date_to", "9999")
        )

    return passes


def test_figures_read_no_tag(many: Store) -> None:
    for count in (counts_by_provision, states_by_provision, states, languages, totals):
        with many.read() as session, watch(session) as seen:
            count(session)
        assert all("FROM tags" not in statement for statement, _ in seen.statements)
