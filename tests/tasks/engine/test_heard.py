"""What ends a job, what is told of it, and what is no end: over everything that may be heard."""

import pytest

from tasks.engine.heard import Heard, NoVideo


def no_video(digest: str, *, final: bool = False) -> NoVideo:
    return NoVideo(f"this is no mp4 ({digest})", digest, final=final)


@pytest.mark.parametrize(
    ("downloads", "at_once", "spoiled"),
    [
        ([], False, ""),
        ([("a", False)], False, ""),
        ([("a", True)], False, ""),
        ([("a", False), ("b", False), ("c", False)], False, ""),
        ([("a", True), ("b", True)], False, ""),
        ([("a", False), ("a", False)], False, "this is no mp4 (a)"),
        ([("a", False), ("b", False), ("a", False)], False, "this is no mp4 (a)"),
        ([("a", True), ("a", True)], True, "this is no mp4 (a)"),
        ([("a", True), ("page", False), ("a", True)], True, "this is no mp4 (a)"),
        ([("page", False), ("page", False), ("a", True)], False, "this is no mp4 (page)"),
        ([("page", False), ("page", False), ("a", True), ("a", True)], True, "this is no mp4 (a)"),
    ],
)
def test_what_a_download_that_is_no_video_means(downloads: list[tuple[str, bool]], at_once: bool, spoiled: str) -> None:
    """The same bytes twice are no video for good; at once where they are all of an mp4, else at the deadline."""
    heard = Heard(until=100.0)
    ends = [heard.take(no_video(digest, final=final)) for digest, final in downloads]
    assert (any(ends), heard.spoiled) == (at_once, spoiled)


@pytest.mark.parametrize(
    ("word", "said_at", "trouble", "now", "last", "doing"),
    [
        ("", 0.0, "", 50.0, "it never said how it stands", ""),
        ("", 0.0, "HTTP 502", 50.0, "it never said how it stands; then: HTTP 502", "HTTP 502"),
        (
            "queued",
            20.0,
            "HTTP 502",
            50.4,
            "its last word was 'queued', 30 s before; then: HTTP 502",
            "HTTP 502; last word 'queued' 30 s ago",
        ),
    ],
)
def test_the_last_word(word: str, said_at: float, trouble: str, now: float, last: str, doing: str) -> None:
    """The gateway's word with its age in whole seconds, and what came after it."""
    heard = Heard(until=100.0, word=word, said_at=said_at, trouble=trouble)
    assert (heard.last(now), heard.doing(now)) == (last, doing)


def test_a_word_ends_the_trouble_before_it() -> None:
    """What went wrong before the gateway spoke again is not told as its end."""
    heard = Heard(until=100.0, trouble="HTTP 502")
    heard.hear("processing", 40.0)
    assert (heard.word, heard.said_at, heard.trouble) == ("processing", 40.0, "")


@pytest.mark.parametrize(
    ("began", "is_last"), [(0.0, False), (99.9, False), (99.9999, True), (100.0, True), (4e3, True)]
)
def test_the_last_look_begins_at_the_deadline(began: float, is_last: bool) -> None:
    """One that began before it and ended after it, because the process stood still, is followed by another."""
    assert Heard(until=100.0).is_last(began) is is_last


def test_downloads_that_are_none_come_later_and_later() -> None:
    """Two seconds, four, eight, then thirty at the most; what the gateway itself asked for is not cut short."""
    heard, waits = Heard(until=1e6), []
    for _ in range(7):
        heard.rest(100.0)
        waits.append(heard.not_before - 100.0)
    assert waits == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    heard.not_before = 500.0
    heard.rest(100.0)
    assert heard.not_before == 500.0
