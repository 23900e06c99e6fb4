"""A board of many makes, through to every timeline and the reel: each is read by a reader that is not ours."""

import asyncio
import json
import re
import shutil
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import av
import numpy as np
import opentimelineio
import pytest
from opentimelineio.console import otiotool

from tasks.domain.progress import Progress
from tasks.domain.request import select_views
from tasks.views.publish import ViewPublisher
from tasks.views.timeline.cut import meant
from tests.tasks.views.timeline.board import BOARDS, DROP, Made, grey_of, make_target

VIEWS = ("timeline", "edl", "fcpxml", "xml", "reel")


class Film:
    """A target with all its views, in a folder that it was moved to after they were made."""

    def __init__(self, folder: Path, name: str) -> None:
        self.shots, self.rate = BOARDS[name]
        store = make_target(folder / "film", self.shots)
        (folder / "scratch").mkdir()
        publisher = ViewPublisher(store, folder / "scratch", Progress())
        assert asyncio.run(publisher.make(select_views(VIEWS))) == []
        self.folder = Path(shutil.move(folder / "film", folder / "moved"))

    @property
    def frames(self) -> list[int]:
        """What each shot should come to, at the board's rate."""
        return [one.frames_at(self.rate) for one in self.shots]

    def read(self, adapter: str, file: str, **options: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return opentimelineio.adapters.read_from_file(str(self.folder / file), adapter, **options)

    def find(self, url: str) -> bool:
        """Whether a timeline's relative address leads to a file."""
        return (self.folder / unquote(url)).is_file()

    def heard(self) -> list[bool]:
        return [bool(one.layout) for one in self.shots]


@pytest.fixture(scope="module", params=list(BOARDS))
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Film]:
    yield Film(tmp_path_factory.mktemp("board"), request.param)


def seconds(time: Any) -> Fraction:
    return Fraction(time.value) / meant(time.rate)


def within(clip: Any) -> bool:
    """Whether what is seen of a clip is in its media."""
    seen, there = clip.source_range, clip.media_reference.available_range
    starts = seconds(seen.start_time) >= seconds(there.start_time)
    return starts and seconds(seen.end_time_exclusive()) <= seconds(there.end_time_exclusive())


def clips_of(track: Any) -> list[Any]:
    return [one for one in track if isinstance(one, opentimelineio.schema.Clip)]


def test_otio(film: Film) -> None:
    """Every shot and the sound of each clip on the board's rate, within its media, which is found."""
    timeline = film.read("otio_json", "timeline.otio")
    pictures, sounds = timeline.tracks[0], timeline.tracks[1]
    for track in (pictures, sounds):
        assert [item.source_range.duration.value for item in track] == film.frames
        assert {meant(item.source_range.duration.rate) for item in track} == {film.rate}
        assert all(within(clip) and film.find(clip.media_reference.target_url) for clip in clips_of(track))
    assert [isinstance(item, opentimelineio.schema.Clip) for item in sounds] == film.heard()
    made = [one for one in film.shots if one.frames]
    own = [clip.media_reference.available_range.duration for clip in clips_of(pictures)]
    assert [(meant(one.rate), one.value) for one in own] == [(one.rate, one.frames) for one in made]
    markers = [mark for item in pictures for mark in item.markers] + list(timeline.tracks.markers)
    assert {meant(mark.marked_range.duration.rate) for mark in markers} == {film.rate}


def relinked(folder: Path, timeline: Any) -> set[str]:
    """The files to which OpenTimelineIO's own tool links the clips by their names."""
    for clip in timeline.find_clips():
        clip.media_reference = opentimelineio.schema.MissingReference()
    otiotool.relink_by_name(timeline, str(folder))
    found = [clip.media_reference for clip in timeline.find_clips()]
    assert all(isinstance(one, opentimelineio.schema.ExternalReference) for one in found)
    return {Path(unquote(urlsplit(one.target_url).path)).name for one in found}


def test_media_is_relinked_by_name(film: Film) -> None:
    """`otiotool --relink-by-name` finds the file of every clip, of pictures and of sound."""
    clips = film.folder / "clips"
    assert relinked(clips, film.read("otio_json", "timeline.otio")) == {one.name for one in clips.iterdir()}


def test_a_second_reader_of_each(film: Film) -> None:
    """The same lengths for who reads OTIO as JSON, EDL by its record times, FCPXML by an adapter, FCP7 by its XML."""
    tracks = json.loads((film.folder / "timeline.otio").read_bytes())["tracks"]["children"]
    assert [one["source_range"]["duration"]["value"] for one in tracks[0]["children"]] == film.frames
    times = re.findall(r"^\d{3} .* (\S{11}) (\S{11})\s*$", (film.folder / "timeline.edl").read_text(), re.MULTILINE)
    ends = [[opentimelineio.opentime.from_timecode(one, float(film.rate)).value for one in pair] for pair in times]
    assert [stop - start for start, stop in ends] == film.frames
    read = film.read("fcpx_xml", "timeline.fcpxml")
    made = [frames for frames, one in zip(film.frames, film.shots, strict=True) if one.frames]
    named = [clip.name for clip in film.read("otio_json", "timeline.otio").tracks[0].find_clips()]
    wanted = dict(zip(named, made, strict=True))
    found = {Path(one.name).stem: round(seconds(one.source_range.duration) * film.rate) for one in read.find_clips()}
    assert found.keys() == wanted.keys()
    assert {wanted[name] - frames for name, frames in found.items()} <= {0, 1}  # its seconds are cut off, not rounded
    root = ET.parse(film.folder / "timeline.xml").getroot()
    placed = [
        (int(one.findtext("start", "")), int(one.findtext("end", "")))
        for one in root.findall(".//video/track/clipitem")
    ]
    assert [stop - start for start, stop in placed] == made


