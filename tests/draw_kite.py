"""The kite film: a hill, the sky above it, and the two who are in it, flat as paper cuts."""

import numpy as np
from PIL import Image

from tests import brushes as b
from tests.brushes import Floats, Point

SKY: list[tuple[float, str]] = [(0, "#5fa8c9"), (0.55, "#bfe0dc"), (1, "#f7ecd0")]
COAT, SKIN, HAIR, FUR, CREAM, DARK = "#f2b632", "#e8b58f", "#5a3a2e", "#d0622d", "#fbeeda", "#2b2f3a"


def hill() -> Image.Image:
    """A grassy hill under a tall sky; on its top a girl in a yellow coat with a red kite, a fox behind her."""
    p = _air(960, 540, 1.0)
    for base, tall, seed, paint in ((430, 60, 3, "#8fb98d"), (470, 90, 11, "#6ba06c"), (560, 190, 24, "#4c8654")):
        p = b.land(p, b.ridge(960, base, tall, seed, 520), [(0, paint), (1, "#2f5f45")], 260)
    p = girl(p, (560, 432), 120)
    p = fox(p, (395, 470), 60)
    line: list[Point] = b.smooth([(590, 372), (650, 310), (702, 210)], closed=False)
    p = b.lay(p, b.strokes(960, 540, [line], 1.6), DARK)
    return b.finish(kite(p, (712, 168), 46), 31, grain=0, vignette=0.1)


def above() -> Image.Image:
    """The same sky from high up: the kite is large, the hill a green edge far below."""
    p = _air(960, 540, 0.7)
    p = b.land(p, b.ridge(960, 530, 40, 24, 520), [(0, "#6ba06c"), (1, "#4c8654")], 80)
    line: list[Point] = b.smooth([(470, 520), (520, 400), (496, 300)], closed=False)
    p = b.lay(p, b.strokes(960, 540, [line], 1.6), DARK)
    return b.finish(kite(p, (500, 190), 120), 32, grain=0, vignette=0.1)


def mira() -> Image.Image:
    """The girl as a character sheet shows her: whole, from the front, before nothing."""
    p = b.sky(480, 640, [(0, "#dfe6e2"), (1, "#f4f1e6")])
    return b.finish(girl(p, (240, 590), 520), 33, grain=0, vignette=0)


def red_fox() -> Image.Image:
    """The fox as a character sheet shows it."""
    p = b.sky(480, 480, [(0, "#dfe6e2"), (1, "#f4f1e6")])
    return b.finish(fox(p, (240, 430), 360), 34, grain=0, vignette=0)


def _air(w: int, h: int, low: float) -> Floats:
    """A bright sky; ``low`` is how much of it down to the horizon is seen."""
    p = b.sky(w, h, [(place / low, paint) for place, paint in SKY])
    n = b.noise(w, h, 41, (360, 120), 4)
    return b.lay(p, b.step(0.58, 0.7, n), "#ffffff", 0.75)


def girl(p: Floats, foot: Point, tall: float) -> Floats:
    """A girl in a yellow coat and red boots, seen from the front; ``foot`` is where she stands."""
    h, w = p.shape[:2]

    def at(*points: Point) -> list[Point]:
        return [(foot[0] + x * tall, foot[1] - y * tall) for x, y in points]

    def disc(x: float, y: float, rx: float, ry: float = 0) -> Floats:
        [(cx, cy)] = at((x, y))
        return b.disc(w, h, cx, cy, rx * tall, ry * tall)

    p = b.lay(p, b.strokes(w, h, [at((-0.06, 0.25), (-0.06, 0.08)), at((0.06, 0.25), (0.06, 0.08))], tall * 0.05), DARK)
    for x in (-0.075, 0.075):
        p = b.lay(p, disc(x, 0.045, 0.065, 0.045), "#b8433f")
    p = b.lay(p, b.strokes(w, h, [at((-0.12, 0.58), (-0.22, 0.38)), at((0.12, 0.58), (0.24, 0.5))], tall * 0.07), COAT)
    p = b.lay(p, b.shape(w, h, b.smooth(at((-0.09, 0.66), (-0.2, 0.2), (0, 0.17), (0.2, 0.2), (0.09, 0.66)))), COAT)
    p = b.lay(p, b.strokes(w, h, [at((0, 0.64), (0, 0.2))], tall * 0.008), "#c98d1c")
    p = b.lay(p, disc(0, 0.8, 0.15, 0.165), HAIR)
    p = b.lay(p, disc(0, 0.785, 0.115, 0.125), SKIN)
    p = b.lay(p, b.shape(w, h, at((-0.12, 0.85), (0, 0.95), (0.12, 0.85), (0.04, 0.835), (-0.05, 0.85))), HAIR)
    for x in (-0.045, 0.045):
        p = b.lay(p, disc(x, 0.79, 0.014, 0.019), DARK)
    return b.lay(
        p, b.strokes(w, h, [b.smooth(at((-0.035, 0.73), (0, 0.718), (0.035, 0.73)), closed=False)], tall * 0.01), DARK
    )


