"""What processes of their own send to a store, and what that takes of their memory."""

from pathlib import Path
from typing import Any

from tasks.storage.store import Store


def send(url: str, options: dict[str, Any], how: str, name: str, big: Path) -> None:
    """Send a file as `put`, `write` or `create` do."""
    getattr(Store(url, options), how)(name, big if how == "put" else big.read_bytes())


def measure(url: str, options: dict[str, Any], clip: Path, back: Path, told: Path) -> None:
    """Write to ``told`` how many bytes the process grew while a clip went up and came down."""
    store = Store(url, options)
    store.write("warm.bin", bytes(1000))
    store.put("warm.mp4", Path(__file__))
    before = _peak()
    store.put("clips/a.mp4", clip)
    store.get("clips/a.mp4", back)
    told.write_text(str(_peak() - before))


def _peak() -> int:
    """Bytes; the kernel's other figure begins with the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
