"""Memory that is given back to the system."""

from pathlib import Path

import pytest

from tasks.domain import machine

PIECES, SIZE = 60_000, 1_000  # bytes each: larger than what Python keeps in pools of its own


def resident() -> int:
    """Bytes of this process in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024


def test_what_was_freed_is_given_back() -> None:
    """60 MB that lay below something still in use leave the process."""
    freed = [bytes(SIZE) for _ in range(PIECES)]
    kept = [bytes(SIZE) for _ in range(100)]
    del freed
    before = resident()
    machine.give_back()
    assert before - resident() > PIECES * SIZE / 2
    assert len(kept) == 100


@pytest.mark.parametrize("fault", [OSError, AttributeError, TypeError])
def test_a_system_that_cannot_goes_on(fault: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C library is another one, it was asked for, and nothing else happens."""
    asked: list[str | None] = []

    def none(name: str | None) -> None:
        asked.append(name)
        raise fault

    monkeypatch.setattr(machine.ctypes, "CDLL", none)
    machine.give_back()
    assert asked == [None]