def fox(p: Floats, foot: Point, tall: float) -> Floats:
    """A sitting fox; ``foot`` is where it sits."""
    h, w = p.shape[:2]

    def at(*points: Point) -> list[Point]:
        return [(foot[0] + x * tall, foot[1] - y * tall) for x, y in points]

    def disc(x: float, y: float, rx: float, ry: float = 0) -> Floats:
        [(cx, cy)] = at((x, y))
        return b.disc(w, h, cx, cy, rx * tall, ry * tall)

    tail = b.smooth(at((0.1, 0.05), (0.42, 0.05), (0.55, 0.3), (0.47, 0.55), (0.4, 0.3), (0.25, 0.16)))
    p = b.lay(p, b.shape(w, h, tail), FUR)
    p = b.lay(p, disc(0.475, 0.46, 0.05, 0.09), CREAM)
    p = b.lay(p, b.shape(w, h, b.smooth(at((-0.12, 0.6), (-0.24, 0.1), (0, 0.0), (0.24, 0.1), (0.12, 0.6)))), FUR)
    p = b.lay(p, disc(0, 0.34, 0.09, 0.2), CREAM)
    for side in (-1, 1):
        p = b.lay(p, b.shape(w, h, at((side * 0.23, 0.98), (side * 0.06, 0.8), (side * 0.25, 0.7))), FUR)
        p = b.lay(p, b.shape(w, h, at((side * 0.2, 0.91), (side * 0.11, 0.8), (side * 0.21, 0.76))), DARK)
        p = b.lay(p, b.strokes(w, h, [at((side * 0.06, 0.2), (side * 0.06, 0.02))], tall * 0.07), DARK)
    p = b.lay(p, b.shape(w, h, b.smooth(at((-0.26, 0.72), (0, 0.84), (0.26, 0.72), (0, 0.46)))), FUR)
    p = b.lay(p, b.shape(w, h, at((-0.2, 0.66), (0, 0.6), (0.2, 0.66), (0, 0.48))), CREAM)
    p = b.lay(p, disc(0, 0.5, 0.035, 0.03), DARK)
    for x in (-0.1, 0.1):
        p = b.lay(p, disc(x, 0.69, 0.02, 0.026), DARK)
    return p


def kite(p: Floats, middle: Point, tall: float) -> Floats:
    """A red kite of four corners with a tail of bows."""
    h, w = p.shape[:2]

    def at(*points: Point) -> list[Point]:
        return [(middle[0] + x * tall, middle[1] + y * tall) for x, y in points]

    p = b.lay(p, b.shape(w, h, at((-0.1, -1), (0.62, -0.2), (0.12, 0.95), (-0.55, -0.05))), "#c8403c")
    p = b.lay(p, b.shape(w, h, at((-0.1, -1), (0.62, -0.2), (0.03, -0.12))), "#e2685a")
    p = b.lay(p, b.shape(w, h, at((0.12, 0.95), (-0.55, -0.05), (0.03, -0.12))), "#a32f35")
    tail = b.smooth(at((0.12, 0.95), (0.4, 1.35), (0.2, 1.7), (0.5, 2.05)), closed=False)
    p = b.lay(p, b.strokes(w, h, [tail], max(1.4, tall * 0.02)), DARK)
    for x, y in np.array(tail)[[10, 24, 38]]:
        bow = [(x - tall * 0.13, y - tall * 0.07), (x + tall * 0.13, y + tall * 0.07)]
        other = [(x - tall * 0.13, y + tall * 0.07), (x + tall * 0.13, y - tall * 0.07)]
        p = b.lay(p, b.strokes(w, h, [bow, other], tall * 0.07), COAT)
    return p
