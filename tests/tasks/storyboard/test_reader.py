import datetime as dt
import io
import re
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.config.settings import Defaults
from tasks.domain.errors import BoardError
from tasks.domain.shot import Shot, Size
from tests.tasks.boards import board, faults_of, parquet, shot_of, written


def test_defaults() -> None:
    """A row that only has a prompt gets everything else from the config, and its id from its place."""
    defaults = Defaults(duration=Decimal(5), size=Size(640, 360), fit="blur")
    first, second = board("prompt\nA cat, running\nA dog\n", defaults=defaults).shots
    assert first == Shot("sh010", 2, "", "A cat, running", "text_to_video", Decimal(5), Size(640, 360), "blur")
    assert (second.shot_id, second.row) == ("sh020", 3)


def test_whole_row() -> None:
    """Every canonical column lands in its field, and what is left is carried as it stands."""
    header = "shot_id,scene,prompt,negative_prompt,image,duration,aspect_ratio,size,fit,seed,audio,route,Notes ,lens"
    row = 'a1,Act 1,{hero} runs,{blurry},i/a.png,0:08,9:16,1024x576,contain,42.0,yes,hero, " keep me ",35mm'
    read_board = board(f"{header}\n{row}\n")
    [shot] = read_board.shots
    assert shot == Shot(
        *("a1", 2, "Act 1", "a tall woman runs", "image_to_video", Decimal(8), Size(1024, 576), "contain"),
        negative_prompt="{blurry}",
        image="/films/board/i/a.png",
        seed=42,
        audio=True,
        route="hero",
        extras={"Notes": " keep me ", "lens": "35mm"},
    )
    assert read_board.extra_columns == ("Notes", "lens")


@pytest.mark.parametrize(
    ("header", "row", "field", "expected"),
    [
        ("prompt;duration", "a, b, c;8,5", "seconds", Decimal("8.5")),
        ("prompt\tsize", "a, b; c\t1280 x 720", "size", Size(1280, 720)),
        ("prompt|size", "a, b; c|640x360", "prompt", "a, b; c"),
        ("prompt,aspect_ratio", "a,9:16", "size", Size(720, 1280)),
        ("prompt,aspect_ratio,size", "a,9:16,640x360", "size", Size(640, 360)),
        ("prompt,Nb Frames", "a,36", "seconds", Decimal("1.5")),
        ("prompt,Cut In,Cut Out", "a,101,196", "seconds", Decimal(4)),
        ("prompt,Cut In,Cut Out", "a,,", "seconds", Decimal(8)),
        ("prompt,duration,Nb Frames", "a,,36", "seconds", Decimal(8)),
        ("prompt,duration", "a,00:00:08:12", "seconds", Decimal("8.5")),
        ("prompt,Duration", 'a,4"', "seconds", Decimal(4)),
        ("shot_id,prompt", "001,a", "shot_id", "001"),
        ("shot_id,prompt", "NA,a", "shot_id", "NA"),
        ("prompt,scene", "null,NA", "prompt", "null"),
        ("prompt,scene", "null,Nan", "scene", "Nan"),
        ("prompt,size,aspect_ratio", "a,1080p,9:16", "size", Size(1080, 1920)),
        ("prompt,size,aspect_ratio", "a,480p,", "size", Size(854, 480)),
        ("prompt,size,aspect_ratio", "a,4K,1:1", "size", Size(2160, 2160)),
        ("prompt,size,aspect_ratio", "a,720p,2.39:1", "size", Size(1720, 720)),
        ("prompt,notes", "a,#REF!", "extras", {"notes": "#REF!"}),
        ("镜号,画面,秒数", "镜1,一只猫,4秒", "prompt", "一只猫"),
        ("Name,Description,Prompt,Action", "n,d,p,a", "prompt", "p"),
        ("Name,Action,Description", "n,a,d", "prompt", "d"),
        ("prompt,mode,image", "a,T2V,x.png", "image", ""),
        ("prompt,mode,image", "a,T2V,x.png", "warnings", ("image 'x.png' is not used by text_to_video",)),
        ("prompt,source", "a,clip.mp4", "mode", "remix"),
        ("prompt,source", "a,clip.mp4", "source", "/films/board/clip.mp4"),
        ("prompt,mode,image", "a,remix,clip.mp4", "source", "/films/board/clip.mp4"),
        ("prompt,mode,image", "a,remix,clip.mp4", "image", ""),
        ("prompt,source", "a,s3://b/clip.mp4", "source", "s3://b/clip.mp4"),
        ("prompt,Plate Path", "a,/p/clip.mp4", "source", "/p/clip.mp4"),
        ("prompt,audio", "a,", "audio", None),
        ("prompt,sound", "a,rain", "audio", None),
        ("prompt,sound", "a,rain", "extras", {"sound": "rain"}),
        ("prompt,image,End Frame", "a,y.png,z.png", "last_image", "/films/board/z.png"),
        ("prompt, notes", 'a, "b, c"', "extras", {"notes": "b, c"}),
        ("prompt,notes", "a, b ", "extras", {"notes": " b "}),
        ("sep=;\nprompt;notes, misc", "a;b", "extras", {"notes, misc": "b"}),
        ("shot code,shot_id,prompt", "x,y,a", "extras", {"shot code": "x"}),
    ],
)
def test_row(header: str, row: str, field: str, expected: Any) -> None:
    """One row, one header, one field of the shot: delimiters, aliases, spellings and modes."""
    assert getattr(shot_of(header, row), field) == expected


