from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config import settings
from tasks.domain.plan import Plan
from tasks.domain.shot import Shot, Size
from tasks.season.parts import divide_settings, in_flight, shares, split, todays_share

HD = Size(1280, 720)


def shots(*told: str) -> list[Shot]:
    """``"A"`` is a shot of scene A, ``"A<2"`` one that starts from the second row (sh002)."""
    found = []
    for row, text in enumerate(told, 1):
        scene, _, source = text.partition("<")
        from_row = f"sh{int(source):03}" if source else ""
        shot = Shot(f"sh{row:03}", row + 1, scene, "x", "text_to_video", Decimal(4), HD, "cover", source_shot=from_row)
        found.append(shot)
    return found


def numbers(parts: list[tuple[str, ...]]) -> list[list[int]]:
    return [[int(name[2:]) for name in part] for part in parts]


@pytest.mark.parametrize(
    ("board", "most", "parts"),
    [
        (["A", "A", "B", "B"], 2, [[1, 2], [3, 4]]),
        (["A", "A", "B", "B"], 3, [[1, 2], [3, 4]]),
        (["A", "A", "B", "B"], 4, [[1, 2, 3, 4]]),
        (["A", "A", "A", "B"], 2, [[1, 2], [3, 4]]),
        (["A", "A", "B", "B", "C", "C"], 3, [[1, 2, 3], [4, 5, 6]]),
        (["A", "A", "B", "B", "C"], 3, [[1, 2], [3, 4, 5]]),
        (["A", "A", "B", "B<3", "C", "C"], 3, [[1, 2], [3, 4], [5, 6]]),
        (["A", "B", "A"], 1, [[1], [2], [3]]),
        (["A", "B", "C<1"], 2, [[1, 3], [2]]),
        (["A", "A", "B<2"], 2, [[1], [2, 3]]),
        (["A", "A<1", "A<2"], 2, [[1, 2, 3]]),
        (["A<3", "B", "C"], 2, [[1, 3], [2]]),
        ([], 5, []),
    ],
)
def test_where_a_board_is_cut(board: list[str], most: int, parts: list[list[int]]) -> None:
    """At scene borders; inside a scene that is too long, or where that saves a part; never between a remix and the row
    it starts from."""
    assert numbers(split(shots(*board), most)) == parts


@st.composite
def boards(draw: st.DrawFn) -> list[Shot]:
    told = []
    for row in range(1, draw(st.integers(1, 30)) + 1):
        source = draw(st.integers(1, row - 1)) if row > 1 and draw(st.integers(0, 4)) == 0 else 0
        told.append(draw(st.sampled_from("ABC")) + (f"<{source}" if source else ""))
    return shots(*told)


@given(boards(), st.integers(1, 12))
def test_every_shot_is_in_one_part(board: list[Shot], most: int) -> None:
    """Each shot is in exactly one part, beside its source; a part is longer than asked only by one remix chain."""
    parts = split(board, most)
    assert sorted(name for part in parts for name in part) == sorted(shot.shot_id for shot in board)
    home = {name: place for place, part in enumerate(parts) for name in part}
    assert all(home[shot.source_shot] == home[shot.shot_id] for shot in board if shot.source_shot)
    order = {shot.shot_id: place for place, shot in enumerate(board)}
    for part in parts:
        assert list(part) == sorted(part, key=order.__getitem__) or len(part) <= most
        if len(part) > most:
            linked = {shot.shot_id for shot in board if shot.source_shot} | {shot.source_shot for shot in board}
            assert set(part) <= linked


@given(
    st.decimals(-5, 1000, places=6),
    st.lists(st.decimals(0, 50, places=6), min_size=1, max_size=20),
)
def test_parts_never_share_more_than_is_left(left: Decimal, quotes: list[Decimal]) -> None:
    """All shares together stay within what is left, and a larger quote gets no smaller share."""
    found = [share for share in shares(left, quotes) if share is not None]
    assert sum(found) <= max(left, Decimal(0))
    assert all(share >= 0 for share in found)
    ordered = [share for _, share in sorted(zip(quotes, found, strict=True))]
    assert ordered == sorted(ordered)


def test_a_season_without_a_budget_has_parts_without_one() -> None:
    """No limit for the whole is no limit for its parts."""
    assert shares(None, [Decimal(1), Decimal(2)]) == [None, None]
    assert shares(Decimal(9), [Decimal(1), Decimal(2)]) == [Decimal(3), Decimal(6)]


def test_limits_are_divided(tmp_path: Path) -> None:
    """Of three parts each gets a third of the places, the submits a minute and the money that may be wasted."""
    whole = settings.load_settings(None, {})
    pixazo = replace(whole.providers["pixazo"], max_in_flight=20, submits_per_minute=60)
    render = replace(whole.render, concurrency=100, max_wasted_usd=Decimal(9))
    whole = replace(whole, providers={**whole.providers, "pixazo": pixazo}, render=render)
    third = divide_settings(whole, 3)
    assert (third.providers["pixazo"].max_in_flight, third.providers["pixazo"].submits_per_minute) == (6, 20)
    assert (third.render.concurrency, third.render.max_wasted_usd) == (33, Decimal(3))
    assert divide_settings(whole, 1) is whole
    assert divide_settings(whole, 50).providers["pixazo"].max_in_flight == 1


def test_parts_in_flight_keep_within_the_shots_in_flight(tmp_path: Path) -> None:
    """A season that may have two shots in flight has two parts at once at most, because each has one at least."""
    whole = settings.load_settings(None, {})
    small = replace(whole, render=replace(whole.render, concurrency=2))
    assert in_flight(Plan(()), small, 8, 8) == 2


@pytest.mark.parametrize(
    ("share", "whole", "own", "all_", "today"),
    [
        (None, None, 3, 5, None),  # nothing limits the season
        (4, 10, 0, 0, 4),  # its share
        (4, 10, 3, 8, 4),  # its own orders count in it
        (4, 10, 3, 10, 3),  # what others took beyond theirs is gone: nothing more is ordered
        (4, 10, 1, 8, 3),  # two are left, and one is its own
        (4, 10, 1, 12, 1),  # more than the whole was charged
        (4, 10, 5, 6, 4),  # charged above its quotes
    ],
)
def test_the_share_of_today(share: int | None, whole: int | None, own: int, all_: int, today: int | None) -> None:
    """A part may have committed its share, and with its own orders never more than is left at the target by now."""
    found = todays_share(
        *(None if usd is None else Decimal(usd) for usd in (share, whole)), Decimal(own), Decimal(all_)
    )
    assert found == (None if today is None else Decimal(today))
