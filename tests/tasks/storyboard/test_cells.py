from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.shot import Size
from tasks.storyboard import cells


@pytest.mark.parametrize(
    ("reader", "text", "expected"),
    [
        *[(cells.size, text, Size(1280, 720)) for text in ("1280x720", "1280X720", "1280×720", "1280 x 720")],
        (cells.size, "16x8192", Size(16, 8192)),
        (cells.size, "1281x721", Size(1281, 721)),
        *[
            (cells.size, text, Size(1920, 1080))
            for text in ("1920*1080", "１９２０×１０８０", "1920 x 1080 px", "1920 by 1080")
        ],
        *[(cells.size, text, 1080) for text in ("1080p", "1080P", "Full HD", "FHD", "１０８０ｐ")],
        *[(cells.size, text, 2160) for text in ("4K", "4k", "UHD", "2160p")],
        *[(cells.size, text, Size(720, 1280)) for text in ("vertical", "9:16", "Hochformat")],
        *[(cells.size, text, Size(1680, 720)) for text in ("21:9", "２１：９")],
        *[
            (cells.size, text, ValueError)
            for text in ("4:5", "15x720", "1280x8193", "1280", "8K TV", "-1280x720", "0x0", "x")
        ],
        *[(cells.ratio, text, Size(1280, 720)) for text in ("16:9", "16 : 9", "16x9", "16/9", "16:09", "16:09:00")],
        *[(cells.ratio, text, Size(720, 1280)) for text in ("9:16", "09:16", "09:16:00")],
        (cells.ratio, "1:1", Size(720, 720)),
        *[(cells.ratio, text, Size(1680, 720)) for text in ("21:9", "21:09:00", "２１：９")],
        *[(cells.ratio, text, Size(960, 720)) for text in ("4:3", "4:03")],
        (cells.ratio, "3:4", Size(720, 960)),
        *[(cells.ratio, text, Size(1720, 720)) for text in ("2.39:1", "2,39:1")],
        *[(cells.ratio, text, Size(720, 1280)) for text in ("vertical", "Portrait", "Hochformat", "竖屏")],
        *[(cells.ratio, text, Size(1280, 720)) for text in ("landscape", "Querformat", "横屏")],
        (cells.ratio, "Square", Size(720, 720)),
        *[(cells.ratio, text, ValueError) for text in ("4:5", "1.78", "wide", "32:18", "16:9:30", "1280x720")],
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
        ("{}", r"neither \[vars\] nor \[cast\] has \{\}"),
        ("{zzz}", r"neither \[vars\] nor \[cast\] has \{zzz\}; name it there"),
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
