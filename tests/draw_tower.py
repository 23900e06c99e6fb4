"""The lighthouse film indoors: the stairs and the lamp room."""

import numpy as np
from PIL import Image, ImageDraw

from tests import brushes as b
from tests.brushes import Floats, Point


def stairs() -> Image.Image:
    """Inside the tower, looking straight up: steps wind towards the light; a lantern is on its way."""
    w, h = 1400, 1050
    eye: Point = (752, 462)
    far = np.hypot(*(g - c for g, c in zip(b.grid(w, h), eye, strict=True)))
    wall = b.noise(w, h, 17, (300, 300), 4) * 0.05
    p = b.ramp(
        far / 760 + wall,
        [(0, "#ffe3a6"), (0.1, "#f0a058"), (0.24, "#a24f3c"), (0.5, "#4a2c42"), (0.8, "#211f3c"), (1.2, "#0e1128")],
    )
    canvas = Image.fromarray(np.uint8(p * 255)).resize((w * b.FINE, h * b.FINE))
    draw = ImageDraw.Draw(canvas)
    count = 132
    for i in reversed(range(-46, count)):
        stair(draw, eye, i / count, (i + 1) / count)
    p = np.asarray(canvas.reduce(b.FINE), dtype=np.float32) / 255
    p = b.light(p, np.exp(-far / 130), "#ffb562", 0.75)
    p = b.light(p, np.exp(-far / 44), "#fff0c8", 1.0)
    return b.finish(lantern(p, (1068, 705)), 3, vignette=0.45)


