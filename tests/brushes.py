"""Brushes for the sample pictures: gradients, smooth shapes, clouds, swell, beams, glow and grain.

A picture is a float array (height, width, 3) from 0 to 1, a mask one of (height, width). Every brush that
needs chance takes a seed, so the same script draws the same picture.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.floating[Any]]
Point = tuple[float, float]
Stops = Sequence[tuple[float, str]]
FINE = 3  # shapes are drawn this many times larger and reduced, for clean edges


def rgb(code: str) -> Floats:
    """``#rrggbb`` as three floats."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)], dtype=np.float32)


def points(text: str) -> list[Point]:
    """``"x,y x,y ..."`` as points, the way an SVG writes them."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def grid(width: int, height: int) -> tuple[Floats, Floats]:
    """The x and y of every pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def step(low: float, high: float, value: Floats) -> Floats:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def ramp(value: Floats, stops: Stops) -> Floats:
    """Colours along ``value``: a mask of positions becomes a picture."""
    places = [place for place, _ in stops]
    colours = np.stack([rgb(code) for _, code in stops])
    channels = [np.interp(value, places, colours[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def sky(width: int, height: int, stops: Stops) -> Floats:
    """A vertical gradient over the whole picture, 0 at the top and 1 at the bottom."""
    return ramp(grid(width, height)[1] / height, stops)


def smooth(points: Sequence[Point], closed: bool = True, n: int = 14) -> list[Point]:
    """A soft line through all points (Catmull-Rom)."""
    p = np.array(points, dtype=float)
    p = np.vstack([p[-1], p, p[:2]]) if closed else np.vstack([p[0], p, p[-1]])
    t = np.linspace(0, 1, n, endpoint=False)[:, None]
    out = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    line = np.vstack(out if closed else [*out, p[-1:]])
    return [(float(x), float(y)) for x, y in line]


def shape(width: int, height: int, *polygons: Sequence[Point]) -> Floats:
    """A mask of filled polygons."""
    image = Image.new("L", (width * FINE, height * FINE))
    draw = ImageDraw.Draw(image)
    for polygon in polygons:
        draw.polygon([(x * FINE, y * FINE) for x, y in polygon], fill=255)
    return reduced(image)


def strokes(width: int, height: int, lines: Sequence[Sequence[Point]], thick: float) -> Floats:
    """A mask of lines with round ends."""
    image = Image.new("L", (width * FINE, height * FINE))
    draw = ImageDraw.Draw(image)
    radius = thick * FINE / 2
    for line in lines:
        ends = [(x * FINE, y * FINE) for x, y in line]
        draw.line(ends, fill=255, width=max(1, round(thick * FINE)), joint="curve")
        for x, y in (ends[0], ends[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return reduced(image)


def reduced(image: Image.Image) -> Floats:
    """The finely drawn image at its true size, as a mask."""
    return np.divide(np.asarray(image.reduce(FINE), dtype=np.float32), 255)


def disc(width: int, height: int, x: float, y: float, rx: float, ry: float = 0) -> Floats:
    """A mask of an ellipse with a clean edge."""
    px, py = grid(width, height)
    ry = ry or rx
    inside = (1 - np.hypot((px - x) / rx, (py - y) / ry)) * min(rx, ry)
    return np.asarray(np.clip(inside + 0.5, 0, 1))


def blur(mask: Floats, radius: float) -> Floats:
    """The mask out of focus."""
    image = Image.fromarray(np.uint8(np.clip(mask, 0, 1) * 255))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / 255


def lay(picture: Floats, mask: Floats, paint: str | Floats, strength: float = 1) -> Floats:
    """Paint over the picture where the mask is."""
    colour = rgb(paint) if isinstance(paint, str) else paint
    m = (mask * strength)[..., None]
    return picture * (1 - m) + colour * m


def light(picture: Floats, mask: Floats, colour: str, strength: float = 1) -> Floats:
    """Add light, which never burns out: the screen of picture and mask."""
    return np.asarray(1 - (1 - picture) * (1 - np.clip(mask * strength, 0, 1)[..., None] * rgb(colour)))


def noise(width: int, height: int, seed: int, cell: Point, octaves: int = 5) -> Floats:
    """Cloudy noise from 0 to 1; ``cell`` is the width and height of its largest lumps."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(octaves):
        w, h = (max(2, int(side / c * 2**octave) + 3) for side, c in zip((width, height), cell, strict=True))
        small = Image.fromarray(rng.random((h, w), dtype=np.float32))
        total += np.asarray(small.resize((width, height), Image.Resampling.BICUBIC)) * 0.5**octave
    low, high = np.percentile(total, (0.5, 99.5))
    return np.asarray(np.clip((total - low) / (high - low), 0, 1))


def moved(mask: Floats, dx: float, dy: float) -> Floats:
    """What stands ``dx`` to the right and ``dy`` below each pixel; the border repeats."""
    height, width = mask.shape
    x = np.clip(np.arange(width) + int(dx), 0, width - 1)
    y = np.clip(np.arange(height) + int(dy), 0, height - 1)
    return mask[np.ix_(y, x)]


def clouds(
    picture: Floats, n: Floats, tiers: Sequence[tuple[float, str, float]], rim: tuple[str, float, Point]
) -> Floats:
    """Flat tiers of cloud from noise, each edge lit by ``rim`` = colour, strength, where the light comes from."""
    colour, strength, (dx, dy) = rim
    lit = np.clip(n - moved(n, dx, dy), 0, 1)
    for level, paint, alpha in tiers:
        mask = step(level, level + 0.09, n)
        picture = lay(picture, mask, paint, alpha)
        picture = light(picture, mask * lit, colour, strength)
    return picture


def swell(width: int, base: float, tall: float, long: float, seed: int, lean: float = 0.7) -> Floats:
    """The crest line of a row of waves that lean with the wind: y for every x."""
    rng = np.random.default_rng(seed)
    x = np.arange(width, dtype=np.float32)
    drift = noise(width, 2, seed, (long * 2.3, 2), 2)[0] * 3.2
    turn = ((x / long + rng.uniform() + drift / 3) % 1).astype(np.float32)
    back = 0.5 + lean * 0.25
    peaks = np.where(turn < back, (turn / back) ** 1.9, ((1 - turn) / (1 - back)) ** 1.45)
    height = 0.2 + 0.8 * noise(width, 2, seed + 500, (long * 1.6, 2), 2)[0]
    roll = noise(width, 2, seed + 900, (long * 1.3, 2), 3)[0]
    return np.asarray(base - tall * (0.55 * peaks * height + 0.55 * roll), dtype=np.float32)


def wave(picture: Floats, crest: Floats, stops: Stops, depth: float, foam: tuple[str, float]) -> Floats:
    """A body of water below a crest line, coloured by how deep one looks into it; foam where it stands high."""
    height, width = picture.shape[:2]
    below = grid(width, height)[1] - crest[None, :]
    picture = lay(picture, np.clip(below + 0.5, 0, 1), ramp(below / depth, stops))
    high = np.clip((crest.max() - crest) / max(float(np.ptp(crest)), 1), 0, 1)[None, :] ** 1.5
    streak = noise(width, height, int(crest[0]) + width, (110, 12), 4)
    veil = np.exp(-np.clip(below, 0, None) / (depth * (0.05 + 0.3 * high))) * step(0.42, 0.6, streak + 0.25 * high)
    lines = step(0.7, 0.78, streak) * np.exp(-((below / depth - 0.45) ** 2) * 9) * 0.35
    edge = np.exp(-((below - 1.4) ** 2) / 2.4) * (0.25 + 0.75 * high)
    return lay(picture, np.clip(edge + veil * 0.8 + lines, 0, 1) * (below > -1.5), foam[0], foam[1])


def ridge(width: int, base: float, tall: float, seed: int, lump: float) -> Floats:
    """The upper edge of a far shore: y for every x."""
    line = noise(width, 2, seed, (lump, 2), 6)[0]
    return np.asarray(base - tall * line, dtype=np.float32)


def land(picture: Floats, edge: Floats, stops: Stops, depth: float) -> Floats:
    """Everything below an edge, coloured by its depth."""
    height, width = picture.shape[:2]
    below = grid(width, height)[1] - edge[None, :]
    return lay(picture, np.clip(below + 0.5, 0, 1), ramp(below / depth, stops))


def beam(picture: Floats, lamp: Point, angle: float, spread: float, reach: float, seed: int) -> Floats:
    """A mask of light from a lamp, in haze; ``angle`` and ``spread`` in degrees, 0 to the right."""
    height, width = picture.shape[:2]
    x, y = grid(width, height)
    far = np.hypot(x - lamp[0], y - lamp[1])
    off = np.degrees(np.arctan2(y - lamp[1], x - lamp[0])) - angle
    off = np.abs((off + 180) % 360 - 180)
    body = 0.6 * np.exp(-((off / spread) ** 8)) + 0.4 * np.exp(-((off / (spread * 0.35)) ** 2))
    haze = 0.72 + 0.28 * noise(width, height, seed, (260, 120), 4)
    return np.asarray(body * np.exp(-far / reach) * haze, dtype=np.float32)


def rain(picture: Floats, seed: int, drops: int, lean: float, colour: str, strength: float) -> Floats:
    """Slanting streaks of three depths."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(seed)
    for depth in (0.5, 1.0, 1.7):
        starts = rng.uniform((-0.2 * width, -0.1 * height), (1.1 * width, height), (int(drops / depth), 2))
        tails = rng.uniform(18, 46, len(starts)) * depth
        lines = [[(x, y), (x + lean * n, y + n)] for (x, y), n in zip(starts, tails, strict=True)]
        mask = blur(strokes(width, height, lines, 0.7 * depth), 0.5 * depth)
        picture = light(picture, mask, colour, strength * (0.5 + depth / 4))
    return picture


def finish(picture: Floats, seed: int, grain: float = 0.006, vignette: float = 0.35) -> Image.Image:
    """Darker corners, film grain, and eight bits."""
    height, width = picture.shape[:2]
    x, y = grid(width, height)
    corner = np.hypot((x / width - 0.5) * 1.25, (y / height - 0.5) * 1.25)
    picture = picture * (1 - vignette * step(0.35, 0.95, corner))[..., None]
    speck = np.random.default_rng(seed).normal(0, grain, (height, width, 1)).astype(np.float32)
    return Image.fromarray(np.uint8(np.clip(picture + speck, 0, 1) * 255 + 0.5))
