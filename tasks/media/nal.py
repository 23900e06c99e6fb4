"""The packets of H.264 and H.265 video in an mp4: units, each preceded by its length. Pure functions of bytes.

ISO/IEC 14496-15, 4.3.2 and 8.3.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_UNITS = 1_000  # in one packet; encoders write a handful


@dataclass(frozen=True, slots=True)
class Reading:
    """How packets are split: ``prefix`` bytes for a length; ``shift`` and ``mask`` of a unit's kind in its first byte.

    ``slices`` are the kinds that hold a part of a picture, ``settings`` those that say how pictures are coded.
    """

    prefix: int
    shift: int
    mask: int
    slices: range
    settings: range

    def is_plain(self, packet: Sequence[int]) -> bool:
        """Whether the packet's units fill it, one of them holds a part of a picture, and none changes how pictures are
        coded. Zeros, filler and noise in place of video are not plain."""
        at, pictures, end = 0, 0, len(packet)
        for _ in range(MOST_UNITS):
            if at == end:
                return pictures > 0
            size = int.from_bytes(bytes(packet[at : at + self.prefix]), "big")
            at += self.prefix
            if not 0 < size <= end - at:
                return False
            kind = packet[at] >> self.shift & self.mask
            if kind in self.settings:
                return False
            pictures += kind in self.slices
            at += size
        return False


def reading(codec: str, header: bytes) -> Reading | None:
    """How a track's packets are split, by its codec and its header (avcC or hvcC); None for any other kind."""
    if codec == "h264" and len(header) > 6 and header[0] == 1:
        return Reading((header[4] & 3) + 1, shift=0, mask=0x1F, slices=range(1, 6), settings=range(7, 8))
    if codec == "hevc" and len(header) > 22 and header[0] == 1:
        return Reading((header[21] & 3) + 1, shift=1, mask=0x3F, slices=range(32), settings=range(32, 34))
    return None
