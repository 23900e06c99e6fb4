"""Chains of rows that continue one another: kept together, and warned of where they grow long."""

from decimal import Decimal

import pytest

from tasks.domain.plan import Plan, ShotPlan, chains_of
from tasks.domain.shot import Shot, Size
from tasks.planning.chains import describe_chains
from tasks.season.parts import split


def chain(length: int) -> list[Shot]:
    start = Shot("s0", 2, "A", "x", "text_to_video", Decimal(4), Size(1280, 720), "cover")
    later = [
        start._replace(shot_id=f"s{n}", row=n + 2, scene=f"{n}", mode="image_to_video", source_shot=f"s{n - 1}")
        for n in range(1, length + 1)
    ]
    return [start, *later]


@pytest.mark.parametrize(("links", "told"), [(0, 0), (4, 0), (5, 1), (9, 1)])
def test_a_long_chain_is_told(links: int, told: int) -> None:
    """Each link softens the picture: from five on the plan says so, once a chain."""
    lines = describe_chains(chain(links))
    assert len(lines) == told and all(
        line.startswith(f"{links} shots continue one another (s0 -> s1") for line in lines
    )


def test_a_plan_has_its_chains() -> None:
    """In board order, a shot that two go on from in both; shots that continue nothing in none."""
    fork = chain(1)[1]._replace(shot_id="t1")
    shots = [*chain(2), fork, chain(0)[0]._replace(shot_id="other")]
    plan = Plan(tuple(ShotPlan(shot, True, "", "", {}, "new") for shot in shots))
    assert plan.chains == [("s0", "s1", "s2"), ("s0", "t1")] == chains_of(shots[::-1])[::-1]
    assert Plan(plan.shots[-1:]).chains == []


def test_a_season_tears_no_chain() -> None:
    """Rows that continue one another are in one part, whatever their scenes."""
    parts = split([*chain(5), chain(0)[0]._replace(shot_id="other", scene="z")], 3)
    assert [one for one in parts if "s0" in one] == [("s0", "s1", "s2", "s3", "s4", "s5")]
