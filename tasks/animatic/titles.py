"""Drawn words: the title card, the caption bar, the corner mark. Pictures only."""

import hashlib
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from slugify import slugify

from tasks.animatic.faces import ANY, Face, Script, begins_no_line, file_of, font, runs
from tasks.domain.shot import Shot, Size

Rgb = tuple[int, int, int]
Rect = tuple[int, int, int, int]

NIGHT: Rgb = (19, 15, 13)
CREAM: Rgb = (244, 236, 224)
MUTED: Rgb = (150, 137, 124)
TRACK: Rgb = (58, 50, 44)
ACCENTS: tuple[Rgb, ...] = (
    (232, 163, 61),  # amber
    (236, 122, 92),  # coral
    (222, 128, 152),  # rose
    (174, 152, 220),  # lilac
    (124, 168, 222),  # sky
    (92, 184, 176),  # lagoon
    (150, 190, 118),  # sage
    (218, 190, 132),  # sand
)
LEADING = 1.3  # line height in font sizes
TRACKING = 0.14  # space between the letters of small labels, in font sizes
CAP = 0.72  # height of a capital in font sizes
DESCENT = 0.22  # depth of a p below the baseline in font sizes
TEXT_MARGIN, MARK_MARGIN = 0.10, 0.05  # the title-safe and the action-safe share of each side
NARROWEST = 0.15  # width of an i in font sizes, and less: bounds how many letters are measured
BALANCED = 5  # lines: more than these read as a block, whose edge may be ragged
MOST_TEXT = 3000  # characters: no card holds more at its smallest type

_SPELLED = str.maketrans({"–": "-", "—": "-", "‒": "-", "−": "-", "×": "x", "„": "“", "•": "·", "→": "->"})
NO_FONT = "[no font for {} here]"
_UNDRAWN = re.compile(r"[^ -~©«°±´·»‘’“”…‹›⁄™]+")  # all that the font has glyphs for stands in here


@dataclass(frozen=True, slots=True)
class Card:
    """A title card without its progress line: the picture, where the line runs (even numbers), its colour."""

    picture: Image.Image
    line: Rect
    accent: Rgb


def drawable(text: str) -> str:
    """The text in one line and in characters that can be drawn: no empty boxes on a card.

    Chinese, Japanese, Korean, Arabic, Hebrew, Hindi and Thai stay as they are where this machine has a font for them;
    else the card says that it has none. Further scripts are spelled in Latin letters, accents fall, emoji are left out.
    """
    text = " ".join(text[: 2 * MOST_TEXT].translate(_SPELLED).split())
    drawn = "".join(_drawn(script, part) for script, part in runs(text))
    return " ".join(drawn.split())[:MOST_TEXT]


def _drawn(script: Script | None, text: str) -> str:
    if script is None:
        return _UNDRAWN.sub(lambda found: slugify(found.group(), separator=" ", lowercase=False), text)
    return text if file_of(script) else f" {NO_FONT.format(script.name)} "


def accent_of(scene: str) -> Rgb:
    """The colour of a scene: the same one on each of its cards."""
    return ACCENTS[hashlib.sha256(scene.encode()).digest()[0] % len(ACCENTS)]


def unit(size: Size) -> float:
    """A hundredth of the shorter side in pixels: what all measures on a card are multiples of."""
    return min(size.width, size.height) / 100


def _room_for(text: str, face: Face, room: float, after: str = "") -> int:
    """How many characters from the start, with ``after`` behind them, are no wider than ``room`` pixels."""
    most = int(room / (NARROWEST * face.size)) + 1
    lengths = range(1, min(len(text), most) + 1)
    return bisect_right(lengths, room, key=lambda n: face.getlength(text[:n] + after))


def shorten(text: str, face: Face, room: float) -> str:
    """The text, or as much of it as fits into ``room`` pixels with an ellipsis after it."""
    if face.getlength(text) <= room:
        return text
    return text[: _room_for(text, face, room, "…")].rstrip(" ,;:.-") + "…"


def _pieces(word: str, face: Face, room: float) -> Iterator[str]:
    while len(word) > 1 and face.getlength(word) > room:
        cut = max(_room_for(word, face, room), 1)
        while 1 < cut < len(word) and begins_no_line(word[cut]):
            cut -= 1
        yield word[:cut]
        word = word[cut:]
    if word:
        yield word


