"""How like two pictures are: a perceptual hash and a difference of colour, over crops of the one. Pure."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.config import Limits
from tasks.media.looks.sampling import Numbers, Plane

HASHED, KEPT = 32, 8  # samples along a side before the transform, and frequencies kept of it
COLOURS = 4  # cells along a side in which colours are compared
CROPS = (1.0, 0.94, 0.88, 0.8)  # what a gateway may leave of a side
FLAT = 6.0  # steps of light: a picture with less has no drawing to hash

_LINE = np.arange(HASHED)
_COSINES = np.cos(np.pi * np.outer(np.arange(KEPT), 2 * _LINE + 1) / (2 * HASHED)).astype(np.float32)


def is_like(shown: Sequence[Plane], sent: Plane, limits: Limits) -> bool:
    """Whether any of the pictures ``shown`` is the one that was sent, but for a crop, a scaling and some grading. All
    of them square, in red, green and blue."""
    return any(_is_like(one, part, limits) for part in _crops(sent) for one in shown)


def _is_like(one: Plane, other: Plane, limits: Limits) -> bool:
    if _colour_apart(one, other) > limits.unlike_colour:
        return False
    grey, drawn = _grey(one), _grey(other)
    if min(float(grey.std()), float(drawn.std())) < FLAT:
        return True
    return int((_hash(grey) != _hash(drawn)).sum()) <= limits.unlike_bits


def _crops(sent: Plane) -> Iterator[Plane]:
    """The picture, and what is left of it when its edges are cut: alike on all sides, or on two."""
    height, width = sent.shape[:2]
    for down in CROPS:
        for across in CROPS:
            if 1.0 in (down, across) or down == across:
                top, left = round(height * (1 - down) / 2), round(width * (1 - across) / 2)
                yield sent[top : height - top, left : width - left]


def _scaled(picture: Numbers, side: int) -> Numbers:
    """A picture as so many cells along each side, by the nearest samples around each cell's middle."""
    rows, columns = (np.linspace(0, length, side + 1) for length in picture.shape[:2])
    down, across = _weights(rows, picture.shape[0]), _weights(columns, picture.shape[1])
    return np.asarray(np.tensordot(down, np.tensordot(across, picture, (1, 1)), (1, 1)), np.float32)


def _weights(edges: NDArray[np.float64], length: int) -> Numbers:
    """How much of each sample falls into each cell; a line of them adds up to 1."""
    left, right = edges[:-1, None], edges[1:, None]
    at = np.arange(length)[None, :]
    share = np.clip(np.minimum(right, at + 1) - np.maximum(left, at), 0, None)
    return np.asarray(share / share.sum(1, keepdims=True), np.float32)


def _grey(picture: Plane) -> Numbers:
    return _scaled(picture.astype(np.float32) @ np.array((0.2126, 0.7152, 0.0722), np.float32), HASHED)


def _hash(grey: Numbers) -> NDArray[np.bool_]:
    """Of the lowest frequencies, which lie above their median: 64 bits, as pHash has them."""
    low = (_COSINES @ grey @ _COSINES.T).ravel()
    return low > np.median(low[1:])


def _colour_apart(one: Plane, other: Plane) -> float:
    """The mean difference of colour between cells, 0 to 255."""
    a, b = (_scaled(picture.astype(np.float32), COLOURS) for picture in (one, other))
    return float(np.abs(a - b).mean())
