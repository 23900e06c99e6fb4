"""A board that is to be done by a time: routes of the chain in another order, under the same budget."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.domain.errors import ConfigError, TargetError
from tasks.planning.deadline import asked_time, read_time
from tests.chain.conftest import PRICE, Studio, shots

NOW = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("23:00", "2026-11-26T23:00"),
        ("7:00", "2026-11-27T07:00"),
        ("22:30", "2026-11-27T22:30"),
        ("2026-11-28T07:00", "2026-11-28T07:00"),
        ("2026-11-28 07:00+02:00", "2026-11-28T05:00"),
    ],
)
def test_times(text: str, then: str) -> None:
    """A time of day is the next one; a date with a time is that one."""
    assert read_time(text, NOW).astimezone(UTC).isoformat().startswith(then)


@pytest.mark.parametrize("text", ["25:00", "soon", "7", "2026-11-26T07:00", "07:00:00Z"])
def test_times_that_are_none(text: str) -> None:
    """What is no time, or over, is a fault with what would be right."""
    with pytest.raises(ConfigError, match=r"write a time such as 07:00|is over"):
        asked_time(text, "--by", NOW)


def later(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def test_the_cheapest_route_that_has_time_is_ordered_first(studio: Studio) -> None:
    """With time the dearer first route of the chain is not paid; the bill is that of the plan; nothing is forgotten."""
    dear, cheap = sorted(("pixazo", "aivideoapi"), key=lambda name: -PRICE[name])
    config = studio.config(dear, cheap)
    board = studio.board(*shots(3))
    plain = await studio.plan(board, config)
    timed = await studio.plan(board, config, by=later(24))
    assert (plain.quoted, timed.quoted) == (3 * PRICE[dear], 3 * PRICE[cheap])
    assert timed.schedule is not None and timed.schedule.done == tuple(one.shot.shot_id for one in timed.shots)
    assert plain.worst == timed.worst
    run = await studio.render(board, config, by=later(24))
    assert (run.code, len(run.orders(cheap)), run.orders(dear)) == (0, 3, [])
    assert run.money() == 3 * PRICE[cheap]


async def test_what_cannot_be_done_is_told_before_anything_starts(studio: Studio) -> None:
    """With no time for a single job all are late, and the chain stays as it is."""
    config = studio.config("pixazo", "aivideoapi")
    plan = await studio.plan(studio.board(*shots(2)), config, by=later(0.01))
    assert plan.schedule is not None and len(plan.schedule.late) == 2 and plan.schedule.done == ()
    assert plan.quoted == 2 * PRICE["pixazo"]
    assert any("no route of their chains has time for 2" in line for line in plan.schedule.lines)


async def test_other_targets_say_how_long_a_route_takes(studio: Studio) -> None:
    """What was measured at a target that is named counts; one without attempts is told."""
    config, board = studio.config("pixazo"), studio.board(*shots(2))
    unknown = await studio.plan(board, config, by=later(1))
    assert unknown.schedule is not None and "nobody has measured" in unknown.schedule.lines[-1]
    await studio.render(board, config)
    other = studio.board("another shot")
    known = await studio.plan(other, config, to=str(studio.folder / "new"), by=later(1), measured=(str(studio.target),))
    assert known.schedule is not None and not any("nobody" in line for line in known.schedule.lines)
    with pytest.raises(TargetError, match=r"has no attempts\.parquet"):
        await studio.plan(other, config, by=later(1), measured=(str(studio.folder / "nothing"),))


@pytest.mark.parametrize("data", [b"", b"<html>", b"PAR1 and nothing else PAR1"])
async def test_a_table_that_is_none_is_told(studio: Studio, data: bytes) -> None:
    """A target whose attempts cannot be read is named, before anything starts."""
    other = studio.folder / "other"
    other.mkdir()
    (other / "attempts.parquet").write_bytes(data)
    with pytest.raises(TargetError, match=r"other: its attempts\.parquet cannot be read"):
        await studio.plan(studio.board("x"), studio.config("pixazo"), by=later(1), measured=(str(other),))
