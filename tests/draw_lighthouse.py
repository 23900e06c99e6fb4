"""The lighthouse film out of doors: dusk, night, dawn."""

import numpy as np
from PIL import Image

from tests import brushes as b
from tests.brushes import Floats, Point

Tower = tuple[float, float, float]  # x of the axis, y of the foot, height


def headland() -> Image.Image:
    """Dusk: a storm bank rolls over the last light, the lamp is already lit."""
    w, h = 1640, 920
    p = b.sky(
        w,
        h,
        [(0, "#1b2145"), (0.28, "#4a3a68"), (0.46, "#a8557a"), (0.58, "#f0896a"), (0.66, "#ffd08a"), (1, "#ffd9a0")],
    )
    sun: Point = (1130, 590)
    far = np.hypot(*(g - c for g, c in zip(b.grid(w, h), sun, strict=True)))
    p = b.light(p, np.exp(-far / 260), "#ffb066", 0.75)
    p = b.lay(p, b.disc(w, h, *sun, 46), "#fff1cf")
    x, y = b.grid(w, h)
    n = b.noise(w, h, 5, (620, 210), 6) + (0.62 - y / h) * 0.75 - x / w * 0.3 - 0.02
    p = b.clouds(
        p,
        n,
        [(0.42, "#7a4a74", 0.75), (0.52, "#4b3a66", 0.85), (0.64, "#2c2a52", 0.9), (0.78, "#1a1d3e", 0.9)],
        ("#ff9a6b", 2.6, (26, 20)),
    )
    for base, tall, seed, paint in ((600, 46, 3, "#b0617a"), (612, 70, 8, "#7b4a70")):
        edge = b.ridge(w, base, tall, seed, 420) + np.linspace(0, 90 if seed == 8 else 40, w, dtype=np.float32)
        p = b.land(p, edge, [(0, paint), (1, "#e98f78")], 200)
    p = glitter(p, 612, sun[0], ("#d97a72", "#3a2f5c", "#1d1f43"), "#ffe0a6")
    p = cliff(p)
    lamp: Point = (452, 271)
    p = lighthouse(lamp_glow(p, lamp, 0.9), (452, 508, 268), day=0.35)
    p = lamp_glow(p, lamp, 0.45)
    p = gulls(p, [(760, 300, 20), (842, 262, 14), (905, 322, 11), (700, 356, 9)], "#1a1836")
    return b.finish(p, 1)


def glitter(p: Floats, horizon: int, x0: float, paints: tuple[str, str, str], spark: str) -> Floats:
    """A sea to the horizon with the path of a low light on it."""
    h, w = p.shape[:2]
    x, y = b.grid(w, h)
    down = (y - horizon) / (h - horizon)
    p = b.lay(p, np.clip(y - horizon + 0.5, 0, 1), b.ramp(down, list(zip((0, 0.45, 1), paints, strict=True))))
    rows = np.clip(down, 0.002, 1) ** 0.6
    ripple = np.sin(
        np.clip(y - horizon, 0, None) ** 0.62 * 7.5
        + np.sin(x / 37 + rows * 90) * 1.6
        + b.noise(w, h, 77, (120, 16), 4) * 9
    )
    path = np.exp(-(((x - x0) / (60 + 330 * np.clip(down, 0, 1))) ** 2)) * (down > 0)
    p = b.light(p, b.step(0.35, 0.95, ripple) * (down > 0), paints[0], 0.16)
    return b.light(p, b.step(0.1, 0.8, ripple) * path * (1 - 0.55 * np.clip(down, 0, 1)), spark, 0.95)