def test_source_row() -> None:
    """A source that is a row's id is that row, by default ids too and before its own row; a chain may be long."""
    data = "shot_id,prompt,source,mode,image\n,a,,,\nb,b,sh010,,\nc,c,d,,\nd,d,,v2v,b\n"
    shots = board(data).shots
    assert [shot.source_shot for shot in shots] == ["", "sh010", "d", "b"]
    assert [shot.source + shot.image for shot in shots] == [""] * 4
    assert [shot.mode for shot in shots] == ["text_to_video", "remix", "remix", "remix"]


@given(
    st.binary(max_size=300)
    | st.text(',;\t|"\n\r\0 {}ab8', max_size=200).map(lambda text: f"prompt,size\n{text}".encode())
)
@example(b"PAR1")
@example(b"PK\x03\x04")
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbf\xff")
@example(b"prompt\n\x81\n")
@example(b'"')
@settings(deadline=None)  # what says that it is Parquet is read by a process of its own
def test_any_bytes(data: bytes) -> None:
    """Arbitrary bytes are a storyboard or a BoardError with its faults, and nothing else."""
    try:
        assert board(data).shots
    except BoardError as error:
        assert error.faults


WHOLE = parquet({"prompt": ["a", "b"] * 40, "duration": [1.5, None] * 40, "tags": [["x"], None] * 40})


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.booleans())
@settings(max_examples=8, deadline=None)  # a process each
def test_damaged_parquet(at: int, byte: int, cut: bool) -> None:
    """A Parquet file cut short or with a wrong byte is a storyboard or one BoardError, never another error."""
    data = WHOLE[:at] if cut else WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    try:
        board(data, "s3://b/board.parquet?sig=1")
    except BoardError as error:
        assert error.faults
    else:
        assert not cut


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1 not really PAR1", b"prompt\na\n"])
def test_no_parquet(data: bytes) -> None:
    """What is called Parquet and is none is one fault in one line."""
    [fault] = faults_of(data, "https://h/x/Board.PARQUET?token=1")
    assert "not a whole Parquet file" in fault.message
    assert "\n" not in fault.message


def test_parquet_types() -> None:
    """Numbers, flags, times, decimals, lengths, categories and nulls of a Parquet file read as a person writes them."""
    data = parquet(
        {
            "shot_id": pa.array([1, 2], pa.int64()),
            "prompt": pa.array(["line\r\nbreak", "b"]).dictionary_encode(),
            "duration": pa.array([8.0, 4.5], pa.float32()),
            "seed": pa.array([42.0, None], pa.float64()),
            "audio": pa.array([True, None]),
            "aspect_ratio": pa.array([dt.time(16, 9), None]),
            "when": pa.array([dt.datetime(2026, 1, 2, 3, 4, 5), None], pa.timestamp("us")),
            "day": pa.array([dt.date(2026, 1, 2), None]),
            "cost": pa.array([Decimal("1.50"), None]),
            "took": pa.array([dt.timedelta(seconds=2.5), None]),
            "tags": pa.array([["a", "b"], None]),
            "thumb": pa.array([b"\x00\xff", None]),
            "none": pa.nulls(2),
        }
    )
    first, second = board(data, "board").shots
    assert (first.shot_id, first.row, first.prompt) == ("1", 2, "line\nbreak")
    assert (str(first.seconds), first.seed, first.audio, first.size) == ("8", 42, True, Size(1280, 720))
    assert (second.row, second.seconds, second.seed, second.audio) == (3, Decimal("4.5"), None, None)
    assert first.extras == {
        **{"when": "2026-01-02T03:04:05", "day": "2026-01-02", "cost": "1.50", "took": "2.5"},
        **{"tags": '["a", "b"]', "thumb": "00ff", "none": ""},
    }
    assert set(second.extras.values()) == {""}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([8, None], pa.int32()), [8, 8]),
        (pa.array([8000, None], pa.duration("ms")), [8, 8]),
        (pa.array([dt.timedelta(milliseconds=1500), None]), [Decimal("1.5"), 8]),
        (pa.array([dt.time(0, 0, 8), None]), [8, 8]),
        (pa.array([Decimal("8.50"), None]), [Decimal("8.5"), 8]),
        (pa.array(["4s", ""]), [4, 8]),
    ],
)
def test_parquet_durations(values: Any, expected: list[Any]) -> None:
    """A length may be of any type that has one meaning, in seconds."""
    shots = board(parquet({"prompt": ["a", "b"], "duration": values})).shots
    assert [shot.seconds for shot in shots] == expected


