"""Captions as files: SubRip (``.srt``) and WebVTT (``.vtt``). Pure."""

from collections.abc import Sequence
from fractions import Fraction

from tasks.views.sound.cues import Caption

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def srt(captions: Sequence[Caption]) -> bytes:
    """The captions as SubRip, in UTF-8."""
    return "\n".join(
        f"{number}\n{_clock(one.start, ',')} --> {_clock(one.end, ',')}\n{shown_words(one)}\n"
        for number, one in enumerate(captions, 1)
    ).encode("utf-8", "replace")


def vtt(captions: Sequence[Caption]) -> bytes:
    """The captions as WebVTT; who speaks is told by a voice tag."""
    cues = [f"{_clock(one.start, '.')} --> {_clock(one.end, '.')}\n{_voiced(one)}\n" for one in captions]
    return "\n".join(["WEBVTT\n", *cues]).encode("utf-8", "replace")


def shown_words(one: Caption) -> str:
    """A line as plain text: ``NAME: words``."""
    words = f"{one.name}: {one.words}" if one.name else one.words
    return words.replace("-->", "→")


def _voiced(one: Caption) -> str:
    words = one.words.translate(_ESCAPED)
    return f"<v {one.name.translate(_ESCAPED)}>{words}</v>" if one.name else words


def _clock(seconds: Fraction, point: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}{point}{whole % 1000:03d}"
