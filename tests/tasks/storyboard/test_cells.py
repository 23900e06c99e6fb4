from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.shot import Size
from tasks.storyboard import cells

FPS = Decimal(24)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(text, "8") for text in ("8", "8s", "8 s", "8S", "8 sec", "8 secs", "8 sec.", "8 second", "8 seconds")],
        *[(text, "8") for text in ("8.0", "8,0", "+8", "08", "0:08", "0:8", "00:08", "00:00:08", "00:00:08:00")],
        *[(text, "4") for text in ("4″", '4"', "4''", "4秒", "4 Seconds", "４")],
        ("4.5", "4.5"),
        ("4,5s", "4.5"),
        (".5", "0.5"),
        ("500ms", "0.5"),
        ("1 millisecond", "0.001"),
        ("00:00:08:12", "8.5"),
        ("00:00:08;12", "8.5"),
        ("00:00:00:01", "0.042"),
        ("01:00", "60"),
        ("90:00", None),
        ("60:00", "3600"),
        ("1:00:00", "3600"),
        ("0:08.25", "8.25"),
        ("00:00:08,250", "8.25"),
        ("3600", "3600"),
        *[(text, None) for text in ("0", "0s", "0.0", "-8", "−8", "-0", "3600.001", "3601", "00:00:00:00", "0:00")],
        *[(text, None) for text in ("NaN", "nan", "inf", "-inf", "infinity", "1e1", "8m", "eight", "8 8", "8:", ":8")],
        *[(text, None) for text in ("0:60", "0:60:00", "00:00:08:24", "1:2:3:4:5", "8..0", "8,0,0", "--8", "s", "%")],
    ],
)
def test_seconds(text: str, expected: str | None) -> None:
    """A length reads exactly in each of its spellings, and anything else is told how to be written."""
    if expected is not None:
        assert cells.seconds(text, FPS) == Decimal(expected)
    else:
        with pytest.raises(ValueError, match="write a length such as 8, 8s or 0:08"):
            cells.seconds(text, FPS)


@pytest.mark.parametrize(
    ("text", "fps", "expected"),
    [
        ("96", "24", "4"),
        ("96.0", "24", "4"),
        ("1", "24", "0.042"),
        ("100", "23.976", "4.171"),
        ("86400", "24", "3600"),
        ("86401", "24", None),
        ("0", "24", None),
        ("-96", "24", None),
        ("96.5", "24", None),
        ("4s", "24", None),
    ],
)
def test_frames(text: str, fps: str, expected: str | None) -> None:
    """A number of frames is that many by the rate, to the millisecond, and never nothing."""
    if expected is not None:
        assert cells.frames(text, Decimal(fps)) == Decimal(expected)
    else:
        with pytest.raises(ValueError, match="write"):
            cells.frames(text, Decimal(fps))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("101 - 196", "4"),
        ("1 - 1", "0.042"),
        ("0 - 23", "1"),
        ("-24 - -1", "1"),
        ("101.0 - 196.0", "4"),
        ("196 - 101", None),
        ("101 - ", None),
        (" - 196", None),
        ("0:01 - 0:05", None),
    ],
)
def test_span(text: str, expected: str | None) -> None:
    """Both ends of a pair of frame numbers are in the shot."""
    if expected is not None:
        assert cells.span(text, FPS) == Decimal(expected)
    else:
        with pytest.raises(ValueError, match="write"):
            cells.span(text, FPS)


