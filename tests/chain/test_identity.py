"""A file that is swapped while a run reads: nothing of it is bought, sent or kept under the other's name."""

import shutil
from pathlib import Path

import pytest

from tasks.session.session import Session
from tests.chain.conftest import Studio
from tests.sandbox.media import clip as video
from tests.tasks.pictures import B, R, quad, saved


def between(session: Session, path: Path, other: Path) -> None:
    """Puts the other file in its place once the board was checked, before the first order."""
    real = session.open

    def opened():  # type: ignore[no-untyped-def]  # a context of the session's own
        shutil.copy(other, path)
        return real()

    session.open = opened  # type: ignore[method-assign]  # the instant that is meant


@pytest.mark.parametrize("route", ["runway:aleph2", "animatic:caption"])
async def test_a_source_clip_swapped_after_the_check(studio: Studio, route: str) -> None:
    """It is neither sent nor drawn from: the shot fails in plain words and costs nothing."""
    path, other = studio.folder / "a.mp4", studio.folder / "b.mp4"
    path.write_bytes(video((1280, 720), 4, "one"))
    other.write_bytes(video((1280, 720), 4, "two"))
    rows = [{"prompt": "edit", "source": "a.mp4"}]
    config = studio.config(chain={"remix": [route]})
    outcome = await studio.render(studio.board(*rows), config, tamper=lambda running: between(running, path, other))
    assert outcome.row["status"] == "failed" and "changed while it was read" in outcome.row["error"]
    assert outcome.orders() == [] and outcome.money() == 0 and not outcome.row["clip"]
    again = await studio.render(studio.board(*rows), config)
    assert (again.code, again.row["status"]) == (0, "rendered"), again.row["error"]


async def test_a_picture_swapped_during_the_check(studio: Studio) -> None:
    """The board is refused as a whole, and the target has no frame; the next run takes what is there then."""
    path = studio.folder / "a.png"
    path.write_bytes(saved(quad([R] * 4), "PNG"))

    def tamper(session: Session) -> None:
        real = session.media.digest

        async def digest(reference: str) -> str:
            found = await real(reference)
            path.write_bytes(saved(quad([B] * 4), "PNG"))
            return found

        session.media.digest = digest  # type: ignore[method-assign]  # the instant that is meant

    config = studio.config(chain={"image_to_video": ["runway:gen4.5"]})
    rows = [{"prompt": "x", "image": "a.png"}]
    outcome = await studio.render(studio.board(*rows), config, tamper=tamper)
    assert outcome.code == 2 and "changed while it was read" in outcome.errors and not outcome.orders()
    assert not (studio.target / "frames").exists()
    again = await studio.render(studio.board(*rows), config)
    assert (again.code, again.row["status"]) == (0, "rendered"), again.row["error"]
