"""Timelines of OpenTimelineIO (.otio), which is JSON: a row for each clip of the picture, as long as in the cut."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from tasks.domain.errors import BoardError, Faults
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import MAX_ROWS, Table, from_rows

_DEEP = 40  # stacks within stacks that are looked into


def read(board: Board) -> Table:
    """The table of a timeline. Raises ``BoardError`` when it is none, or has no clip."""
    return table_of_timeline(board.data)


def table_of_timeline(data: bytes) -> Table:
    """The table of a timeline's JSON: a marker of a clip is its prompt, else its name.

    Raises ``BoardError`` when it is no timeline, or has no clip.
    """
    try:
        told = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        raise BoardError("this is no whole timeline of OpenTimelineIO; write it again") from None
    tracks = [track for track in _tracks(told, _DEEP) if any(True for _ in _clips(track, _DEEP))]
    if not tracks:
        raise BoardError("this timeline has no clips on a track of pictures; a clip is a shot")
    clips = list(_clips(tracks[0], _DEEP))
    if len(clips) > MAX_ROWS:
        raise BoardError(f"this timeline has more than {MAX_ROWS:,} clips; split it")
    names, marks = [_text(clip, "name") for clip in clips], [_marker(clip) for clip in clips]
    named = len(set(names)) == len(names) and all(names) and any(marks)
    header = ["shot_id" if named else "clip", "prompt", "duration", "media"]
    rows = [
        [name, mark or name, _seconds(clip), _media(clip)] for clip, name, mark in zip(clips, names, marks, strict=True)
    ]
    used = [at for at in range(4) if at in (1, 2) or (at == 0 and any(marks)) or (at == 3 and any(r[3] for r in rows))]
    lines = [0, *range(1, len(rows) + 1)]  # a person counts the clips
    table = from_rows(lines, [[row[at] for at in used] for row in [header, *rows]], Faults(), 0)
    more = len(tracks) - 1
    told_more = [f"{more} more track{'s' if more > 1 else ''} of pictures above the first: not read"] * (more > 0)
    return replace(table, notes=(*table.notes, *told_more, *_passed_over(tracks[0])))


def _passed_over(track: Mapping[str, Any]) -> list[str]:
    """What is said of clips that are no shots, and of cuts within the cut."""
    every = list(_every(track, _DEEP))
    off, black = sum(not clip.get("enabled", True) for clip in every), sum(map(_is_made, every))
    notes = [f"{off} clip{'s' if off > 1 else ''} switched off: not read"] * (off > 0)
    notes += [f"{black} clip{'s' if black > 1 else ''} of black, bars or the like: not read"] * (black > 0)
    if any(_kind(one) in ("Stack", "Track") for one in _children(track)):
        notes.append("a cut within the cut is read clip by clip, each as long as it is in there")
    return notes


def _kind(node: Any) -> str:
    return str(node.get("OTIO_SCHEMA", "")).partition(".")[0] if isinstance(node, dict) else ""


def _children(node: Any) -> list[Any]:
    held = node.get("children") if isinstance(node, dict) else None
    return held if isinstance(held, list) else []


def _tracks(node: Any, deep: int) -> Iterator[Mapping[str, Any]]:
    """The tracks of pictures, of the first timeline that has some."""
    kind = _kind(node)
    if kind == "Track" and node.get("kind", "Video") == "Video":
        yield node
    elif kind == "Timeline":
        yield from _tracks(node.get("tracks"), deep - 1)
    elif kind in ("Stack", "SerializableCollection") and deep:
        for one in _children(node):
            found = list(_tracks(one, deep - 1))
            yield from found
            if found and kind == "SerializableCollection":
                return


def _clips(node: Any, deep: int) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in _every(node, deep) if one.get("enabled", True) and not _is_made(one))


def _every(node: Any, deep: int) -> Iterator[Mapping[str, Any]]:
    for one in _children(node):
        if _kind(one) == "Clip":
            yield one
        elif _kind(one) in ("Stack", "Track") and deep:
            yield from _every(one, deep - 1)


def _is_made(clip: Mapping[str, Any]) -> bool:
    """Whether an editor makes the picture of a clip by itself: black, bars."""
    return _kind(_reference(clip)) == "GeneratorReference"


def _text(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _marker(clip: Mapping[str, Any]) -> str:
    """What the markers of a clip say."""
    held = clip.get("markers")
    texts = [_text(one, "comment") or _text(one, "name") for one in held] if isinstance(held, list) else []
    return " ".join(text for text in texts if text)


def _reference(clip: Mapping[str, Any]) -> Any:
    held = clip.get("media_references")
    key = clip.get("active_media_reference_key", "DEFAULT_MEDIA")
    return held.get(key) if isinstance(held, dict) and isinstance(key, str) else clip.get("media_reference")


def _media(clip: Mapping[str, Any]) -> str:
    return _text(_reference(clip), "target_url")


def _seconds(clip: Mapping[str, Any]) -> str:
    """How long a clip is in the cut, else how long its medium is; empty where neither is said."""
    reference = _reference(clip)
    spans = (clip.get("source_range"), reference.get("available_range") if isinstance(reference, dict) else None)
    for span in spans:
        time = span.get("duration") if isinstance(span, dict) else None
        try:
            value, rate = Decimal(str(time["value"])), Decimal(str(time["rate"]))  # type: ignore[index]  # else TypeError
            if value > 0 and rate > 0:
                return f"{round(value / rate, 3).normalize():f}"
        except (TypeError, KeyError, InvalidOperation):
            continue
    return ""
