"""What tests start keeps nobody else waiting."""

import os
from pathlib import Path

import pytest

from tests.sandbox import containers
from tests.tasks import clips


@pytest.mark.parametrize("make", ["sandbox", "clips"])
def test_no_clip_that_is_made_takes_the_processor_for_good(tmp_path: Path, make: str) -> None:
    """Whoever encodes AV1 is scheduled afterwards as before: a worker of the tests, and every server that it starts."""
    before = os.sched_getscheduler(0)
    if make == "sandbox":
        containers.write(tmp_path / "clip.mp4", "mp4-av1")
    else:
        clips.write(tmp_path / "clip.mp4", codec="libsvtav1")
    assert os.sched_getscheduler(0) == before == os.SCHED_OTHER
