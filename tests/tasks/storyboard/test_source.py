"""The board and the ids that a user names: what cannot be had is said. And how far a board may reach."""

import pytest

from tasks.config.settings import load_settings
from tasks.domain.errors import BoardError
from tasks.domain.shot import Shot, Size, Storyboard
from tasks.storage.store import Store
from tasks.storyboard.source import check_ids, read_board, strays
from tasks.transport.client import Http
from tests.tasks.loopback import Loopback, for_ever, goto, reply, then_cut

BOARD = b"shot_id,prompt\nsh010,A boat\nsh020,A tower\n"
SETTINGS = load_settings(None, {})


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


# --- ids


def board_of(*ids):
    cells = {"scene": "", "prompt": "x", "mode": "text_to_video", "seconds": 8, "size": Size(64, 48), "fit": "cover"}
    return Storyboard(tuple(Shot(shot_id=name, row=n, **cells) for n, name in enumerate(ids, 2)))


@pytest.mark.parametrize(
    ("only", "rerender", "chosen"),
    [
        ((), (), {"sh010", "sh020"}),
        (("sh020",), (), {"sh020"}),
        (("sh020", "sh020"), (), {"sh020"}),
        ((), ("sh010",), {"sh010", "sh020"}),
        ((), ("all",), {"sh010", "sh020"}),
        (("sh010",), ("all",), {"sh010"}),
        (("sh010",), ("sh020",), {"sh010"}),
    ],
)
def test_ids(only, rerender, chosen):
    """``--only`` chooses, and without it all are chosen; ``--rerender`` chooses nothing."""
    assert check_ids(board_of("sh010", "sh020"), only, rerender) == chosen


@pytest.mark.parametrize(
    ("only", "rerender", "wanted"),
    [
        (("sh021",), (), [("--only", "sh021", "sh020?")]),
        ((), ("sh10",), [("--rerender", "sh10", "sh010?")]),
        (("SH010",), (), [("--only", "SH010", "sh010?")]),
        (("zebra",), (), [("--only", "zebra", "the first is sh010")]),
        (("all",), (), [("--only", "all", "the first is sh010")]),
        (("",), (), [("--only", "", "the first is sh010")]),
        (("sh010", "sh021"), (), [("--only", "sh021", "sh020?")]),
        (("x", "x"), ("y",), [("--only", "x", "the first"), ("--rerender", "y", "the first")]),
    ],
)
def test_unknown_ids(only, rerender, wanted):
    """Every unknown id of both options is told once, with the nearest known one."""
    with pytest.raises(BoardError) as caught:
        check_ids(board_of("sh010", "sh020"), only, rerender)
    for fault, (option, value, hint) in zip(caught.value.faults, wanted, strict=True):
        assert (fault.column, fault.value, hint in fault.message) == (option, value, True)


def test_ids_of_no_shot():
    """A board without shots has no ids, and no traceback for who names one."""
    assert check_ids(board_of(), (), ("all",)) == set()
    with pytest.raises(BoardError, match="no such shot"):
        check_ids(board_of(), ("sh010",), ())


# --- the board


async def test_local_board(http, tmp_path):
    """A board on this machine is read, and its images are relative to its own folder."""
    (tmp_path / "board").mkdir()
    (tmp_path / "board/board.csv").write_text("shot_id,prompt,image\nsh010,A boat,a.png\n")
    [shot] = (await read_board(str(tmp_path / "board/board.csv"), SETTINGS, http)).shots
    assert shot.image == str(tmp_path / "board/a.png")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("missing.csv", "/missing.csv is not there$"),
        ("what?.csv", r"/what\?.csv is not there$"),
        ("board", "/board is a folder, not a board$"),
        ("board/", "/board/ is a folder, not a board$"),
        ("x" * 300, "cannot be read: .*name too long"),
        ("~nobody-here/board.csv", "cannot be read: "),
        ("memory://nowhere/board.csv?token=secret", "^memory://nowhere/board.csv is not there$"),
        ("memory://nowhere", "is not there$"),
        ("gopher://a/board.csv?secret", "^gopher://a/board.csv cannot be read: "),
        ("https://[::1/board.csv?secret", "cannot be read: "),
        ("http:///board.csv", "cannot be read: "),
    ],
)
async def test_no_board(http, tmp_path, monkeypatch, url, wanted):
    """A board that cannot be had is one fault that says where and why, without what is secret in a URL."""
    (tmp_path / "board").mkdir()
    monkeypatch.chdir(tmp_path)
    path = url if "://" in url or url[0] == "~" else f"{tmp_path}/{url}"
    with pytest.raises(BoardError, match=wanted) as caught:
        await read_board(path, SETTINGS, http)
    assert len(caught.value.faults) == 1
    assert "secret" not in str(caught.value)


