"""The cut as OpenTimelineIO: the model that other writers start from.

What lies on the timeline is on the cut's rate, and each media reference tells its file's own rate and length.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from tasks.domain.errors import StartError
from tasks.domain.money import usd_text
from tasks.views.timeline.alternates import with_alternates
from tasks.views.timeline.cut import Cut, Item, Media, Row, Sound, plain, url_of
from tasks.views.timeline.sounds import Laid, SoundTrack, tracks_of
from tasks.views.timeline.timecode import hour

NEEDED = "a timeline needs OpenTimelineIO: pip install 'storyreel[timeline]'"
EDGE = "\n" + 20 * " "  # how far the library indents what is on a track

Tracks = list[tuple[Any, Iterator[Any]]]
"""Empty tracks, each with what is to be on it, which is made as it is asked for."""


def write_otio(cut: Cut, out: Path, *, name: str, takes: Sequence[Row] = ()) -> None:
    """Write the timeline to the file ``out`` as OpenTimelineIO JSON: all cells of a row are its item's metadata under
    ``storyreel``.

    ``takes`` are those that an editor may switch to. Media is named relative to the target. A scene is a marker on its
    first shot. Raises ``StartError`` when the extra ``timeline`` is not installed, ``OSError`` when the file cannot be
    written whole.
    """
    library = library_with("otio_json")
    with out.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_pieces_of_json(library, cut, name, takes))


def _pieces_of_json(library: Any, cut: Cut, name: str, takes: Sequence[Row]) -> Iterator[str]:
    """What the library itself would write, piece by piece: as a whole each shot takes 12 kB of memory."""
    text_of = library.core.serialize_json_to_string
    timeline, tracks, here = _empty_timeline(library, cut, name), _tracks(library, cut), library.schema.Gap("here")
    for track, _ in tracks:
        track.append(here.deepcopy())
        timeline.tracks.append(track)
    place, left = _indented(text_of(here)), text_of(timeline)
    for number, (_, items) in enumerate(tracks):
        before, _, left = left.partition(place)
        yield before
        for nth, item in enumerate(with_alternates(library, items, takes) if number == 0 else items):
            yield ("," if nth else "") + _indented(text_of(item))
    yield left


def _indented(text: str) -> str:
    """The JSON of an item as it stands on a track: no line of it ends inside of a text."""
    return EDGE + text.replace("\n", EDGE)


def build(library: Any, cut: Cut, *, name: str) -> Any:
    """The timeline: pictures on ``V1``, the sound of the clips on ``A1`` where one has any, then the other sounds."""
    timeline = _empty_timeline(library, cut, name)
    for track, items in _tracks(library, cut):
        track.extend(list(items))
        timeline.tracks.append(track)
    return timeline


def _empty_timeline(library: Any, cut: Cut, name: str) -> Any:
    """The timeline with its markers, without a track."""
    clips = sum(bool(item.url) for item in cut.items)
    timeline = library.schema.Timeline(
        plain(name),
        global_start_time=time(library, hour(cut.rate), cut.rate),
        metadata={"storyreel": {"shots": len(cut.items), "clips": clips, "rate": float(cut.rate)}},
    )
    timeline.tracks.markers.extend(_marks(library, cut))
    return timeline


def _tracks(library: Any, cut: Cut) -> Tracks:
    track = library.schema.Track
    made: Tracks = [(track("V1", kind="Video"), (_seen(library, item, cut.rate) for item in cut.items))]
    if any(item.channels for item in cut.items):
        made.append((track("A1", kind="Audio"), (_heard(library, item, cut.rate) for item in cut.items)))
    return made + [(track(one.name, kind="Audio"), _pieces(library, one, cut.rate)) for one in tracks_of(cut)]


def library_with(adapter: str) -> Any:
    """OpenTimelineIO, if it has this adapter. Raises ``StartError`` when it is not installed."""
    try:
        import opentimelineio
    except ImportError as error:
        raise StartError(NEEDED) from error
    if adapter not in opentimelineio.adapters.available_adapter_names():
        raise StartError(NEEDED)
    return opentimelineio


def time(library: Any, frames: int, rate: Fraction) -> Any:
    """A frame's time at a rate."""
    return library.opentime.RationalTime(frames, float(rate))


