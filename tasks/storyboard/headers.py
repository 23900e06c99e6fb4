"""Which column of a shot list is which: canonical names, the headers that other tools write, the user's own.

Pure. The aliases are what the exports of Kitsu, ShotGrid, CommandPost, StudioBinder-like sheets and shot lists
for video models call these columns.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from tasks.domain.errors import Fault
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
}
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


def place(headers: Sequence[str], overrides: Mapping[str, str], line: int = 1) -> tuple[dict[str, int], list[Fault]]:
    """Where each canonical column stands, and what is wrong with ``[columns]`` (canonical name -> header).

    The override wins, then the canonical name, then the first alias in its order. A length in frames is at
    ``frames``, one in frame numbers at ``first`` and ``last``, instead of ``duration``.
    """
    places, faults = _overridden(headers, overrides, line)
    taken = set(places.values())
    free = {at: text for at, text in enumerate(headers) if at not in taken and normal(text)}
    for name, aliases in ALIASES.items():
        if name not in places and not (name == "duration" and "frames" in places):
            places |= _first(free, name, (name, *aliases))
    if not places.keys() & {"duration", "frames"}:
        places |= _first(free, "frames", FRAMES) or _pair(free)
    if "prompt" not in places and "prompt" not in overrides:
        faults.append(_no_prompt(headers, line))
    return places, faults


def _first(free: Mapping[int, str], name: str, aliases: Sequence[str]) -> dict[str, int]:
    """``name`` at the first alias that some header spells; of several like ``Shot #``, ``Shot`` the very one."""
    spelled: dict[str, list[int]] = {}
    for at, text in free.items():
        spelled.setdefault(normal(text), []).append(at)
    for alias in aliases:
        if alike := spelled.get(normal(alias)):
            return {name: min(alike, key=lambda at: (free[at] != alias, free[at].lower() != alias))}
    return {}


def _pair(free: Mapping[int, str]) -> dict[str, int]:
    for first, last in PAIRS:
        ends = _first(free, "first", [first]) | _first(free, "last", [last])
        if len(ends) == 2:
            return ends
    return {}


def _overridden(headers: Sequence[str], overrides: Mapping[str, str], line: int) -> tuple[dict[str, int], list[Fault]]:
    places: dict[str, int] = {}
    faults = []
    for name, text in overrides.items():
        at = _find(headers, text)
        if name not in CANONICAL:
            message = f"[columns] knows no column of this name{nearest(name, CANONICAL) or ': ' + ', '.join(CANONICAL)}"
            faults.append(Fault(0, "", name, text, message))
        elif at is None:
            message = f"[columns] {name} names a header that the shot list does not have{nearest(text, tuple(headers))}"
            faults.append(Fault(line, "", name, text, message))
        elif at in places.values():
            faults.append(Fault(line, "", name, text, "[columns] gives this header to two columns; give it to one"))
        else:
            counted = name == "duration" and normal(text) in map(normal, FRAMES)
            places["frames" if counted else name] = at
    return places, faults


def _find(headers: Sequence[str], text: str) -> int | None:
    exact = [at for at, header in enumerate(headers) if header == text.strip()]
    alike = [at for at, header in enumerate(headers) if normal(header) == normal(text) != ""]
    return next(iter(exact + alike), None)


def _no_prompt(headers: Sequence[str], line: int) -> Fault:
    shown = ", ".join(headers)[:200]
    message = 'no column holds the prompts; name one prompt, or say which it is with [columns] prompt = "its header"'
    return Fault(line, "", "prompt", shown, message + nearest("prompt", tuple(headers)))
