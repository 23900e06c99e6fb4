"""What a drawn clip shows beside its picture: the picture that it ends on, and a strip of those of what it shows."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tasks.animatic.camera import MOVES, Box, box_at, ease
from tasks.animatic.planes import Planes, Still
from tasks.domain.shot import Size

TALL = 0.16  # of the short side, a thumbnail
GAP = 0.02
BEGINS, ENDS = 0.25, 0.75  # of the time, the dissolve
_EDGE = (245, 236, 214, 255)


def strip(pictures: Sequence[Image.Image], size: Size) -> Image.Image:
    """The pictures side by side at the upper left, as an RGBA layer of the whole size; those that find no room are left
    out."""
    layer = Image.new("RGBA", (size.width, size.height), (0, 0, 0, 0))
    short = min(size.width, size.height)
    tall, gap = max(round(short * TALL), 4), max(round(short * GAP), 2)
    left = gap
    for picture in pictures:
        wide = max(round(picture.width * tall / picture.height), 2)
        if left + wide + gap > size.width:
            break
        layer.paste(_EDGE, (left - 1, gap - 1, left + wide + 1, gap + tall + 1))
        layer.paste(picture.convert("RGBA").resize((wide, tall), Image.Resampling.LANCZOS), (left, gap))
        left += wide + gap
    return layer


def view_of_both(first: Still, last: Still, share: float, size: Size, closest: float) -> Planes:
    """A picture of a move from the whole of one still to the whole of another, at a share (0 to 1) of its time: one
    dissolves into the other while the camera goes in and out again."""
    width, height = first.y.size
    seen = [box_at(MOVES[name], share, width, height, closest) for name in ("push in", "pull back")]
    mix = ease(min(max((share - BEGINS) / (ENDS - BEGINS), 0.0), 1.0))
    return _mixed(first, last, (seen[0], seen[1]), size, mix)


def _mixed(first: Still, last: Still, seen: tuple[Box, Box], size: Size, mix: float) -> Planes:
    if mix in (0.0, 1.0):
        return (last if mix else first).crop(seen[round(mix)], size)
    one, other = first.crop(seen[0], size), last.crop(seen[1], size)
    weight = np.uint16(round(mix * 256))
    one.pixels[:] = (one.pixels.astype(np.uint16) * (256 - weight) + other.pixels * weight + 128) >> 8
    return one