def cliff(p: Floats) -> Floats:
    """A headland of three planes coming in from the left, its edge lit by the sunset."""
    h, w = p.shape[:2]
    outline: list[Point] = b.points(
        "-10,470 120,462 260,492 400,506 520,508 575,530 590,585 640,618 655,690 742,740 765,820 860,930 -10,930"
    )
    top = b.shape(w, h, outline)
    x, y = b.grid(w, h)
    grainy = b.noise(w, h, 21, (70, 260), 5)
    paint = b.ramp((y - 470) / 450, [(0, "#4d3c5f"), (0.25, "#33294f"), (1, "#14152f")])
    p = b.lay(p, top, paint)
    p = b.light(p, top * b.step(0.55, 0.9, grainy) * b.step(420, 760, x), "#ff9a7a", 0.30)
    rim = np.clip(top - b.moved(top, 5, -4), 0, 1)
    p = b.light(p, b.blur(rim, 1.2) * b.step(250, 640, x), "#ffb27d", 0.8)
    for facet, tint in (
        (b.points("400,506 520,508 470,640 505,760 440,930 300,930 372,720"), "#5a4566"),
        (b.points("520,508 575,530 590,585 640,618 655,690 742,740 640,800 560,700"), "#7a5068"),
    ):
        p = b.lay(p, b.blur(b.shape(w, h, facet), 1.5) * top, tint, 0.42)
    near = b.shape(w, h, b.points("-10,640 150,628 300,668 392,742 440,850 520,930 -10,930"))
    p = b.lay(p, near, b.ramp((y - 620) / 300, [(0, "#231f42"), (1, "#0b0d22")]))
    rng = np.random.default_rng(4)
    foot = np.interp(roots := rng.uniform(-5, 570, 420), [q[0] for q in outline[:6]], [q[1] for q in outline[:6]])
    tuft = 5 + 13 * b.noise(1640, 2, 6, (90, 2), 3)[0][np.clip(roots, 0, 1639).astype(int)]
    tips = zip(roots, foot, tuft * rng.uniform(0.4, 1, 420), rng.uniform(0, 7, 420), strict=True)
    blades = [[(sx - 2, sy + 5), (sx + lean, sy - up), (sx + 2, sy + 5)] for sx, sy, up, lean in tips]
    return b.lay(p, b.shape(w, h, *blades), "#46375b")


def lighthouse(p: Floats, tower: Tower, day: float, sun_right: bool = True, base: str = "#ece3da") -> Floats:
    """A banded tower with gallery, lantern and dome; ``day`` from 0 (night) to 1 (full light)."""
    h, w = p.shape[:2]
    cx, foot, tall = tower
    x, y = b.grid(w, h)

    def at(u: float, v: float) -> Point:
        return cx + u * tall, foot - v * tall

    body = b.shape(w, h, [at(-0.115, 0), at(-0.072, 0.76), at(0.072, 0.76), at(0.115, 0)])
    across = np.clip((x - cx) / (0.1 * tall), -1, 1) * (1 if sun_right else -1)
    band = b.step(0.48, 0.52, np.abs(((foot - y) / tall * 2.65 + 0.02) % 1 - 0.5) * 2)
    paint = b.ramp(across, [(-1, "#6a6580"), (-0.2, "#b3a7ae"), (0.5, base), (1, "#fff6e6")])
    red = b.ramp(across, [(-1, "#4a1d38"), (-0.1, "#93303f"), (0.6, "#cf4a45"), (1, "#f0785a")])
    shade = 0.2 + 0.8 * day
    night = np.array([0.10, 0.14, 0.26], dtype=np.float32) * (1 - day)
    p = b.lay(p, body, (paint * (1 - band[..., None]) + red * band[..., None]) * shade + night)
    dark = "#15162f"
    for v, half, thick in ((0.76, 0.105, 0.022), (0.815, 0.10, 0.007), (0.842, 0.10, 0.007)):
        p = b.lay(p, b.shape(w, h, [at(-half, v), at(-half, v + thick), at(half, v + thick), at(half, v)]), dark)
    posts = [[at(u, 0.77), at(u, 0.845)] for u in np.linspace(-0.097, 0.097, 9)]
    p = b.lay(p, b.shape(w, h, [at(-0.055, 0.78), at(-0.055, 0.92), at(0.055, 0.92), at(0.055, 0.78)]), "#ffe2a0")
    p = b.lay(p, b.strokes(w, h, posts, max(1.0, tall * 0.005)), dark)
    bars = [[at(u, 0.79), at(u, 0.92)] for u in (-0.055, -0.02, 0.02, 0.055)]
    p = b.lay(p, b.strokes(w, h, bars, max(1.0, tall * 0.006)), dark)
    dome = b.smooth([at(-0.07, 0.915), at(-0.05, 0.965), at(0, 0.995), at(0.05, 0.965), at(0.07, 0.915)], closed=False)
    p = b.lay(p, b.shape(w, h, dome), b.ramp(across, [(-1, "#1d1a36"), (1, "#8a3243" if day > 0.2 else "#3b2440")]))
    p = b.lay(p, b.strokes(w, h, [[at(0, 0.99), at(0, 1.04)]], max(1.2, tall * 0.008)), dark)
    slits = [[at(u, v), at(u, v + 0.035)] for u, v in ((0.02, 0.22), (-0.015, 0.42), (0.015, 0.61))]
    return b.lay(p, b.strokes(w, h, slits, tall * 0.02), "#2a2340" if day > 0.6 else "#ffcf7d")


