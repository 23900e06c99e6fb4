"""Columns that an earlier run at the target carried unread, and that would be read today: what would change. Pure."""

from collections.abc import Sequence

from tasks.domain.shot import Held, Shot, Storyboard

_SHOWN = 5  # shots that the sentence names


def changed(board: Storyboard) -> dict[str, Shot]:
    """The shots, by shot_id, that would ask for something else if the carried columns were read: as they would be."""
    now = {shot.shot_id: _asked(shot) for shot in board.shots}
    return {shot.shot_id: shot for shot in board.told.meant if now.get(shot.shot_id) != _asked(shot)}


def _asked(shot: Shot) -> Shot:
    return shot._replace(row=0, extras={}, warnings=())


def sentence(held: Sequence[Held], ids: Sequence[str], usd: str) -> str:
    """What the carried columns would be read as, for which shots and for how much, and how to have them read."""
    read = ", ".join(f"{header!r} as {name}" for header, name in held)
    shown = ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")
    asks = f"for {len(ids)} shots ({shown}), {usd} USD" if ids else "which changes no shot"
    way = ", ".join(f'{name} = "{header}"' for header, name in held)
    return f"would be read: {read}, {asks}; this target carries them as further columns until [columns] {way} says so"
