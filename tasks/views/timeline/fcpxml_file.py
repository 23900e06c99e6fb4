"""The cut as FCPXML 1.10 for Final Cut and Resolve, every time an exact fraction of a second.

Written here and not by the adapter of OpenTimelineIO, which stops at a quote in a name, has no frame duration for a
rate such as 23.976, and runs ffprobe on files of the working directory. Pure.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePosixPath

from tasks.views.timeline.cut import Cut, Item, Media, Sound, plain, size_of, url_of
from tasks.views.timeline.sounds import Laid, tracks_of
from tasks.views.timeline.timecode import drops, hour

CONFORMED = {
    Fraction(24000, 1001): "23.98",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(48): "48",
    Fraction(50): "50",
    Fraction(60000, 1001): "59.94",
    Fraction(60): "60",
}  # the rates that `conform-rate` has a word for
ROLES = {"music": "music", "sfx": "effects"}  # what Final Cut calls a track; dialogue where it is none of these

Size = tuple[int, int] | None


def write_fcpxml(cut: Cut, *, name: str) -> bytes:
    """The cut as FCPXML: clips on the primary storyline, further sounds attached to the shot at which they begin."""
    root = ET.Element("fcpxml", version="1.10")
    resources = _Resources(ET.SubElement(root, "resources"))
    whole = {"format": resources.format(cut.rate, cut.size), "duration": _seconds(cut.seconds(cut.frames))}
    whole |= {"tcStart": _seconds(cut.seconds(hour(cut.rate))), "tcFormat": "DF" if drops(cut.rate) else "NDF"}
    project = ET.SubElement(root, "project", name=plain(name) or "storyreel")
    sequence = ET.SubElement(project, "sequence", whole | {"audioLayout": "stereo", "audioRate": "48k"})
    spine = ET.SubElement(sequence, "spine")
    attached = _attached(cut)
    for item in cut.items:
        made = _spine_item(spine, item, cut.rate, resources)
        for lane, piece in attached.get(item.start, ()):
            _attach(made, item, piece, lane, resources, cut.rate)
        _mark(made, item, cut.rate)
    ET.indent(root)
    text = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'.encode()


@dataclass(slots=True)
class _Resources:
    """What clips refer to, each once: formats first, as assets name them."""

    element: ET.Element
    formats: dict[tuple[Fraction, Size], str] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def format(self, rate: Fraction, size: Size) -> str:
        """The id of the format of this rate and size."""
        if (rate, size) not in self.formats:
            number = self.formats[rate, size] = self._next()
            said = {"id": number, "frameDuration": _seconds(1 / rate)}
            said |= {"width": str(size[0]), "height": str(size[1])} if size else {}
            self.element.insert(len(self.formats) - 1, ET.Element("format", said))
        return self.formats[rate, size]

    def use(self, item: Item, media: Media) -> dict[str, str]:
        """How a clip is named where it is used."""
        ref = {"ref": self._clip(item, media), "format": self.format(media.rate, size_of(item.row))}
        return ref | {"tcFormat": "DF" if drops(media.rate) else "NDF"}

    def _clip(self, item: Item, media: Media) -> str:
        said = {"hasVideo": "1", "format": self.format(media.rate, size_of(item.row)), "videoSources": "1"}
        said |= _audio(media.channels, media.sound_rate) if media.channels else {}
        lasts = {"start": _seconds(media.first / media.rate), "duration": _seconds(media.frames / media.rate)}
        return self._asset(item.url, {"name": item.file, **lasts, **said})

    def sound(self, sound: Sound) -> str:
        """The id of a sound file's asset."""
        name = plain(PurePosixPath(sound.file).name)
        lasts = {"start": "0s", "duration": _seconds(sound.whole)}
        return self._asset(url_of(sound.file), {"name": name, **lasts, **_audio(sound.channels, sound.rate)})

    def _asset(self, src: str, said: dict[str, str]) -> str:
        if src not in self.assets:
            self.assets[src] = self._next()
            made = ET.SubElement(self.element, "asset", {"id": self.assets[src], **said})
            ET.SubElement(made, "media-rep", kind="original-media", src=src)
        return self.assets[src]

    def _next(self) -> str:
        self.made += 1
        return f"r{self.made}"


def _audio(channels: int, rate: int) -> dict[str, str]:
    return {"hasAudio": "1", "audioSources": "1", "audioChannels": str(channels), "audioRate": str(rate)}


def _seconds(value: Fraction | int) -> str:
    value = Fraction(value)
    return f"{value.numerator}/{value.denominator}s" if value.denominator > 1 else f"{value.numerator}s"


def _spine_item(spine: ET.Element, item: Item, rate: Fraction, resources: _Resources) -> ET.Element:
    """The clip or gap, with its note and, where the clip has another rate, how it is played: at its own speed."""
    place = {"name": item.file, "offset": _seconds((hour(rate) + item.start) / rate)}
    place |= {"duration": _seconds(item.frames / rate), "start": _seconds(item.first / rate)}
    kind = "asset-clip" if item.media else "gap"
    made = ET.SubElement(spine, kind, place | (resources.use(item, item.media) if item.media else {}))
    shot = f"shot {item.name}" if item.url else ""
    if words := ": ".join(text for text in (shot, plain(item.row.get("prompt"))) if text):
        ET.SubElement(made, "note").text = words
    if item.media and item.media.rate != rate:
        named = CONFORMED.get(item.media.rate)
        ET.SubElement(made, "conform-rate", {"scaleEnabled": "0"} | ({"srcFrameRate": named} if named else {}))
    return made


def _mark(made: ET.Element, item: Item, rate: Fraction) -> None:
    """Why there is no clip, and the scene that begins here."""
    one = {"start": _seconds(item.first / rate), "duration": _seconds(1 / rate)}
    if item.mark:
        ET.SubElement(made, "marker", one | {"value": item.name, "note": item.why, "completed": "0"})
    if item.scene:
        ET.SubElement(made, "marker", one | {"value": item.scene})


def _attached(cut: Cut) -> dict[int, list[tuple[int, Laid]]]:
    """The further sounds with their lanes, below the storyline, by the start of the shot at which each begins."""
    found: dict[int, list[tuple[int, Laid]]] = {}
    starts = [item.start for item in cut.items]
    for lane, track in enumerate(tracks_of(cut), 1):
        for piece in track.pieces if starts else ():
            begins = max((start for start in starts if start <= piece.start), default=0)
            found.setdefault(begins, []).append((-lane, piece))
    return found


def _attach(made: ET.Element, item: Item, piece: Laid, lane: int, resources: _Resources, rate: Fraction) -> None:
    """A sound on a shot: its place is told in the shot's own time."""
    said = {"ref": resources.sound(piece.sound), "lane": str(lane)}
    said["offset"] = _seconds((item.first + piece.start - item.start) / rate)
    said |= {"name": plain(PurePosixPath(piece.sound.file).name), "start": _seconds(piece.first / rate)}
    said |= {"duration": _seconds((piece.stop - piece.start) / rate)}
    ET.SubElement(made, "asset-clip", said | {"audioRole": ROLES.get(piece.sound.track, "dialogue")})