def test_edl(film: Film) -> None:
    """The same lengths, from 01:00:00:00 at the board's rate; `AA/V` where there is sound."""
    timeline = film.read("cmx_3600", "timeline.edl", rate=float(film.rate))
    events = list(timeline.tracks[0])
    assert [one.duration().value for one in events] == film.frames
    text = (film.folder / "timeline.edl").read_text()
    assert [kind == "AA/V" for kind in re.findall(r"^\d{3}  .{8} (\S+) +C ", text, re.MULTILINE)] == film.heard()
    assert all(
        film.find(one.media_reference.target_url) for one, made in zip(events, film.shots, strict=True) if made.frames
    )
    drop = film.rate.numerator in (30_000, 60_000)
    assert ("FCM: DROP FRAME" in text) is drop and ("01:00:00;00" in text) is drop


def test_fcpxml(film: Film) -> None:
    """The same lengths; a format for each rate and size; nothing is longer than its asset, whose sound is told."""
    root = ET.parse(film.folder / "timeline.fcpxml").getroot()
    spine, assets = root.findall(".//spine/*"), {one.get("id"): one for one in root.iter("asset")}
    formats = {one.get("id"): one for one in root.iter("format")}
    assert [time(one, "duration") * film.rate for one in spine] == film.frames
    assert [time(one, "offset") * film.rate for one in spine] == [
        time(root.find(".//sequence"), "tcStart") * film.rate + sum(film.frames[:n]) for n in range(len(spine))
    ]
    for item, made in zip(spine, film.shots, strict=True):
        if made.frames:
            asset = assets[item.get("ref")]
            ends = time(item, "start") + time(item, "duration")
            assert time(asset, "start") <= time(item, "start") and ends <= time(asset, "start") + time(
                asset, "duration"
            )
            form = formats[asset.get("format")]
            told = (1 / time(form, "frameDuration"), form.get("width"), form.get("height"))
            assert told == (made.rate, str(made.size.width), str(made.size.height))
            assert asset.get("audioChannels") == {"": None, "mono": "1", "stereo": "2", "5.1": "6"}[made.layout]
            assert (item.find("conform-rate") is None) == (made.rate == film.rate)
            assert [film.find(one.get("src") or "") for one in asset.iter("media-rep")] == [True]
    assert len(formats) == len({(one.rate, one.size) for one in film.shots if one.frames})


def time(element: ET.Element | None, name: str) -> Fraction:
    assert element is not None
    return Fraction((element.get(name) or "").removesuffix("s"))


def test_fcp7(film: Film) -> None:
    """The same lengths and places, read by OpenTimelineIO's adapter; sound beside its picture; media is found."""
    timeline = film.read("fcp_xml", "timeline.xml")
    starts = [sum(film.frames[:n]) for n in range(len(film.frames))]
    wanted = [(start, frames) for start, frames, one in zip(starts, film.frames, film.shots, strict=True) if one.frames]
    heard = [place for place, one in zip(wanted, (one for one in film.shots if one.frames), strict=True) if one.layout]
    for track, places in zip(timeline.tracks, (wanted, heard), strict=True):
        found = clips_of(track)
        assert [(one.range_in_parent().start_time.value, one.duration().value) for one in found] == places
        assert all(film.find(one.media_reference.target_url) and within(one) for one in found)
    assert meant(timeline.global_start_time.rate) == film.rate
    root = ET.parse(film.folder / "timeline.xml").getroot()
    assert len(root.findall(".//audio/track/clipitem/link")) == 2 * len(heard)


def test_reel(film: Film) -> None:
    """The same lengths, picture by picture: the first and the last one of each clip stand where its shot does."""
    with av.open(str(film.folder / "reel.mp4")) as container:
        stream = container.streams.video[0]
        shown = [
            frame.to_ndarray(format="gray")[frame.height // 2 - 4 :, frame.width // 2 - 4 :][:8, :8]
            for frame in container.decode(stream)
        ]
        assert stream.average_rate == film.rate
    assert len(shown) == sum(film.frames)
    for number, one in enumerate(film.shots):
        start = sum(film.frames[:number])
        ends = (start, start + film.frames[number] - 1)
        assert not one.frames or all(near(shown[at], number) for at in ends)


def near(picture: Any, number: int) -> bool:
    return bool(abs(float(np.mean(picture)) - grey_of(number)) < 6)


def test_the_sound_of_older_clips_is_heard(tmp_path: Path) -> None:
    """Where the records do not say whether a clip has sound, as in 0.1, its file does; one that is gone is silent."""
    store = make_target(tmp_path / "film", DROP, told=False)
    tables = ViewPublisher(store, tmp_path, Progress()).tables()
    assert {row["has_sound"] for row in tables.rows} == {None}
    (tmp_path / "film" / str(tables.rows[1]["clip"])).unlink()
    cut = ViewPublisher(store, tmp_path, Progress()).cut(tables)
    assert [item.channels for item in cut.items] == [0, 0, 2, 0]


def test_the_boards_hold_what_they_claim() -> None:
    """Fourteen shots of six rates and three sizes, with every kind of sound, one failed, one refused, one drawn."""
    shots: tuple[Made, ...] = BOARDS["six rates"][0]
    assert (len(shots), len({one.rate for one in shots}), len({one.size for one in shots})) == (14, 6, 3)
    assert {one.layout for one in shots} == {"", "mono", "stereo", "5.1"}
    assert {one.status for one in shots} == {"rendered", "failed", "refused", "stand_in"}