def lamp_glow(p: Floats, lamp: Point, strength: float) -> Floats:
    """The halo round a burning lamp."""
    h, w = p.shape[:2]
    far = np.hypot(*(g - c for g, c in zip(b.grid(w, h), lamp, strict=True)))
    for radius, colour, part in ((150, "#ff9c4a", 0.35), (55, "#ffc973", 0.6), (17, "#fff6dd", 1.0)):
        p = b.light(p, np.exp(-far / radius), colour, part * strength)
    return p


def gulls(p: Floats, birds: list[tuple[float, float, float]], colour: str) -> Floats:
    """Birds as two bent strokes each."""
    h, w = p.shape[:2]
    lines = [
        b.smooth(
            [
                (x - s, y - s * 0.25),
                (x - s * 0.45, y - s * 0.42),
                (x, y),
                (x + s * 0.5, y - s * 0.5),
                (x + s * 1.1, y - s * 0.2),
            ],
            closed=False,
        )
        for x, y, s in birds
    ]
    return b.lay(p, b.strokes(w, h, lines, 2.4), colour)


def night() -> Image.Image:
    """Storm: the beam cuts through rain over a black sea."""
    w, h = 1680, 945
    p = b.sky(w, h, [(0, "#050b1c"), (0.4, "#0d2240"), (0.68, "#1f4763"), (1, "#1f4763")])
    n = b.noise(w, h, 12, (560, 190), 6) + 0.1 - b.grid(w, h)[1] / h * 0.35
    lamp: Point = (1208, 262)
    p = b.clouds(
        p, n, [(0.3, "#12294a", 0.7), (0.46, "#0c1d39", 0.8), (0.6, "#081328", 0.85)], ("#6fa8c9", 1.1, (-22, 16))
    )
    main = b.beam(p, lamp, 173, 8.5, 1150, 9)
    p = b.light(p, main, "#ffe9b4", 0.95)
    p = b.light(p, b.beam(p, lamp, -6, 5, 620, 10), "#ffe0a0", 0.7)
    seas = ((600, 34, 150, 2, "#2d6079"), (650, 58, 230, 3, "#235067"), (716, 84, 320, 14, "#193f57"))
    for base, tall, long, seed, paint in seas:
        p = b.wave(
            p, b.swell(w, base, tall, long, seed), [(0, paint), (0.5, "#0f2a42"), (1, "#0a1d33")], 130, ("#cfe6ea", 0.6)
        )
    p = b.light(p, b.blur(main, 30) * b.step(520, 640, b.grid(w, h)[1]), "#cfe0c0", 0.32)
    p = rock(p)
    p = lighthouse(lamp_glow(p, lamp, 1.3), (1208, 640, 428), day=0.12, sun_right=False)
    p = lamp_glow(p, lamp, 0.5)
    p = b.wave(
        p, b.swell(w, 800, 120, 470, 6), [(0, "#1c4a62"), (0.4, "#0c2940"), (1, "#061426")], 170, ("#dcecec", 0.8)
    )
    p = b.wave(
        p, b.swell(w, 910, 120, 620, 27), [(0, "#123650"), (0.5, "#081b30"), (1, "#040d1c")], 170, ("#bcd6dd", 0.6)
    )
    return b.finish(b.rain(p, 8, 260, -0.35, "#bfdcea", 0.22), 2)


