"""The cut for an editing program: all three formats are read back and compared shot by shot."""

import re
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import opentimelineio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.errors import StartError
from tasks.views.timeline.cut import cut_of, meant, plain, rate_of
from tasks.views.timeline.formats import write_timeline
from tasks.views.timeline.reels import NO_REELS, reels_of
from tasks.views.timeline.timecode import hour

RATES_SEEN = [23.976, 23.976023976, 24.0, 25.0, 29.97, 29.97002997, 30.0, 60.0, 12.0, 48.0]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(plain)


def row(
    shot_id: str, *, clip: str | None = None, fps: float = 24.0, seconds: float = 4.0, **cells: Any
) -> dict[str, Any]:
    clip = f"clips/{shot_id}.mp4" if clip is None else clip
    made = {"fps": fps, "duration_s": seconds, "width": 1280, "height": 720, "status": "rendered"} if clip else {}
    nothing = {"fps": None, "duration_s": None, "status": "refused", "error_class": "Moderated", "error": "no\nway"}
    asked = {
        "shot_id": shot_id,
        "scene": "Harbour",
        "clip": clip,
        "requested_s": seconds,
        "charged_usd": Decimal("0.5"),
    }
    return asked | (made or nothing) | cells


@st.composite
def boards(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of a manifest: odd rates and lengths, names of any script, shots without a clip."""
    rates = st.sampled_from(draw(st.lists(st.sampled_from(RATES_SEEN), min_size=1, max_size=2)))
    words = st.text(max_size=20)
    return [
        row(
            name,
            clip=draw(st.sampled_from(["", f"clips/sh{number}-1a2b3c4d.mp4"])),
            fps=draw(rates),
            seconds=draw(st.floats(0.01, 30)),
            scene=draw(st.sampled_from(["", "Harbour", "Küche & Bad"])),
            prompt=draw(words),
            error=draw(words),
        )
        for number, name in enumerate(draw(st.lists(NAMES, max_size=6, unique=True)))
    ]


def exact(time: Any) -> Fraction:
    """An OpenTimelineIO time in seconds, its rate as the fraction that is meant."""
    return Fraction(time.value) / (meant(time.rate) if time.rate else 1)


def written(rows: list[dict[str, Any]], file: str, **more: Any) -> bytes:
    """The file of the cut of these rows."""
    with tempfile.TemporaryDirectory() as folder:
        write_timeline(cut_of(rows), out := Path(folder, file), **more)
        return out.read_bytes()


def otio(rows: list[dict[str, Any]], *, name: str) -> bytes:
    return written(rows, "timeline.otio", name=name)


def edl(rows: list[dict[str, Any]], *, name: str) -> bytes:
    return written(rows, "timeline.edl", name=name)


def fcpxml(rows: list[dict[str, Any]], *, name: str) -> bytes:
    return written(rows, "timeline.fcpxml", name=name)


def read(data: bytes, adapter: str, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the adapter asks an XML element for its truth
        return opentimelineio.adapters.read_from_string(data.decode(), adapter, **options)


def items(timeline: Any) -> list[Any]:
    return list(timeline.tracks[0]) if len(timeline.tracks) else []


def file_name(one: dict[str, Any]) -> str:
    """What an editing program looks for: the name of the clip's own file; the shot's where there is none."""
    return plain(one["clip"].rpartition("/")[2] or one["shot_id"])


def named(one: dict[str, Any]) -> str:
    """The same without its ending, as OpenTimelineIO relinks by name."""
    return file_name(one).removesuffix(".mp4") if one["clip"] else file_name(one)


def seconds_of(text: str) -> Fraction:
    return Fraction(text.removesuffix("s"))


@given(boards())
@settings(max_examples=30, deadline=None)
def test_otio_holds_every_shot(rows: list[dict[str, Any]]) -> None:
    """Read back: each shot in its place, its clip or gap, on one rate, no longer than its media, all its cells."""
    rate, timeline = rate_of(rows), read(otio(rows, name="board"), "otio_json")
    assert timeline.name == "board"
    assert timeline.global_start_time.value == hour(rate)
    assert len(items(timeline)) == len(rows)
    for item, one in zip(items(timeline), rows, strict=True):
        assert item.name == named(one)
        assert not one["clip"] or item.media_reference.name == one["clip"].removeprefix("clips/")
        assert item.metadata["storyreel"]["shot_id"] == one["shot_id"].replace("\0", " ")
        assert item.metadata["storyreel"]["charged_usd"] == "0.50"
        length = item.duration()
        assert length.rate == float(rate)
        missed = 1.1 + 0.51 * float(rate / min(Fraction(one["fps"] or 60), rate))
        assert -missed <= length.value - one["requested_s"] * float(rate) <= 0.51 or length.value == 1
        if one["clip"]:
            assert item.media_reference.target_url == one["clip"]
            whole = item.media_reference.available_range
            assert whole.duration.rate == pytest.approx(one["fps"], rel=3e-4)
            assert length.value == 1 or exact(length) <= exact(whole.duration)
        else:
            assert isinstance(item, opentimelineio.schema.Gap)
            assert item.markers[0].color == opentimelineio.schema.MarkerColor.RED
            assert item.markers[0].comment.startswith("refused (Moderated)")


@given(boards())
@settings(max_examples=30, deadline=None)
def test_edl_holds_every_shot(rows: list[dict[str, Any]]) -> None:
    """Read back at its rate: an event a shot without gap or overlap, names, media, and black where there is none."""
    rate = rate_of(rows)
    data = edl(rows, name="board")
    found = items(read(data, "cmx_3600", rate=float(rate)))
    assert [item.name for item in found] == [file_name(one) for one in rows]
    shots = re.findall(r"^\* SHOT: (.*)$", data.decode(), re.MULTILINE)
    assert shots == [plain(one["shot_id"]) for one in rows if one["clip"]]
    ends = list(accumulate(item.duration().value for item in found))
    for item, one, end, wanted in zip(found, rows, ends, accumulate(one["requested_s"] for one in rows), strict=True):
        assert abs(end - wanted * float(rate)) <= 2.2 * len(rows)
        if one["clip"]:
            assert item.media_reference.target_url == one["clip"]
        else:
            assert item.metadata["cmx_3600"]["reel"] == "BL"
            assert f" RED     {plain(one['shot_id']).upper()} REFUSED (MODERATED)" in data.decode()
    reels = [item.metadata["cmx_3600"]["reel"] for item, one in zip(found, rows, strict=True) if one["clip"]]
    assert len(set(reels)) == len(reels)


@given(boards())
@settings(max_examples=30, deadline=None)
def test_fcpxml_is_exact(rows: list[dict[str, Any]]) -> None:
    """Every cut lies on a frame, each shot begins where the last ends, and its gap or asset is the row's."""
    root, rate = ET.fromstring(fcpxml(rows, name="board")), rate_of(rows)
    sequence = root.find("project/sequence")
    assert sequence is not None
    start = seconds_of(sequence.get("tcStart", ""))
    assert start == hour(rate) / rate
    assets = {one.get("id"): one for one in root.iter("asset")}
    formats = {one.get("id"): seconds_of(one.get("frameDuration", "")) for one in root.iter("format")}
    assert formats[sequence.get("format")] == 1 / rate
    for item, one in zip(sequence.find("spine") or [], rows, strict=True):
        assert item.get("name") == file_name(one)
        assert not one["clip"] or f"shot {plain(one['shot_id'])}" in (item.findtext("note") or "")
        assert seconds_of(item.get("offset", "")) == start
        length = seconds_of(item.get("duration", ""))
        assert (length * rate).denominator == 1
        assert abs(length - Fraction(one["requested_s"])) < 2 / rate + Fraction(1, 20)
        if one["clip"]:
            asset, conformed = assets[item.get("ref")], item.find("conform-rate")
            assert length * rate == 1 or length <= seconds_of(asset.get("duration", ""))
            assert asset.get("hasVideo") == "1" and asset.get("hasAudio") is None
            assert 1 / formats[asset.get("format")] == pytest.approx(one["fps"], rel=3e-4)
            assert (conformed is None) == (formats[asset.get("format")] == 1 / rate)
            assert conformed is None or conformed.get("scaleEnabled") == "0"
        start += length
        assert item.tag == ("asset-clip" if one["clip"] else "gap")
        sources = [file.get("src") for file in assets[item.get("ref")].iter("media-rep")] if one["clip"] else []
        assert sources == ([one["clip"]] if one["clip"] else [])
        assert one["clip"] or item.findall("marker")[0].get("completed") == "0"
    assert start - hour(rate) / rate == seconds_of(sequence.get("duration", ""))


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 60.0])
def test_fcpxml_reads_back(fps: float) -> None:
    """The adapter of OpenTimelineIO, which looks for media where 1.8 had it, finds each clip with its length."""
    rows = [row(f"it's <{n}>", clip=f"clips/{n}.mp4" if n % 3 else "", fps=fps, seconds=1 + n / 3) for n in range(9)]
    timeline = read(fcpxml(rows, name="a \"b\" & 'c'"), "fcpx_xml")
    assert timeline.name == "a \"b\" & 'c'"
    found = [item for item in items(timeline) if isinstance(item, opentimelineio.schema.Clip)]
    wanted = [one for one in rows if one["clip"]]
    assert [item.name for item in found] == [file_name(one) for one in wanted]
    for item, one in zip(found, wanted, strict=True):
        assert item.duration().rate == fps
        assert item.duration().to_seconds() == pytest.approx(one["duration_s"], abs=1.6 / fps)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([], Fraction(24)),
        ([24.0, 25.0, 25.0], Fraction(25)),
        ([23.976023976], Fraction(24000, 1001)),
        ([29.97, 30.0, 29.97], Fraction(30000, 1001)),
        ([12.0], Fraction(24000, 1001)),
        ([float("nan")], Fraction(24)),
        ([120.0], Fraction(60)),
    ],
    ids=str,
)
def test_the_most_common_rate_leads(rates: list[float], expected: Fraction) -> None:
    """The timeline has the rate that most clips have, as the nearest that all formats know; 24 without any."""
    assert rate_of([row(str(n), fps=fps) for n, fps in enumerate(rates)]) == expected


