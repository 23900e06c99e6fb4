"""How people write the cells of a shot list. Pure.

Every reader here takes one stripped, non-empty cell and gives its value, or raises ValueError with a sentence
that says what would be right.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache

from tasks.domain.identity import nearest_name
from tasks.domain.shot import FITS, Fit, Mode, Size
from tasks.domain.takes import MOST_TAKES
from tasks.storyboard.spelling import plain

SIDES = range(16, 8193)
LAST_SEED = 2**32 - 1
RATIOS = {
    (Decimal(16), 9): Size(1280, 720),
    (Decimal(9), 16): Size(720, 1280),
    (Decimal(1), 1): Size(720, 720),
    (Decimal(21), 9): Size(1680, 720),
    (Decimal(4), 3): Size(960, 720),
    (Decimal(3), 4): Size(720, 960),
    (Decimal("2.39"), 1): Size(1720, 720),
}
SHAPES: Mapping[str, Size] = {
    **dict.fromkeys(
        ("landscape", "horizontal", "querformat", "quer", "paysage", "orizzontale", "横屏", "横", "橫屏", "가로"),
        Size(1280, 720),
    ),
    **dict.fromkeys(
        ("portrait", "vertical", "hochformat", "hoch", "verticale", "retrato", "竖屏", "竖", "豎屏", "縦", "세로"),
        Size(720, 1280),
    ),
    **dict.fromkeys(
        ("square", "quadratisch", "quadrat", "carré", "cuadrado", "quadrado", "quadrato", "方形", "正方形", "정사각형"),
        Size(720, 720),
    ),
}
SHORT = {"hd": 720, "fhd": 1080, "fullhd": 1080, "4k": 2160, "uhd": 2160, "4kuhd": 2160}
FLAGS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
MODE_WORDS: Mapping[str, Mode] = {
    "texttovideo": "text_to_video",
    "text2video": "text_to_video",
    "t2v": "text_to_video",
    "imagetovideo": "image_to_video",
    "image2video": "image_to_video",
    "i2v": "image_to_video",
    "videotovideo": "remix",
    "video2video": "remix",
    "v2v": "remix",
    "remix": "remix",
}

_SIZE = re.compile(r"(\d{1,9})\s*(?:px)?\s*(?:[x×*✕]|by)\s*(\d{1,9})\s*(?:px|pixels?)?", re.IGNORECASE)
_SHORT = re.compile(r"(\d{3,4})p")
_RATIO = re.compile(r"(\d{1,9}(?:[.,]\d{1,3})?)\s*[:/x×*]\s*(\d{1,9})(?::00)?", re.IGNORECASE)
_SEED = re.compile(r"(\d{1,20})(?:[.,]0+)?")
_DIVIDED = re.compile(r"[;|；｜\r\n\u2028\u2029]+")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_SCHEME = re.compile(r"data:|[a-z][a-z0-9+.:-]*://", re.IGNORECASE)
_STEPS = frozenset(("", ".", ".."))
_ROOT = re.compile(r"memory://|[a-z][a-z0-9+.:-]*://[^/]*/?|/", re.IGNORECASE)  # memory: has no host


@lru_cache(maxsize=4096)
def nearest(word: str, known: tuple[str, ...]) -> str:
    """``; did you mean 'hero'?`` for the one of ``known`` that ``word`` resembles most, else nothing."""
    found = nearest_name(word, known, 0.5)
    return f"; did you mean {found!r}?" if found else ""


def size(text: str) -> Size | int:
    """Pixels as ``1280x720``, each side from 16 to 8192; of a size by name (``1080p``, ``4K``) its short side; of a
    ratio (``9:16``, ``vertical``) the size that it stands for.

    Raises ``ValueError`` when it is none of these.
    """
    said = plain(text)
    name = re.sub(r"[\s_-]+", "", said)
    if short := SHORT.get(name) or (int(found[1]) if (found := _SHORT.fullmatch(name)) else 0):
        return short
    if (found := _SIZE.fullmatch(said)) and int(found[1]) in SIDES and int(found[2]) in SIDES:
        return Size(int(found[1]), int(found[2]))
    with suppress(ValueError):
        return ratio(text)
    raise ValueError("write width and height in pixels, 16 to 8192 each, such as 1280x720, or 720p, 1080p, 4K")


def shaped(short: int, shape: Size) -> Size:
    """A size by its short side in the shape of another, its long side rounded to an even number."""
    wide, high = shape
    long = 2 * round(short * max(wide, high) / min(wide, high) / 2)
    return Size(long, short) if wide >= high else Size(short, long)


def ratio(text: str) -> Size:
    """The size that a ratio such as ``16:9`` stands for, also where a spreadsheet made a time such as ``16:09:00`` of
    it.

    Raises ``ValueError`` when it is no ratio that gateways know.
    """
    said = plain(text)
    found = _RATIO.fullmatch(said)
    value = RATIOS.get((Decimal(found[1].replace(",", ".")), int(found[2]))) if found else SHAPES.get(said)
    if value is None:
        known = "16:9, 9:16 or 1:1 (or 21:9, 4:3, 3:4, 2.39:1)"
        raise ValueError(f"write {known}, or give another shape as a size such as 1024x768")
    return value


def joined(text: str) -> str:
    """A word as it is compared: without its joints."""
    return re.sub(r"[\s_-]+", "", plain(text))


def mode(text: str) -> Mode:
    """The mode by its full name or its short one (``t2v``, ``i2v``, ``v2v``), in any case, its words joined in any way.

    Raises ``ValueError`` when it names none.
    """
    value = MODE_WORDS.get(joined(text))
    if value is None:
        raise ValueError("write text_to_video, image_to_video or remix (or t2v, i2v, v2v)")
    return value


def fit(text: str) -> Fit:
    """How an image of another shape is fitted. Raises ``ValueError`` when it is no such word."""
    for known in FITS:
        if text.lower() == known:
            return known
    raise ValueError(f"write cover, contain or blur{nearest(text, FITS)}")


def seed(text: str) -> int:
    """A whole number from 0 to 2**32 - 1, also as a spreadsheet writes it (``42.0``).

    Raises ``ValueError`` when it is none.
    """
    found = _SEED.fullmatch(plain(text))
    value = int(found[1]) if found else -1
    if not 0 <= value <= LAST_SEED:
        raise ValueError(f"write a whole number from 0 to {LAST_SEED}, or leave it empty for any")
    return value


def takes(text: str) -> int:
    """How many clips the shot asks for. Raises ``ValueError`` when it is no whole number from 1 to `MOST_TAKES`."""
    found = _SEED.fullmatch(plain(text))
    if not found or not 1 <= int(found[1]) <= MOST_TAKES:
        raise ValueError(f"write a whole number from 1 to {MOST_TAKES}, or leave it empty for the run's own")
    return int(found[1])


def listed(text: str) -> list[str]:
    """What a cell lists, divided by ``;``, ``|`` (of any width) or newlines, each once."""
    return list(dict.fromkeys(part.strip() for part in _DIVIDED.split(text) if part.strip()))


def default_id(place: int) -> str:
    """The id of a row that names none, by its place from 1: ``sh010``, ``sh020``."""
    return f"sh{10 * place:03d}"


def audio(text: str) -> bool:
    """Whether the clip is to have sound. Raises ``ValueError`` when it is no word for yes or no."""
    if plain(text) not in FLAGS:
        raise ValueError("write true or false; words about what is heard belong in another column")
    return FLAGS[plain(text)]


def shot_id(text: str) -> str:
    """The id itself. Raises ``ValueError`` when it is longer than 100 characters, or one of them does not print."""
    if len(text) > 100:
        raise ValueError(f"has {len(text)} characters; write an id of 1 to 100")
    if not text.isprintable():
        raise ValueError("holds a character that does not print; write an id of printable characters")
    return text


def fill(text: str, names: Mapping[str, str]) -> str:
    """The prompt with each ``{name}`` replaced and ``{{``, ``}}`` as braces. What is filled in is not read again.

    Raises ``ValueError`` when it is empty, names what is not in ``names``, or holds a single brace.
    """
    if not text:
        raise ValueError("is empty; say what is to be seen")
    if "{" not in text and "}" not in text:
        return text
    wrong: dict[str, None] = {}

    def replaced(found: re.Match[str]) -> str:
        token, name = found[0], found[1]
        if token in ("{{", "}}"):
            return token[0]
        if name is None:
            wrong[f"a lone {token}: write {token}{token} where a brace is meant"] = None
        elif name.strip() in names:
            return names[name.strip()]
        else:
            wrong[_unknown(name.strip(), names)] = None
        return ""

    filled = _BRACES.sub(replaced, text).strip()
    if wrong:
        raise ValueError("; ".join(list(wrong)[:5]))
    if not filled:
        raise ValueError("is empty once its names are filled in; say what is to be seen")
    return filled


def names_in(text: str) -> list[str]:
    """The names between braces in a prompt, each once."""
    found = (one[1].strip() for one in _BRACES.finditer(text) if one[1] is not None) if "{" in text else ()
    return list(dict.fromkeys(found))


def _unknown(name: str, names: Mapping[str, str]) -> str:
    shown = name[:60]
    advice = nearest(shown, tuple(names)) or f"; name it there, or write {{{{{shown}}}}} for braces"
    return f"neither [vars] nor [cast] has {{{shown}}}{advice}"


def resolve(base: str, path: str) -> str:
    """A path as it is read from the folder ``base``; absolute paths and anything with a scheme stay."""
    if not path or not base or path[0] == "/" or (":" in path and _SCHEME.match(path)):
        return path
    steps = path.split("/")
    if _STEPS.isdisjoint(steps):
        return f"{base}{path}" if base.endswith("/") else f"{base}/{path}"
    root = _ROOT.match(base)
    head = root[0] if root else ""
    folder = [step for step in base[len(head) :].split("/") if step]
    for step in steps:
        if step == "..":
            del folder[-1:]
        elif step not in _STEPS:
            folder.append(step)
    return head + "/" * (head != "" and not head.endswith("/")) + "/".join(folder)


def inputs(asked: Mode | None, image: str, source: str, continues: str = "") -> tuple[Mode, str, str, tuple[str, ...]]:
    """Mode, image, source and warnings of a row: what the mode has no use for is left out with a warning.

    Nothing is refused here: an image_to_video without image, or a remix without source, comes back with that empty.
    """
    framed = image or continues
    mode = asked or ("remix" if source else "image_to_video" if framed else "text_to_video")
    if continues:  # what it names beside that is a fault, and told as one
        return mode, image, source, ()
    if mode == "remix":
        return (mode, "", source, _unused(mode, "image", image)) if source else (mode, "", image, ())
    if mode == "image_to_video":
        return mode, image, "", _unused(mode, "source", source)
    return mode, "", "", _unused(mode, "image", image) + _unused(mode, "source", source)


def _unused(mode: Mode, name: str, text: str) -> tuple[str, ...]:
    return (f"{name} {text[:80]!r} is not used by {mode}",) if text else ()


def cycles(links: Mapping[str, str]) -> list[list[str]]:
    """Every ring of rows that name each other as source, each from its first row in board order."""
    place = {name: at for at, name in enumerate(links)}
    done: set[str] = set()
    rings = []
    for start in links:
        path: dict[str, None] = {}
        node = start
        while node in place and node not in done and node not in path:
            path[node] = None
            node = links[node]
        if node in path:
            walk = list(path)
            ring = walk[walk.index(node) :]
            turn = ring.index(min(ring, key=lambda name: place[name]))
            rings.append(ring[turn:] + ring[:turn])
        done.update(path)
    return rings
