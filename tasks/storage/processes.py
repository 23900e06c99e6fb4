"""What the system tells of its processes; an empty text where it tells nothing."""

import os
from pathlib import Path


def text_of(path: str) -> str:
    """The content of a small file of the system; empty where it cannot be read."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def start_time(pid: int) -> str:
    """The process's start time in clock ticks since boot (field 22 of its stat line).

    ``over`` for a process that has ended and was not waited for yet; empty where it cannot be read: with hidepid
    another user's processes are hidden.
    """
    fields = text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20:
        return ""
    return "over" if fields[0] in "ZX" else fields[19]


def exists(pid: int) -> bool:
    """Whether a process has this number; True also for one that we may not signal."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def namespace(kind: str) -> str:
    """The name of this process's namespace of a kind such as ``pid`` or ``time``; empty where there is none."""
    try:
        return str(Path(f"/proc/self/ns/{kind}").readlink())
    except OSError:
        return ""
