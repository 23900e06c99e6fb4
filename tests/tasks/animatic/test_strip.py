"""A drawn clip shows all that its order holds: the picture that it ends on, and what it shows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.animatic.renderer import render
from tasks.domain.order import Frame, Reference
from tests.tasks.clips import SMALL, order, pictures, plain

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


def frame(colour: tuple[int, int, int]) -> Frame:
    return Frame("ab", SMALL, "image/png", "", plain(colour))


def middle(picture: object) -> list[int]:
    return [int(level) for level in np.asarray(picture)[60, 80]]


def near(picture: object, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(middle(picture), colour, strict=True))


def test_a_clip_goes_from_its_first_picture_to_its_last(tmp_path: Path) -> None:
    """It begins as the one, ends as the other, and dissolves in between."""
    asked = replace(order("kenburns", seconds="1"), last_frame=frame(BLUE))
    render(asked, tmp_path / "a.mp4", frame=plain(RED))
    shown = pictures(tmp_path / "a.mp4")
    assert near(shown[0], RED) and near(shown[-1], BLUE)
    levels = [middle(one)[2] - middle(one)[0] for one in shown]
    assert levels == sorted(levels) and len(set(levels)) > 6


@pytest.mark.parametrize("name", ["kenburns", "card", "caption"])
def test_references_stand_in_a_strip(tmp_path: Path, name: str) -> None:
    """Each of them is seen at the upper left, whatever is drawn; the rest of the clip is as without them."""
    source = tmp_path / "source.mp4"
    render(order("card"), source)
    asked = order(name)
    shown = replace(asked, references=(Reference("hero", "a woman", frame(GREEN)), Reference("", "", frame(BLUE))))
    for one, out in ((asked, "without.mp4"), (shown, "with.mp4")):
        render(one, tmp_path / out, frame=plain(RED), source=source)
    without, there = (pictures(tmp_path / out)[0].astype(int) for out in ("without.mp4", "with.mp4"))
    assert np.abs(there[4:14, 6:24] - GREEN).mean() < 25 and np.abs(there[4:14, 34:52] - BLUE).mean() < 25
    assert np.abs(there[40:, 80:] - without[40:, 80:]).mean() < 6
