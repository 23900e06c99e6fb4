"""Why a picture is not there, and which one may be meant."""

import unicodedata
from pathlib import Path

import pytest

from tasks.storyboard import missing_files as missing

FILES = ["images/boat.png", unicodedata.normalize("NFD", "images/Größe.png"), "Shot Board/Panel 01.png", "cliff.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return str(tmp_path)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("images\\boat.png", "written with / and not with \\; did you mean 'images/boat.png'?"),
        (".\\images\\boat.png", "did you mean 'images/boat.png'?"),
        (
            "C:\\Users\\nn\\cliff.jpg",
            "path of another machine; put the file beside the board; did you mean 'cliff.jpg'?",
        ),
        ("images/Boat.PNG", "its case is another; did you mean 'images/boat.png'?"),
        ("Images/boat.png", "its case is another; did you mean 'images/boat.png'?"),
        (unicodedata.normalize("NFC", "images/Größe.png"), "another Unicode form"),
        ("Shot%20Board/Panel%2001.png", "stand for a character here; did you mean 'Shot Board/Panel 01.png'?"),
        ("images/boat.png, cliff.jpg", "the cell names 2 files; name one, such as 'images/boat.png'"),
        ("images/boat.png; images/boat.png", "the cell names 2 files"),
        ("images\uff0fboat.png", "a path is written with / and not with \uff0f; did you mean 'images/boat.png'?"),
        ("images\u2215boat.png", "a path is written with / and not with \u2215"),
        ("\u200bimages/boat.png", "holds a character that cannot be seen (U+200B); did you mean 'images/boat.png'?"),
        ("images/boat\u00ad.png", "holds a character that cannot be seen (U+00AD)"),
        ("~/boat.png", "~ stands for nothing in a board: write the path out, or put the file beside the board"),
        ("$HOME/images/boat.png", "$HOME stands for nothing in a board"),
        ("${FILMS}/images/boat.png", "${FILMS} stands for nothing in a board"),
        ("%USERPROFILE%\\boat.png", "%USERPROFILE% stands for nothing in a board"),
        (
            "/home/me/boards/film/images/boat.png",
            "this is a path of another machine; put the file beside the board; did you mean 'images/boat.png'?",
        ),
        (
            "/Users/nn/Desktop/cliff.jpg",
            "this is a path of another machine; put the file beside the board; did you mean",
        ),
        ("/Volumes/Films/odd.jpg", "this is a path of another machine; put the file beside the board"),
        ("images/boat", "did you mean 'images/boat.png'?"),
        ("images/baot.png", "did you mean 'images/boat.png'?"),
        ("nothing/like/it.png", ""),
    ],
)
def test_cause(folder: str, cell: str, told: str) -> None:
    """The cause is named, and the file that may be meant as the board would write it."""
    said = missing.cause(f"{folder}/{cell}", folder)
    assert told in said and bool(told) == bool(said)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ('=IMAGE("https://pics.example/boat.png")', "is a formula; write what it shows: https://pics.example/boat.png"),
        ("![boat](images/boat.png)", "write images/boat.png"),
        ('["images/boat.png"]', "is a list; write images/boat.png"),
        (
            "boat.png (https://attach.example/x/boat.png)",
            "write one of them: boat.png or https://attach.example/x/boat.png",
        ),
        ("N/A", "leave the cell empty"),
        ("TBD", "leave the cell empty"),
        ("[]", "leave the cell empty"),
        ('"images/boat.png"', "stands in quotes; write images/boat.png"),
        ('<img src="images/boat.png">', "is a piece of HTML; write images/boat.png"),
        ("<a href='https://h/x.png'>x</a>", "is a piece of HTML; write https://h/x.png"),
        ("www.pics.example/boat.png", "write https://www.pics.example/boat.png"),
    ],
)
def test_no_path_at_all(cell: str, told: str) -> None:
    """What is no path is told before anything is looked for."""
    with pytest.raises(ValueError, match=r"^(is|says|stands|holds)") as caught:
        missing.check(cell)
    assert told in str(caught.value)


@pytest.mark.parametrize("cell", ["images/boat.png", "a [1].png", "C:\\a.png", "https://h/x", "x.png"])
def test_paths(cell: str) -> None:
    """A path or an address is left as it is."""
    assert missing.check(cell) == cell


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://drive.google.com/file/d/1/view", True),
        ("https://www.dropbox.com/s/x/a.png?dl=0", True),
        ("https://firm.sharepoint.com/x", True),
        ("https://pics.example/a.png", False),
    ],
)
def test_share_links(url: str, told: bool) -> None:
    """A page that shows a file is not the file."""
    assert bool(missing.cause(url, "/b")) == told


def test_a_folder_is_no_odd_spelling(tmp_path: Path) -> None:
    """What is there under exactly this name is not said to be written in another form."""
    (tmp_path / "images").mkdir()
    assert missing.cause(f"{tmp_path}/images", str(tmp_path)) == ""
