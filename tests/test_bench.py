"""What the bench measures is what it says."""

from pathlib import Path

from tasks.domain.request import RunRequest
from tasks.session.session import start_session
from tests.bench import boards


def written(path: Path) -> tuple[int, ...]:
    """What changes when a file is written anew, and not when it is read."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


async def test_a_finished_board_is_finished(tmp_path: Path) -> None:
    """The board of the no-op rows is kept as a whole: nothing of it is new, changed or lost."""
    path, target = await boards.finish(tmp_path, 4)
    async with start_session(RunRequest(str(path), str(target), str(boards.config(tmp_path)))) as made:
        await made.check(fetch=False)
        assert [shot.action for shot in made.plan.shots] == ["keep"] * 4
        async with made.open():
            await made.tables.publish()
            boards.take_reel_as_made(target, tmp_path)
            before = written(target / "reel.mp4")
            await made.show()
        assert (target / "report.html").exists() and written(target / "reel.mp4") == before