@pytest.mark.parametrize(
    ("fps", "mode", "first"),
    [
        (23.976, "NON-DROP FRAME", "01:00:00:00 01:00:04:00"),
        (25.0, "NON-DROP FRAME", "01:00:00:00 01:00:04:00"),
        (29.97, "DROP FRAME", "01:00:00;00 01:00:04;00"),
        (59.94, "DROP FRAME", "01:00:00;00 01:00:04;00"),
    ],
)
def test_edl_begins_at_one_hour(fps: float, mode: str, first: str) -> None:
    """The first record time is 01:00:00:00 at any rate, drop frames are said, and so is the rate."""
    length = round(4 * fps) / fps
    text = edl([row("sh010", fps=fps, seconds=length)], name="x").decode()
    assert text.startswith(f"TITLE: x\nFCM: {mode}\n\n001  SH010 ")
    assert first in text
    assert "* FROM CLIP NAME:  sh010.mp4\n" in text
    assert "* RATE: " in text


@pytest.mark.parametrize("rows", [[], [row("a", clip=""), row("b", clip="")]], ids=["empty", "all gaps"])
def test_boards_without_clips(rows: list[dict[str, Any]]) -> None:
    """A board without shots, or without any clip, gives three files that can be read."""
    assert len(items(read(otio(rows, name=""), "otio_json"))) == len(rows)
    assert len(items(read(edl(rows, name=""), "cmx_3600"))) == len(rows)
    assert items(read(fcpxml(rows, name=""), "fcpx_xml")) == []


