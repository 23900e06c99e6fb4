"""What a model takes, by its entry."""

import pytest

from tasks.domain.model import Inputs, Limit, Model, narrow, why_not
from tasks.domain.shot import Size

BOTH = (("last_image", "references"),)


def model(**values: object) -> Model:
    told = {"provider": "fal", "name": "m", "modes": ("image_to_video",), "source": "a page", "checked": ""}
    return Model(**{**told, **values})  # type: ignore[arg-type]  # a table of values


@pytest.mark.parametrize(
    ("entry", "asked", "reason"),
    [
        ({}, Inputs(image=True), ""),
        ({}, Inputs(image=True, last_image=True), "takes no last image"),
        ({"last_image": True}, Inputs(image=True, last_image=True), ""),
        ({}, Inputs(references=1), "takes no reference pictures"),
        ({"references": 1}, Inputs(references=2), "takes 1 reference picture, not 2"),
        ({"references": 4}, Inputs(references=5), "takes 4 reference pictures, not 5"),
        ({"references": 4}, Inputs(references=4), ""),
        (
            {"references": 4, "last_image": True, "excludes": BOTH},
            Inputs(image=True, last_image=True, references=1),
            "takes last image or references, not both",
        ),
        ({"references": 4, "last_image": True, "excludes": BOTH}, Inputs(image=True, references=1), ""),
        ({"sound": False}, Inputs(audio=True), "makes clips without sound"),
        ({"sound": False}, Inputs(), ""),
        ({"sound": False, "provider": "animatic"}, Inputs(audio=True), ""),
    ],
)
def test_what_an_entry_takes(entry: dict[str, object], asked: Inputs, reason: str) -> None:
    """One table says it, in words that name what is too much."""
    assert why_not(model(**entry), asked) == reason


SHORTER = {"references": Limit(seconds=10, side=720), "last_image": Limit(seconds=6)}


@pytest.mark.parametrize(
    ("asked", "seconds", "sizes"),
    [
        (Inputs(image=True), (4, 15), 2),
        (Inputs(references=1), (4, 10), 1),
        (Inputs(last_image=True), (4, 6), 2),
        (Inputs(last_image=True, references=2), (4, 6), 1),
    ],
)
def test_what_an_input_leaves_of_a_model(asked: Inputs, seconds: tuple[int, int], sizes: int) -> None:
    """The shortest and smallest limit of what the order holds counts; an order without them has all."""
    entry = model(any_seconds=(4, 15), sizes=(Size(1280, 720), Size(1920, 1080)), limits=SHORTER)
    left = narrow(entry, asked)
    assert (left.any_seconds, len(left.sizes)) == (seconds, sizes)
    listed = narrow(model(seconds=(4, 8, 12), limits=SHORTER), asked)
    assert all(one <= seconds[1] for one in listed.seconds) and listed.any_seconds is None


def test_a_limit_below_the_shortest_clip_leaves_none() -> None:
    """Then there is no length that could be sent."""
    left = narrow(model(any_seconds=(8, 15), limits=SHORTER), Inputs(last_image=True))
    assert left.any_seconds is None and left.seconds == ()
