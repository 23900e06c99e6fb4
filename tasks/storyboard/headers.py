"""The canonical columns of a shot list, the aliases that always were understood, and the user's own headers.

Pure. The aliases are what the exports of Kitsu, ShotGrid, CommandPost, StudioBinder-like sheets and shot lists
for video models call these columns.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from tasks.domain.errors import Fault
from tasks.domain.shot import is_spoken
from tasks.storyboard.cells import nearest

ALIASES: Mapping[str, tuple[str, ...]] = {
    "shot_id": (
        *("shot", "shot code", "shotcode", "code", "name", "shotname", "shot name", "shot number", "shot no"),
        *("shot #", "shotid", "id", "cut #", "label", "镜号"),
    ),
    "scene": ("scene number", "scene #", "sequence", "seq", "episode", "reel", "group"),
    "prompt": (*("description", "shot description", "scene description", "action", "actiontext", "visual", "画面"),),
    "negative_prompt": (),
    "mode": (),
    "image": (
        *("reference", "reference image", "ref", "image url", "thumbnail", "panel", "frame", "url"),
        *("path to frames", "start frame", "first frame"),
    ),
    "source": ("source video", "plate path", "video url"),
    "duration": ("shot duration", "seconds", "dur", "durationseconds", "length", "秒数"),
    "aspect_ratio": (),
    "size": (),
    "fit": (),
    "seed": (),
    "audio": (),
    "route": (),
    "takes": (),
    "last_image": (),
    "continues": (),
    "references": (),
    "dialogue": (),
    "voice": (),
    "music": (),
    "sfx": (),
}
ADDED = (
    *("takes", "last_image", "continues", "references"),
    *("dialogue", "voice", "music", "sfx"),
)  # names that 0.1 did not know: a target that carries such a column goes on carrying it
FRAMES = ("nb frames", "frames", "frame count", "frame duration", "cut duration")
PAIRS = (("cut in", "cut out"), ("frame in", "frame out"), ("in", "out"), ("start", "end"))
CANONICAL = tuple(ALIASES)


def normal(header: str) -> str:
    """A header as it is compared: lower case without ``# . _ - ( )`` and white space."""
    return re.sub(r"[#._\-()\s]+", "", header.lower())


def known(headers: Iterable[str]) -> frozenset[str]:
    """Every header that means something here, ``headers`` among them, as it is compared."""
    names = [*headers, *CANONICAL, *FRAMES]
    names += [name for group in (*ALIASES.values(), *PAIRS) for name in group]
    return frozenset(map(normal, names))


def overridden(headers: Sequence[str], overrides: Mapping[str, str], line: int) -> tuple[dict[str, int], list[Fault]]:
    """Where the columns stand that `[columns]` names (canonical name -> header), and what is wrong with it."""
    places: dict[str, int] = {}
    faults = []
    for name, text in overrides.items():
        at = find(headers, text)
        if name not in CANONICAL and not is_spoken(name):
            message = f"[columns] knows no column of this name{nearest(name, CANONICAL) or ': ' + ', '.join(CANONICAL)}"
            faults.append(Fault(0, "", name, text, message))
        elif at is None:
            message = f"[columns] {name} names a header that the shot list does not have{nearest(text, tuple(headers))}"
            faults.append(Fault(line, "", name, text, message))
        elif at in places.values():
            faults.append(Fault(line, "", name, text, "[columns] gives this header to two columns; give it to one"))
        else:
            places[name] = at
    return places, faults


def find(headers: Sequence[str], text: str) -> int | None:
    """The place of a header, spelled so or alike; None where there is none."""
    exact = [at for at, header in enumerate(headers) if header == text.strip()]
    alike = [at for at, header in enumerate(headers) if normal(header) == normal(text) != ""]
    return next(iter(exact + alike), None)


def no_prompt(headers: Sequence[str], line: int) -> Fault:
    """What is said of a shot list without a column of prompts."""
    shown = ", ".join(headers)[:200]
    message = 'no column holds the prompts; name one prompt, or say which it is with [columns] prompt = "its header"'
    return Fault(line, "", "prompt", shown, message + nearest("prompt", tuple(headers)))