def test_all_formats_agree_to_the_frame() -> None:
    """Clips of 23.976, 25, 29.97, 30 and 60 frames a second follow each other on one rate: each shot lies at the same
    frames in every format, to the nearest of the length that was asked for, and never longer than its clip."""
    rates = (23.976, 25.0, 25.0, 29.97, 30.0, 60.0)
    rows = [row(f"s{n}", fps=rates[n % 6], seconds=3.337 + n % 3 * 0.01, requested_s=3.337) for n in range(60)]
    lengths = [item.duration().value for item in items(read(otio(rows, name="x"), "otio_json"))]
    assert [item.duration().value for item in items(read(edl(rows, name="x"), "cmx_3600", rate=25))] == lengths
    spine = ET.fromstring(fcpxml(rows, name="x")).findall(".//spine/*")
    assert [seconds_of(item.get("duration", "")) * 25 for item in spine] == lengths
    assert set(lengths) == {83.0}  # of 83.425


def test_edl_ends_at_24_hours() -> None:
    """What lies past midnight is left out of an EDL, and its last event says how many."""
    rows = [row(str(n), seconds=6 * 3600.0) for n in range(5)]
    text = edl(rows, name="x").decode()
    assert len(items(read(text.encode(), "cmx_3600"))) == 3
    assert "CUT AT 24 HOURS: 2 MORE SHOTS" in text


