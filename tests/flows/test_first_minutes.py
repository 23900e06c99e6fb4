"""What a new user met in the first minutes: each slip has an answer that names what was meant."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.flows import Ran, draw, write_board

Typed = Callable[..., Ran]
SHOT = {"shot_id": "a", "prompt": "a boat"}


def _one(folder: Path, **cells: object) -> Path:
    return write_board(folder / "board.csv", [{**SHOT, **cells}])


def _refused(ran: Ran) -> str:
    """What was said of a command that started nothing."""
    assert (ran.code, "Traceback" in ran.err, "Error:" in ran.err) == (2, False, False), ran.err
    return ran.err


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("hero", "nearest known: "),
        ("fal:nothing", "nearest known: 'fal:"),
        ("lok", "nearest known: 'look'"),
        ("LOOK", "nearest known: 'look'"),
        ("pixazo:sora-2-prod", "nearest known: 'pixazo:sora-2-pro'"),
    ],
)
def test_an_unknown_route_names_the_near_one_and_a_handful(typed: Typed, tmp_path: Path, cell: str, told: str) -> None:
    """The message is read at a glance: the nearest of routes and named chains, a few more, and where all are listed."""
    (tmp_path / "own.toml").write_text('[chain.look]\ntext_to_video = ["animatic:card"]\n')
    err = _refused(typed("plan", _one(tmp_path, route=cell), "--config", tmp_path / "own.toml"))
    assert told in err and len(err) < 500
    assert "`storyreel providers` lists them all" in err


def test_an_unknown_route_of_a_config_is_as_short(typed: Typed, tmp_path: Path) -> None:
    """A chain's entry that is no route is told in the same words."""
    (tmp_path / "own.toml").write_text('[chain]\ntext_to_video = ["zzz"]\n')
    err = _refused(typed("plan", _one(tmp_path), "--config", tmp_path / "own.toml"))
    assert "`storyreel providers` lists them all" in err and len(err) < 500


def test_what_was_read_is_no_warning(typed: Typed, tmp_path: Path) -> None:
    """How the headers were read is said before the warnings and is none."""
    (tmp_path / "b.csv").write_text("Beschreibung;Notiz\nEin Boot;früh\n")
    lines = typed("plan", tmp_path / "b.csv").out.splitlines()
    assert "read: prompt from 'Beschreibung'" in lines
    assert "nothing reads 'Notiz': carried to the manifest as further columns" in lines


def test_the_plan_has_the_names_of_routes_in_full(typed: Typed, tmp_path: Path) -> None:
    """A route can be copied from the plan, however narrow the terminal is."""
    name = "aigateway:openai/sora-2-text-to-video-pro"
    (tmp_path / "own.toml").write_text(f'[chain]\ntext_to_video = ["{name}"]\nallow_retired = true\n')
    board = _one(tmp_path, shot_id="a-rather-long-name-of-a-shot", duration=4, size="1280x720")
    asked = ("plan", board, "--config", tmp_path / "own.toml")
    ran = typed(*asked, AIGATEWAY_API_KEY="nobody-asks", COLUMNS="60")
    assert name in ran.out.splitlines()[1], ran.out


@pytest.mark.parametrize(
    ("typed_name", "near"),
    [
        ("Board.csv", "board.csv"),
        ("bord.csv", "board.csv"),
        ("board", "board.csv"),
        ("photos\\board.csv", "photos/board.csv"),
    ],
)
def test_a_board_that_is_not_there(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed_name: str, near: str
) -> None:
    """The board that lies there under nearly that name is told."""
    (tmp_path / "photos").mkdir()
    _one(tmp_path)
    _one(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    err = _refused(typed("plan", typed_name))
    assert f"{typed_name} is not there" in err and f"did you mean '{near}'?" in err


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff", "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x81\x8d", "JPEG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\x81", "PDF"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "video or a picture of a phone"),
        (b"GIF89a\x01\x00\x01\x00\x81", "GIF"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WebP"),
        (b"\x1f\x8b\x08\x00\x81", "packed file"),
        (b"{\\rtf1\\ansi A boat}", "RTF"),
    ],
)
def test_a_board_that_is_something_else(typed: Typed, tmp_path: Path, data: bytes, what: str) -> None:
    """A picture, a clip or a document given as the board is told as that, not as letters that cannot be read."""
    (tmp_path / "a.csv").write_bytes(data)
    err = _refused(typed("plan", tmp_path / "a.csv"))
    assert what in err and "save the shots as CSV" in err and "UTF-8" not in err