def stair(draw: ImageDraw.ImageDraw, eye: Point, t: float, u: float) -> None:
    """One step seen from below: riser, underside, baluster and rail. ``t`` to ``u``: 0 near, 1 far up."""
    inner, rail = 0.63, 0.6

    def at(v: float, reach: float, lift: float = 0) -> Point:
        r, a = 1050 * np.exp(-3.5 * v) * reach, 2 * np.pi * 5.5 * (v + lift) + 0.4
        sway = (-34 * (1 - v), 30 * (1 - v))
        return (eye[0] + sway[0] + r * np.cos(a)) * b.FINE, (eye[1] + sway[1] + r * np.sin(a)) * b.FINE

    def paint(stops: b.Stops, shift: float = 0) -> tuple[int, int, int]:
        red, green, blue = b.ramp(np.array(t + shift, dtype=np.float32), stops) * 255
        return int(red), int(green), int(blue)

    side = 0.07 * float(np.cos(2 * np.pi * 5.5 * t - 0.6))
    under = [(0, "#0f1330"), (0.25, "#201d3e"), (0.5, "#4e2d45"), (0.75, "#a3543f"), (1, "#ffc873")]
    riser = [(0, "#2b2850"), (0.25, "#583a55"), (0.5, "#b5634a"), (0.75, "#f0a35c"), (1, "#fff0c0")]
    q = t + (u - t) * 0.72
    draw.polygon(
        [at(t, 1.03), at((t + q) / 2, 1.03), at(q, 1.03), at(q, inner), at((t + q) / 2, inner), at(t, inner)],
        fill=paint(under, side),
    )
    draw.polygon([at(q, 1.03), at(u, 1.03), at(u, inner), at(q, inner)], fill=paint(riser, side))
    thick = max(2, int(22 * np.exp(-3 * t)))
    dark = paint([(0, "#070a1c"), (0.6, "#1d1530"), (0.85, "#6a3833"), (1, "#e8a860")])
    draw.line([at(t, inner), at((t + u) / 2, inner), at(u, inner)], fill=dark, width=thick)
    draw.line([at(t, inner), at(t, rail * 0.87)], fill=dark, width=max(1, thick // 2))
    draw.line([at(t, rail * 0.87), at((t + u) / 2, rail * 0.87), at(u, rail * 0.87)], fill=dark, width=thick)


def lantern(p: Floats, where: Point) -> Floats:
    """A hand lamp on the way up, throwing its own small circle of light."""
    h, w = p.shape[:2]
    far = np.hypot(*(g - c for g, c in zip(b.grid(w, h), where, strict=True)))
    p = b.light(p, np.exp(-far / 105), "#ff9c4a", 0.8)
    p = b.light(p, np.exp(-far / 24), "#ffe2a0", 1.0)
    return b.lay(p, b.disc(w, h, *where, 6), "#fffaf0")


def lamp_room() -> Image.Image:
    """The lantern room: a great lens burning, panes streaked with rain, the keeper beside it."""
    w, h = 1640, 920
    x, y = b.grid(w, h)
    p = b.sky(w, h, [(0, "#060d22"), (0.5, "#12304f"), (0.8, "#1d4a63"), (1, "#0d2138")])
    n = b.noise(w, h, 52, (520, 230), 6)
    p = b.clouds(p, n, [(0.4, "#0c2140", 0.7), (0.58, "#081733", 0.8)], ("#5f9cc0", 0.9, (20, 16)))
    p = b.rain(p, 15, 300, -0.4, "#bfe0ee", 0.2)
    eye: Point = (760, 430)
    far = np.hypot((x - eye[0]) / 1.15, y - eye[1])
    p = b.light(p, np.exp(-far / 260), "#ff9c4a", 0.55)
    p = panes(p)
    p = b.light(p, np.exp(-far / 190), "#ffb562", 0.5)
    p = lens(floor(p, eye), eye)
    p = b.light(p, b.beam(p, eye, 180, 9, 900, 3) + b.beam(p, eye, -2, 9, 900, 4), "#ffe2a6", 0.5)
    return b.finish(keeper(p), 4, vignette=0.5)


def panes(p: Floats) -> Floats:
    """Slanted glazing bars from floor to roof, lit on the side of the lamp."""
    h, w = p.shape[:2]
    x, _ = b.grid(w, h)
    bars: list[list[Point]] = []
    for k in range(-3, 12):
        left, bow = 120 + k * 200.0, 1
        bars += [[(left - 150 * bow, 760), (left + 150, 60)], [(left + 150, 760), (left - 150, 60)]]
    mask = b.strokes(w, h, bars, 11)
    warm = np.exp(-np.abs(x - 760) / 360)
    p = b.lay(p, mask, b.ramp(warm, [(0, "#0a1024"), (0.5, "#2b1f33"), (1, "#6d3c35")]))
    edge = np.clip(mask - b.moved(mask, 3, 0), 0, 1) * (x < 760) + np.clip(mask - b.moved(mask, -3, 0), 0, 1) * (
        x >= 760
    )
    p = b.light(p, edge * warm, "#ffbe78", 0.9)
    roof = b.shape(
        w, h, [(-10, -10), (w + 10, -10), (w + 10, 92), *b.smooth([(w + 10, 92), (760, 56), (-10, 92)], closed=False)]
    )
    return b.lay(p, roof, b.ramp(warm, [(0, "#070b1a"), (1, "#4a2a2e")]))


def lens(p: Floats, eye: Point) -> Floats:
    """A Fresnel lens: nested rings of glass in a brass frame round a white-hot core."""
    h, w = p.shape[:2]
    x, y = b.grid(w, h)
    outline = "590,300 640,180 760,138 880,180 930,300 936,430 930,560 880,680 760,722 640,680 590,560 584,430"
    drum = b.shape(w, h, b.smooth(b.points(outline)))
    r = np.hypot((x - eye[0]) / 0.62, y - eye[1])
    tooth = (r / 30) % 1
    glass = b.ramp(
        np.clip(r / 320, 0, 1), [(0, "#fffdf2"), (0.2, "#ffe9b0"), (0.5, "#f2a64f"), (0.8, "#a9583a"), (1, "#5c3138")]
    )
    p = b.lay(p, drum, glass, 0.96)
    p = b.light(p, drum * tooth**3, "#fff2cc", 0.6)
    p = b.lay(p, drum * b.step(0.86, 0.99, 1 - tooth), "#6b3526", 0.55)
    p = b.light(p, drum * np.exp(-((x - eye[0] + 92 - (y - eye[1]) * 0.05) ** 2) / 240), "#ffffff", 0.35)
    p = b.light(p, np.exp(-r / 46), "#ffffff", 1)
    return brass(p)


def brass(p: Floats) -> Floats:
    """The lens's ribs, its cap and the foot that turns it."""
    h, w = p.shape[:2]
    x, _ = b.grid(w, h)
    ribs = ("614,302 588,430 614,558", "700,184 689,430 700,676", "820,184 831,430 820,676", "906,302 932,430 906,558")
    lines = [b.smooth(b.points(rib), closed=False) for rib in ribs]
    p = b.lay(p, b.strokes(w, h, lines, 7), "#7a4428")
    cap = b.points("668,172 700,128 760,112 820,128 852,172")
    foot = b.points("664,688 856,688 888,728 830,760 852,930 668,930 690,760 632,728")
    stops = [(-1, "#2b1820"), (-0.35, "#b06f3a"), (0, "#e0a457"), (0.4, "#8a4f30"), (1, "#24141d")]
    return b.lay(p, b.shape(w, h, cap, foot), b.ramp((x - 760) / 130, stops))


def floor(p: Floats, eye: Point) -> Floats:
    """The sill and the iron floor with the lamp's light lying on it."""
    h, w = p.shape[:2]
    x, y = b.grid(w, h)
    pool = np.exp(-(((x - eye[0]) / 520) ** 2) - ((y - 770) / 210) ** 2)
    mask = np.clip(y - 752, 0, 1)
    p = b.lay(p, mask, b.ramp(pool, [(0, "#090c1c"), (0.5, "#3c2330"), (1, "#a35c3c")]))
    seams = [[(eye[0] + (k - 6) * 95, 768), (eye[0] + (k - 6) * 290, 930)] for k in range(13)] + [
        [(0, v), (w, v)] for v in (800.0, 862.0)
    ]
    p = b.lay(p, b.strokes(w, h, seams, 3) * mask, "#0a0b18", 0.6)
    sill = np.clip(1 - np.abs(y - 752) / 12, 0, 1) ** 0.3
    return b.lay(p, sill, b.ramp(np.exp(-np.abs(x - eye[0]) / 420), [(0, "#0b1022"), (1, "#8a4c36")]))


def keeper(p: Floats) -> Floats:
    """A man in cap and long coat, from behind, his left side in the light."""
    h, w = p.shape[:2]
    coat = b.smooth(
        b.points("1150,470 1196,440 1250,446 1292,478 1312,600 1330,760 1346,880 1240,900 1120,884 1128,740 1130,600")
    )
    arm = b.smooth(
        b.points("1172,470 1130,500 1072,514 1010,484 968,452 948,456 956,480 1000,520 1060,566 1120,570 1180,548")
    )
    head = b.smooth(
        b.points("1172,384 1180,350 1226,330 1262,350 1268,400 1262,470 1206,474 1196,438 1178,428 1174,410 1166,402")
    )
    cap = b.smooth(b.points("1146,362 1172,348 1178,312 1222,292 1268,306 1280,342 1272,362 1222,356 1178,368"))
    legs = [(1160, 870), (1310, 870), (1300, 930), (1170, 930)]
    mask = np.clip(b.shape(w, h, coat, arm, legs) + b.shape(w, h, head) + b.shape(w, h, cap), 0, 1)
    p = b.lay(p, mask, "#0b0f22")
    rim = np.clip(mask - b.moved(mask, -9, -2), 0, 1)
    return b.light(p, b.blur(rim, 2.2) * mask, "#ff9f55", 0.95)
