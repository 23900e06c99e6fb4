from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.storyboard import lengths
from tasks.storyboard.lengths import pair_unit, span

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
        assert lengths.seconds(text, FPS) == Decimal(expected)
    else:
        with pytest.raises(ValueError, match="write a length such as 8, 8s or 0:08"):
            lengths.seconds(text, FPS)


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
        ("4s", "24", "4"),
    ],
)
def test_frames(text: str, fps: str, expected: str | None) -> None:
    """A number of frames is that many by the rate, to the millisecond, and never nothing."""
    if expected is not None:
        assert lengths.frames(text, Decimal(fps)) == Decimal(expected)
    else:
        with pytest.raises(ValueError, match="write"):
            lengths.frames(text, Decimal(fps))


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
        assert lengths.span(text, FPS) == Decimal(expected)
    else:
        with pytest.raises(ValueError, match="write"):
            lengths.span(text, FPS)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        *[
            (text, "s", "90")
            for text in ("1m30s", "1m 30s", "1 min 30 s", "1 min 30", "1'30\"", "1′30″", "1分30秒", "1:30")
        ],
        *[
            (text, "s", "5")
            for text in ("3-5 sec", "3 - 5s", "3–5", "3s-5s", "5-3 s", "3 to 5 seconds", "3~5秒", "3 bis 5 Sek.")
        ],
        *[
            (text, "s", "4")
            for text in ("~4s", "~ 4", "ca. 4 s", "approx 4 sec", "≈4", "约4秒", "4″", "４秒", "４．０ｓ", "＋4", "96f")
        ],
        *[
            (text, "s", "4")
            for text in ("96 frames", "96 Frames", "96帧", "96コマ", "4 Sek.", "4 segundos", "4 secondes", "4초")
        ],
        *[(text, "s", "120") for text in ("2 min", "2min", "2 minutes", "2分", "2分钟")],
        ("3725.5", "s", None),
        ("1h2m3s", "s", None),
        ("0h 2m 3s", "s", "123"),
        ("4000", "ms", "4"),
        ("96", "frames", "4"),
        ("2", "min", "120"),
        ("4s", "ms", "4"),
        ("4 s", "frames", "4"),
        ("0:04", "frames", "4"),
        ("500ms", "frames", "0.5"),
        *[(text, "s", None) for text in ("3-5-7", "-", "~", "3-", "-5", "1m90x", "5 apples", "4'", "8m")],
    ],
)
def test_how_people_write_lengths(text: str, unit: lengths.Unit, expected: str | None) -> None:
    """A unit in the cell wins over that of the header; of a range the longer end counts; about four is four."""
    if expected is None:
        with pytest.raises(ValueError, match="write a"):
            lengths.seconds(text, FPS, unit)
    else:
        assert lengths.seconds(text, FPS, unit) == Decimal(expected)


@given(
    st.text(max_size=12) | st.text("0123456789.,:;-~msf'\"分秒 ", max_size=12),
    st.sampled_from(["s", "ms", "min", "frames"]),
)
def test_any_length(text: str, unit: lengths.Unit) -> None:
    """Whatever a cell holds is a length within the bounds or a ValueError."""
    try:
        assert 0 < lengths.seconds(text.strip() or "x", FPS, unit) <= lengths.LONGEST
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("0.0 - 8.0", "s", "8"),
        ("0:01 - 0:05", "s", "4"),
        ("-0:03.0 - 0:00.0", "s", "3"),
        ("1:00:00:00 - 1:00:04:12", "s", "4.5"),
        ("2s - 6s", "s", "4"),
        ("1500 - 4000", "ms", "2.5"),
        ("8 - 8", "s", None),
        ("now - then", "s", None),
    ],
)
def test_span_of_times(text: str, unit: lengths.Unit, expected: str | None) -> None:
    """Between two times lies their difference, and the second of them is not in the shot."""
    if expected is None:
        with pytest.raises(ValueError, match="write"):
            span(text, FPS, unit)
    else:
        assert span(text, FPS, unit) == Decimal(expected)


@pytest.mark.parametrize(
    ("pairs", "before", "expected"),
    [
        (["101 - 196", "197 - 244"], [], "frames"),
        (["0 - 8", "8 - 16", "16 - 24"], [], "s"),
        (["0 - 24"], [], ""),
        (["0 - 24", "24 - 25"], [], "s"),
        (["0 - 10000"], [], ""),
        (["0.0 - 24.0"], [], "s"),
        (["101.0 - 196.0"], [], "frames"),
        (["0:00 - 0:08"], [], "s"),
        (["0.5 - 3"], [], "s"),
        (["", ""], [], "frames"),
        (["5 - 4"], [], "frames"),
        (["0 - 8", "8 - 16"], ["0.375", "0.375"], "frames"),
        (["0 - 8", "8 - 17"], [None, "9"], "s"),
        (["0 - 24"], ["1.042"], "frames"),
        (["0 - 24"], ["5"], ""),
    ],
)
def test_unit_of_pairs(pairs: list[str], before: list[str | None], expected: str) -> None:
    """Numbers tell their unit where only one gives every row a usual length, and a target's earlier reading is kept."""
    held = [None if old is None else Decimal(old) for old in before] or [None] * len(pairs)
    assert pair_unit(pairs, FPS, held) == expected


@given(st.text(alphabet="0123456789.,:;- sSmMec″\"'NnaIiFfxX×+"), st.sampled_from(["24", "23.976", "60"]))
def test_seconds_total(text: str, fps: str) -> None:
    """Any text is a length of more than nothing and at most an hour, or a ValueError."""
    for reader in (lengths.seconds, lengths.frames, lengths.span):
        try:
            value = reader(text, Decimal(fps))
        except ValueError:
            continue
        assert 0 < value <= 3600
