"""What a model takes, by its entry."""

import pytest

from tasks.domain.model import Inputs, Model, why_not

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
