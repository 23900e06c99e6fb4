"""``[mark]`` of a config: whose content credentials the reel bears, and copies of the clips if asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.config import schema as kinds
from tasks.config.schema import FaultCollector, Spec

_MARK: Spec = {"certificate": kinds.text, "key": kinds.text, "clips": kinds.flag}
_FILES = ("certificate", "key")


@dataclass(frozen=True, slots=True)
class MarkSettings:
    """The files, both PEM: a chain of certificates, and the private key of the first. ``clips``: whether copies of the
    clips are signed too."""

    certificate: Path
    key: Path
    clips: bool = False


def read_mark(raw: Any, folder: Path, sheet: FaultCollector) -> MarkSettings | None:
    """What is signed, and as whom; None where the config says nothing of it. Files are looked for from ``folder``, the
    config's; every fault goes to the sheet."""
    if raw is None:
        return None
    told = sheet.table(raw, _MARK, "mark", _FILES)
    paths = {name: folder / Path(told[name]).expanduser() for name in _FILES if name in told}
    for name, path in paths.items():
        if not path.is_file():
            sheet.add(f"mark.{name}", "is not there; name a PEM file, from the folder of the config", told[name])
    return MarkSettings(**paths, clips=told.get("clips", False)) if len(paths) == len(_FILES) else None