@pytest.mark.parametrize(
    ("reader", "text", "expected"),
    [
        *[(cells.size, text, Size(1280, 720)) for text in ("1280x720", "1280X720", "1280×720", "1280 x 720")],
        (cells.size, "16x8192", Size(16, 8192)),
        (cells.size, "1281x721", Size(1281, 721)),
        *[(cells.size, text, ValueError) for text in ("15x720", "1280x8193", "1280", "720p", "-1280x720", "0x0", "x")],
        *[(cells.ratio, text, Size(1280, 720)) for text in ("16:9", "16 : 9", "16x9", "16/9", "16:09", "16:09:00")],
        *[(cells.ratio, text, Size(720, 1280)) for text in ("9:16", "09:16", "09:16:00")],
        (cells.ratio, "1:1", Size(720, 720)),
        *[(cells.ratio, text, ValueError) for text in ("4:3", "1.78", "wide", "32:18", "16:9:30", "1280x720")],
        *[(cells.mode, text, "text_to_video") for text in ("text_to_video", "Text-To-Video", "text to video", "T2V")],
        *[
            (cells.mode, text, "image_to_video")
            for text in ("image_to_video", "IMAGE TO VIDEO", "i2v", "image-to-video")
        ],
        *[(cells.mode, text, "remix") for text in ("remix", "Remix", "v2v", "V2V", "video_to_video")],
        *[(cells.mode, text, ValueError) for text in ("r2v", "extend", "flf2v", "video")],
        *[(cells.fit, text, text.lower()) for text in ("cover", "contain", "blur", "Cover")],
        *[(cells.fit, text, ValueError) for text in ("crop", "covr", "stretch")],
        *[(cells.seed, text, int(float(text))) for text in ("0", "42", "42.0", "42.00", "4294967295")],
        (cells.seed, "007", 7),
        *[(cells.seed, text, ValueError) for text in ("-1", "4294967296", "42.5", "random", "1e3", "9" * 5000)],
        *[(cells.audio, text, True) for text in ("true", "TRUE", "yes", "1", "on", "On")],
        *[(cells.audio, text, False) for text in ("false", "no", "0", "off")],
        *[(cells.audio, text, ValueError) for text in ("rain on a tin roof", "maybe", "2")],
        *[(cells.shot_id, text, text) for text in ("a", "x" * 100, "Scene 1/A", "镜 001", "001")],
        *[(cells.shot_id, text, ValueError) for text in ("x" * 101, "a\nb", "a\tb", "a\u200bb")],
    ],
)
def test_readers(reader: Any, text: str, expected: Any) -> None:
    """Every cell of a closed vocabulary reads in the spellings that people use, and in no other."""
    if expected is ValueError:
        with pytest.raises(ValueError, match=r"write"):
            reader(text)
    else:
        assert reader(text) == expected


NAMES = {"hero": "a tall woman", "the dog": "Rex", "odd": "{hero}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{hero} walks", "a tall woman walks"),
        ("{ hero } and {the dog}", "a tall woman and Rex"),
        ("{{hero}}", "{hero}"),
        ("{{{hero}}}", "{a tall woman}"),
        ("{odd}", "{hero}"),
        ("a {{ and }} b", "a { and } b"),
        ("}}{{", "}{"),
    ],
)
def test_fill(text: str, expected: str) -> None:
    """A name is filled in once, and doubled braces are braces."""
    assert cells.fill(text, NAMES) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{heroo}", "did you mean 'hero'"),
        ("{Hero}", "did you mean 'hero'"),
        ("{zzzzzz}", r"write \{\{zzzzzz\}\}"),
        ("{}", "no \\[vars\\] entry"),
        ("a { b", r"a lone \{"),
        ("a } b", r"a lone \}"),
        ("{hero", r"a lone \{"),
        ("{hero}}", r"a lone \}"),
        ("{heroo} {dogg} {", "'hero'.*dogg.*lone"),
        ("{hero!r}", "did you mean 'hero'"),
        ("", "is empty"),
    ],
)
def test_fill_faults(text: str, told: str) -> None:
    """An unknown name is a fault that names the nearest, and so is a brace without its partner."""
    with pytest.raises(ValueError, match=told):
        cells.fill(text, NAMES)


def test_fill_to_nothing() -> None:
    """A prompt that is empty once it is filled in is a fault."""
    with pytest.raises(ValueError, match="empty once its names are filled"):
        cells.fill("{none}", {"none": " "})