def rock(p: Floats) -> Floats:
    """The skerry that the tower stands on, with spray against it."""
    h, w = p.shape[:2]
    outline: list[Point] = b.points(
        "960,800 1010,728 1062,705 1100,652 1150,636 1270,634 1318,660 1372,690 1420,742 1500,790 1520,860 940,860"
    )
    mask = b.shape(w, h, outline)
    x, y = b.grid(w, h)
    p = b.lay(p, mask, b.ramp((y - 630) / 200, [(0, "#24344a"), (1, "#070f1d")]))
    p = b.light(p, mask * b.step(0.55, 0.8, b.noise(w, h, 31, (60, 90), 5)) * b.step(1400, 960, x), "#6f9bb0", 0.4)
    puff = b.noise(w, h, 44, (60, 60), 5)
    for sx, sy, rx, ry in ((985, 742, 95, 120), (1050, 770, 130, 80), (1430, 775, 120, 85)):
        round_ = np.clip(1 - np.hypot((x - sx) / rx, (y - sy) / ry), 0, 1)
        p = b.lay(p, b.step(0.18, 0.5, round_ * (0.35 + puff)), "#d9eaec", 0.8)
    return p


def dawn() -> Image.Image:
    """Morning: mist, a calm sea, the boat on its way home."""
    w, h = 1640, 920
    horizon = 560
    p = b.sky(
        w,
        h,
        [(0, "#4f8fa8"), (0.25, "#8fbdb8"), (0.45, "#f2d3ae"), (0.58, "#ffb48a"), (0.62, "#ff9f80"), (1, "#ff9f80")],
    )
    sun: Point = (560, 500)
    far = np.hypot(*(g - c for g, c in zip(b.grid(w, h), sun, strict=True)))
    p = b.light(p, np.exp(-far / 300), "#fff0b8", 0.7)
    n = b.noise(w, h, 63, (760, 90), 6) - np.abs(b.grid(w, h)[1] / h - 0.3) * 0.7
    p = b.clouds(
        p, n, [(0.46, "#f7c7a8", 0.5), (0.58, "#e79a94", 0.55), (0.7, "#b97e92", 0.5)], ("#fff3cf", 2.2, (-14, 12))
    )
    p = b.lay(p, b.disc(w, h, *sun, 58), "#fffbe8")
    for base, tall, seed, paint in ((552, 70, 13, "#c98f93"), (560, 52, 29, "#96758c")):
        p = b.land(p, b.ridge(w, base, tall, seed, 520) + (seed == 29) * 18, [(0, paint), (1, "#ffc9a2")], 90)
    p = glitter(p, horizon, sun[0], ("#f2a88c", "#6f8f9f", "#2f5d75"), "#fff6d8")
    mist = b.noise(w, h, 71, (700, 50), 4) * np.exp(-(((b.grid(w, h)[1] - horizon + 6) / 34) ** 2))
    p = islet(p, horizon)
    p = lighthouse(p, (1150, 512, 372), day=1.0, sun_right=False)
    p = b.lay(p, np.clip(mist * 1.2, 0, 1), "#ffe6cf", 0.75)
    p = small_boat(p, (388, 640))
    p = gulls(p, [(850, 250, 20), (930, 214, 14), (760, 206, 11), (1000, 282, 9)], "#42506b")
    return b.finish(p, 5, vignette=0.2)


