"""The header of an H.264 track (avcC, ISO/IEC 14496-15, 5.3.3): read, and two made one. Pure bytes."""

from dataclasses import dataclass, replace

MIXABLE = (66, 77, 88, 100)  # profiles of 8 bit 4:2:0, the highest of which can decode the others


@dataclass(frozen=True, slots=True)
class Header:
    """Profile, compatibility, level; sequence and picture parameter sets; what a high profile adds at the end."""

    profile: int
    compatible: int
    level: int
    sequences: tuple[bytes, ...]
    pictures: tuple[bytes, ...]
    more: bytes

    @property
    def ids(self) -> set[int]:
        """The ids that its parameter sets go by."""
        return {_unsigned(one[4:]) for one in self.sequences} | {_unsigned(one[1:]) for one in self.pictures}

    @property
    def data(self) -> bytes:
        head = bytes((1, self.profile, self.compatible, self.level, 0xFF))
        return head + _packed(self.sequences, 0xE0) + _packed(self.pictures, 0) + self.more


def parse(data: bytes) -> Header | None:
    """The header, or None where it is no avcC, or not one that encoded parts can be added to."""
    if len(data) < 7 or data[0] != 1 or data[1] not in MIXABLE or data[4] & 3 != 3:
        return None
    at, sequences = _sets(data, 5, 0x1F)
    at, pictures = _sets(data, at, 0xFF)
    return Header(data[1], data[2], data[3], sequences, pictures, data[at:]) if sequences and pictures else None


def merge(one: Header, other: Header) -> Header:
    """The header of a track that holds pictures of both. The ids of their parameter sets must differ."""
    high = one if one.profile >= other.profile else other
    return replace(
        high,
        compatible=one.compatible & other.compatible,
        level=max(one.level, other.level),
        sequences=one.sequences + other.sequences,
        pictures=one.pictures + other.pictures,
        more=high.more or one.more or other.more,
    )


def _sets(data: bytes, at: int, mask: int) -> tuple[int, tuple[bytes, ...]]:
    """The parameter sets that are counted at an offset, and the offset after them."""
    found, left, at = [], data[at] & mask if at < len(data) else 0, at + 1
    for _ in range(left):
        size = int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return at, tuple(found)


def _packed(sets: tuple[bytes, ...], flags: int) -> bytes:
    return bytes((len(sets) | flags,)) + b"".join(len(one).to_bytes(2, "big") + one for one in sets)


def _unsigned(data: bytes) -> int:
    """The Exp-Golomb number (ue(v)) that the bytes begin with; small ones, as ids are."""
    bits = f"{int.from_bytes(data[:4].ljust(4, bytes(1)), 'big'):032b}"
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1