def span(library: Any, frames: int, rate: Fraction, start: int = 0) -> Any:
    """So many frames from ``start`` on."""
    return library.opentime.TimeRange(time(library, start, rate), time(library, frames, rate))


def _json(value: Any) -> Any:
    """A cell as a value that JSON has and OpenTimelineIO takes."""
    if isinstance(value, Decimal):
        return usd_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, str) and value.isascii() and "\0" not in value:
        return value
    return str(value).replace("\0", " ").encode("utf-8", "replace").decode()  # the library ends a text at NUL


def _seen(library: Any, item: Item, rate: Fraction) -> Any:
    """The shot's picture with what is marked on it, or the gap that holds its place."""
    schema, shown = library.schema, span(library, item.frames, rate, item.first)
    cells = {str(column): _json(value) for column, value in item.row.items()}
    made = _told(library, "Clip" if item.media else "Gap", {"storyreel": cells})
    made.name, made.source_range = _stem(item), shown
    if item.media:
        made.media_reference = _reference(library, item, item.media)
    if item.mark:
        made.markers.append(schema.Marker(name=item.name, marked_range=shown, color=item.mark, comment=item.why))
    if item.scene:
        first = span(library, 1, rate, item.first)
        made.markers.append(schema.Marker(name=item.scene, marked_range=first, color=schema.MarkerColor.CYAN))
    return made


def _told(library: Any, kind: str, metadata: Mapping[str, Any]) -> Any:
    """An empty item of the schema with this metadata, read from JSON: of a dict the library converts each cell in
    Python, which takes three times as long."""
    return library.core.deserialize_json_from_string(json.dumps({**_empty(library, kind), "metadata": metadata}))


@cache
def _empty(library: Any, kind: str) -> Mapping[str, Any]:
    made: Mapping[str, Any] = json.loads(library.core.serialize_json_to_string(getattr(library.schema, kind)()))
    return made


def _heard(library: Any, item: Item, rate: Fraction) -> Any:
    """The sound of the shot's clip, or the gap in its place."""
    if item.media is None or not item.channels:
        return library.schema.Gap(source_range=span(library, item.frames, rate))
    said: Mapping[str, Any] = {"shot_id": _json(item.name), "channels": item.channels}
    return library.schema.Clip(
        _stem(item),
        _reference(library, item, item.media),
        span(library, item.frames, rate, item.first),
        {"storyreel": {**said, "sample_rate": item.media.sound_rate}},
    )


def _stem(item: Item) -> str:
    """The name by which `otiotool --relink-by-name` finds the file."""
    return PurePosixPath(item.file).stem if item.url else item.name


def _reference(library: Any, item: Item, media: Media) -> Any:
    whole = span(library, media.frames, media.rate, media.first)
    made = library.schema.ExternalReference(item.url, available_range=whole)
    made.name = item.file
    return made


def _pieces(library: Any, track: SoundTrack, rate: Fraction) -> Iterator[Any]:
    """The track's sounds with the gaps between them."""
    at = 0
    for piece in track.pieces:
        if piece.start > at:
            yield library.schema.Gap(source_range=span(library, piece.start - at, rate))
        yield _sound(library, piece, rate)
        at = piece.stop


def _sound(library: Any, piece: Laid, rate: Fraction) -> Any:
    sound: Sound = piece.sound
    whole = span(library, math.floor(sound.whole * sound.rate), Fraction(sound.rate))
    media = library.schema.ExternalReference(url_of(sound.file), available_range=whole)
    media.name = plain(PurePosixPath(sound.file).name)
    said = {"track": plain(sound.track), "channels": sound.channels, "sample_rate": sound.rate}
    shown = span(library, piece.stop - piece.start, rate, piece.first)
    return library.schema.Clip(PurePosixPath(media.name).stem, media, shown, {"storyreel": said})


def _marks(library: Any, cut: Cut) -> list[Any]:
    """A marker of the whole cut for each shot without a clip of its own, where it lies."""
    return [
        library.schema.Marker(
            name=item.name,
            marked_range=span(library, item.frames, cut.rate, item.start),
            color=item.mark,
            comment=item.why,
        )
        for item in cut.items
        if item.mark
    ]
