"""What a row and an attempt say of the clip that came."""

import re
from pathlib import Path

import pytest

from tasks.domain.result import STATUSES, has_own_clip
from tests.tasks.purchases import attempt, clip, result

ROOT = Path(__file__).parents[3]
SPELLED = re.compile(r"""["'](rendered|reused)["'], ?["'](rendered|reused)["'][])}]""")


@pytest.mark.parametrize("status", STATUSES)
def test_only_two_statuses_mean_a_clip_of_its_own(status: str) -> None:
    """A stand-in is no clip of the shot's own, and neither is none."""
    assert has_own_clip(status) is (status in {"rendered", "reused"})


@pytest.mark.parametrize("status", STATUSES)
def test_a_row_has_its_own_clip_where_there_is_one(status: str) -> None:
    """A row says so by its status, and only with the clip itself: a kept row of another run has none at hand."""
    assert result(status, clip=clip()).has_own_clip is has_own_clip(status)
    assert result(status, kept={"status": status, "clip": "clips/a.mp4"}).has_own_clip is False


@pytest.mark.parametrize(("values", "own"), [({}, False), ({"clip": clip()}, True), ({"stand_in": True}, False)])
def test_an_attempt_that_stood_in_brought_nothing_of_its_own(values: dict[str, object], own: bool) -> None:
    """An attempt brought a clip of the shot's own unless there is none, or it was drawn to stand in."""
    assert attempt(**values).brought_own_clip is own
    assert attempt(clip=clip(), stand_in=True).brought_own_clip is False


def test_the_rule_stands_in_one_place() -> None:
    """No other module spells out which statuses mean a clip of its own."""
    files = [*ROOT.glob("tasks/**/*.py"), *ROOT.glob("flows/**/*.py")]
    spelled = {str(path.relative_to(ROOT)) for path in files if SPELLED.search(path.read_text(encoding="utf-8"))}
    assert spelled <= {"tasks/domain/result.py"}