async def test_board_in_memory(http, tmp_path):
    """A board lies at any URL, and its images are relative to that."""
    Store(f"memory:/{tmp_path}").write("board.csv", b"prompt,image\nA boat,img/a.png\n")
    [shot] = (await read_board(f"memory:/{tmp_path}/board.csv", SETTINGS, http)).shots
    assert shot.image == f"memory:/{tmp_path}/img/a.png"


async def test_board_over_http(http):
    """A board may come from a private host and plain http, for the user named it; its signature is no part of it."""
    async with Loopback({"/dir/board.csv?sign=x": reply(BOARD + b"sh030,A dog\n")}) as server:
        board = await read_board(server.url("/dir/board.csv?sign=x"), SETTINGS, http)
    assert [shot.shot_id for shot in board.shots] == ["sh010", "sh020", "sh030"]


async def test_board_is_redirected(http):
    """The host that the user named may redirect to itself; one that it names is a stranger's."""
    async with Loopback({"/b.csv": reply(BOARD)}) as inner:
        answers = {"/in": goto(inner.url("/b.csv")), "/self": goto("/b.csv"), "/b.csv": reply(BOARD)}
        async with Loopback(answers) as server:
            assert len((await read_board(server.url("/self"), SETTINGS, http)).shots) == 2
            with pytest.raises(BoardError, match="cannot be read"):
                await read_board(server.url("/in"), SETTINGS, http)
        assert not inner.seen


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (reply(status=404), "answered 404"),
        (reply(status=403), "answered 403"),
        (then_cut(reply(BOARD, length=1000)), "cannot be read"),
        (for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 60_000), "more than 100000 bytes"),
        (reply(b"<html></html>"), "HTML"),
    ],
    ids=["404", "403", "cut", "endless", "page"],
)
async def test_board_over_http_faults(http, monkeypatch, answer, wanted):
    """What a host serves in place of a board is said, without the URL's signature."""
    monkeypatch.setattr("tasks.storyboard.source.BOARD_BYTES", 100_000)
    async with Loopback({"/b.csv?sign=secret": answer}) as server:
        with pytest.raises(BoardError, match=wanted) as caught:
            await read_board(server.url("/b.csv?sign=secret"), SETTINGS, http)
    assert "secret" not in str(caught.value)


# --- how far a board may reach


@pytest.mark.parametrize(
    ("reference", "out"),
    [
        ("s3://bucket/dir/a.png", False),
        ("s3://bucket/dir/sub/a.png", False),
        ("S3://bucket/dir/a.png", False),
        ("https://anywhere.example/a.png", False),
        ("s3://bucket/a.png", True),
        ("s3://bucket/dirt/a.png", True),
        ("s3://bucket/dir/../a.png", True),
        ("s3://bucket/dir/../../other/dir/a.png", True),
        ("s3://other/dir/a.png", True),
        ("gs://bucket/dir/a.png", True),
        ("simplecache::s3://bucket/dir/a.png", True),
        ("s3://bucket/dir/a::file:///etc/passwd", True),
        ("s3://bucket/dir/a.zip::file", True),
        ("zip://a.png::file:///etc/x.zip", True),
        ("file:///etc/passwd", True),
        ("/etc/passwd", True),
        ("bucket/dir/a.png", True),
        ("{allowed}/a.png", False),
        ("file://{allowed}/a.png", False),
        ("{allowed}/sub/../a.png", False),
        ("{allowed}/../secret.png", True),
        ("{allowed}/link/secret.png", True),
        ("{allowed}", False),
    ],
)
def test_strays(tmp_path, reference, out):
    """A reference is measured by where it really leads: dots, links and chained schemes do not get it out."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link").symlink_to(tmp_path)
    assert strays(reference.format(allowed=allowed), "s3://bucket/dir", [str(allowed)]) == out
