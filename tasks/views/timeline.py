"""The cut for an editing program: OpenTimelineIO, EDL (CMX 3600) and FCPXML from the rows of a manifest. Pure.

One video track in board order from 01:00:00:00. A shot without a clip holds its place with the length that was
asked for, and a red marker that says why. OpenTimelineIO keeps each clip's own rate; the other two know one
rate, so cuts lie on its frames there: each to the nearest, so that no error adds up.
"""

import math
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import StartError
from tasks.domain.money import usd_text
from tasks.views.alternates import add_alternates
from tasks.views.edl_reels import reels_of
from tasks.views.timecode import NTSC, drops, hour

NEEDED = "a timeline needs OpenTimelineIO: pip install 'storyreel[timeline]'"
DEFAULT_RATE = Fraction(24)
RATES = (*NTSC, *map(Fraction, (24, 25, 30, 50, 60)))  # frames a second that all three formats know
NEAR = 3e-4  # share by which a measured rate may miss the one that is meant; 24 and 23.976 lie 1e-3 apart
MOST_WORDS = 200  # characters of a reason; the manifest has all of them

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Item:
    """One shot on the track: its length in frames of its own rate; ``scene`` only where one begins."""

    row: Row
    rate: Fraction
    frames: int
    scene: str

    @property
    def name(self) -> str:
        return plain(self.row.get("shot_id"))

    @property
    def file(self) -> str:
        """What an editing program looks for: the name of the clip's own file; the shot's where there is none."""
        return plain(PurePosixPath(str(self.row.get("clip") or "")).name) or self.name

    @property
    def url(self) -> str:
        return quote(str(self.row.get("clip") or ""), safe="/", errors="replace")

    @property
    def mark(self) -> str:
        """The colour that says what is there: a drawing in a clip's place, or nothing; empty where a clip is."""
        return "RED" if not self.url else "ORANGE" if self.row.get("status") == "stand_in" else ""

    @property
    def why(self) -> str:
        """Status, class and reason of a shot without a clip of its own."""
        status, kind, words = (plain(self.row.get(name)) for name in ("status", "error_class", "error"))
        return f"{status}{f' ({kind})' if kind else ''}{f': {words}' if words else ''}"[:MOST_WORDS]


def otio(rows: Sequence[Row], *, name: str, takes: Sequence[Row] = ()) -> bytes:
    """The timeline as OpenTimelineIO JSON: all cells of a row are its item's metadata under ``storyreel``.

    ``rows`` are manifest rows as Python or as JSON values, ``takes`` those that an editor may switch to. Media is named
    relative to the target. A scene is a marker on its first shot. Raises ``StartError`` when the extra ``timeline`` is
    not installed.
    """
    library, items, rate = _library("otio_json"), _items(rows), rate_of(rows)
    clips = sum(bool(item.url) for item in items)
    track = library.schema.Track("V1", kind=library.schema.TrackKind.Video)
    track.extend([_otio_item(library, item) for item in items])
    add_alternates(library, track, takes)
    timeline = library.schema.Timeline(
        plain(name),
        global_start_time=_time(library, hour(rate), rate),
        metadata={"storyreel": {"shots": len(items), "clips": clips, "rate": float(rate)}},
    )
    timeline.tracks.append(track)
    timeline.tracks.markers.extend(_marks(library, items, rate))
    return str(library.adapters.write_to_string(timeline, "otio_json")).encode()


def edl(rows: Sequence[Row], *, name: str) -> bytes:
    """The cut as an EDL: an event a shot, with a reel name of its own; black where there is no clip.

    The format ends at 24 hours: what comes later is left out, and the last event says how much. Raises ``StartError``
    when the extra ``timeline`` is not installed.
    """
    library, items, rate = _library("cmx_3600"), _items(rows), rate_of(rows)
    start, cuts = hour(rate), cuts_of([item.frames / item.rate for item in items], rate)
    placed = list(takewhile(lambda cut: start + cut[1] <= 24 * hour(rate), cuts))
    track = library.schema.Track("V", kind=library.schema.TrackKind.Video)
    track.append(library.schema.Gap(source_range=_range(library, start, rate)))  # the adapter counts from zero
    reels = reels_of([item.name for item in items])
    for item, reel, cut in zip(items, reels, placed, strict=False):
        track.append(_event(library, item, reel, cut, rate))
    if placed:
        track[1].metadata["cmx_3600"]["comments"].append(f"RATE: {float(rate):.6g} FPS")
    if placed and len(placed) < len(items):
        track[-1].metadata["cmx_3600"]["comments"].append(f"CUT AT 24 HOURS: {len(items) - len(placed)} MORE SHOTS")
    timeline = library.schema.Timeline(plain(name) or "storyreel")
    timeline.tracks.append(track)
    text = str(library.adapters.write_to_string(timeline, "cmx_3600", rate=float(rate)))
    mode = "DROP FRAME" if drops(rate) else "NON-DROP FRAME"
    return text.replace("\n\n", f"\nFCM: {mode}\n\n", 1).encode()


