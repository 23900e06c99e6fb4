"""What this system tells of its processes. What it does not tell is an empty text, never a guess."""

import os
from pathlib import Path


def text_of(path: str) -> str:
    """What a small file of the system says; empty where it cannot be read."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def started(pid: int) -> str:
    """The process's start time in clock ticks since boot (field 22 of its stat line), ``over`` when it has ended and
    waits to be buried, empty where it cannot be read: with hidepid another user's is hidden."""
    fields = text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20:
        return ""
    return "over" if fields[0] in "ZX" else fields[19]


def exists(pid: int) -> bool:
    """False only when no process has this number: one that we may not signal is there all the same."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def namespace(kind: str) -> str:
    """The name of our own namespace of this kind, such as ``pid`` or ``time``."""
    try:
        return str(Path(f"/proc/self/ns/{kind}").readlink())
    except OSError:
        return ""