@given(st.text())
def test_fill_round_trip(text: str) -> None:
    """Any text with its braces doubled fills to itself."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    if text.strip():
        assert cells.fill(doubled, NAMES).strip() == text.strip()


@given(st.text(alphabet="0123456789.,:;- sSmMec″\"'NnaIiFfxX×+"), st.sampled_from(["24", "23.976", "60"]))
def test_seconds_total(text: str, fps: str) -> None:
    """Any text is a length of more than nothing and at most an hour, or a ValueError."""
    for reader in (cells.seconds, cells.frames, cells.span):
        try:
            value = reader(text, Decimal(fps))
        except ValueError:
            continue
        assert 0 < value <= 3600


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("/films/board", "images/a.png", "/films/board/images/a.png"),
        ("/films/board/", "images/a.png", "/films/board/images/a.png"),
        ("/films/board", "./a.png", "/films/board/a.png"),
        ("/films/board", "../other/a.png", "/films/other/a.png"),
        ("/films/board", "../../../../etc/a.png", "/etc/a.png"),
        ("/films/board", "/abs/a.png", "/abs/a.png"),
        ("/films/board", "s3://b/a.png", "s3://b/a.png"),
        ("/films/board", "HTTPS://h/a.png", "HTTPS://h/a.png"),
        ("/films/board", "zip://a.png::s3://b/x.zip", "zip://a.png::s3://b/x.zip"),
        ("/films/board", "data:image/png;base64,AA==", "data:image/png;base64,AA=="),
        ("/films/board", "scene: one.png", "/films/board/scene: one.png"),
        ("/", "a.png", "/a.png"),
        ("s3://b/dir", "a.png", "s3://b/dir/a.png"),
        ("s3://b/dir", "../a.png", "s3://b/a.png"),
        ("s3://b", "../../a.png", "s3://b/a.png"),
        ("s3://b", "a.png", "s3://b/a.png"),
        ("s3://b/dir", "/abs/a.png", "/abs/a.png"),
        ("https://h/dir", "images/a b.png", "https://h/dir/images/a b.png"),
        ("https://h:8080/dir/deep", "../a.png", "https://h:8080/dir/a.png"),
        ("memory://", "a.png", "memory://a.png"),
        ("memory://board", "../a.png", "memory://a.png"),
        ("file:///films/board", "../a.png", "file:///films/a.png"),
        ("/work", "", ""),
    ],
)
def test_resolve(base: str, path: str, expected: str) -> None:
    """A relative path is read from the board's folder and never leaves its host; any other stays as it is."""
    assert cells.resolve(base, path) == expected


@pytest.mark.parametrize(
    ("asked", "image", "source", "expected", "unused"),
    [
        (None, "", "", ("text_to_video", "", ""), []),
        (None, "i", "", ("image_to_video", "i", ""), []),
        (None, "", "s", ("remix", "", "s"), []),
        (None, "i", "s", ("remix", "", "s"), ["image"]),
        ("text_to_video", "i", "", ("text_to_video", "", ""), ["image"]),
        ("text_to_video", "i", "s", ("text_to_video", "", ""), ["image", "source"]),
        ("image_to_video", "i", "", ("image_to_video", "i", ""), []),
        ("image_to_video", "i", "s", ("image_to_video", "i", ""), ["source"]),
        ("image_to_video", "", "s", ("image_to_video", "", ""), ["source"]),
        ("remix", "i", "", ("remix", "", "i"), []),
        ("remix", "i", "s", ("remix", "", "s"), ["image"]),
        ("remix", "", "", ("remix", "", ""), []),
    ],
)
def test_inputs(asked: Any, image: str, source: str, expected: tuple[str, str, str], unused: list[str]) -> None:
    """The mode is the one asked for or told by what is given; what it has no use for goes with a warning."""
    *used, warnings = cells.inputs(asked, image, source)
    assert tuple(used) == expected
    assert [text.split()[0] for text in warnings] == unused


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ({}, []),
        ({"a": "b", "b": "c"}, []),
        ({"a": "a"}, [["a"]]),
        ({"a": "b", "b": "a"}, [["a", "b"]]),
        ({"tail": "b", "a": "b", "b": "c", "c": "a"}, [["a", "b", "c"]]),
        ({"a": "b", "b": "a", "c": "d", "d": "c", "e": "a"}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_cycles(links: dict[str, str], expected: list[list[str]]) -> None:
    """Each ring is found once, from its first row; what only leads into one is in none."""
    assert cells.cycles(links) == expected


def test_cycles_deep() -> None:
    """A chain of 50,000 rows is no ring, and closed it is one, whatever the recursion limit."""
    links = {str(at): str(at + 1) for at in range(50_000)}
    assert cells.cycles(links) == []
    assert len(cells.cycles({**links, "50000": "0"})[0]) == 50_001
