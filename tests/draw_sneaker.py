"""The five vertical frames of the sneaker advertisement: one shoe, drawn once, in studio light."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests import brushes as b
from tests.brushes import Floats, Point

W, H = 900, 1600
SHOE_W, SHOE_H = 1500, 860  # the shoe's own drawing board


@dataclass(frozen=True)
class Colours:
    """What a pair is made of: light and dark of the upper, then its panels, mark, sole and laces."""

    upper: tuple[str, str]
    panel: tuple[str, str]
    mark: str
    sole: tuple[str, str]
    tread: str
    lace: str


CORAL = Colours(("#fff4ea", "#e2c4b8"), ("#ff8a6b", "#c94a4a"), "#20305a", ("#ffffff", "#d5cbd2"), "#20305a", "#ffffff")
MINT = Colours(("#e9fbf2", "#a9d6c6"), ("#3fb8a0", "#1c7a76"), "#ff7a5c", ("#ffffff", "#cbdad8"), "#123f4c", "#ffffff")
NIGHT = Colours(("#5a5f8f", "#272a55"), ("#2f3468", "#161836"), "#ffb24d", ("#f4efff", "#a9a4cf"), "#ff6f61", "#ffd9a0")


def curve(outline: str) -> Floats:
    """A soft closed shape on the shoe's board."""
    return b.shape(SHOE_W, SHOE_H, b.smooth(b.points(outline)))


def upper_mask() -> Floats:
    """The side view of the upper, toe to the right."""
    return curve(
        "118,640 102,540 126,420 112,318 122,262 166,252 212,300 300,338 398,318 470,238 "
        "520,166 572,150 606,186 690,268 830,366 970,420 1120,446 1262,470 1362,530 "
        "1398,640 1300,690 700,700 220,690"
    )


def sole_mask() -> Floats:
    """The midsole, with a kick at heel and toe."""
    return curve(
        "74,622 110,606 260,628 480,646 760,654 1040,650 1260,634 1376,606 1420,612 "
        "1424,664 1386,720 1290,756 1000,770 640,772 300,772 130,762 80,712"
    )


def shoe(c: Colours) -> Image.Image:
    """The shoe on nothing, with soft studio shading."""
    x, y = b.grid(SHOE_W, SHOE_H)
    upper, sole = upper_mask(), sole_mask()
    p = np.broadcast_to(b.rgb(c.panel[1]), (SHOE_H, SHOE_W, 3))
    inside = curve("470,250 520,150 566,118 610,130 640,190 600,230 420,340 300,350 240,320")
    tongue = curve("500,190 540,104 592,92 640,132 664,214 600,220")
    p = b.lay(p, np.maximum(inside, tongue), b.ramp((y - 90) / 180, [(0, c.panel[0]), (1, c.panel[1])]))
    p = b.lay(
        p, upper, b.ramp((y - 230) / 440 + (x - 700) / 4200, [(0, c.upper[0]), (0.55, c.upper[0]), (1, c.upper[1])])
    )
    p = panels(p, upper, c)
    p = body_shade(p, upper)
    p = laces(p, np.maximum(upper, tongue), c)
    p = b.lay(p, sole, b.ramp((y - 610) / 160, [(0, c.sole[0]), (0.5, c.sole[0]), (1, c.sole[1])]))
    groove = [b.smooth(b.points("96,690 300,700 700,706 1100,702 1404,676"), closed=False)]
    p = b.lay(p, b.strokes(SHOE_W, SHOE_H, groove, 5) * sole, c.sole[1])
    wedge = curve("150,646 330,652 560,664 600,676 420,688 150,682 118,664")
    p = b.lay(p, wedge * sole, c.mark)
    p = b.lay(p, tread(), c.tread)
    alpha = np.clip(np.maximum.reduce([upper, sole, inside, tongue, tread(), lace_mask()]), 0, 1)
    return Image.fromarray(np.uint8(np.clip(np.dstack([p, alpha]), 0, 1) * 255))


