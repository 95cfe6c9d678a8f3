"""Results that are not stored: kept for their owner, for a while, within bounds."""

from __future__ import annotations

from palermo.service.pages.shelf import Shelf


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_result_comes_back_until_its_time_is_over() -> None:
    clock = Clock()
    shelf = Shelf(10, 1_000_000, clock)
    word = shelf.put({"text": "\ud800 é"}, None)
    clock.now = 9
    assert shelf.get(word, None) == {"text": "\ud800 é"}
    clock.now = 10
    assert shelf.get(word, None) is None


def test_only_its_owner_gets_a_result() -> None:
    shelf = Shelf(10, 1_000_000)
    word = shelf.put({"a": 1}, 7)
    assert shelf.get(word, 8) is None
    assert shelf.get(word, None) is None
    assert shelf.get("", 7) is None
    assert shelf.get(word, 7) == {"a": 1}


def test_the_oldest_go_where_there_is_no_room_and_the_newest_stays() -> None:
    shelf = Shelf(1000, 40)
    first = shelf.put({"a": "x" * 10}, None)
    second = shelf.put({"b": "".join(map(chr, range(200, 400)))}, None)
    assert shelf.get(first, None) is None
    assert shelf.get(second, None) is not None
