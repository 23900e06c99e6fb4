"""Ranges of bytes as browsers ask for them, and types by the ending alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.commands.review.ranges import Part, part_of, type_of


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("", Part(0, 10, 10)),
        ("bytes=0-", Part(0, 10, 10, False)),
        ("bytes=0-0", Part(0, 1, 10, False)),
        ("bytes=3-5", Part(3, 6, 10, False)),
        ("bytes= 3 - 5 ", Part(3, 6, 10, False)),
        ("bytes=3-99", Part(3, 10, 10, False)),
        ("bytes=-4", Part(6, 10, 10, False)),
        ("bytes=-99", Part(0, 10, 10, False)),
        ("bytes=10-", None),
        ("bytes=-0", None),
        ("bytes=5-3", Part(0, 10, 10)),
        ("bytes=0-1,3-4", Part(0, 10, 10)),
        ("bytes=-", Part(0, 10, 10)),
        ("lines=0-1", Part(0, 10, 10)),
        ("bytes=a-b", Part(0, 10, 10)),
        (f"bytes={'9' * 40}-", Part(0, 10, 10)),
    ],
)
def test_ranges(asked: str, part: Part | None) -> None:
    """From the start, to the end, past the end, nothing, and what is no range."""
    assert part_of(asked, 10) == part


@given(st.text(max_size=30), st.integers(0, 100))
def test_any_header(asked: str, size: int) -> None:
    """Whatever a header says, what is read lies in the file."""
    part = part_of(f"bytes={asked}", size)
    assert part is None or 0 <= part.start <= part.stop <= size


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("clips/a.mp4", "video/mp4"),
        ("clips/A.MP4", "video/mp4"),
        ("clips/a.webm", "video/webm"),
        ("posters/a.jpg", "image/jpeg"),
        ("manifest.csv", "text/csv; charset=utf-8"),
        ("a.html", "application/octet-stream"),
        ("a.svg", "application/octet-stream"),
        ("mp4", "application/octet-stream"),
        ("a.mp4/b", "application/octet-stream"),
    ],
)
def test_types(path: str, kind: str) -> None:
    """Nothing of a target is ever served as a page or a script."""
    assert type_of(path) == kind