def panels(p: Floats, upper: Floats, c: Colours) -> Floats:
    """Heel counter, toe guard, eyestay and the wave that is its mark, each with a stitched edge."""
    x, y = b.grid(SHOE_W, SHOE_H)
    tone = b.ramp((y - 240) / 430, [(0, c.panel[0]), (1, c.panel[1])])
    heel = curve("80,700 90,400 90,290 190,300 236,400 300,500 420,590 470,700")
    toe = curve("1060,700 1084,600 1150,530 1250,494 1340,470 1430,520 1440,700")
    stay = curve(
        "420,330 500,200 560,150 620,186 720,280 850,376 930,424 880,470 760,430 640,360 560,350 470,430 410,420"
    )
    for part in (heel, toe, stay):
        drop = b.blur(part, 9) * (1 - part) * upper
        p = b.lay(p, drop, "#2a1a3a", 0.35)
        p = b.lay(p, part * upper, tone)
        rim = np.clip(part - b.moved(part, 3, -5), 0, 1) * upper
        p = b.light(p, rim, "#ffffff", 0.35)
        p = stitches(p, part * upper)
    tabs = curve("110,260 168,246 216,300 196,340 128,330")
    p = b.lay(p, tabs * upper, c.mark)
    top = b.smooth(b.points("430,640 520,540 600,500 690,540 770,580 880,540 1000,520"), closed=False)
    low = b.smooth(b.points("1000,532 880,586 770,640 680,610 600,570 540,600 480,660"), closed=False)
    wave = b.shape(SHOE_W, SHOE_H, [*top, *low]) * upper
    p = b.lay(p, b.blur(wave, 7) * (1 - wave) * upper, "#2a1a3a", 0.25)
    holes = np.clip(((x % 14 - 7) ** 2 + (y % 14 - 7) ** 2 < 5) * 1.0, 0, 1).astype(np.float32)
    mesh = curve("960,470 1120,496 1200,530 1090,560 1040,600 960,560") * upper
    p = b.lay(p, holes * b.blur(mesh, 6), c.upper[1], 0.85)
    return b.lay(p, wave, c.mark)


def stitches(p: Floats, part: Floats) -> Floats:
    """A dashed line just inside an edge."""
    x, y = b.grid(SHOE_W, SHOE_H)
    soft = b.blur(part, 12)
    line = np.exp(-(((soft - 0.82) / 0.028) ** 2)) * part
    return b.light(p, line * (np.sin((x - y * 0.7) / 3.2) > -0.2), "#ffffff", 0.5)


def lace_mask() -> Floats:
    """Five bars across the eyestay and the bow they end in."""
    ends = ((606, 180), (664, 236), (728, 286), (798, 338), (868, 384))
    bars: list[list[Point]] = [[(x0, y0), (x0 - 52, y0 + 62)] for x0, y0 in ends]
    bow = [
        b.smooth(b.points("580,168 520,108 456,112 462,166 524,184 580,168"), closed=False),
        b.smooth(b.points("580,168 640,96 702,96 704,146 650,176 580,168"), closed=False),
        b.smooth([(580, 168), (540, 226), (486, 262)], closed=False),
    ]
    return np.maximum(b.strokes(SHOE_W, SHOE_H, bars, 20), b.strokes(SHOE_W, SHOE_H, bow, 15))


def laces(p: Floats, ground: Floats, c: Colours) -> Floats:
    """The laces with the shadow they throw on what is below them."""
    mask = lace_mask()
    p = b.lay(p, b.moved(b.blur(mask, 6), -3, -8) * ground, "#1a1030", 0.4)
    p = b.lay(p, mask, c.lace)
    return b.lay(p, np.clip(mask - b.moved(mask, 3, 6), 0, 1), "#7d6f8f", 0.4)


def body_shade(p: Floats, upper: Floats) -> Floats:
    """Light from above left, a darker belly and the shadow that the upper throws on itself."""
    core = b.blur(upper, 60)
    p = b.lay(p, upper * np.clip(0.95 - core, 0, 1) * b.step(300, 600, b.grid(SHOE_W, SHOE_H)[1]), "#2a1740", 0.4)
    shine = np.clip(upper - b.moved(upper, -12, -16), 0, 1)
    p = b.light(p, b.blur(shine, 5) * upper, "#ffffff", 0.3)
    _, y = b.grid(SHOE_W, SHOE_H)
    return b.lay(p, upper * b.step(590, 670, y), "#2a1740", 0.32)


def tread() -> Floats:
    """The rubber below, cut into lugs."""
    band = curve(
        "84,742 300,760 700,764 1100,760 1300,744 1402,704 1396,736 1300,782 1000,796 640,800 300,800 140,792 92,770"
    )
    x, y = b.grid(SHOE_W, SHOE_H)
    return band * (1 - b.step(0.75, 0.9, np.sin(x / 10.5)) * b.step(776, 782, y))


def put(p: Floats, image: Image.Image, centre: Point, wide: float, turn: float = 0, mirror: bool = False) -> Floats:
    """Lay the shoe on the picture: ``wide`` pixels, turned counter-clockwise by ``turn`` degrees."""
    layer = placed(image, p.shape[1], p.shape[0], centre, wide, turn, mirror)
    return b.lay(p, layer[..., 3], layer[..., :3])


