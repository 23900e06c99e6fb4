"""What says of a reel how it was made: words in its metadata, and content credentials where a config has a signer."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tasks.media import origin

Row = Mapping[str, Any]
OWN = "animatic"  # the provider whose clips no trained algorithm made
MOST_ROUTES = 20  # that the words name


def words_of(rows: Sequence[Row]) -> str:
    """How the clips of a reel were made, by which models, and its source by the vocabulary of the IPTC."""
    routes = _routes(rows)
    shown = ", ".join(routes[:MOST_ROUTES]) + (" and others" if len(routes) > MOST_ROUTES else "")
    made = f"Made by trained algorithms ({shown})" if routes else "Drawn by animatic, the built-in renderer"
    return f"{made}, cut by storyreel. Digital source type: {origin.TRAINED if routes else origin.DRAWN}"


def sign_copies(signer: origin.Signer, clips: Sequence[tuple[str, Path]], folder: Path) -> Iterator[tuple[str, Path]]:
    """A signed copy of each clip in mp4, by its path at the target; each is there until the next is asked for.

    ``clips`` are by their paths at the target. Raises ``MediaError`` when one cannot be signed.
    """
    for path, clip in clips:
        if PurePosixPath(path).suffix != ".mp4":
            continue
        copy = folder / "marked.mp4"
        shutil.copyfile(clip, copy)
        origin.sign(copy, signer, [(path, clip)])
        yield f"marked/{PurePosixPath(path).name}", copy


def _routes(rows: Sequence[Row]) -> list[str]:
    """The models whose clips are in the cut, each once, without what the built-in renderer drew."""
    made = (row for row in rows if row.get("clip") and str(row.get("provider") or "") != OWN)
    return list(dict.fromkeys(f"{row.get('model')} at {row.get('provider')}" for row in made))
