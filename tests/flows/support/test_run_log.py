"""What a run writes to Prefect's log: few lines a shot, and a last one that says what to do."""

import asyncio
from pathlib import Path

import pytest

from flows.render_storyboard import render_storyboard
from flows.support.run_log import Lines, ending, recorder
from tasks.domain.result import ShotResult
from tests.browser.targets import clip_of
from tests.flows import write_board
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture
from tests.sandbox import Sandbox
from tests.tasks.purchases import result

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
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
    kept: Lines = {}
    recorder(kept)("the lock could not be renewed")
    assert kept == {}


def test_that_a_long_chain_is_told_in_three_lines(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """A shot that four gateways refuse has its first refusal told at once, the others with its end, and a state."""
    board = write_board(
        tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail", "duration": 4, "size": "1280x720"}]
    )
    with Sandbox([{"do": "kind", "kind": "bad_request"}]) as box, pytest.MonkeyPatch.context() as patch:
        for name, value in box.env().items():
            patch.setenv(name, value)
        asyncio.run(
            render_storyboard(str(board), str(tmp_path / "film"), "configs/sora.toml", views=[], return_state=True)
        )
    said = [record.getMessage() for record in caplog.records if record.name == "prefect.task_runs"]
    assert len(said) == 3, said
    first, last, state = said
    assert first.startswith("a: aigateway:openai/sora-2-text-to-video-pro: Refused: ")
    assert last.startswith("a: then aivideoapi:sora-2: Refused: ")
    assert last.count(": Refused: ") == 3
    assert "change what the reason names" in last
    assert state.startswith("Finished in state Without clip('failed: Refused: ")