def islet(p: Floats, horizon: int) -> Floats:
    """The tower's rock with a keeper's house, and both upside down in the water."""
    h, w = p.shape[:2]
    x, y = b.grid(w, h)
    outline: list[Point] = b.points(
        "910,590 950,562 1010,548 1058,520 1110,508 1215,508 1290,522 1380,528 1440,552 1510,566 1560,590"
    )
    under = [(px, 2 * 588 - py) for px, py in outline]
    shimmer = 0.5 + 0.4 * np.sin(y / 3.1 + np.sin(x / 40) * 2)
    tower = [(1098, 600), (1120, 880), (1180, 880), (1202, 600)]
    p = b.lay(p, b.blur(b.shape(w, h, tower), 5) * b.step(0.3, 0.8, shimmer) * (y > 590), "#b98a86", 0.55)
    p = b.lay(p, b.blur(b.shape(w, h, under), 4) * b.step(0.0, 1.0, shimmer + 0.3), "#4a5468", 0.6)
    house, roof = (
        [(1262, 528), (1262, 476), (1384, 476), (1384, 532)],
        [(1250, 480), (1276, 436), (1370, 436), (1396, 480)],
    )
    p = b.lay(p, b.shape(w, h, house), b.ramp((x - 1262) / 122, [(0, "#fff3dd"), (1, "#c9b3b0")]))
    p = b.lay(p, b.shape(w, h, roof, [(1350, 440), (1350, 414), (1366, 414), (1366, 440)]), "#8f3d48")
    p = b.lay(
        p,
        b.shape(
            w,
            h,
            [(1284, 494), (1284, 514), (1300, 514), (1300, 494)],
            [(1330, 494), (1330, 530), (1350, 530), (1350, 494)],
        ),
        "#4a4560",
    )
    p = b.lay(
        p,
        b.shape(w, h, outline),
        b.ramp((y - 505) / 90, [(0, "#8aa07c"), (0.16, "#6f7f70"), (0.3, "#6b6272"), (1, "#2f3b54")]),
    )
    lit = b.step(0.5, 0.85, b.noise(w, h, 19, (60, 50), 5)) * b.shape(w, h, outline) * b.step(1400, 900, x)
    return b.light(p, lit, "#ffc79a", 0.5)


def small_boat(p: Floats, where: Point) -> Floats:
    """The fishing boat far off, with a wake."""
    h, w = p.shape[:2]
    x0, y0 = where
    wake = [
        [(x0 - 40, y0 + 4), (x0 - 300, y0 + 34)],
        [(x0 - 40, y0 + 2), (x0 - 330, y0 + 8)],
        [(x0 + 30, y0 + 8), (x0 - 200, y0 + 54)],
    ]
    p = b.light(p, b.blur(b.strokes(w, h, wake, 3), 2), "#fff3dc", 0.7)
    hull = [(x0 - 58, y0 - 16), (x0 + 62, y0 - 24), (x0 + 44, y0 + 10), (x0 - 48, y0 + 10)]
    cabin = [(x0 - 26, y0 - 16), (x0 - 24, y0 - 46), (x0 + 8, y0 - 48), (x0 + 14, y0 - 18)]
    p = b.lay(p, b.blur(b.shape(w, h, [(x, 2 * y0 + 20 - y) for x, y in hull]), 3), "#2f4257", 0.55)
    p = b.lay(p, b.shape(w, h, cabin), "#f4e6d2")
    p = b.lay(
        p,
        b.strokes(w, h, [[(x0 - 8, y0 - 46), (x0 - 8, y0 - 92)], [(x0 - 8, y0 - 88), (x0 + 56, y0 - 28)]], 2.4),
        "#33324a",
    )
    p = b.lay(p, b.shape(w, h, hull), "#2e3550")
    return b.lay(p, b.strokes(w, h, [[(x0 - 56, y0 - 10), (x0 + 57, y0 - 17)]], 4), "#c9504a")