def placed(image: Image.Image, w: int, h: int, centre: Point, wide: float, turn: float, mirror: bool) -> Floats:
    """The shoe alone, on a board of the picture's size."""
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirror else image
    tall = wide * SHOE_H / SHOE_W
    small = image.resize((round(wide), round(tall)), Image.Resampling.LANCZOS)
    small = small.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    board = Image.new("RGBA", (w, h))
    board.paste(small, (round(centre[0] - small.width / 2), round(centre[1] - small.height / 2)))
    return np.asarray(board, dtype=np.float32) / 255


def shadow(p: Floats, x: float, y: float, wide: float, tall: float, colour: str, strength: float) -> Floats:
    """A contact shadow: a tight core in a wide soft pool."""
    for part, grow, soft in ((0.6, 1.0, 30), (0.8, 0.82, 12)):
        pool = b.disc(p.shape[1], p.shape[0], x, y, wide * grow, tall * grow)
        p = b.lay(p, b.blur(pool, soft), colour, strength * part)
    return p


def hero() -> Image.Image:
    """On a round plinth before a paper sun."""
    p = b.sky(W, H, [(0, "#ff9f86"), (0.45, "#ffc2a1"), (0.68, "#ffdcbc"), (1, "#f5a98c")])
    x, y = b.grid(W, H)
    sun = b.disc(W, H, 450, 690, 345)
    p = b.lay(p, b.blur(b.disc(W, H, 466, 712, 352), 26), "#d9694f", 0.35)
    p = b.lay(p, sun, b.ramp((y - 345) / 700, [(0, "#fff1dc"), (1, "#ff8a6b")]))
    p = b.lay(p, b.blur(b.disc(W, H, 500, 1330, 420, 90), 40), "#9a3f48", 0.55)
    side = b.shape(
        W,
        H,
        [
            (110, 1090),
            (110, 1290),
            *[(450 - 340 * np.cos(a), 1290 + 82 * np.sin(a)) for a in np.linspace(0, np.pi, 60)],
            (790, 1090),
        ],
    )
    p = b.lay(p, side, b.ramp((x - 110) / 680, [(0, "#ffb79c"), (0.35, "#fff0e0"), (0.65, "#f7a98e"), (1, "#b9545a")]))
    p = b.lay(p, b.disc(W, H, 450, 1090, 340, 82), b.ramp((x - 110) / 680, [(0, "#fff6ec"), (1, "#ffd2ba")]))
    p = shadow(p, 460, 1112, 270, 26, "#7a2f45", 0.75)
    return b.finish(put(p, shoe(CORAL), (452, 934), 700, 0), 21, vignette=0.18)


def leap() -> Image.Image:
    """In the air over its own shadow, rings of sound behind it."""
    p = b.sky(W, H, [(0, "#1a1442"), (0.5, "#4b2a7d"), (0.78, "#a44a9c"), (0.8, "#3a2268"), (1, "#160f38")])
    x, y = b.grid(W, H)
    far = np.hypot(x - 450, y - 700)
    for k, colour in enumerate(("#6a3ba8", "#8b46b4", "#c2559f", "#ff7f87", "#ffb27d")):
        p = b.lay(p, b.disc(W, H, 450, 700, 400 - k * 66), colour, 0.55)
    p = b.light(p, np.exp(-far / 210), "#ffd9a0", 0.45)
    p = b.lay(p, np.clip(y - 1262, 0, 1), b.ramp((y - 1262) / 340, [(0, "#6b3491"), (1, "#1b1240")]))
    p = b.light(p, np.exp(-(((x - 450) / 380) ** 2) - ((y - 1390) / 90) ** 2), "#ff7fb0", 0.35)
    p = shadow(p, 450, 1400, 220, 34, "#0c0726", 0.8)
    rng = np.random.default_rng(5)
    for _ in range(46):
        sx, sy, size = rng.uniform(60, 840), rng.uniform(200, 1240), rng.uniform(2, 8)
        p = b.lay(p, b.disc(W, H, sx, sy, size), ("#ffd9a0", "#ff8fa3", "#b59cff")[int(size) % 3], 0.8)
    return b.finish(put(p, shoe(NIGHT), (450, 720), 770, 24), 22, vignette=0.3)


def heel() -> Image.Image:
    """So close that the heel fills the frame."""
    p = b.sky(W, H, [(0, "#0f4a55"), (0.6, "#2f9c93"), (1, "#8fdcc0")])
    x, y = b.grid(W, H)
    p = b.light(p, np.exp(-np.hypot(x - 700, y - 380) / 420), "#dffff0", 0.55)
    for k in range(6):
        band = np.exp(-(((y - 1250 - k * 62 + (x - 450) * 0.1) / 9) ** 2))
        p = b.light(p, band, "#d4fff0", 0.18)
    p = shadow(p, 760, 1330, 900, 60, "#062a33", 0.75)
    return b.finish(put(p, shoe(MINT), (1070, 800), 2150, 5), 23, vignette=0.35)