def test_scenes_are_marked_where_they_begin() -> None:
    """The first shot of each scene bears its name as a marker, the others bear none."""
    rows = [row("a"), row("b"), row("c", scene="Attic"), row("d", clip="", scene="Attic")]
    marked = [[marker.name for marker in item.markers] for item in items(read(otio(rows, name="x"), "otio_json"))]
    assert marked == [["Harbour"], [], ["Attic"], ["d"]]
    assert edl(rows, name="x").count(b"* SCENE: ") == 2


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["sh010", "sh-010"], ["SH010", "SH26f9c".upper()]),
        (["BL", "ax"], None),
        (["", "镜001", "镜 001"], None),
        (["a very long name 1", "a very long name 2"], None),
    ],
    ids=["twice", "reserved", "foreign", "long"],
)
def test_reel_names(names: list[str], expected: list[str] | None) -> None:
    """Eight capitals and digits at most, never twice, never a word of the format, the same on every run."""
    found = reels_of(names)
    assert found == reels_of(names)
    assert found[0] == (expected or found)[0]
    assert len({*found, *NO_REELS}) == len(names) + len(NO_REELS)
    assert all(reel.isascii() and reel.isalnum() and reel == reel.upper() and len(reel) <= 8 for reel in found)


@pytest.mark.parametrize("write", [otio, edl])
def test_a_missing_library_is_one_line(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenTimelineIO there is one error, and it says what to install."""
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(StartError) as caught:
        write([row("a")], name="x")
    assert str(caught.value) == "a timeline needs OpenTimelineIO: pip install 'storyreel[timeline]'"


def test_the_same_rows_give_the_same_bytes() -> None:
    """Each format written twice is the same file; JSON values of a manifest that was read back do as well."""
    rows = [row("a"), row("b", clip=""), row("c", bytes=2**70, width=None, seed=float("inf"), note="half \ud800")]
    for write in (otio, edl, fcpxml):
        assert write(rows, name="x") == write(rows, name="x")
        assert write([one | {"charged_usd": "0.50"} for one in rows], name="x") == write(rows, name="x")


def test_stand_ins_and_missing_shots_are_marked_in_the_cut() -> None:
    """A drawing in a clip's place is orange, a missing or refused shot red, on the item and on the whole; a clip of its
    own bears no mark."""
    drawn = {"status": "stand_in", "error_class": "Locked", "error": "no credit", "scene": ""}
    rows = [row("a", scene=""), row("b", **drawn), row("c", clip="", scene="")]
    timeline = read(otio(rows, name="x"), "otio_json")
    marks = [[(one.color, one.comment) for one in item.markers] for item in items(timeline)]
    assert marks == [[], [("ORANGE", "stand_in (Locked): no credit")], [("RED", "refused (Moderated): no way")]]
    on_stack = [(one.name, one.color, one.marked_range.start_time.to_seconds()) for one in timeline.tracks.markers]
    assert on_stack == [("b", "ORANGE", 4.0), ("c", "RED", 8.0)]
    text = edl(rows, name="x").decode()
    assert " ORANGE  B STAND_IN (LOCKED): NO CREDIT" in text and " RED     C REFUSED" in text
    assert text.count("* LOC:") == 2
    marked = [item.find("marker") for item in ET.fromstring(fcpxml(rows, name="x")).findall(".//spine/*")]
    assert [None if one is None else (one.get("value"), one.get("completed")) for one in marked] == [
        None,
        ("b", "0"),
        ("c", "0"),
    ]


def test_a_full_disk_leaves_no_half_of_a_timeline(tmp_path: Path) -> None:
    """A disk that is full is an error, and never a file that ends in the middle."""
    (out := tmp_path / "timeline.otio").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        write_timeline(cut_of([row("sh010")]), out, name="b")