def test_parquet_rows() -> None:
    """A blank row of a Parquet file is skipped and counted: a row's number is its index + 2."""
    shots = board(parquet({"prompt": ["a", None, "", "b"], "notes": ["", None, " ", "x"]})).shots
    assert [(shot.row, shot.shot_id) for shot in shots] == [(2, "sh010"), (5, "sh020")]


def test_parquet_faults() -> None:
    """A list or bytes where text has to be are one fault a column, beside those of the cells."""
    columns = {"prompt": [["a"], ["b"]], "image": [b"x", None], "seed": [float("nan"), -1], "a\x01": ["\x02", ""]}
    faults = faults_of(parquet(columns))
    assert [(fault.row, fault.column) for fault in faults] == [
        *[(1, "a\x01"), (1, "prompt"), (1, "image"), (2, "a\x01"), (2, "seed"), (3, "seed")]
    ]
    assert faults[1].value == "list<element: string>"


def test_parquet_same_names() -> None:
    """Two equal names in a Parquet file are a fault like two equal headers."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["prompt", "prompt "]), out)
    assert [fault.column for fault in faults_of(out.getvalue())] == ["prompt"]


@pytest.mark.parametrize(
    ("data", "row", "column", "told"),
    [
        ("", 1, "", "empty"),
        ("\n\n ,\n", 1, "", "empty"),
        ("prompt\n", 1, "", "no shots"),
        ("\n\nprompt,a\n,\n", 3, "", "no shots"),
        ("scene\na\n", 1, "prompt", "no column holds the prompts"),
        ("prompt,a, a\nx,y,z\n", 1, "a", "columns 2 and 3 have this header"),
        ("prompt,a\nx,y,z\n", 2, "column 3", "stands beyond the header's 2 columns"),
        ("prompt,\nx,\ny,z\nv,w\n", 3, "column 2", r"under an empty header \(and 1 more rows\)"),
        ("prompt,a\nx,y\x07\n", 2, "a", r"U\+0007"),
        ("prompt,a\nx,y\x00z\n", 2, "a", r"U\+0000"),
        ("prompt,a\nx,y\x85z\n", 2, "a", r"U\+0085"),
        ("prompt,a\x0c\nx,y\n", 1, "a", r"U\+000C"),
        ("prompt,a\nx,\x1c\n", 2, "a", r"U\+001C"),
        ('prompt,a\nx,"y\nz\n', 2, "", "never closed"),
        ('prompt,a\n"x" y,z\nb,c\n', 2, "", "double the quotes"),
        ('"prompt" x,a\ny,z\n', 1, "", "double the quotes"),
        ("shot_id,prompt\na,x\n\na,y\n", 4, "shot_id", "row 2 has this id too; give"),
        ("shot_id,prompt\nsh020,x\n,y\n", 3, "shot_id", "names none"),
        ("shot_id,prompt\n" + "x" * 101 + ",x\n", 2, "shot_id", "1 to 100"),
        ("prompt,scene,notes\n,x,y\n", 2, "prompt", "is empty; say"),
        ("prompt,scene\n{her},x\n", 2, "prompt", "did you mean 'hero'"),
        ("Description,scene\n{ x,x\n", 2, "Description", "lone \\{"),
        ("prompt,duration\nx,0\n", 2, "duration", "more than 0"),
        ("prompt,Nb Frames\nx,4.5\n", 2, "Nb Frames", "such as 96"),
        ("prompt,In,Out\nx,5,4\n", 2, "Out", "before it begins"),
        ("prompt,In,Out\nx,5,\n", 2, "Out", "only one"),
        ("prompt,size\nx,720\n", 2, "size", "1280x720"),
        ("prompt,aspect_ratio\nx,4:5\n", 2, "aspect_ratio", "16:9, 9:16 or 1:1"),
        ("prompt,aspect_ratio,size\nx,4:5,640x480\n", 2, "aspect_ratio", "16:9"),
        ("prompt,fit\nx,crop\n", 2, "fit", "cover, contain or blur"),
        ("prompt,seed\nx,-1\n", 2, "seed", "4294967295"),
        ("prompt,audio\nx,rain on a roof\ny,no\n", 2, "audio", "true or false.*another column"),
        ("prompt,mode\nx,extend\n", 2, "mode", "text_to_video, image_to_video or remix"),
        ("prompt,mode\nx,i2v\n", 2, "image", "needs an image"),
        ("prompt,scene\n#REF!,x\n", 2, "prompt", "left by a spreadsheet"),
        ("prompt,Ref\na,Loading...\nb,x.png\n", 2, "Ref", "left by a spreadsheet"),
        ("prompt,duration\na,#N/A\n", 2, "duration", "left by a spreadsheet"),
        ("prompt,Duration (s)\na,nan\n", 2, "Duration (s)", "left by a spreadsheet"),
        ("prompt,scene\na,#NAME?\n", 2, "scene", "left by a spreadsheet"),
        ("prompt,image\na,N/A\n", 2, "image", "leave the cell empty"),
        ("prompt,mode,Ref\nx,i2v,\n", 2, "Ref", "needs an image"),
        ("prompt,mode\nx,remix\n", 2, "source", "needs a source"),
        ("shot_id,prompt,source\na,x,a\n", 2, "source", "not its own source"),
        ("shot_id,prompt,source\nt,x,b\na,x,b\nb,y,c\nc,z,a\n", 3, "source", "a -> b -> c -> a"),
        ("shot_id,prompt,mode,image\na,x,v2v,b\nb,x,v2v,a\n", 2, "image", "a -> b -> a"),
        (b"PK\x03\x04 and so on", 0, "", "workbook"),
        (b"\xef\xbb\xbfprompt\na\n\xff\n", 3, "", "byte 13 of the file is not UTF-8"),
        (b"prompt\na\x81\n", 2, "", "neither UTF-8 nor CP1252"),
        (b"\xff\xfea", 1, "", "not UTF-16"),
        ("prompt\nCafé\n".encode() + b"Caf\xe9\n", 3, "", "byte 17 of the file is not UTF-8; save it as UTF-8"),
        ("prompt\nCaf\xe9\nCaf\xe9\n".encode("cp1252") + b"\xc3\xa9 \x81", 4, "", "neither UTF-8 nor CP1252"),
    ],
)
def test_one_fault(data: bytes | str, row: int, column: str, told: str) -> None:
    """Each thing wrong is one fault at the line and the header where a person finds it."""
    [fault] = faults_of(data)
    assert (fault.row, fault.column) == (row, column)
    assert re.search(told, fault.message, re.DOTALL)


def test_all_faults() -> None:
    """A board with many things wrong tells them all at once, in the order of the rows, each with its shot."""
    rows = [
        ["shot_id", "prompt", "duration", "size", "fit", "seed", "audio", "mode", "image", "source", "a", "a"],
        ["s1", "", "0", "9x9", "crop", "x", "ture", "t2", "", "", "", ""],
        ["", "two\nlines", "", "", "", "", "", "i2v", "", "", "", "", "surplus"],
        [],
        ["s1", "{hro}", "", "", "", "", "", "", "", "s1", "", ""],
        ["s5", "p\x07", "", "", "", "", "", "v2v", "", "", "", ""],
    ]
    faults = faults_of(written(rows))
    assert [(fault.row, fault.shot_id, fault.column) for fault in faults] == [
        (1, "", "a"),
        *[(2, "s1", name) for name in ("prompt", "duration", "size", "fit", "seed", "audio", "mode")],
        *[(3, "sh020", "column 13"), (3, "sh020", "image")],
        *[(6, "s1", "shot_id"), (6, "s1", "prompt"), (6, "s1", "source")],
        *[(7, "s5", "prompt"), (7, "s5", "source")],
    ]
    assert all(fault.message for fault in faults)


def test_light_import() -> None:
    """Importing the module, and reading a CSV, loads neither pandas nor pyarrow."""
    code = (
        "import sys, pathlib; from tasks.storyboard.reader import read; from tasks.config.settings import Settings;"
        "read(b'prompt\\na', 'b.csv', Settings(pathlib.Path('x')), '/');"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'pyarrow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_a_faulty_cell_is_shown_in_part() -> None:
    """A fault carries the first 200 characters of its cell."""
    [fault] = faults_of(f"prompt,seed\na,{'x' * 300}\n")
    assert (fault.column, fault.value) == ("seed", "x" * 200)
