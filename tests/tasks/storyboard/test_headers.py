import re

import pytest

from tasks.domain.errors import Fault, Faults
from tasks.storyboard.assignment import assign
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.headers import ALIASES, CANONICAL, FRAMES, normal

LISTED = {
    "shot_id": "shot, shot code, shotcode, code, name, shotname, shot name, shot number, shot no, shot #, shotid, id, "
    "cut #, label, 镜号",
    "scene": "scene, scene number, scene #, sequence, seq, episode, reel, group",
    "prompt": "prompt, description, shot description, scene description, action, actiontext, visual, 画面",
    "duration": "duration, shot duration, seconds, dur, durationseconds, length, 秒数",
    "frames": "nb frames, frames, frame count, frame duration, cut duration",
    "image": "image, reference, reference image, ref, image url, thumbnail, panel, frame, url, path to frames, "
    "start frame, first frame",
    "source": "source video, plate path, video url",
}


def place(headers: list[str], overrides: dict[str, str]) -> tuple[dict[str, int], list[Fault]]:
    """Where the columns of an empty table stand; a length in frames at ``frames``."""
    found = assign(Table(1, tuple(headers), [], [[] for _ in headers], Faults()), overrides)
    counted = found.units.get("duration") == "frames"
    places = {"frames" if counted and name == "duration" else name: at for name, at in found.places.items()}
    return places, list(found.faults)


@pytest.mark.parametrize("name", LISTED)
def test_alias_order(name: str) -> None:
    """Of the headers that mean one column the first listed is taken, wherever it stands, and the rest are left."""
    listed = [text.strip() for text in LISTED[name].split(",")]
    spelled = [normal(text) for text in listed]
    aliases = [text for at, text in enumerate(listed) if spelled[at] not in spelled[:at]]
    aliases.sort(key=lambda text: normal(text) != normal(name) or name == "frames")  # the canonical name comes first
    while aliases:
        places, _ = place(["prompt " if name != "prompt" else "notes", *reversed(aliases)], {})
        assert places[name] == len(aliases)
        assert list(places.values()).count(len(aliases)) == 1
        aliases.pop(0)


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_wins(name: str) -> None:
    """A canonical name beats every alias before it in the file."""
    headers = [*ALIASES[name], *FRAMES, "cut in", "cut out", name, "x"]
    assert place(headers, {})[0][name] == headers.index(name)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Shot ID", "shot_id"),
        ("SHOT_ID", "shot_id"),
        ("Shot #", "shot_id"),
        ("Shot No.", "shot_id"),
        ("Cut #", "shot_id"),
        ("Scene (#)", "scene"),
        ("Negative Prompt", "negative_prompt"),
        ("aspectRatio", "aspect_ratio"),
        ("Nb Frames", "frames"),
        ("durationSeconds", "duration"),
        ("actionText", "prompt"),
        ("Image URL", "image"),
        ("Plate Path", "source"),
        ("Audio", "audio"),
    ],
)
def test_spellings(header: str, name: str) -> None:
    """Case, spaces and the signs # . _ - ( ) make no difference to a header."""
    assert place(["x", header], {})[0][name] == 1


@pytest.mark.parametrize(
    "header",
    [
        "#",
        "",
        "camera",
        "shot size",
        "model",
        "provider",
        "notes",
        "status",
        "priority",
        "video",
        "in",
        "cut out",
        "start",
    ],
)
def test_left_alone(header: str) -> None:
    """A header that means none of the columns, or half of a pair, is an extra."""
    assert place(["prompt", header], {})[0] == {"prompt": 0}


@pytest.mark.parametrize(
    ("headers", "name"),
    [(["Prompt", "prompt"], "prompt"), (["Scene #", "Scene"], "scene"), (["Shot #", "SHOT"], "shot_id")],
)
def test_exact_beats_alike(headers: list[str], name: str) -> None:
    """Of two headers that compare alike the one that is spelt as listed is taken, although it stands behind."""
    assert place(headers, {})[0][name] == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["cut in", "cut out", "in", "out"], {"first": 0, "last": 1}),
        (["In", "Out"], {"first": 0, "last": 1}),
        (["Frame Out", "Frame In", "Start", "End"], {"first": 1, "last": 0}),
        (["start", "end", "frames"], {"frames": 2}),
        (["start", "end", "frames", "dur"], {"duration": 3}),
        (["cut in", "frame out"], {}),
    ],
)
def test_lengths(headers: list[str], expected: dict[str, int]) -> None:
    """A length in seconds beats one in frames, which beats a whole pair of frame numbers."""
    places, _ = place([*headers, "prompt"], {})
    assert {name: at for name, at in places.items() if name != "prompt"} == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"prompt": "Beschreibung"}, {"prompt": 1, "shot_id": 2, "frames": 3}),
        ({"prompt": " beschreibung "}, {"prompt": 1, "shot_id": 2, "frames": 3}),
        ({"prompt": "Name"}, {"prompt": 2, "frames": 3}),
        ({"duration": "Nb Frames"}, {"prompt": 0, "shot_id": 2, "frames": 3}),
        ({"duration": "Beschreibung"}, {"prompt": 0, "shot_id": 2, "duration": 1}),
    ],
)
def test_overrides(overrides: dict[str, str], expected: dict[str, int]) -> None:
    """[columns] beats the canonical name and the aliases, and what it names serves nothing else."""
    places, faults = place(["prompt", "Beschreibung", "Name", "Nb Frames"], overrides)
    assert (places, faults) == (expected, [])


@pytest.mark.parametrize(
    ("headers", "overrides", "row", "column", "told"),
    [
        (["prompt", "Bild"], {"image": "Bilder"}, 1, "image", "did you mean 'Bild'"),
        (["prompt"], {"promt": "prompt"}, 0, "promt", "did you mean 'prompt'"),
        (["prompt"], {"zzz": "prompt"}, 0, "zzz", "knows no column of this name: shot_id, scene"),
        (["prompt", "a"], {"image": "a", "source": "A"}, 1, "source", "two columns"),
        (["promt", "a"], {}, 1, "prompt", "no column holds the prompts.*did you mean 'promt'"),
        (["a", "b"], {"prompt": "c"}, 1, "prompt", "does not have"),
    ],
)
def test_faults(headers: list[str], overrides: dict[str, str], row: int, column: str, told: str) -> None:
    """What [columns] or the header gets wrong is one fault that names what would be right."""
    [fault] = place(headers, overrides)[1]
    assert (fault.row, fault.column) == (row, column)
    assert re.search(told, fault.message)
