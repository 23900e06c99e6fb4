"""What a shot's last line in Prefect's log says."""

import pytest

from flows.telling import ending, recorder
from tasks.models import ShotResult
from tests.browser.targets import clip_of
from tests.tasks.purchases import result

GOOD = result("rendered", clip=clip_of("a"))
LOCKED = result("failed", error_class="Locked", error="402: no credit")
SKIPPED = result("skipped", error_class="Budget", error="over")
STAND_IN = result("stand_in", clip=clip_of("a"), error_class="Locked", error="402: no credit")
ODD = result("failed", error_class="Whatever", error="?")


@pytest.mark.parametrize(
    ("row", "held_back", "begins", "ends"),
    [
        (GOOD, [], "", ""),
        (GOOD, ["x: Busy: 429", "y: Locked: 402."], "then x: Busy: 429; y: Locked: 402", "402"),
        (LOCKED, [], "The gateway turned the key down", "(storyreel providers --check)"),
        (LOCKED, ["x: Busy: 429"], "then x: Busy: 429. The gateway turned", "(storyreel providers --check)"),
        (SKIPPED, [], "Nothing more was ordered. Raise the limit", "(--budget USD)"),
        (STAND_IN, [], "The gateway turned the key down", "(storyreel providers --check)"),
        (ODD, [], "Run the same command again", "in its route"),
    ],
)
def test_the_last_line_of_a_shot(row: ShotResult, held_back: list[str], begins: str, ends: str) -> None:
    """What else was tried, and for a shot without a clip of its own what a person can do; nothing where all is said."""
    line = ending(row, held_back)
    assert line.startswith(begins)
    assert line.endswith(ends)
    assert bool(line) == bool(begins)


def test_that_a_line_outside_a_run_is_no_error() -> None:
    """A thread that Prefect knows nothing of may say something all the same."""
    recorder({})("the lock could not be renewed")
