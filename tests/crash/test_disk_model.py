"""The model of a power cut against small histories whose endings are known."""

from collections.abc import Sequence

import pytest

from tests.crash.disk_model import Disk, Image, Step


def images(*steps: Step) -> list[Image]:
    disk = Disk("/t")
    for step in steps:
        disk.take(step)
    found: list[Image] = []
    for image in disk.images():
        found += [image] if image not in found else []
    return found


PART = (Step("open", "/t/.p"), Step("write", "/t/.p", data=b"whole"))
SYNC = Step("sync", "/t/.p")
NAME = Step("rename", "/t/.p", "/t/a")
FOLDER = Step("sync_folder", "/t")


@pytest.mark.parametrize(
    ("steps", "held"),
    [
        (PART, [{}, {".p": b""}]),
        ((*PART, SYNC), [{}, {".p": b"whole"}]),
        ((*PART, NAME), [{}, {".p": b""}, {"a": b""}]),
        ((*PART, NAME, FOLDER), [{"a": b""}]),
        ((*PART, SYNC, NAME), [{}, {".p": b"whole"}, {"a": b"whole"}]),
        ((*PART, SYNC, NAME, FOLDER), [{"a": b"whole"}]),
        ((*PART, SYNC, Step("link", "/t/.p", "/t/a"), FOLDER), [{".p": b"whole", "a": b"whole"}]),
        ((*PART, SYNC, NAME, FOLDER, Step("unlink", "/t/a")), [{"a": b"whole"}, {}]),
        ((*PART, SYNC, NAME, FOLDER, Step("unlink", "/t/a"), FOLDER), [{}]),
        ((*PART, SYNC, NAME, Step("sync_folder", "/")), [{}, {".p": b"whole"}, {"a": b"whole"}]),
        ((Step("open", "/elsewhere/a"), Step("polled", "a")), [{}]),
    ],
)
def test_what_is_held(steps: Sequence[Step], held: list[Image]) -> None:
    """Bytes come with the file's sync, names with their folder's; until then each of them may or may not be there."""
    assert images(*steps) == held


def test_a_folder_that_is_not_named() -> None:
    """What was synced in a new folder is lost with the folder as long as that has no name on the disk."""
    file = (Step("open", "/t/d/a"), Step("write", "/t/d/a", data=b"x"), Step("sync", "/t/d/a"))
    made = (Step("mkdir", "/t/d"), *file, Step("sync_folder", "/t/d"))
    assert images(*made) == [{}, {"d/a": b"x"}]
    assert images(*made, Step("sync_folder", "/t")) == [{"d/a": b"x"}]
