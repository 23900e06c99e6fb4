"""Camera words -> moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.animatic.camera import MOVES, UNTOLD, box_at, ease, move_of, named_move, reach


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Slow push in on her face", "push in"),
        ("The camera dollies in", "push in"),
        ("ZOOM IN", "push in"),
        ("pushing slowly in", "push in"),
        ("pull back to reveal the bay", "pull back"),
        ("Camera pulls out", "pull back"),
        ("zoom-out", "pull back"),
        ("pan left", "left"),
        ("panning slowly to the right", "right"),
        ("pans from left to right", "right"),
        ("truck left past the boats", "left"),
        ("tracking right", "right"),
        ("tilt up the tower", "up"),
        ("Tilts down", "down"),
        ("crane up over the roofs", "crane up"),
        ("booms down", "crane down"),
        ("static wide", "static"),
        ("locked-off shot", "static"),
        ("Locked off", "static"),
        ("pan left, then push in", "left"),
        ("push in, then pan left", "push in"),
        ("an ecstatic crowd spanning left bank and right", ""),
        ("a frying pan, left on the stove", ""),
        ("she pushes the door open", ""),
        ("dolly in\nthe window", "push in"),
        ("", ""),
    ],
)
def test_the_first_camera_words_are_found(prompt: str, name: str) -> None:
    """Whole words in any case and common inflection name the move, and the first in the text wins."""
    assert named_move(prompt) == name


@pytest.mark.parametrize("prompt", ["pan left", "pull back", "crane up", "she runs", "the kite drifts off", ""])
def test_a_shot_that_goes_on_begins_with_the_whole_picture(prompt: str) -> None:
    """Whatever move it makes from there."""
    move = move_of(prompt, goes_on=True)
    assert box_at(move, 0.0, 160, 90, 1.2) == (0, 0, 160, 90)
    assert (move.name, move.end) == (move_of(prompt).name, move_of(prompt).end)


def test_without_words_the_seed_chooses() -> None:
    """Neighbouring seeds make all the moves there are, and the same seed the same one."""
    assert [move_of("fog", seed).name for seed in range(6)] == list(UNTOLD)
    assert move_of("fog", -1).name == UNTOLD[-1]


def test_without_words_and_seed_the_prompt_chooses() -> None:
    """The choice hangs on the prompt alone, and other prompts choose otherwise."""
    chosen = [move_of(f"shot {n}").name for n in range(40)]
    assert chosen == [move_of(f"shot {n}").name for n in range(40)]
    assert set(chosen) == set(UNTOLD)


def test_words_beat_the_seed() -> None:
    """A prompt that names a move gets it whatever the seed."""
    assert {move_of("tilt down", seed).name for seed in range(6)} == {"down"}


@given(st.floats(0, 1), st.floats(0, 1))
def test_ease_never_turns_back(a: float, b: float) -> None:
    """The way grows with the time from 0 to 1, never faster than a quarter above the mean."""
    assert ease(0) == 0
    assert ease(1) == 1
    low, high = sorted((a, b))
    assert -1e-9 <= ease(high) - ease(low) <= 1.25 * (high - low) + 1e-9


@given(st.sampled_from(sorted(MOVES)), st.floats(0, 1), st.integers(16, 9000), st.integers(16, 9000))
def test_the_camera_stays_on_the_picture(name: str, share: float, width: int, height: int) -> None:
    """At every moment of every move the box lies inside the picture and has its shape."""
    left, top, right, bottom = box_at(MOVES[name], share, width, height, 1.24)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert (right - left) / (bottom - top) == pytest.approx(width / height)


def test_longer_moves_reach_farther() -> None:
    """A second moves a tenth; from eight seconds on the move stays inside what was scaled up for it."""
    assert [reach(seconds) for seconds in (1, 4, 8, 60)] == [1.1, pytest.approx(1.16), 1.24, 1.24]