@pytest.mark.parametrize(
    ("cell", "near"),
    [
        ("boat.png", "Boat.PNG"),
        ("boat.jpeg", "Boat.PNG"),
        ("Boat.jpg", "Boat.PNG"),
        ("boat", "Boat.PNG"),
        ("hafen größe.png", unicodedata.normalize("NFD", "Hafen Größe.png")),
        ("hafen%20gr%C3%B6%C3%9Fe.png", unicodedata.normalize("NFD", "Hafen Größe.png")),
    ],
)
def test_a_picture_of_nearly_that_name(typed: Typed, tmp_path: Path, cell: str, near: str) -> None:
    """Another case, another ending, none, another Unicode form, ``%20``: the picture that lies there is named."""
    for name in ("Boat.PNG", unicodedata.normalize("NFD", "Hafen Größe.png")):
        draw(tmp_path / name, "teal")
    err = _refused(typed("plan", _one(tmp_path, image=cell)))
    assert f"did you mean {near!r}?" in err


PAGES = [
    "https://drive.google.com/file/d/abc/view?usp=sharing",
    "https://drive.google.com/open?id=abc",
    "https://www.dropbox.com/s/abc/boat.png?dl=0",
    "https://www.dropbox.com/scl/fi/abc/boat.png?rlkey=x&dl=0",
    "https://photos.app.goo.gl/abc",
    "https://we.tl/t-abc",
]
FILES = [
    "https://drive.google.com/uc?export=download&id=abc",
    "https://drive.google.com/thumbnail?id=abc",
    "https://www.dropbox.com/s/abc/boat.png?dl=1",
    "https://www.dropbox.com/scl/fi/abc/boat.png?rlkey=x&raw=1",
    "https://i.imgur.com/abc.png",
]


@pytest.mark.parametrize("url", [*PAGES, *FILES])
def test_a_share_link_is_told_by_the_plan(typed: Typed, tmp_path: Path, url: str) -> None:
    """A page about a file is never a picture, and nobody has to ask it to know; a direct link to one may be."""
    ran = typed("plan", _one(tmp_path, image=url))
    assert (ran.code, "this is a page about the file" in ran.err) == ((2, True) if url in PAGES else (0, False))


def test_one_remote_file_is_one(typed: Typed, tmp_path: Path) -> None:
    """The plan counts in plain words what it took on trust."""
    ran = typed("plan", _one(tmp_path, image="https://pics.example/boat.png"))
    assert "1 remote file was taken on trust: https://pics.example/boat.png" in ran.out.splitlines()
    told = typed("plan", _one(tmp_path, image="https://pics.example/boat.png"), "--json").told
    assert "1 remote file was taken on trust: https://pics.example/boat.png" in told["warnings"]


def test_a_source_that_is_no_row_and_no_file(typed: Typed, tmp_path: Path) -> None:
    """A remix may start from a row or a file: a name that is neither is told as both, with the near row."""
    board = write_board(tmp_path / "b.csv", [{**SHOT, "shot_id": "sh010"}, {**SHOT, "shot_id": "b", "source": "sh10"}])
    err = _refused(typed("plan", board))
    assert "no row has this shot_id and no file this name; did you mean 'sh010'?" in err


@pytest.mark.parametrize("option", ["--only", "--rerender"])
def test_an_unknown_id_is_said_once(typed: Typed, tmp_path: Path, option: str) -> None:
    """The line begins with the option and names the id once."""
    err = _refused(typed("plan", _one(tmp_path, shot_id="sh010"), option, "sh10"))
    assert err == f"error: {option} 'sh10': no such shot in the board; did you mean sh010?\n"


def test_init_where_a_file_is(typed: Typed, tmp_path: Path) -> None:
    """A file in the place of the folder is told as that."""
    (tmp_path / "film").write_text("")
    assert (
        _refused(typed("init", tmp_path / "film"))
        == f"error: {tmp_path}/film cannot be written: it is a file, name a folder\n"
    )


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("{tmp}/file", "is a file, not a folder"),
        ("{tmp}/file/film", "{tmp}/file is a file, not a folder"),
        ("ftpx://host/film", "no kind of store is called 'ftpx'"),
        ("s4://bucket/film", "no kind of store is called 's4'"),
    ],
)
def test_a_target_that_cannot_be(typed: Typed, tmp_path: Path, target: str, told: str) -> None:
    """It is told at once, in words, before a Prefect server is started; the plan says the same."""
    (tmp_path / "file").write_text("")
    for command in ("render", "plan"):
        err = _refused(typed(command, _one(tmp_path), "--to", target.format(tmp=tmp_path)))
        assert told.format(tmp=tmp_path) in err and "Errno" not in err
        assert "Prefect" not in err


def test_a_target_that_may_not_be_written(typed: Typed, tmp_path: Path) -> None:
    """A folder of a disk that is mounted to be read is told before a Prefect server is asked; a plan does not care."""
    ran = typed("render", _one(tmp_path), "--to", "/proc/sys/none/film")
    told = "the target /proc/sys/none/film cannot be written: it cannot be made in /proc/sys"
    assert told in _refused(ran) and "Prefect" not in ran.err
    assert typed("plan", _one(tmp_path), "--to", "/proc/sys/none/film").code == 0


