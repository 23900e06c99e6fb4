"""Whether the disks of this machine have room for what is about to be ordered."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

SECOND = 2_000_000  # bytes for a second of a clip: 16 Mbit/s, about twice what gateways deliver at 1080p
LEAST = 4_000_000  # bytes for the shortest clip, with its poster and its records

Free = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write in the folder."""
    return shutil.disk_usage(folder).free


def bound(seconds: Decimal) -> int:
    """The most bytes that a clip of this length is expected to take."""
    return max(int(seconds * SECOND), LEAST)


@dataclass
class Room:
    """The disks of one run: of its scratch folder, and of a target on this machine.

    ``taken`` are the bytes reserved for what is in flight.
    """

    scratch: Path
    target: Path | None
    free: Free = free_bytes
    taken: int = 0

    def lacks(self, need: int) -> str:
        """Why ``need`` more bytes may not fit, in words; empty if they do."""
        folders = {"the scratch folder": self.scratch} | ({"the target": self.target} if self.target else {})
        places = {what: _standing(folder) for what, folder in folders.items()}
        disks = [place.stat().st_dev for place in places.values()]
        for what, place in places.items():
            copies = disks.count(place.stat().st_dev)  # on one disk a clip is there twice while it is delivered
            if self.free(place) < (self.taken + need) * copies:
                cure = "set TMPDIR to a larger disk" if what == "the scratch folder" else "make room there"
                told = f"{self.free(place):,} bytes left, and {(self.taken + need) * copies:,} may come"
                return f"{what} {place} has {told}: {cure}"
        return ""


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    if folder.exists():  # as for nearly every order; a link's own way is a look at each of its parts
        return folder
    path = Path(os.path.realpath(folder))
    while not path.exists():
        path = path.parent
    return path