def fcpxml(rows: Sequence[Row], *, name: str) -> bytes:
    """The cut as FCPXML 1.8 for Final Cut and Resolve, every time an exact fraction of a second.

    Written here and not by the adapter of OpenTimelineIO, which stops at a quote in a name, has no frame
    duration for a rate such as 23.976, and runs ffprobe on files of the working directory.
    """
    items, rate = _items(rows), rate_of(rows)
    start, cuts = hour(rate), cuts_of([item.frames / item.rate for item in items], rate)
    root = ET.Element("fcpxml", version="1.8")
    resources = ET.SubElement(root, "resources")
    ET.SubElement(resources, "format", {"id": "r1", "frameDuration": _seconds(1 / rate), **_shape(rows)})
    whole = {"format": "r1", "duration": _seconds((cuts[-1][1] if cuts else 0) / rate)}
    whole |= {"tcStart": _seconds(start / rate), "tcFormat": "DF" if drops(rate) else "NDF"}
    project = ET.SubElement(root, "project", name=plain(name) or "storyreel")
    spine = ET.SubElement(ET.SubElement(project, "sequence", whole), "spine")
    for number, (item, cut) in enumerate(zip(items, cuts, strict=True), 2):
        if item.url:
            _asset(resources, item, f"r{number}", rate)
        _spine_item(spine, item, f"r{number}", cut, rate)
    ET.indent(root)
    text = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'.encode()


def rate_of(rows: Sequence[Row]) -> Fraction:
    """The rate of the timeline: the most common of the clips, as the nearest that all formats know; else 24."""
    known = Counter(rate for row in rows if (rate := _own_rate(row)))
    common = known.most_common(1)[0][0] if known else DEFAULT_RATE
    return min(RATES, key=lambda one: abs(one - common))


def cuts_of(lengths: Sequence[Fraction], rate: Fraction) -> list[tuple[int, int]]:
    """First frame and the frame after the last of each shot, end to end: lengths in seconds, each a frame at least."""
    cuts, stop, end = [], 0, Fraction(0)
    for length in lengths:
        end += length
        start, stop = stop, max(round(end * rate), stop + 1)
        cuts.append((start, stop))
    return cuts


def plain(value: Any) -> str:
    """The text in one line without control characters, as an EDL and XML can hold it."""
    text = "" if value is None else str(value)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _number(value: Any) -> float:
    """A cell's number; 0 where there is none that can be used."""
    number = float(value) if isinstance(value, int | float) else 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def _own_rate(row: Row) -> Fraction | None:
    """The rate of a row's clip, the one that is meant where the measured one lies near it."""
    measured = _number(row.get("fps"))
    return _meant(measured) if row.get("clip") and measured else None


@cache
def _meant(measured: float) -> Fraction:
    nearest = min(RATES, key=lambda one: abs(one - measured))
    return nearest if abs(nearest / measured - 1) < NEAR else Fraction(measured).limit_denominator(10**4)


def _items(rows: Sequence[Row]) -> list[_Item]:
    default, items, before = rate_of(rows), [], ""
    for row in rows:
        rate, scene = _own_rate(row) or default, plain(row.get("scene"))
        seconds = (_number(row.get("duration_s")) if row.get("clip") else 0.0) or _number(row.get("requested_s"))
        frames = max(round(Fraction(seconds) * rate), 1)
        items.append(_Item(row, rate, frames, scene if scene != before else ""))
        before = scene
    return items


def _library(adapter: str) -> Any:
    try:
        import opentimelineio
    except ImportError as error:
        raise StartError(NEEDED) from error
    if adapter not in opentimelineio.adapters.available_adapter_names():
        raise StartError(NEEDED)
    return opentimelineio


def _time(library: Any, frames: int, rate: Fraction) -> Any:
    return library.opentime.RationalTime(frames, float(rate))