@pytest.mark.parametrize(
    ("header", "cells", "like"),
    [
        ("Bildmaß", "1280x720\n;1920 × 1080", "size"),
        ("Pixel", "1280*720", "size"),
        ("Frm", "16:9\n;9:16", "aspect_ratio"),
        ("Frm", "2.39:1", "aspect_ratio"),
        ("Notiz", "0:08 später", ""),
        ("Notiz", "x", ""),
    ],
)
def test_a_column_of_sizes_is_told_as_that(typed: Typed, tmp_path: Path, header: str, cells: str, like: str) -> None:
    """A column that nothing reads and whose cells are sizes or shapes of a picture is told to look like one."""
    rows = "".join(f"Ein Boot {n};{cell.lstrip(';')}\n" for n, cell in enumerate(cells.split("\n")))
    (tmp_path / "b.csv").write_text(f"Beschreibung;{header}\n{rows}")
    told = typed("plan", tmp_path / "b.csv", "--json").told["unread"]
    assert [(one["header"], one["like"]) for one in told] == [(header, like)]


def test_a_config_that_is_not_there(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The config that lies there under nearly that name is told before those beside the code."""
    (tmp_path / "film.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    for name in ("Film.toml", "filn.toml", "./film", str(tmp_path / "films.toml")):
        err = _refused(typed("plan", _one(tmp_path), "--config", name))
        assert f"no config file {name!r}" in err and "did you mean " in err and "film.toml'?" in err
    assert "beside the code" in _refused(typed("plan", _one(tmp_path), "--config", "anima.toml"))


PAID = ("--config", "{tmp}/own.toml", "--budget", "1")
TOLD: dict[str, tuple[tuple[str, ...], int, str]] = {
    "server": (
        ("render", "{board}", "--to", "{tmp}/film"),
        2,
        "the Prefect server of PREFECT_API_URL (http://127.0.0.1:",
    ),
    "silent": (("render", "{board}", "--to", "{tmp}/film"), 2, "/api) does not answer: no connection to 127.0.0.1:"),
    "budget": (("plan", "{board}", *PAID), 3, "1.2136 USD planned pass the budget of 1.00 USD"),
    "status": (("status", "{tmp}/none"), 2, "{tmp}/none holds nothing that storyreel has made"),
    "rescue": (("rescue", "{tmp}/none"), 2, "{tmp}/none holds nothing that storyreel has made"),
    "report": (("report", "{tmp}/none"), 2, "{tmp}/none has no manifest.json: nothing to show"),
    "many": (("plan", "{tmp}/many.csv"), 0, "... 5 more shots; --json lists them all"),
    "trust": (
        ("plan", "{tmp}/far.csv"),
        0,
        "2 remote files were taken on trust, the first: https://pics.example/0.png",
    ),
    "photo": (
        ("plan", "{tmp}/photo.csv"),
        0,
        'cover cuts 58 % of the picture away to fill 1280x720; fit = "blur"',
    ),
    "upright": (("plan", "{tmp}/photo.csv"), 0, "shows all of its 3024x4032"),
    "form": (
        ("plan", "{tmp}/form.csv"),
        2,
        "its name is written in another Unicode form (composed or not); did",
    ),
    "percent": (("plan", "{tmp}/percent.csv"), 2, "% and two digits stand for a character here; did you mean"),
    "slash": (("plan", "{tmp}/slash.csv"), 2, "a path is written with / and not with \\; did you mean"),
    "case": (("plan", "{tmp}/case.csv"), 2, "its case is another; did you mean"),
}


def _boards(folder: Path) -> None:
    """One board for each thing that is told of one."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright
    Image.new("RGB", (4032, 3024), "teal").save(folder / "photo.jpg", exif=exif)
    draw(folder / unicodedata.normalize("NFD", "Größe 1.png"), "teal")
    rows: dict[str, list[dict[str, str]]] = {
        "many": [{"prompt": "a boat"}] * 205,
        "far": [{"prompt": "a boat", "image": f"https://pics.example/{n}.png"} for n in range(2)],
        "photo": [{"prompt": "a boat", "image": "photo.jpg", "size": "1280x720"}],
        "form": [{"prompt": "a boat", "image": "Größe 1.png"}],
        "percent": [{"prompt": "a boat", "image": "Gr%C3%B6%C3%9Fe%201.png"}],
        "slash": [{"prompt": "a boat", "image": ".\\photo.jpg"}],
        "case": [{"prompt": "a boat", "image": "Photo.JPG"}],
    }
    for name, held in rows.items():
        write_board(folder / f"{name}.csv", held)


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told(typed: Typed, tmp_path: Path, name: str) -> None:
    """Each message by its words."""
    words, code, told = TOLD[name]
    _boards(tmp_path)
    (tmp_path / "own.toml").write_text('[chain]\ntext_to_video = ["fal:bytedance/seedance-2.0/text-to-video"]\n')
    board = _one(tmp_path, duration=4, size="1280x720")
    ran = typed(*[word.format(board=board, tmp=tmp_path) for word in words], FAL_API_KEY="nobody-asks")
    assert ran.code == code, ran.err
    assert told.format(tmp=tmp_path) in ran.out + ran.err
