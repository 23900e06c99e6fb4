"""The cut as the XML of Final Cut Pro 7, which Premiere, Resolve and OpenShot read.

OpenTimelineIO's adapter writes the shots. What it has no word for is told to it as metadata or added after it: sizes
and sound of the files, drop frames, and which sound belongs to which picture.
"""

import math
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import count
from typing import Any

from tasks.views.timeline.cut import Cut, Item, meant, plain, size_of
from tasks.views.timeline.otio_file import build, library_with, span
from tasks.views.timeline.timecode import NTSC, drops

SPACE = "fcp_xml"  # the adapter's own, in metadata

Data = dict[str, Any]


def write_fcp7(cut: Cut, *, name: str) -> bytes:
    """The cut as ``xmeml`` version 4. Raises ``StartError`` when the extra ``timeline`` is not installed."""
    library = library_with(SPACE)
    timeline = build(library, cut, name=plain(name) or "storyreel")
    timeline.metadata[SPACE] = _sequence(cut)
    videos, *sounds = timeline.tracks
    for item, seen in zip(cut.items, videos, strict=True):
        seen.name = item.file
        _tell(library, seen, _picture(item), cut.rate)
    for track in sounds:
        for heard in track:
            _tell(library, heard, _sound(heard), cut.rate)
    _comment(timeline.tracks.markers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the adapter asks an XML element for its truth
        text = str(library.adapters.write_to_string(timeline, SPACE))
    root = ET.fromstring(text)  # noqa: S314 - written a line above
    _link(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{ET.tostring(root, "unicode")}\n'.encode()


def _sequence(cut: Cut) -> Data:
    """What the sequence says of itself: its size, its two channels of sound, and whether its timecode drops frames."""
    sides = dict(zip(("width", "height"), map(str, cut.size), strict=True)) if cut.size else {}
    nominal, ntsc = NTSC.get(cut.rate, int(cut.rate)), "TRUE" if cut.rate in NTSC else "FALSE"
    picture = {**sides, "pixelaspectratio": "square", "rate": {"timebase": str(nominal), "ntsc": ntsc}}
    sound = {"depth": "16", "samplerate": "48000"}
    made: Data = {"video": {"format": {"samplecharacteristics": picture}}}
    made["audio"] = {"numOutputChannels": "2", "format": {"samplecharacteristics": sound}}
    return {"media": made, "timecode": {"displayformat": "DF" if drops(cut.rate) else "NDF"}}


def _picture(item: Item) -> Data:
    """What is in the file of a shot's clip."""
    sides = dict(zip(("width", "height"), map(str, size_of(item.row) or ()), strict=False))
    media: Data = {"video": {"samplecharacteristics": {**sides, "pixelaspectratio": "square"}}}
    if item.media and item.channels:
        media["audio"] = _channels(item.channels, item.media.sound_rate)
    return media


def _sound(heard: Any) -> Data:
    """What is in the file of a further sound; a clip's own names the file that its picture described."""
    said = heard.metadata.get("storyreel", {})
    return {"audio": _channels(said["channels"], said["sample_rate"])} if said else {}


def _channels(channels: int, rate: int) -> Data:
    return {"samplecharacteristics": {"depth": "16", "samplerate": str(rate)}, "channelcount": str(channels)}


def _tell(library: Any, made: Any, media: Data, rate: Fraction) -> None:
    """Give the adapter what it needs of an item on the timeline."""
    if not isinstance(made, library.schema.Clip):
        return
    reference, first = made.media_reference, made.source_range.start_time
    _fit(library, reference, rate)
    timecode = {"displayformat": "DF" if drops(meant(reference.available_range.duration.rate)) else "NDF"}
    reference.metadata[SPACE] = {"media": media, "timecode": timecode}
    for marker in made.markers:  # these count from the file's first frame, not by its timecode
        marked = marker.marked_range
        marker.marked_range = library.opentime.TimeRange(marked.start_time - first, marked.duration)
    _comment(made.markers)


def _comment(markers: Iterable[Any]) -> None:
    for marker in markers:
        if words := plain(marker.comment):
            marker.metadata[SPACE] = {"comment": words}


def _fit(library: Any, reference: Any, rate: Fraction) -> None:
    """The file's length on the cut's rate, where its own is none that the format can say."""
    whole = reference.available_range
    own = meant(whole.duration.rate)
    if own in NTSC or (own.denominator == 1 and own <= 120):
        return
    first = math.ceil(Fraction(whole.start_time.value) / own * rate)
    end = math.floor(Fraction(whole.end_time_exclusive().value) / own * rate)
    reference.available_range = span(library, max(end - first, 1), rate, first)


def _link(root: ET.Element) -> None:
    """Say of each clip's picture and sound that they belong together."""
    pictures = root.findall(".//media/video/track")
    sounds = root.findall(".//media/audio/track")
    heard = {_place(one): (one, n) for n, one in enumerate(sounds[0], 1) if one.tag == "clipitem"} if sounds else {}
    for number, seen in zip(count(1), pictures[0] if pictures else (), strict=False):
        if found := heard.get(_place(seen)):
            pair = ((seen, "video", number), (found[0], "audio", found[1]))
            _join(pair)


def _join(pair: Sequence[tuple[ET.Element, str, int]]) -> None:
    for one, kind, _ in pair:
        if kind == "audio":
            source = ET.SubElement(one, "sourcetrack")
            ET.SubElement(source, "mediatype").text = kind
            ET.SubElement(source, "trackindex").text = "1"
        for other, other_kind, number in pair:
            link = ET.SubElement(one, "link")
            ET.SubElement(link, "linkclipref").text = other.get("id")
            for tag, text in (("mediatype", other_kind), ("trackindex", "1"), ("clipindex", str(number))):
                ET.SubElement(link, tag).text = text


def _place(item: ET.Element) -> tuple[str | None, str | None]:
    """Where on the timeline it lies, and which file it shows."""
    file = item.find("file")
    return item.findtext("start"), None if file is None else file.get("id")