def _range(library: Any, frames: int, rate: Fraction, start: int = 0) -> Any:
    return library.opentime.TimeRange(_time(library, start, rate), _time(library, frames, rate))


def _json(value: Any) -> Any:
    """A cell as a value that JSON has and OpenTimelineIO takes."""
    if isinstance(value, Decimal):
        return usd_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return str(value).replace("\0", " ").encode("utf-8", "replace").decode()  # the library ends a text at NUL


def _otio_item(library: Any, item: _Item) -> Any:
    schema, whole = library.schema, _range(library, item.frames, item.rate)
    stem = PurePosixPath(item.file).stem if item.url else item.name  # as otiotool relinks by name
    said: dict[str, Any] = {"name": stem, "source_range": whole}
    said["metadata"] = {"storyreel": {str(column): _json(value) for column, value in item.row.items()}}
    if item.url:
        made = schema.Clip(media_reference=schema.ExternalReference(item.url, available_range=whole), **said)
        made.media_reference.name = item.file
    else:
        made = schema.Gap(**said)
    if item.mark:
        made.markers.append(schema.Marker(name=item.name, marked_range=whole, color=item.mark, comment=item.why))
    if item.scene:
        first = _range(library, 1, item.rate)
        made.markers.append(schema.Marker(name=item.scene, marked_range=first, color=schema.MarkerColor.CYAN))
    return made


def _marks(library: Any, items: Sequence[_Item], rate: Fraction) -> list[Any]:
    """A marker of the whole cut for each shot without a clip of its own, where it lies."""
    cuts = cuts_of([item.frames / item.rate for item in items], rate)
    return [
        library.schema.Marker(
            name=item.name, marked_range=_range(library, stop - start, rate, start), color=item.mark, comment=item.why
        )
        for item, (start, stop) in zip(items, cuts, strict=True)
        if item.mark
    ]


def _event(library: Any, item: _Item, reel: str, cut: tuple[int, int], rate: Fraction) -> Any:
    schema, (start, stop) = library.schema, cut
    scene = [f"SCENE: {item.scene}"] if item.scene else []
    shot = [f"SHOT: {item.name}"] if item.url else []
    said = {"reel": reel if item.url else "BL", "comments": [*shot, *scene]}
    media = schema.ExternalReference(item.url) if item.url else schema.MissingReference()
    clip = schema.Clip(item.file, media, _range(library, stop - start, rate), {"cmx_3600": said})
    if item.mark:
        place = _range(library, 0, rate, hour(rate) + start)
        clip.markers.append(schema.Marker(f"{item.name} {item.why}", place, item.mark))
    return clip


def _seconds(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}s" if value.denominator > 1 else f"{value.numerator}s"


def _shape(rows: Sequence[Row]) -> dict[str, str]:
    """Width and height of the sequence: the most common size of the clips."""
    sizes = Counter((row.get("width"), row.get("height")) for row in rows if row.get("clip") and row.get("width"))
    return (
        {side: str(n) for side, n in zip(("width", "height"), sizes.most_common(1)[0][0], strict=True)} if sizes else {}
    )


def _asset(resources: ET.Element, item: _Item, number: str, rate: Fraction) -> None:
    """A clip of another rate names no format: the editing program then reads it from the file."""
    said = {"id": number, "name": item.file, "src": item.url, "start": "0s"}
    said["duration"] = _seconds(item.frames / item.rate)
    ET.SubElement(resources, "asset", said | ({"format": "r1"} if item.rate == rate else {}))


def _spine_item(spine: ET.Element, item: _Item, number: str, cut: tuple[int, int], rate: Fraction) -> None:
    place = {"name": item.file, "offset": _seconds((hour(rate) + cut[0]) / rate)}
    place["duration"] = _seconds((cut[1] - cut[0]) / rate)
    kind = "asset-clip" if item.url else "gap"
    made = ET.SubElement(spine, kind, place | ({"ref": number} if item.url else {}) | {"start": "0s"})
    shot = f"shot {item.name}" if item.url else ""
    if words := ": ".join(text for text in (shot, plain(item.row.get("prompt"))) if text):
        ET.SubElement(made, "note").text = words
    one = {"start": "0s", "duration": _seconds(1 / rate)}
    if item.mark:
        ET.SubElement(made, "marker", one | {"value": item.name, "note": item.why, "completed": "0"})
    if item.scene:
        ET.SubElement(made, "marker", one | {"value": item.scene})
