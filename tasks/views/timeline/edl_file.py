"""The cut as an EDL (CMX 3600): an event a shot, then one for each further sound."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

from tasks.views.timeline.cut import Cut, Item, plain, url_of
from tasks.views.timeline.otio_file import library_with, span, time
from tasks.views.timeline.reels import reels_of
from tasks.views.timeline.sounds import Laid, tracks_of
from tasks.views.timeline.timecode import drops, hour

FIRST_FREE = 3  # channels 1 and 2 have the sound of the clips
_EVENT = re.compile(r"^(\d{3,}  .{8} )V    ( C  )", re.MULTILINE)


def write_edl(cut: Cut, *, name: str) -> bytes:
    """The cut as an EDL: each event has a reel name of its own, ``AA/V`` where its clip has sound, and is black where
    there is no clip.

    The format ends at 24 hours: what comes later is left out, and the last event says how much. Raises ``StartError``
    when the extra ``timeline`` is not installed.
    """
    library = library_with("cmx_3600")
    start, end = hour(cut.rate), 24 * hour(cut.rate)
    placed = list(takewhile(lambda item: start + item.stop <= end, cut.items))
    track = library.schema.Track("V", kind=library.schema.TrackKind.Video)
    track.append(library.schema.Gap(source_range=span(library, start, cut.rate)))  # the adapter counts from zero
    reels = reels_of([item.name for item in cut.items])
    track.extend([_event(library, item, reel, cut.rate) for item, reel in zip(placed, reels, strict=False)])
    if placed:
        track[1].metadata["cmx_3600"]["comments"].append(f"RATE: {float(cut.rate):.6g} FPS")
    if placed and len(placed) < len(cut.items):
        more = len(cut.items) - len(placed)
        track[-1].metadata["cmx_3600"]["comments"].append(f"CUT AT 24 HOURS: {more} MORE SHOTS")
    timeline = library.schema.Timeline(plain(name) or "storyreel")
    timeline.tracks.append(track)
    text = str(library.adapters.write_to_string(timeline, "cmx_3600", rate=float(cut.rate)))
    mode = "DROP FRAME" if drops(cut.rate) else "NON-DROP FRAME"
    text = _with_sound(text.replace("\n\n", f"\nFCM: {mode}\n\n", 1), placed)
    return (text + "".join(_sounds(library, cut, len(placed)))).encode()


def _event(library: Any, item: Item, reel: str, rate: Fraction) -> Any:
    schema = library.schema
    scene = [f"SCENE: {item.scene}"] if item.scene else []
    shot = [f"SHOT: {item.name}"] if item.url else []
    said = {"reel": reel if item.url else "BL", "comments": [*shot, *scene]}
    media = schema.ExternalReference(item.url) if item.url else schema.MissingReference()
    clip = schema.Clip(item.file, media, span(library, item.frames, rate, item.first), {"cmx_3600": said})
    if item.mark:
        place = span(library, 0, rate, hour(rate) + item.start)
        clip.markers.append(schema.Marker(f"{item.name} {item.why}", place, item.mark))
    return clip


def _with_sound(text: str, placed: Sequence[Item]) -> str:
    """The events of clips with sound, which the adapter writes as pictures alone, on both channels too."""
    items = iter(placed)
    return _EVENT.sub(lambda found: f"{found[1]}{'AA/V ' if next(items).channels else 'V    '}{found[2]}", text)


def _sounds(library: Any, cut: Cut, events: int) -> Iterator[str]:
    """An event for each further sound: the tracks are channels from the third on, by their order."""
    start, end = hour(cut.rate), 24 * hour(cut.rate)
    pieces = [(f"A{n}", one) for n, track in enumerate(tracks_of(cut), FIRST_FREE) for one in track.pieces]
    for number, (channel, piece) in enumerate(pieces, events + 1):
        if start + piece.stop <= end:
            yield _sound(library, f"{number:03d}  AX       {channel:5} C        ", piece, cut.rate)


def _sound(library: Any, head: str, piece: Laid, rate: Fraction) -> str:
    frames = piece.stop - piece.start
    ends = (piece.first, piece.first + frames, hour(rate) + piece.start, hour(rate) + piece.stop)
    times = [library.opentime.to_timecode(time(library, one, rate), float(rate)) for one in ends]
    file = plain(PurePosixPath(piece.sound.file).name)
    comments = f"* FROM CLIP NAME:  {file}\n* FROM CLIP: {url_of(piece.sound.file)}\n"
    return f"{head}{' '.join(times)}\n{comments}* TRACK: {plain(piece.sound.track).upper()}\n"
