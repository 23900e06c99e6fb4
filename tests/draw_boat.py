"""The lighthouse film at sea: the boat, flat as a screen print."""

import numpy as np
from PIL import Image

from tests import brushes as b
from tests.brushes import Floats, Point


def boat() -> Image.Image:
    """A fishing boat slides down a wave as tall as its mast; drawn small and flat, like a screen print."""
    w, h = 960, 540
    p = b.sky(w, h, [(0, "#0a1730"), (0.4, "#1f4260"), (0.62, "#5f8f97"), (1, "#5f8f97")])
    _, y = b.grid(w, h)
    n = b.noise(w, h, 81, (420, 130), 4) + 0.12 - y / h * 0.4
    p = b.lay(p, b.disc(w, h, 700, 128, 44), "#dfeadb")
    for level, paint in ((0.34, "#27486a"), (0.46, "#182f50"), (0.58, "#0e1d38")):
        p = b.lay(p, b.step(level, level + 0.02, n), paint)
    for base, tall, seed, paint in ((352, 46, 4, "#3f7482"), (372, 70, 5, "#2c5d70")):
        p = crest(p, b.swell(w, base, tall, 170, seed), paint, "#a8cdc9", 2)
    back = np.asarray(
        [v for _, v in b.smooth(b.points("0,214 120,236 330,330 560,424 740,420 960,340"), closed=False, n=200)],
        dtype=np.float32,
    )
    slope = np.interp(np.arange(w), np.linspace(0, w, len(back)), back).astype(np.float32)
    p = fishing_boat(p, (498, 388), 21)
    p = crest(p, slope + b.noise(w, 2, 9, (60, 2), 3)[0] * 8, "#1d4a61", "#e4efe6", 5)
    for k, paint in ((34, "#173f57"), (80, "#12334b"), (130, "#0d263c")):
        p = crest(p, slope + k + b.noise(w, 2, k, (120, 2), 3)[0] * k * 0.55, paint, "#5f98a0", 1.6)
    p = crest(p, b.swell(w, 520, 74, 300, 12), "#081a2e", "#8fb9ba", 3)
    return b.finish(b.rain(p, 5, 60, -0.5, "#dcecec", 0.35), 6, grain=0, vignette=0)


def crest(p: Floats, line: Floats, paint: str, foam: str, thick: float) -> Floats:
    """One flat wave with a foam line of uneven width."""
    h, w = p.shape[:2]
    below = b.grid(w, h)[1] - line[None, :]
    p = b.lay(p, np.clip(below + 0.5, 0, 1), paint)
    width = thick * (0.3 + 1.7 * b.noise(w, 2, int(line[0] * 7) % 991, (70, 2), 3)[0])[None, :]
    return b.lay(p, np.clip(below + 0.5, 0, 1) * np.clip(width - below + 0.5, 0, 1), foam)


def fishing_boat(p: Floats, where: Point, lean: float) -> Floats:
    """Hull, wheelhouse with a lit window, mast and a lamp, all leaning with the wave (degrees)."""
    h, w = p.shape[:2]
    cos, sin = float(np.cos(np.radians(lean))), float(np.sin(np.radians(lean)))

    def at(*points: Point) -> list[Point]:
        return [(where[0] + x * cos - y * sin, where[1] + x * sin + y * cos) for x, y in points]

    p = b.lay(
        p,
        b.strokes(w, h, [at((10, -70), (10, -168)), at((10, -160), (92, -42)), at((10, -160), (-96, -38))], 2.4),
        "#0b1428",
    )
    p = b.lay(p, b.shape(w, h, at((-34, -36), (-30, -86), (34, -88), (40, -36))), "#e9dfc8")
    p = b.lay(p, b.shape(w, h, at((-38, -84), (-34, -96), (44, -98), (42, -86))), "#b8433f")
    p = b.lay(
        p,
        b.shape(w, h, at((-22, -76), (-22, -54), (-2, -54), (-2, -76)), at((6, -76), (6, -54), (26, -54), (26, -76))),
        "#ffc765",
    )
    hull = at(*b.smooth(b.points("-124,-52 -60,-36 30,-36 112,-54 84,16 -92,16"), n=1), (-124, -52))
    p = b.lay(p, b.shape(w, h, hull), "#8f2f3a")
    p = b.lay(p, b.strokes(w, h, [at((-121, -47), (-60, -31), (30, -31), (109, -49))], 6), "#f0e4cc")
    glow = np.hypot(*(g - c for g, c in zip(b.grid(w, h), at((10, -168))[0], strict=True)))
    return b.light(b.light(p, np.exp(-glow / 26), "#ffc765", 0.8), np.exp(-glow / 6), "#ffffff", 1)