def pair() -> Image.Image:
    """Two of them on boxes of different height, facing each other."""
    p = b.sky(W, H, [(0, "#f6e7d2"), (0.7, "#f3cfae"), (1, "#d99a80")])
    _, y = b.grid(W, H)
    window = b.shape(
        W, H, [(120, 120), (520, 60), (700, 980), (260, 1060)], [(590, 50), (860, 10), (1040, 900), (770, 966)]
    )
    p = b.light(p, b.blur(window, 9), "#fff2d2", 0.6)
    p = b.lay(p, np.clip(y - 1360, 0, 1), b.ramp((y - 1360) / 240, [(0, "#e3a488"), (1, "#b96e66")]))
    for left, right, top, front, lid in ((400, 880, 690, "#e76f51", "#ff9f80"), (40, 560, 1130, "#2a9d8f", "#5fc7b4")):
        p = b.lay(
            p,
            b.blur(
                b.shape(W, H, [(left + 40, top), (right + 70, top + 60), (right + 70, 1470), (left + 40, 1470)]), 34
            ),
            "#7a3b3d",
            0.4,
        )
        p = b.lay(p, b.shape(W, H, [(left, top), (right, top), (right, 1450), (left, 1450)]), front)
        p = b.lay(
            p, b.shape(W, H, [(right - 70, top), (right, top), (right, 1450), (right - 70, 1450)]), "#1c2440", 0.22
        )
        p = b.lay(p, b.shape(W, H, [(left, top), (left + 60, top - 64), (right - 60, top - 64), (right, top)]), lid)
        p = shadow(p, (left + right) / 2, top - 22, 215, 20, "#4a1f33", 0.7)
        mirror, colours = (True, CORAL) if top < 900 else (False, MINT)
        p = put(p, shoe(colours), ((left + right) / 2, top - 142), 520, 0, mirror)
    return b.finish(p, 24, vignette=0.18)


def sunset() -> Image.Image:
    """The last frame: the shoe on a dune, the sun behind it, room for a name above."""
    p = b.sky(W, H, [(0, "#2b2a5e"), (0.3, "#8a4a86"), (0.52, "#f0786a"), (0.68, "#ffc57d"), (1, "#ffc57d")])
    x, y = b.grid(W, H)
    p = b.light(p, np.exp(-np.hypot(x - 450, y - 980) / 300), "#ffd98f", 0.7)
    sun = b.disc(W, H, 450, 960, 250)
    p = b.lay(p, sun, b.ramp((y - 710) / 500, [(0, "#fff0b8"), (1, "#ff8a5c")]))
    n = b.noise(W, H, 91, (800, 60), 5) - np.abs(y / H - 0.42) * 1.1
    p = b.clouds(p, n, [(0.5, "#c9607f", 0.5), (0.66, "#8f4685", 0.5)], ("#ffe2b0", 2.0, (0, 12)))
    for base, tall, seed, stops in (
        (1130, 90, 4, [(0.0, "#d9706a"), (1.0, "#a24a6c")]),
        (1210, 110, 9, [(0.0, "#b5506a"), (1.0, "#6d2f62")]),
    ):
        p = b.land(p, b.ridge(W, base, tall, seed, 620), stops, 200)
    edge = np.asarray(1212 + ((np.arange(W) - 430) / 470) ** 2 * 92, dtype=np.float32)
    p = b.land(p, edge, [(0, "#8f3f66"), (0.25, "#5a2a5c"), (1, "#241542")], 390)
    ripple = np.sin((y - edge[None, :]) / 9 + np.sin(x / 90) * 2.2 + b.noise(W, H, 8, (200, 60), 3) * 6)
    p = b.light(p, b.step(0.5, 1, ripple) * b.step(4, 90, y - edge[None, :]), "#ff9f80", 0.13)
    p = b.light(p, np.exp(-(((y - edge[None, :] - 2) / 3) ** 2)), "#ffd98f", 0.8)
    p = shadow(p, 450, 1226, 290, 20, "#200f3a", 0.8)
    layer = placed(shoe(NIGHT), W, H, (452, 1040), 720, 0, False)
    p = b.lay(p, layer[..., 3], layer[..., :3])
    rim = np.clip(layer[..., 3] - b.moved(layer[..., 3], 2, -5), 0, 1)
    return b.finish(b.light(p, b.blur(rim, 1.5) * layer[..., 3], "#ffd08a", 0.9), 25, vignette=0.25)