def wrap(text: str, face: Face, room: float, most: int) -> list[str]:
    """The text in lines no wider than ``room`` pixels; at most ``most + 1`` of them, the last one whole."""
    lines: list[str] = []
    for word in (piece for whole in text.split() for piece in _pieces(whole, face, room)):
        if lines and face.getlength(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        elif len(lines) > most:
            break
        else:
            lines.append(word)
    return lines


def balance(lines: list[str], face: Face, room: float) -> list[str]:
    """The same few lines, each at most ``room`` pixels wide, divided so that none holds a single word by accident."""
    if not 1 < len(lines) <= BALANCED:
        return lines
    text = " ".join(lines)
    tries = (wrap(text, face, room * share / 100, len(lines)) for share in range(50, 100, 2))
    return next((found for found in tries if len(found) == len(lines)), lines)


def fit(text: str, room: float, height: float, sizes: list[float]) -> tuple[float, list[str]]:
    """The largest of the sizes (largest first) at which the text fits into ``room`` by ``height`` pixels, and its
    lines.

    At the smallest size a text that is still too long ends in an ellipsis.
    """

    def most(size: float) -> int:
        return max(int((height - CAP * size) / (LEADING * size)) + 1, 1)

    def fits(size: float) -> bool:
        return len(wrap(text, font(size), room, most(size))) <= most(size)

    size = sizes[min(bisect_left(sizes, True, key=fits), len(sizes) - 1)]
    lines = wrap(text, font(size), room, most(size))
    if len(lines) <= most(size):
        return size, balance(lines, font(size), room)
    last = " ".join(lines[most(size) - 1 :])
    return size, [*lines[: most(size) - 1], shorten(last, font(size), room)]


def _tracked(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: float, fill: Rgb) -> float:
    """Draw letterspaced text on a baseline; the x after its last letter. Scripts whose letters join are not spaced."""
    x, y = at
    if ANY.search(text):
        font(size).write(draw, at, text, fill)
        return x + font(size).getlength(text)
    for letter in text:
        font(size).write(draw, (x, y), letter, fill)
        x += font(size).getlength(letter) + TRACKING * size
    return x - TRACKING * size


def _tracked_width(text: str, size: float) -> float:
    if ANY.search(text):
        return font(size).getlength(text)
    return sum(font(size).getlength(letter) + TRACKING * size for letter in text) - TRACKING * size


def _tracked_short(text: str, size: float, room: float) -> str:
    if _tracked_width(text, size) <= room:
        return text
    fitting = bisect_right(range(1, len(text)), room, key=lambda n: _tracked_width(text[:n] + "…", size))
    return text[:fitting] + "…"


def ground(size: Size, accent: Rgb) -> Image.Image:
    """A dark warm background: lighter at the top, a little of the accent at the upper left, darker towards its edges.

    Fixed grain, finer than one step of grey, keeps the gradient from showing bands.
    """
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    x, y = x / size.width, y / size.height
    glow = np.exp(-(((x - 0.12) / 0.55) ** 2 + ((y - 0.05) / 0.75) ** 2))[..., None]
    edge = (1 - 0.35 * np.clip(np.hypot(x - 0.5, y - 0.5) - 0.35, 0, 1))[..., None]
    warm = np.array(NIGHT, np.float32) + np.array((15, 11, 8), np.float32) * (1 - y)[..., None]
    grain = np.random.default_rng(1).uniform(-0.9, 0.9, (size.height, size.width, 3)).astype(np.float32)
    pixels = (warm + np.array(accent, np.float32) * 0.11 * glow) * edge + grain
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def _header(draw: ImageDraw.ImageDraw, shot: Shot, size: Size, accent: Rgb) -> float:
    """Scene and shot in one tracked line; the y below it."""
    u, left, right = unit(size), size.width * TEXT_MARGIN, size.width * (1 - TEXT_MARGIN)
    small, top = 2.7 * u, size.height * TEXT_MARGIN
    base, x, room = top + CAP * small + 0.3 * u, left, right - left
    if scene := drawable(shot.scene).upper():
        scene = _tracked_short(scene, small, room * 0.55)
        x = _tracked(draw, (x, base), scene, small, accent) + 2 * u
        draw.line((x, base + 0.2 * u, x + 1.1 * u, base - CAP * small - 0.2 * u), MUTED, max(round(0.25 * u), 1))
        x += 3 * u
    name = _tracked_short(drawable(shot.shot_id), small, right - x)
    _tracked(draw, (x, base), name, small, CREAM if not scene else MUTED)
    return base


def _facts(draw: ImageDraw.ImageDraw, facts: list[tuple[str, str]], size: Size) -> float:
    """Small labels over their values, side by side on the bottom margin; the y above them."""
    u, x, right = unit(size), size.width * TEXT_MARGIN, size.width * (1 - TEXT_MARGIN)
    base = size.height * (1 - TEXT_MARGIN) - DESCENT * 3.2 * u
    for label, value in facts:
        wide = max(_tracked_width(label, 1.7 * u), font(3.2 * u).getlength(value))
        if x + wide > right:
            break
        _tracked(draw, (x, base - 4.3 * u), label, 1.7 * u, MUTED)
        font(3.2 * u).write(draw, (x, base), value, CREAM)
        x += wide + 7 * u
    return base - 5.6 * u


def _even(value: float) -> int:
    return 2 * round(value / 2)


def title_card(shot: Shot, seconds: str, size: Size) -> Card:
    """The card of a shot: scene, shot id, prompt and facts inside the title-safe area, the mark in its corner.

    ``seconds`` is the length as text. The size must be even; the line's place is for the renderer to fill.
    """
    u, accent = unit(size), accent_of(shot.scene)
    picture = ground(size, accent)
    draw = ImageDraw.Draw(picture)
    left, right = math.ceil(size.width * TEXT_MARGIN), int(size.width * (1 - TEXT_MARGIN))
    above = _header(draw, shot, size, accent) + 7 * u
    facts = [("LENGTH", f"{seconds} s"), ("SIZE", f"{size.width} x {size.height}"), ("RATE", "24 fps")]
    facts += [("SEED", str(shot.seed))] if shot.seed is not None else []
    y = _even(_facts(draw, facts, size) - 4 * u)
    line = (_even(left), y, _even(right), y + max(_even(0.5 * u), 2))
    draw.rectangle((line[0], line[1], line[2] - 1, line[3] - 1), TRACK)
    room, height = right - left, line[1] - 6 * u - above
    type_size, lines = fit(drawable(shot.prompt) or "…", room, height, [n * u / 4 for n in range(30, 11, -1)])
    tall = CAP * type_size + LEADING * type_size * (len(lines) - 1)
    base = above + (height - tall) * 0.42 + CAP * type_size  # the eye's middle lies above the middle
    for n, text in enumerate(lines):
        font(type_size).write(draw, (left, base + n * LEADING * type_size), text, CREAM, room)
    seal = mark(size)
    picture.paste(seal, mask=seal.getchannel("A"))
    return Card(picture, line, accent)


def mark(size: Size) -> Image.Image:
    """The corner mark ``animatic`` as an RGBA layer of the whole size: a dark pill at the upper right."""
    layer = Image.new("RGBA", (size.width, size.height), (*NIGHT, 0))
    u, small = unit(size), 2.1 * unit(size)
    wide = _tracked_width("animatic", small)
    right, top = size.width * (1 - MARK_MARGIN), size.height * MARK_MARGIN
    pad, tall = 1.5 * u, 4.0 * u
    left = right - wide - 2 * pad
    draw = ImageDraw.Draw(layer)
    draw.rounded_rectangle((left, top, right, top + tall), tall / 2, (*NIGHT, 176))
    _tracked(draw, (left + pad, top + tall / 2 + 0.26 * small), "animatic", small, CREAM)
    return layer


def caption(shot: Shot, size: Size) -> Image.Image:
    """The caption bar as an RGBA layer of the whole size; all above it is transparent.

    The bar lies on the bottom edge, as high as its text needs: one to three lines, more on tall pictures.
    """
    u, accent = unit(size), accent_of(shot.scene)
    layer = Image.new("RGBA", (size.width, size.height), (*NIGHT, 0))
    left, room = size.width * TEXT_MARGIN, size.width * (1 - 2 * TEXT_MARGIN)
    most = 2 if size.width > size.height else 4
    height = (LEADING * (most - 1) + CAP) * 3.9 * u
    type_size, lines = fit(drawable(shot.prompt) or "…", room, height, [3.9 * u, 3.4 * u, 2.9 * u])
    tall = CAP * type_size + LEADING * type_size * (len(lines) - 1)
    bottom = size.height - 5 * u
    top = bottom - tall - 2.6 * u - 2.1 * u - 3.4 * u
    draw = ImageDraw.Draw(layer)
    draw.rectangle((0, top, size.width, size.height), (*NIGHT, 224))
    draw.rectangle((0, top, size.width, top + max(0.4 * u, 1)), (*accent, 255))
    name = _tracked_short(drawable(shot.shot_id), 2.1 * u, room)
    _tracked(draw, (left, top + 3.4 * u + CAP * 2.1 * u), name, 2.1 * u, accent)
    for n, text in enumerate(lines):
        at = (left, bottom - tall + CAP * type_size + n * LEADING * type_size)
        font(type_size).write(draw, at, text, CREAM, room)
    return layer
