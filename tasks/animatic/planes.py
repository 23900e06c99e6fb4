"""Pictures as video holds them: 4:2:0 planes in BT.709, and layers to lay over them.

A picture is converted once and then moved, scaled and covered plane by plane: half the samples of RGB, and
no conversion for each frame.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.animatic.camera import Box
from tasks.domain.shot import Size

Pixels = NDArray[np.uint8]
Levels = NDArray[np.uint16]

# ITU-R BT.709, narrow range: Y from 16 to 235, U and V from 16 to 240 around 128
_KR, _KG, _KB = 0.2126, 0.7152, 0.0722
_Y, _C = 219 / 255, 224 / 255
_U, _V = _C / (2 - 2 * _KB), _C / (2 - 2 * _KR)
_TO_YUV = (
    *(_Y * _KR, _Y * _KG, _Y * _KB, 16.0),
    *(-_U * _KR, -_U * _KG, _U * (1 - _KB), 128.0),
    *(_V * (1 - _KR), -_V * _KG, -_V * _KB, 128.0),
)


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture with even sides. ``pixels`` is all of it, as av takes it; ``y``, ``u``, ``v`` are views of it."""

    pixels: Pixels
    y: Pixels
    u: Pixels
    v: Pixels

    @classmethod
    def over(cls, pixels: Pixels) -> "Planes":
        """The planes that lie in an array of ``height * 3 / 2`` rows and ``width`` columns; nothing is copied."""
        rows, width = pixels.shape
        height, flat = rows * 2 // 3, pixels.reshape(-1)
        luma, half = height * width, (height // 2, width // 2)
        u, v = flat[luma : luma * 5 // 4], flat[luma * 5 // 4 :]
        return cls(pixels, flat[:luma].reshape(height, width), u.reshape(half), v.reshape(half))

    @classmethod
    def black(cls, size: Size) -> "Planes":
        """A black picture."""
        planes = cls.over(np.full((size.height * 3 // 2, size.width), 128, np.uint8))
        planes.y[:] = 16
        return planes

    @classmethod
    def of(cls, image: Image.Image) -> "Planes":
        """An RGB picture with even sides, converted."""
        planes = cls.black(Size(*image.size))
        bands = image.convert("RGB", _TO_YUV).split()
        planes.y[:] = np.asarray(bands[0])
        planes.u[:], planes.v[:] = np.asarray(bands[1].reduce(2)), np.asarray(bands[2].reduce(2))
        return planes


@dataclass(frozen=True, slots=True)
class Still:
    """A picture's planes as Pillow images, to look at parts of it in fractions of pixels."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @classmethod
    def of(cls, image: Image.Image) -> "Still":
        """An RGB picture with even sides, converted."""
        planes = Planes.of(image)
        return cls(Image.fromarray(planes.y), Image.fromarray(planes.u), Image.fromarray(planes.v))

    def crop(self, box: Box, size: Size) -> Planes:
        """The part of the picture inside the box (in pixels, fractions too), scaled to ``size``."""
        planes, half = Planes.black(size), (size.width // 2, size.height // 2)
        left, top, right, bottom = (side / 2 for side in box)
        part = (left, top, right, bottom)
        # bicubic keeps the sharpness even while the box crosses pixels; colour is too coarse to show it
        planes.y[:] = np.asarray(self.y.resize((size.width, size.height), Image.Resampling.BICUBIC, box))
        planes.u[:] = np.asarray(self.u.resize(half, Image.Resampling.BILINEAR, part))
        planes.v[:] = np.asarray(self.v.resize(half, Image.Resampling.BILINEAR, part))
        return planes


@dataclass(frozen=True, slots=True)
class _Patch:
    """One plane of a layer: where it lies, its levels times its alpha, and what it lets through of 255."""

    rows: slice
    columns: slice
    levels: Levels
    through: Levels

    @classmethod
    def of(cls, levels: Pixels, alpha: Pixels, left: int, top: int) -> "_Patch":
        height, width = alpha.shape
        weighed = levels.astype(np.uint16) * alpha + 127
        place = slice(top, top + height), slice(left, left + width)
        return cls(*place, weighed, 255 - alpha.astype(np.uint16))

    def lay(self, plane: Pixels) -> None:
        part = plane[self.rows, self.columns]
        part[:] = (self.levels + part * self.through) // 255


@dataclass(frozen=True, slots=True)
class Layer:
    """A translucent picture, ready to be laid over any number of others."""

    y: _Patch
    u: _Patch
    v: _Patch

    @classmethod
    def of(cls, image: Image.Image) -> "Layer":
        """The layer of an RGBA picture with even sides; only the part that is not transparent is laid."""
        found = image.getchannel("A").getbbox() or (0, 0, 2, 2)
        left, top, right, bottom = (found[0] & ~1, found[1] & ~1, -(-found[2] // 2) * 2, -(-found[3] // 2) * 2)
        part = image.crop((left, top, right, bottom))
        planes, alpha = Planes.of(part.convert("RGB")), part.getchannel("A")
        full, half = np.asarray(alpha), np.asarray(alpha.reduce(2))
        corner = (left // 2, top // 2)
        return cls(
            _Patch.of(planes.y, full, left, top),
            _Patch.of(planes.u, half, *corner),
            _Patch.of(planes.v, half, *corner),
        )

    def lay(self, picture: Planes) -> Planes:
        """Lay this over the picture, in place, and give the picture back."""
        self.y.lay(picture.y)
        self.u.lay(picture.u)
        self.v.lay(picture.v)
        return picture
