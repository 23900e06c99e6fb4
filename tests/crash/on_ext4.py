"""A power cut on a real file system: only ``make crash`` runs this, for it mounts images and so needs root.

The target lies on an ext4 image behind a loop device, whose journal waits ten minutes for its next commit of its own
accord. When a run was killed the image's file holds just what had reached the disk: a copy is what a power cut leaves.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.storage.store import Store
from tests.crash.test_crash import board, check  # noqa: F401 - a fixture
from tests.crash.test_power_cut import Bench
from tests.sandbox.server import Sandbox

INSTANTS = 20
LAZY = "loop,commit=600,noauto_da_alloc"  # nothing reaches the disk but what is synced


def told(*command: object) -> None:
    """Run a command of the system's; a failure of the test where it does not work here."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}: {done.stderr.strip()} (this test needs root and loop devices)")


@contextlib.contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """The folder at which the image is mounted meanwhile."""
    folder = image.with_suffix(".mounted")
    folder.mkdir()
    told("mount", "-o", LAZY, image, folder)
    try:
        yield folder
    finally:
        told("umount", folder)


def made(image: Path) -> Path:
    """An empty ext4 image."""
    with image.open("wb") as out:
        out.truncate(64 * 2**20)
    told("mkfs.ext4", "-q", image)
    return image


def cut(at: int, bench: Bench, folder: Path) -> int:
    """Kill a run at its n-th step, or let it end, and go on with what the disk holds: the steps that it took."""
    image, copy = made(folder / f"{at}.ext4"), folder / f"{at}-after.ext4"
    with mounted(image) as disk:
        code = bench.run(disk / "target", at=at)
        shutil.copyfile(image, copy)
    assert code == (-9 if at else 0)
    steps = len(bench.steps())
    with mounted(copy) as disk:
        assert bench.run(disk / "target") == 0
        check(bench.box, Store(str(disk / "target")), {}, folder / "probe.mp4")
        assert not list((disk / "target").rglob("*.tmp"))
    image.unlink()
    copy.unlink()
    return steps


@pytest.mark.timeout(1200)
def test_power_cut_on_ext4(board: Path, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    """At twenty instants from the first step to after the end, what ext4 kept is enough: nothing is bought twice, and
    no clip is lost."""

    def at(step: int) -> int:
        with Sandbox(job_seconds=0.02) as box:
            return cut(step, Bench(board, box), tmp_path)

    steps = at(0)
    assert steps >= INSTANTS
    for n in range(1, INSTANTS):
        at(n * steps // INSTANTS)
